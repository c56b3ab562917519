// github.com/tmc/langchaingo: its models for OpenAI, Anthropic and Ollama, named by the first argument.
package main

import (
	"context"
	"os"
	"strings"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/anthropic"
	"github.com/tmc/langchaingo/llms/ollama"
	"github.com/tmc/langchaingo/llms/openai"
)

var which = "openai"

type talk struct {
	where    Where
	messages []llms.MessageContent
}

func (t *talk) Add(role, text string) {
	kind := map[string]llms.ChatMessageType{"system": llms.ChatMessageTypeSystem, "assistant": llms.ChatMessageTypeAI}[role]
	if kind == "" {
		kind = llms.ChatMessageTypeHuman
	}
	t.messages = append(t.messages, llms.TextParts(kind, text))
}

func (t *talk) Result(call Call, text string, failed bool) {
	t.messages = append(t.messages, llms.MessageContent{Role: llms.ChatMessageTypeTool,
		Parts: []llms.ContentPart{llms.ToolCallResponse{ToolCallID: call.ID, Name: call.Name, Content: text}}})
}

func model(where Where, name string) (llms.Model, error) {
	switch which {
	case "anthropic":
		return anthropic.New(anthropic.WithToken(where.Key), anthropic.WithModel(name), anthropic.WithBaseURL(where.Base))
	case "ollama":
		return ollama.New(ollama.WithServerURL(where.Origin), ollama.WithModel(name))
	}
	return openai.New(openai.WithToken(where.Key), openai.WithModel(name), openai.WithBaseURL(where.Base))
}

func (t *talk) Turn(ctx context.Context, ask Ask) (Answer, error) {
	client, err := model(t.where, ask.Model)
	if err != nil {
		return Answer{}, err
	}
	options := []llms.CallOption{}
	if ask.Stream {
		options = append(options, llms.WithStreamingFunc(func(ctx context.Context, piece []byte) error {
			// Calls of tools come through the same function, as JSON.
			if !strings.HasPrefix(string(piece), `[{"id"`) && !strings.HasPrefix(string(piece), `[{"type"`) {
				ask.Text(string(piece))
			}
			return nil
		}))
	}
	if temperature, ok := ask.Params["temperature"].(float64); ok {
		options = append(options, llms.WithTemperature(temperature))
	}
	if len(ask.Tools) > 0 {
		tools := []llms.Tool{}
		for _, tool := range ask.Tools {
			tools = append(tools, llms.Tool{Type: "function", Function: &llms.FunctionDefinition{Name: tool.Name, Description: tool.Description, Parameters: tool.Parameters}})
		}
		options = append(options, llms.WithTools(tools))
	}
	answer, err := client.GenerateContent(ctx, t.messages, options...)
	if err != nil {
		return Answer{}, err
	}
	if len(answer.Choices) == 0 {
		return Answer{}, nil
	}
	choice := answer.Choices[0]
	if !ask.Stream {
		ask.Text(choice.Content)
	}
	parts := []llms.ContentPart{}
	if choice.Content != "" {
		parts = append(parts, llms.TextContent{Text: choice.Content})
	}
	out := Answer{Finish: choice.StopReason}
	for _, call := range choice.ToolCalls {
		parts = append(parts, call)
		out.Calls = append(out.Calls, Call{call.ID, call.FunctionCall.Name, call.FunctionCall.Arguments})
	}
	t.messages = append(t.messages, llms.MessageContent{Role: llms.ChatMessageTypeAI, Parts: parts})
	return out, nil
}

func main() {
	protocol, can := "openai-chat", []string{"stream", "tools"}
	if len(os.Args) > 1 {
		which = os.Args[1]
	}
	switch which {
	case "anthropic":
		protocol = "anthropic"
	case "ollama":
		protocol, can = "ollama", []string{"stream"}
	}
	serve(SDK{
		Package: "github.com/tmc/langchaingo", Protocol: protocol, Can: can,
		Reports: []string{"deltas", "tool_calls", "executed", "finish_reason"},
		Open:    func(where Where) Conversation { return &talk{where: where} },
	})
}
