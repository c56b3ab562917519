// github.com/openai/openai-go: chat completions, joined by the package's own accumulator.
package main

import (
	"context"
	"errors"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/shared"
)

type talk struct {
	client   openai.Client
	messages []openai.ChatCompletionMessageParamUnion
}

func (t *talk) Add(role, text string) {
	switch role {
	case "system":
		t.messages = append(t.messages, openai.SystemMessage(text))
	case "assistant":
		t.messages = append(t.messages, openai.AssistantMessage(text))
	default:
		t.messages = append(t.messages, openai.UserMessage(text))
	}
}

func (t *talk) Result(call Call, text string, failed bool) {
	t.messages = append(t.messages, openai.ToolMessage(text, call.ID))
}

func (t *talk) Turn(ctx context.Context, ask Ask) (Answer, error) {
	body := openai.ChatCompletionNewParams{Model: ask.Model, Messages: t.messages}
	for _, tool := range ask.Tools {
		body.Tools = append(body.Tools, openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{
			Name: tool.Name, Description: openai.String(tool.Description), Parameters: tool.Parameters}))
	}
	options := []option.RequestOption{}
	for name, value := range ask.Params {
		options = append(options, option.WithJSONSet(name, value))
	}
	var completion openai.ChatCompletion
	if ask.Stream {
		body.StreamOptions = openai.ChatCompletionStreamOptionsParam{IncludeUsage: openai.Bool(true)}
		stream := t.client.Chat.Completions.NewStreaming(ctx, body, options...)
		defer stream.Close()
		joined := openai.ChatCompletionAccumulator{}
		for stream.Next() {
			chunk := stream.Current()
			if !joined.AddChunk(chunk) {
				return Answer{}, errors.New("the accumulator refuses a chunk")
			}
			for _, choice := range chunk.Choices {
				if choice.Index == 0 {
					ask.Text(choice.Delta.Content)
					ask.Text(choice.Delta.Refusal)
				}
			}
		}
		if err := stream.Err(); err != nil {
			return Answer{}, err
		}
		completion = joined.ChatCompletion
	} else {
		answer, err := t.client.Chat.Completions.New(ctx, body, options...)
		if err != nil {
			return Answer{}, err
		}
		completion = *answer
	}
	if len(completion.Choices) == 0 {
		return Answer{}, nil
	}
	choice := completion.Choices[0]
	if !ask.Stream {
		ask.Text(choice.Message.Content)
		ask.Text(choice.Message.Refusal)
	}
	t.messages = append(t.messages, choice.Message.ToParam())
	out := Answer{Finish: choice.FinishReason}
	for _, call := range choice.Message.ToolCalls {
		out.Calls = append(out.Calls, Call{call.ID, call.Function.Name, call.Function.Arguments})
	}
	if completion.Usage.TotalTokens > 0 {
		out.Usage = Usage{"input": completion.Usage.PromptTokens, "output": completion.Usage.CompletionTokens,
			"reasoning": completion.Usage.CompletionTokensDetails.ReasoningTokens, "cached": completion.Usage.PromptTokensDetails.CachedTokens}
	}
	return out, nil
}

func connect(where Where) openai.Client {
	return openai.NewClient(option.WithAPIKey(where.Key), option.WithBaseURL(where.Base))
}

func main() {
	serve(SDK{
		Package:  "github.com/openai/openai-go/v3",
		Protocol: "openai-chat",
		Can:      []string{"stream", "tools"},
		Reports:  []string{"deltas", "tool_calls", "executed", "finish_reason", "usage", "error.status"},
		Open:     func(where Where) Conversation { return &talk{client: connect(where)} },
		Models: func(ctx context.Context, where Where) ([]string, error) {
			client, ids := connect(where), []string{}
			pages := client.Models.ListAutoPaging(ctx)
			for pages.Next() {
				ids = append(ids, pages.Current().ID)
			}
			return ids, pages.Err()
		},
		Status: func(err error) int {
			var refused *openai.Error
			if errors.As(err, &refused) {
				return refused.StatusCode
			}
			return 0
		},
	})
}
