"""anthropic: the Messages API."""
from failure import in_band
from openai import OpenAIChat
from turn import as_json, count, parsed


class Anthropic:
    models_path = "/v1/models"

    def headers(self, key):
        return {**({"x-api-key": key} if key else {}), "anthropic-version": "2023-06-01"}

    def address(self, base, model, stream):
        return base + "/v1/messages"

    def message(self, one):
        return {"role": one["role"], "content": one["content"]}

    def results(self, given):
        return [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": call["id"], "content": text, **({"is_error": True} if failed else {})} for call, text, failed in given]}]

    def body(self, model, history, tools, params, stream):
        system = "\n".join(one["content"] for one in history if one["role"] == "system")
        return {"model": model, "max_tokens": 1024, "messages": [one for one in history if one["role"] != "system"], **({"system": system} if system else {}), **({"stream": True} if stream else {}),
                **({"tools": [{"name": tool["name"], "description": tool.get("description", ""), "input_schema": tool["parameters"]} for tool in tools]} if tools else {}), **params}

    def used(self, turn, usage):
        if not isinstance(usage, dict):
            return
        known = turn.usage or {}
        turn.usage = {**known, **(count(input=usage.get("input_tokens"), output=usage.get("output_tokens"), cached=usage.get("cache_read_input_tokens"),
                                                            reasoning=(usage.get("output_tokens_details") or {}).get("thinking_tokens")) or {})} or None

    def stream(self, turn, all_events):
        blocks = {}
        for data in all_events:
            value = as_json(data)
            kind, at = value.get("type"), value.get("index", 0)
            if kind == "error" or "error" in value and kind is None:
                raise in_band(value.get("error") or {})
            if kind == "message_start":
                self.used(turn, (value.get("message") or {}).get("usage"))
            elif kind == "content_block_start":
                blocks[at] = dict(value.get("content_block") or {})
                blocks[at]["json"] = ""
                turn.say("text", blocks[at].get("text"))
                turn.say("reasoning", blocks[at].get("thinking"))
            elif kind == "content_block_delta":
                delta, block = value.get("delta") or {}, blocks.setdefault(at, {"type": "text", "text": "", "json": ""})
                if delta.get("type") == "text_delta":
                    block["text"] = (block.get("text") or "") + (delta.get("text") or "")
                    turn.say("text", delta.get("text"))
                elif delta.get("type") == "thinking_delta":
                    block["thinking"] = (block.get("thinking") or "") + (delta.get("thinking") or "")
                    turn.say("reasoning", delta.get("thinking"))
                elif delta.get("type") == "signature_delta":
                    block["signature"] = (block.get("signature") or "") + (delta.get("signature") or "")
                elif delta.get("type") == "input_json_delta":
                    block["json"] += delta.get("partial_json") or ""
                    turn.tell({"kind": "tool_call", "index": at, "id": block.get("id", ""), "name": block.get("name", ""), "arguments_delta": delta.get("partial_json") or ""})
            elif kind == "message_delta":
                turn.finish = (value.get("delta") or {}).get("stop_reason") or turn.finish
                self.used(turn, value.get("usage"))
            elif kind == "message_stop":
                turn.ended = True
                break
        self.keep(turn, [blocks[at] for at in sorted(blocks)])

    def whole(self, turn, value):
        if value.get("type") == "error" or value.get("error"):
            raise in_band(value.get("error") or {})
        for block in value.get("content") or []:
            turn.say("text", block.get("text") if block.get("type") == "text" else None)
            turn.say("reasoning", block.get("thinking"))
        turn.finish, turn.ended = value.get("stop_reason"), bool(value.get("stop_reason"))
        self.used(turn, value.get("usage"))
        self.keep(turn, [dict(block) for block in value.get("content") or []])

    def keep(self, turn, blocks):
        turn.native = []
        for block in blocks:
            pieces = block.pop("json", "")
            if block.get("type") in ("tool_use", "server_tool_use", "mcp_tool_use"):
                arguments = pieces if pieces else block.get("input") or {}
                if block["type"] == "tool_use":
                    turn.calls.append({"id": block.get("id", ""), "name": block.get("name", ""), "arguments": arguments})
                block["input"] = parsed(arguments) if isinstance(parsed(arguments), dict) else {}
            if block.get("type") == "text" and not block.get("text"):
                continue
            turn.native.append(block)
        turn.native = [{"role": "assistant", "content": turn.native}] if turn.native else []

    def finish_reason(self, word):
        return {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "tool_use": "tool_calls", "refusal": "refusal", "model_context_window_exceeded": "length"}.get(word, "other")

    def models(self, value):
        return OpenAIChat.models(self, value)
