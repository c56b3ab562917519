// Package example has two clients of an OpenAI-compatible API: one tries again when the provider is busy, the other does not.
package example

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Ask sends one request; the status of the response, and the answer.
func Ask(baseURL, key, text string) (int, string, error) {
	body, err := json.Marshal(map[string]any{"model": "kimi-k2.6", "messages": []map[string]string{{"role": "user", "content": text}}})
	if err != nil {
		return 0, "", err
	}
	request, err := http.NewRequest("POST", baseURL+"/chat/completions", bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	if response.StatusCode != 200 {
		return response.StatusCode, "", fmt.Errorf("status %d", response.StatusCode)
	}
	var answer struct {
		Choices []struct {
			Message struct{ Content string }
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return 200, "", err
	}
	return 200, answer.Choices[0].Message.Content, nil
}

// Patient tries again, up to `tries` times.
func Patient(baseURL, key, text string, tries int) (string, error) {
	for {
		status, answer, err := Ask(baseURL, key, text)
		if tries--; status != 503 || tries == 0 {
			return answer, err
		}
		time.Sleep(200 * time.Millisecond)
	}
}
