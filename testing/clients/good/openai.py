"""openai-chat and openai-responses."""
import json

from failure import Failure, in_band
from turn import as_json, count


class OpenAIChat:
    path = "/v1/chat/completions"

    def headers(self, key):
        return {"Authorization": "Bearer " + key} if key else {}

    def address(self, base, model, stream):
        return base + self.path

    def message(self, one):
        return {"role": one["role"], "content": one["content"]}

    def results(self, given):
        return [{"role": "tool", "tool_call_id": call["id"], "content": text} for call, text, _ in given]

    def body(self, model, history, tools, params, stream):
        return {"model": model, "messages": history, **({"stream": True, "stream_options": {"include_usage": True}} if stream else {}),
                **({"tools": [{"type": "function", "function": tool} for tool in tools]} if tools else {}), **params}

    def used(self, turn, usage):
        if not isinstance(usage, dict):
            return
        inner, prompt = usage.get("completion_tokens_details") or {}, usage.get("prompt_tokens_details") or {}
        turn.usage = count(input=usage.get("prompt_tokens"), output=usage.get("completion_tokens"), reasoning=inner.get("reasoning_tokens"), cached=prompt.get("cached_tokens")) or turn.usage

    def stream(self, turn, all_events):
        calls, order = {}, []
        for data in all_events:
            if data.strip() == "[DONE]":
                turn.ended = True
                break
            value = as_json(data)
            if value.get("error"):
                raise in_band(value["error"])
            self.used(turn, value.get("usage"))
            for choice in value.get("choices") or []:
                if choice.get("index", 0) not in (0, None):
                    continue
                if choice.get("error"):
                    raise in_band(choice["error"])
                delta = choice.get("delta") or choice.get("message") or {}
                turn.say("reasoning", delta.get("reasoning_content") or delta.get("reasoning"))
                content = delta.get("content")
                turn.say("text", "".join(part.get("text", "") for part in content if isinstance(part, dict)) if isinstance(content, list) else content)
                turn.say("text", delta.get("refusal"))
                for piece in delta.get("tool_calls") or []:
                    self.piece(turn, calls, order, piece)
                if choice.get("finish_reason"):
                    turn.finish = choice["finish_reason"]
        if turn.finish in ("error", "network_error"):
            raise Failure("server_error", "The provider ended its answer with an error")
        turn.calls = [{"id": call["id"], "name": call["name"], "arguments": call["arguments"]} for call in order]
        turn.ended = turn.finish is not None
        self.keep(turn)

    def piece(self, turn, calls, order, piece):
        function, index, call_id = piece.get("function") or {}, piece.get("index"), piece.get("id")
        # Without an index: by the id, else a name begins a call and what has none goes on with the last.
        key = index if index is not None else call_id or (len(order) if function.get("name") or not order else order[-1]["key"])
        call = calls.get(key)
        # A new id at the same index with a name is another call.
        if call is None or (call_id and call["id"] and call_id != call["id"] and function.get("name")):
            call = {"key": key, "id": call_id or "", "name": "", "arguments": ""}
            calls[key] = call
            order.append(call)
        call["id"] = call["id"] or call_id or ""
        call["name"] = call["name"] or function.get("name") or ""
        arguments = function.get("arguments")
        call["arguments"] += arguments if isinstance(arguments, str) else json.dumps(arguments) if arguments is not None else ""
        turn.tell({"kind": "tool_call", "index": order.index(call), "id": call["id"], "name": call["name"], "arguments_delta": arguments if isinstance(arguments, str) else ""})

    def whole(self, turn, value):
        if value.get("error"):
            raise in_band(value["error"])
        choice = (value.get("choices") or [{}])[0]
        message = choice.get("message") or {}
        turn.say("reasoning", message.get("reasoning_content") or message.get("reasoning"))
        turn.say("text", message.get("content"))
        turn.say("text", message.get("refusal"))
        turn.calls = [{"id": call.get("id") or "", "name": call["function"]["name"], "arguments": call["function"].get("arguments") or ""} for call in message.get("tool_calls") or []]
        turn.finish, turn.ended = choice.get("finish_reason"), bool(choice.get("finish_reason"))
        self.used(turn, value.get("usage"))
        self.keep(turn)

    def keep(self, turn):
        for at, call in enumerate(turn.calls):
            call["id"] = call["id"] or f"call_{at}"
        turn.native = [{"role": "assistant", "content": turn.text or None, **({"tool_calls": [
            {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": call["arguments"] if isinstance(call["arguments"], str) else json.dumps(call["arguments"])}}
            for call in turn.calls]} if turn.calls else {})}]
        if turn.finish == "stop" and turn.calls:
            turn.finish = "tool_calls"

    def finish_reason(self, word):
        return {"stop": "stop", "length": "length", "tool_calls": "tool_calls", "function_call": "tool_calls", "content_filter": "content_filter"}.get(word, "other")

    def models(self, value):
        return [one["id"] for one in value.get("data") or [] if isinstance(one, dict) and isinstance(one.get("id"), str)]

    models_path = "/v1/models"


class Responses(OpenAIChat):
    path = "/v1/responses"

    def results(self, given):
        return [{"type": "function_call_output", "call_id": call["id"], "output": text} for call, text, _ in given]

    def body(self, model, history, tools, params, stream):
        return {"model": model, "input": history, "store": False, "include": ["reasoning.encrypted_content"], **({"stream": True} if stream else {}),
                **({"tools": [{"type": "function", "strict": False, **tool} for tool in tools]} if tools else {}), **params}

    def stream(self, turn, all_events):
        done, said = None, {}
        for data in all_events:
            if data.strip() == "[DONE]":
                break
            value = as_json(data)
            kind = value.get("type") or ""
            if kind == "error":
                raise in_band(value.get("error") or value)
            if kind in ("response.output_text.delta", "response.refusal.delta"):
                turn.say("text", value.get("delta"))
                said[value.get("item_id")] = True
            elif kind in ("response.reasoning_summary_text.delta", "response.reasoning_text.delta"):
                turn.say("reasoning", value.get("delta"))
            elif kind in ("response.completed", "response.incomplete", "response.failed", "response.cancelled"):
                done = value.get("response") or {}
                break
            elif kind == "response.output_item.done":
                said.setdefault("items", []).append(value.get("item"))
        if done is None:
            return
        if not done.get("output"):
            done["output"] = said.get("items") or []
        self.take(turn, done, bool(turn.text))

    def whole(self, turn, value):
        if value.get("error") and value.get("status") != "failed":
            raise in_band(value["error"])
        self.take(turn, value, False)

    def take(self, turn, done, said):
        if done.get("status") in ("failed", "cancelled"):
            raise in_band(done.get("error") or {"message": "the response failed"})
        for item in done.get("output") or []:
            if item.get("type") == "message" and not said:
                for part in item.get("content") or []:
                    turn.say("text", part.get("text") or part.get("refusal"))
            if item.get("type") == "reasoning" and not turn.reasoning:
                for part in item.get("summary") or []:
                    turn.say("reasoning", part.get("text"))
            if item.get("type") == "function_call":
                turn.calls.append({"id": item.get("call_id") or "", "name": item.get("name") or "", "arguments": item.get("arguments") or ""})
        usage = done.get("usage") or {}
        turn.usage = count(input=usage.get("input_tokens"), output=usage.get("output_tokens"), reasoning=(usage.get("output_tokens_details") or {}).get("reasoning_tokens"),
                           cached=(usage.get("input_tokens_details") or {}).get("cached_tokens"))
        why = (done.get("incomplete_details") or {}).get("reason")
        refusal = any(part.get("type") == "refusal" for item in done.get("output") or [] for part in item.get("content") or [] if isinstance(part, dict))
        turn.finish = why or ("incomplete" if done.get("status") == "incomplete" else "refusal" if refusal else "tool_calls" if turn.calls else "stop")
        turn.ended = done.get("status") in ("completed", "incomplete")
        turn.native = [item for item in done.get("output") or []]

    def finish_reason(self, word):
        return {"max_output_tokens": "length", "content_filter": "content_filter", "stop": "stop", "tool_calls": "tool_calls", "refusal": "refusal"}.get(word, "other")
