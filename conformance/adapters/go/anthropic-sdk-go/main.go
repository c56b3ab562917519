// github.com/anthropics/anthropic-sdk-go: messages, joined by Message.Accumulate.
package main

import (
	"context"
	"errors"
	"strings"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
)

type talk struct {
	client   anthropic.Client
	system   []anthropic.TextBlockParam
	messages []anthropic.MessageParam
	results  bool // the last message holds results of tools
}

func (t *talk) Add(role, text string) {
	t.results = false
	switch role {
	case "system":
		t.system = append(t.system, anthropic.TextBlockParam{Text: text})
	case "assistant":
		t.messages = append(t.messages, anthropic.NewAssistantMessage(anthropic.NewTextBlock(text)))
	default:
		t.messages = append(t.messages, anthropic.NewUserMessage(anthropic.NewTextBlock(text)))
	}
}

// Results of parallel calls belong into one message.
func (t *talk) Result(call Call, text string, failed bool) {
	block := anthropic.NewToolResultBlock(call.ID, text, failed)
	if t.results {
		last := &t.messages[len(t.messages)-1]
		last.Content = append(last.Content, block)
		return
	}
	t.messages = append(t.messages, anthropic.NewUserMessage(block))
	t.results = true
}

func (t *talk) Turn(ctx context.Context, ask Ask) (Answer, error) {
	body := anthropic.MessageNewParams{Model: anthropic.Model(ask.Model), MaxTokens: 4096, Messages: t.messages, System: t.system}
	for _, tool := range ask.Tools {
		body.Tools = append(body.Tools, anthropic.ToolUnionParam{OfTool: &anthropic.ToolParam{
			Name: tool.Name, Description: anthropic.String(tool.Description), InputSchema: anthropic.ToolInputSchemaParam{Properties: tool.Parameters["properties"]}}})
	}
	options := []option.RequestOption{}
	for name, value := range ask.Params {
		options = append(options, option.WithJSONSet(name, value))
	}
	message := anthropic.Message{}
	if ask.Stream {
		stream := t.client.Messages.NewStreaming(ctx, body, options...)
		defer stream.Close()
		for stream.Next() {
			event := stream.Current()
			if err := message.Accumulate(event); err != nil {
				return Answer{}, err
			}
			ask.Text(event.Delta.Text)
			ask.Reason(event.Delta.Thinking)
		}
		if err := stream.Err(); err != nil {
			return Answer{}, err
		}
	} else {
		answer, err := t.client.Messages.New(ctx, body, options...)
		if err != nil {
			return Answer{}, err
		}
		message = *answer
		for _, block := range message.Content {
			ask.Text(block.Text)
			ask.Reason(block.Thinking)
		}
	}
	out := Answer{Finish: string(message.StopReason)}
	if len(message.Content) > 0 {
		t.messages = append(t.messages, message.ToParam())
		t.results = false
	}
	for _, block := range message.Content {
		if block.Type == "tool_use" {
			out.Calls = append(out.Calls, Call{block.ID, block.Name, string(block.Input)})
		}
	}
	if message.Usage.InputTokens+message.Usage.OutputTokens > 0 {
		out.Usage = Usage{"input": message.Usage.InputTokens, "output": message.Usage.OutputTokens, "cached": message.Usage.CacheReadInputTokens,
			"reasoning": message.Usage.OutputTokensDetails.ThinkingTokens}
	}
	return out, nil
}

func connect(where Where) anthropic.Client {
	return anthropic.NewClient(option.WithAPIKey(where.Key), option.WithBaseURL(strings.TrimSuffix(strings.TrimSuffix(where.Base, "/"), "/v1")))
}

func main() {
	serve(SDK{
		Package:  "github.com/anthropics/anthropic-sdk-go",
		Protocol: "anthropic",
		Can:      []string{"stream", "tools", "reasoning"},
		Reports:  []string{"deltas", "reasoning", "tool_calls", "executed", "finish_reason", "usage", "error.status"},
		Open:     func(where Where) Conversation { return &talk{client: connect(where)} },
		Models: func(ctx context.Context, where Where) ([]string, error) {
			client, ids := connect(where), []string{}
			pages := client.Models.ListAutoPaging(ctx, anthropic.ModelListParams{})
			for pages.Next() {
				ids = append(ids, pages.Current().ID)
			}
			return ids, pages.Err()
		},
		Status: func(err error) int {
			var refused *anthropic.Error
			if errors.As(err, &refused) {
				return refused.StatusCode
			}
			return 0
		},
	})
}
