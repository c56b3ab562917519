// github.com/sashabaranov/go-openai: chat completions.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	openai "github.com/sashabaranov/go-openai"
)

type talk struct {
	client   *openai.Client
	messages []openai.ChatCompletionMessage
}

func (t *talk) Add(role, text string) {
	t.messages = append(t.messages, openai.ChatCompletionMessage{Role: role, Content: text})
}

func (t *talk) Result(call Call, text string, failed bool) {
	t.messages = append(t.messages, openai.ChatCompletionMessage{Role: "tool", ToolCallID: call.ID, Content: text})
}

func (t *talk) Turn(ctx context.Context, ask Ask) (Answer, error) {
	body := openai.ChatCompletionRequest{Model: ask.Model, Messages: t.messages}
	if params, err := json.Marshal(ask.Params); err == nil {
		json.Unmarshal(params, &body)
	}
	for _, tool := range ask.Tools {
		body.Tools = append(body.Tools, openai.Tool{Type: "function", Function: &openai.FunctionDefinition{Name: tool.Name, Description: tool.Description, Parameters: tool.Parameters}})
	}
	message := openai.ChatCompletionMessage{Role: "assistant"}
	finish := ""
	var usage *openai.Usage
	open := map[int]int{} // index of a call → its place
	if ask.Stream {
		body.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
		stream, err := t.client.CreateChatCompletionStream(ctx, body)
		if err != nil {
			return Answer{}, err
		}
		defer stream.Close()
		for {
			chunk, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return Answer{}, err
			}
			if chunk.Usage != nil {
				usage = chunk.Usage
			}
			if len(chunk.Choices) == 0 || chunk.Choices[0].Index != 0 {
				continue
			}
			choice := chunk.Choices[0]
			ask.Text(choice.Delta.Refusal)
			ask.Text(choice.Delta.Content)
			message.Content += choice.Delta.Content
			// Pieces of a call have its index, or at least its id; another id is another call.
			for _, piece := range choice.Delta.ToolCalls {
				index := -1
				if piece.Index != nil {
					index = *piece.Index
				}
				at, known := open[index]
				if !known || piece.ID != "" && piece.ID != message.ToolCalls[at].ID {
					at = len(message.ToolCalls)
					open[index] = at
					message.ToolCalls = append(message.ToolCalls, openai.ToolCall{ID: piece.ID, Type: "function"})
				}
				call := &message.ToolCalls[at]
				call.Function.Name += piece.Function.Name
				call.Function.Arguments += piece.Function.Arguments
			}
			if choice.FinishReason != "" {
				finish = string(choice.FinishReason)
			}
		}
	} else {
		answer, err := t.client.CreateChatCompletion(ctx, body)
		if err != nil {
			return Answer{}, err
		}
		if len(answer.Choices) == 0 {
			return Answer{}, nil // the package hands over any JSON as an answer
		}
		message, finish, usage = answer.Choices[0].Message, string(answer.Choices[0].FinishReason), &answer.Usage
		ask.Text(message.Content)
		ask.Text(message.Refusal)
	}
	t.messages = append(t.messages, message)
	out := Answer{Finish: finish}
	for _, call := range message.ToolCalls {
		out.Calls = append(out.Calls, Call{call.ID, call.Function.Name, call.Function.Arguments})
	}
	if usage != nil {
		out.Usage = Usage{"input": int64(usage.PromptTokens), "output": int64(usage.CompletionTokens)}
	}
	return out, nil
}

func connect(where Where) *openai.Client {
	config := openai.DefaultConfig(where.Key)
	config.BaseURL = where.Base
	return openai.NewClientWithConfig(config)
}

func main() {
	serve(SDK{
		Package:  "github.com/sashabaranov/go-openai",
		Protocol: "openai-chat",
		Can:      []string{"stream", "tools"},
		Reports:  []string{"deltas", "tool_calls", "executed", "finish_reason", "usage", "error.status"},
		Open:     func(where Where) Conversation { return &talk{client: connect(where)} },
		Models: func(ctx context.Context, where Where) ([]string, error) {
			list, err := connect(where).ListModels(ctx)
			ids := []string{}
			for _, model := range list.Models {
				ids = append(ids, model.ID)
			}
			return ids, err
		},
		Status: func(err error) int {
			var refused *openai.APIError
			if errors.As(err, &refused) {
				return refused.HTTPStatusCode
			}
			var failed *openai.RequestError
			if errors.As(err, &failed) {
				return failed.HTTPStatusCode
			}
			return 0
		},
	})
}
