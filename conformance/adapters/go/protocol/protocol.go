// The adapter protocol (docs/adapter-protocol.md) for clients written in Go: everything but the calls of the SDK.
// Standard library only. A client file builds it together with the adapter (build: [${adapters}/go/protocol, …]);
// an adapter is a file of package main that calls serve with an SDK: see go-openai/main.go.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// Where is the provider of a request.
type Where struct {
	Origin, Base, Key string
}

// Tool is one that is offered, with its parameters as a JSON schema.
type Tool struct {
	Name, Description string
	Parameters        map[string]any
}

// Call is one that the model made; Arguments is JSON text.
type Call struct {
	ID, Name, Arguments string
}

// Usage has only what the SDK told.
type Usage map[string]int64

// Answer is what one request gave: Finish is the provider's word for its end, "" when the SDK gave none.
type Answer struct {
	Calls  []Call
	Finish string
	Usage  Usage
}

// Ask is one request to send, and what to call while its answer comes.
type Ask struct {
	Model  string
	Params map[string]any
	Stream bool
	Tools  []Tool
	Text   func(piece string)
	Reason func(piece string)
}

// Conversation is the history of one session in the SDK's own form. Turn sends one request and keeps the answer.
type Conversation interface {
	Add(role, text string)
	Result(call Call, text string, failed bool)
	Turn(ctx context.Context, ask Ask) (Answer, error)
}

// SDK is what an adapter gives. Status takes the HTTP status out of an error of the SDK, 0 when it has none.
type SDK struct {
	Package      string // module path, whose version the hello gives
	Protocol     string
	Can, Reports []string
	Open         func(where Where) Conversation
	Models       func(ctx context.Context, where Where) ([]string, error)
	Status       func(err error) int
}

const maxRounds = 8

var finishWords = map[string]string{
	"stop": "stop", "end_turn": "stop", "stop_sequence": "stop", "completed": "stop",
	"length": "length", "max_tokens": "length", "max_output_tokens": "length", "incomplete": "length",
	"tool_calls": "tool_calls", "tool_use": "tool_calls", "function_call": "tool_calls",
	"content_filter": "content_filter", "safety": "content_filter", "refusal": "refusal",
}

type request struct {
	Seq        int               `json:"seq"`
	Op         string            `json:"op"`
	Target     int               `json:"target"`
	DeadlineMs int               `json:"deadline_ms"`
	URLs       map[string]string `json:"urls"`
	Provider   struct {
		ID          string   `json:"id"`
		APIBasePath *string  `json:"api_base_path"`
		Seeds       []string `json:"seeds"`
	} `json:"provider"`
	Credential *struct {
		Key string `json:"key"`
	} `json:"credential"`
	BaseURL  string                           `json:"base_url"`
	Session  string                           `json:"session"`
	Model    string                           `json:"model"`
	Messages []struct{ Role, Content string } `json:"messages"`
	Tools    json.RawMessage                  `json:"tools"`
	ToolMode string                           `json:"tool_mode"`
	Stop     string                           `json:"stop"`
	Params   map[string]any                   `json:"params"`
	Stream   *bool                            `json:"stream"`
	Results  []struct {
		ID, Content string
		IsError     bool `json:"is_error"`
	} `json:"results"`
}

type session struct {
	talk    Conversation
	pending []Call
	last    request
}

type server struct {
	sdk      SDK
	out      *os.File
	began    time.Time
	mutex    sync.Mutex
	open     map[int]context.CancelCauseFunc
	sessions map[string]*session
}

var errCancelled, errLate = errors.New("cancelled"), errors.New("no answer before the deadline")

func (s *server) write(line map[string]any) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	bytes, _ := json.Marshal(line)
	s.out.Write(append(bytes, '\n'))
}

func (s *server) tell(seq int, key string, value any) {
	s.write(map[string]any{"seq": seq, "t_us": time.Since(s.began).Microseconds(), key: value})
}

func parsed(arguments string) any {
	var value any
	if strings.TrimSpace(arguments) == "" {
		return map[string]any{}
	}
	if json.Unmarshal([]byte(arguments), &value) != nil {
		return arguments
	}
	return value
}

func finishReason(word string, calls int) any {
	if word == "" {
		return nil
	}
	known, ok := finishWords[strings.ToLower(word)]
	if !ok {
		known = "other"
	}
	if known == "stop" && calls > 0 {
		known = "tool_calls"
	}
	return known
}

func (s *server) where(r *request) (Where, bool) {
	base := r.BaseURL
	if base == "" {
		path := "/v1"
		if r.Provider.APIBasePath != nil {
			path = *r.Provider.APIBasePath
		}
		base = r.URLs["inference"] + path
	}
	w := Where{Origin: r.URLs["inference"], Base: base}
	if r.Credential != nil {
		w.Key = r.Credential.Key
		return w, true
	}
	return w, false
}

// operate runs work until its answer, its deadline or its cancel, and answers once.
func (s *server) operate(r *request, result map[string]any, guard *sync.Mutex, work func(ctx context.Context) error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	s.mutex.Lock()
	s.open[r.Seq] = cancel
	s.mutex.Unlock()
	deadline := time.Duration(r.DeadlineMs) * time.Millisecond
	if deadline == 0 {
		deadline = 30 * time.Second
	}
	timer := time.AfterFunc(deadline, func() { cancel(errLate) })
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	go func() {
		var err error
		select {
		case err = <-done:
		case <-ctx.Done():
			select {
			case err = <-done:
			case <-time.After(1500 * time.Millisecond): // it does not heed its context
				err = context.Cause(ctx)
			}
		}
		timer.Stop()
		cause := context.Cause(ctx)
		if err == nil && cause != nil {
			err = cause
		}
		guard.Lock()
		defer guard.Unlock()
		result["ok"] = err == nil
		if err != nil {
			told := map[string]any{"message": err.Error()}
			if s.sdk.Status != nil && s.sdk.Status(err) != 0 {
				told["status"] = s.sdk.Status(err)
			}
			if errors.Is(cause, errLate) {
				told["category"] = "timeout"
			} else if cause != nil {
				told["category"] = "cancelled"
			}
			result["error"] = told
		}
		s.mutex.Lock()
		delete(s.open, r.Seq)
		s.mutex.Unlock()
		s.tell(r.Seq, "result", result)
		cancel(nil)
	}()
}

func (s *server) chat(r *request) {
	where, ok := s.where(r)
	if !ok {
		s.tell(r.Seq, "skipped", map[string]any{"reason": "this client keeps no keys: the request must bring a credential"})
		return
	}
	one := s.sessions[r.Session]
	if one == nil {
		if r.Op == "tool_results" {
			s.tell(r.Seq, "errored", map[string]any{"message": "no session waits for tool results"})
			return
		}
		one = &session{talk: s.sdk.Open(where), last: *r}
		if r.Session != "" {
			s.sessions[r.Session] = one
		}
	}
	if r.Model == "" {
		r.Model = one.last.Model
	}
	if r.Tools == nil {
		r.Tools, r.ToolMode = one.last.Tools, one.last.ToolMode
	}
	if r.Params == nil {
		r.Params = one.last.Params
	}
	one.last = *r
	if r.Model == "" && len(r.Provider.Seeds) > 0 {
		r.Model = r.Provider.Seeds[0]
	}
	var tools []Tool
	if string(r.Tools) == `"harmless"` {
		tools = []Tool{{"lookup", "Looks a path up and changes nothing.", map[string]any{"type": "object", "properties": map[string]any{"path": map[string]any{"type": "string"}, "query": map[string]any{"type": "string"}, "limit": map[string]any{"type": "number"}}}}}
	} else if r.Tools != nil {
		json.Unmarshal(r.Tools, &tools)
	}
	known := map[string]bool{}
	for _, tool := range tools {
		known[tool.Name] = true
	}
	guard := &sync.Mutex{}
	result := map[string]any{"text": "", "reasoning": "", "tool_calls": []any{}, "executed": []any{}, "finish_reason": nil, "usage": nil}
	say := func(kind string) func(string) {
		return func(piece string) {
			if piece == "" {
				return
			}
			guard.Lock()
			defer guard.Unlock()
			result[kind] = result[kind].(string) + piece
			s.tell(r.Seq, "event", map[string]any{"kind": kind, "text": piece})
		}
	}
	ask := Ask{Model: r.Model, Params: r.Params, Stream: r.Stream == nil || *r.Stream, Tools: tools, Text: say("text"), Reason: say("reasoning")}
	s.operate(r, result, guard, func(ctx context.Context) error {
		if r.Op == "chat" && len(r.Messages) == 0 {
			one.talk.Add("user", "ping")
		}
		for _, message := range r.Messages {
			one.talk.Add(message.Role, message.Content)
		}
		for _, given := range r.Results {
			call := Call{ID: given.ID}
			for _, each := range one.pending {
				if each.ID == given.ID {
					call = each
				}
			}
			one.talk.Result(call, given.Content, given.IsError)
		}
		one.pending = nil
		for round := 1; ; round++ {
			guard.Lock()
			result["text"], result["reasoning"] = "", ""
			guard.Unlock()
			answer, err := one.talk.Turn(ctx, ask)
			if err != nil {
				return err
			}
			guard.Lock()
			calls := []any{}
			for _, call := range answer.Calls {
				calls = append(calls, map[string]any{"id": call.ID, "name": call.Name, "arguments": parsed(call.Arguments)})
			}
			finish := finishReason(answer.Finish, len(answer.Calls))
			result["tool_calls"], result["finish_reason"] = calls, finish
			if answer.Usage != nil {
				result["usage"] = answer.Usage
			}
			guard.Unlock()
			if len(answer.Calls) == 0 || ctx.Err() != nil {
				return nil
			}
			if r.ToolMode == "report" {
				one.pending = answer.Calls
				return nil
			}
			// An answer that the provider cut short is not acted on.
			if round > maxRounds || finish == "length" || finish == "content_filter" || finish == "refusal" {
				return nil
			}
			for _, call := range answer.Calls {
				arguments := parsed(call.Arguments)
				_, whole := arguments.(map[string]any)
				if !whole || !known[call.Name] {
					one.talk.Result(call, `{"error":"there is no such tool, or its arguments are not a JSON object"}`, true)
					continue
				}
				guard.Lock()
				result["executed"] = append(result["executed"].([]any), map[string]any{"id": call.ID, "name": call.Name, "arguments": arguments})
				guard.Unlock()
				one.talk.Result(call, `{"ok":true}`, false)
			}
			if r.Stop == "after-tools" {
				return nil
			}
		}
	})
}

func (s *server) models(r *request) {
	where, ok := s.where(r)
	if !ok {
		where.Key = "none" // a list may be public; SDKs want a key all the same
	}
	result := map[string]any{"source": "live"}
	guard := &sync.Mutex{}
	s.operate(r, result, guard, func(ctx context.Context) error {
		ids, err := s.sdk.Models(ctx, where)
		models := []any{}
		for _, id := range ids {
			models = append(models, map[string]any{"provider": r.Provider.ID, "id": id})
		}
		guard.Lock()
		result["ids"], result["models"] = append([]string{}, ids...), models
		guard.Unlock()
		return err
	})
}

func versionOf(path string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == path {
				return strings.TrimPrefix(module.Version, "v")
			}
		}
	}
	return ""
}

func serve(sdk SDK) {
	s := &server{sdk: sdk, out: os.Stdout, began: time.Now(), open: map[int]context.CancelCauseFunc{}, sessions: map[string]*session{}}
	os.Stdout = os.Stderr // what an SDK prints is no part of the protocol
	can := append([]string{"chat", "cancel", "protocol." + sdk.Protocol, "param.temperature"}, sdk.Can...)
	reports := append([]string{"text", "error.message"}, sdk.Reports...)
	if sdk.Models != nil {
		can, reports = append(can, "models"), append(reports, "models")
	}
	s.write(map[string]any{"hello": map[string]any{"protocol": []int{1}, "client": sdk.Package, "version": versionOf(sdk.Package), "role": "provider", "capabilities": can, "reports": reports}})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			s.tell(r.Seq, "errored", map[string]any{"message": err.Error()})
			continue
		}
		switch {
		case r.Op == "chat" || r.Op == "tool_results":
			s.chat(&r)
		case r.Op == "models" && sdk.Models != nil:
			s.models(&r)
		case r.Op == "cancel":
			s.mutex.Lock()
			cancel := s.open[r.Target]
			s.mutex.Unlock()
			if cancel != nil {
				cancel(errCancelled)
			}
			s.tell(r.Seq, "result", map[string]any{"ok": true, "cancelled": cancel != nil})
		case r.Op == "shutdown":
			s.tell(r.Seq, "result", map[string]any{"ok": true})
			os.Exit(0)
		default:
			s.tell(r.Seq, "skipped", map[string]any{"reason": "this client has no " + r.Op})
		}
	}
	os.Exit(0)
}
