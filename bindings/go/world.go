// Package assay gives Go tests fake LLM providers that inject faults. It is thin over the admin API of `assay serve` (docs/serve.md).
package assay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Options is what a world is made from; all of it may be left out.
type Options struct {
	Scenario string         `json:"scenario,omitempty"`
	World    map[string]any `json:"world,omitempty"`
	Keys     []string       `json:"keys,omitempty"`
	Seed     *uint64        `json:"seed,omitempty"`
	// Own ports, so that it can refuse and break connections.
	OwnListeners bool `json:"-"`
	// What goes wrong at the inference API from the start.
	Faults Faults `json:"-"`
}

// Faults is what goes wrong at one fake: Faults in every response, Rules in the ones that they select.
type Faults struct {
	Faults []any            `json:"faults,omitempty"`
	Rules  []map[string]any `json:"rules,omitempty"`
	Listen map[string]any   `json:"listen,omitempty"`
}

// Entry is a line of the journal.
type Entry struct {
	Seq    int64  `json:"seq"`
	Micros int64  `json:"t_us"`
	Actor  string `json:"actor"`
	Kind   string `json:"kind"`
	Status int    `json:"status"`
	Text   string `json:"text"`
}

// World is the fake providers of one test, with their keys, clock and journal.
type World struct {
	t    testing.TB
	api  string
	Name string
	Key  string            // an API key that chat is answered for
	URLs map[string]string // by fake
}

var made atomic.Int64

// NewWorld makes a world that ends with the test; when the test has failed, its journal is logged.
func NewWorld(t testing.TB, options Options) *World {
	t.Helper()
	w := &World{t: t, api: server(t), Name: fmt.Sprintf("go-%d-%d", os.Getpid(), made.Add(1))}
	order := map[string]any{}
	text, err := json.Marshal(options)
	if err == nil {
		err = json.Unmarshal(text, &order)
	}
	if err != nil {
		t.Fatalf("assay: %v", err)
	}
	order["name"] = w.Name
	if options.OwnListeners {
		order["listeners"] = "own"
	}
	var view struct {
		Key  string            `json:"key"`
		URLs map[string]string `json:"urls"`
	}
	w.ask("POST", "/worlds", order, &view)
	w.Key, w.URLs = view.Key, view.URLs
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("assay journal:\n%s", w.Conversation())
		}
		w.ask("DELETE", "/worlds/"+w.Name, nil, nil)
	})
	if options.Faults.Faults != nil || options.Faults.Rules != nil || options.Faults.Listen != nil {
		w.SetFaults("inference", options.Faults)
	}
	return w
}

// BaseURL is what OpenAI SDKs take for it.
func (w *World) BaseURL() string { return w.URLs["inference"] + "/v1" }

// SetFaults replaces what goes wrong at a fake from the next request on.
func (w *World) SetFaults(fake string, faults Faults) {
	w.t.Helper()
	w.ask("PUT", "/worlds/"+w.Name+"/faults/"+fake, faults, nil)
}

// Set changes a setting of a fake, such as "inference.turn".
func (w *World) Set(setting string, value any) {
	w.t.Helper()
	w.ask("PUT", "/worlds/"+w.Name+"/settings/"+setting, map[string]any{"value": value}, nil)
}

// Get reads what a fake knows, such as "inference.requests".
func (w *World) Get(setting string) any {
	w.t.Helper()
	var got struct {
		Value any `json:"value"`
	}
	w.ask("GET", "/worlds/"+w.Name+"/settings/"+setting, nil, &got)
	return got.Value
}

// Release lets the responses go that a rule with `hold` holds.
func (w *World) Release(hold string) {
	w.t.Helper()
	w.ask("POST", "/worlds/"+w.Name+"/release", map[string]any{"hold": hold}, nil)
}

// Advance moves the clock of the fakes on, so that tokens expire.
func (w *World) Advance(span time.Duration) {
	w.t.Helper()
	w.ask("POST", "/worlds/"+w.Name+"/clock", map[string]any{"advance": fmt.Sprintf("%dms", span.Milliseconds())}, nil)
}

// Journal is the entries that fit `query`, such as "POST chat 503"; "" is all of them.
func (w *World) Journal(query string) []Entry {
	w.t.Helper()
	asked := url.Values{"limit": {"100000"}}
	if query != "" {
		asked.Set("for", query)
	}
	return w.entries("journal?" + asked.Encode())
}

// WaitFor is the entries that fit, as soon as there are `count`; the test fails after `deadline`.
func (w *World) WaitFor(query string, count int, deadline time.Duration) []Entry {
	w.t.Helper()
	asked := url.Values{"for": {query}, "count": {fmt.Sprint(count)}, "deadline": {fmt.Sprintf("%dms", deadline.Milliseconds())}}
	return w.entries("journal/wait?" + asked.Encode())
}

// Conversation is the journal as text, one line an entry.
func (w *World) Conversation() string {
	var out strings.Builder
	for _, e := range w.Journal("") {
		line := fmt.Sprintf("%8.3f s  %s  %s", float64(e.Micros)/1e6, e.Actor, e.Kind)
		if e.Status != 0 {
			line += fmt.Sprintf("  %d", e.Status)
		}
		if e.Text != "" {
			line += "  " + e.Text
		}
		out.WriteString(line + "\n")
	}
	return out.String()
}

func (w *World) entries(below string) []Entry {
	w.t.Helper()
	var page struct {
		Entries []Entry `json:"entries"`
	}
	w.ask("GET", "/worlds/"+w.Name+"/"+below, nil, &page)
	return page.Entries
}

func (w *World) ask(method, path string, body, into any) {
	w.t.Helper()
	if err := ask(method, w.api+path, body, into); err != nil {
		// Of a clean-up too the rest must go on.
		w.t.Errorf("assay: %s %s: %v", method, path, err)
		if method != "DELETE" {
			w.t.FailNow()
		}
	}
}

// Loopback: never through a proxy of the environment.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func ask(method, url string, body, into any) error {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, url, content)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if token := os.Getenv("ASSAY_ADMIN_TOKEN"); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode >= 400 {
		var refused struct {
			Error struct {
				Message string `json:"message"`
			} `json:"error"`
		}
		if json.Unmarshal(text, &refused) != nil || refused.Error.Message == "" {
			return fmt.Errorf("status %d", answer.StatusCode)
		}
		return fmt.Errorf("%s", refused.Error.Message)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}
