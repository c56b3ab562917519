"""anthropic for Python: `anthropic_sdk.py [async] [helper]`."""
import json
import sys

import anthropic
from assay_adapter import Adapter, Answer, Call, serve

ASYNC, HELPER = "async" in sys.argv, "helper" in sys.argv


def merged(messages):
    """Results of parallel calls belong into one message."""
    out = []
    for one in messages:
        if out and one["role"] == "user" == out[-1]["role"] and isinstance(one["content"], list) and isinstance(out[-1]["content"], list):
            out[-1] = {"role": "user", "content": out[-1]["content"] + one["content"]}
        else:
            out.append(one)
    return out


class Joined:
    """Joins raw events into a message, as the API's guide does."""

    def __init__(self, ask):
        self.ask, self.blocks, self.finish, self.usage, self.details = ask, {}, None, {}, None

    def take(self, event):
        if event.type == "message_start":
            self.usage = event.message.usage.model_dump(exclude_none=True)
        elif event.type == "content_block_start":
            self.blocks[event.index] = event.content_block.model_dump(exclude_none=True)
        elif event.type == "content_block_delta":
            block, delta = self.blocks.get(event.index), event.delta
            if delta.type == "text_delta":
                block["text"] += delta.text
                self.ask.text(delta.text)
            elif delta.type == "thinking_delta":
                block["thinking"] += delta.thinking
                self.ask.reasoning(delta.thinking)
            elif delta.type == "signature_delta":
                block["signature"] = delta.signature
            elif delta.type == "input_json_delta":
                block["json"] = block.get("json", "") + delta.partial_json
        elif event.type == "message_delta":
            self.finish, self.details = event.delta.stop_reason, getattr(event.delta, "stop_details", None)
            self.usage.update(event.usage.model_dump(exclude_none=True))

    def answer(self):
        calls = [Call(one["id"], one["name"], one.get("json", one.get("input"))) for one in self.blocks.values() if one["type"] == "tool_use"]
        content = []
        for block in self.blocks.values():
            if "json" in block:
                try:
                    block["input"] = json.loads(block["json"] or "{}")
                except ValueError:
                    block["input"] = {}
            content.append({key: value for key, value in block.items() if key != "json"})
        return finished(content, calls, self.finish, self.usage, self.details) if content or self.finish else Answer()


def finished(content, calls, finish, usage, details):
    details = details.model_dump(exclude_none=True) if hasattr(details, "model_dump") else details
    return Answer([{"role": "assistant", "content": content}], calls, finish,
                  {"input": usage.get("input_tokens"), "output": usage.get("output_tokens"), "cached": usage.get("cache_read_input_tokens")} if usage else None, details)


def whole(message):
    content = [block.model_dump(exclude_none=True) for block in message.content]
    for block in content:
        block.pop("parsed_output", None)
    return finished(content, [Call(one.id, one.name, one.input) for one in message.content if one.type == "tool_use"], message.stop_reason, message.usage.model_dump(exclude_none=True), getattr(message, "stop_details", None))


def shown(ask, message):
    if getattr(message, "content", None) is None:  # the package hands over any JSON as a message
        return Answer()
    for block in message.content:
        ask.text(getattr(block, "text", None))
        ask.reasoning(getattr(block, "thinking", None))
    return whole(message)


class Anthropic(Adapter):
    package = "anthropic"
    protocols = ["anthropic"]
    can = ["stream", "tools", "reasoning"]
    reports = ["reasoning", "tool_calls", "executed", "finish_reason", "finish_details", "usage", "error.status"]

    def connect(self, where):
        return (anthropic.AsyncAnthropic if ASYNC else anthropic.Anthropic)(api_key=where.key, base_url=where.base.rstrip("/").removesuffix("/v1"))

    def models(self, client):
        return [one.id for one in client.models.list()]

    def tool(self, tool, run):
        return {"name": tool["name"], "description": tool["description"], "input_schema": tool["parameters"]}

    def result(self, call, text, failed):
        return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": text, **({"is_error": True} if failed else {})}]}

    def body(self, ask):
        system = "\n".join(one["content"] for one in ask.messages if one["role"] == "system")
        return {"model": ask.model, "max_tokens": 4096, "messages": merged([one for one in ask.messages if one["role"] != "system"]),
                **({"system": system} if system else {}), **({"tools": ask.tools} if ask.tools else {}), **ask.params}

    def heard(self, ask, event):
        if event.type == "text":
            ask.text(event.text)
        elif event.type == "thinking":
            ask.reasoning(event.thinking)

    def turn(self, client, ask):
        if not ask.stream:
            return shown(ask, client.messages.create(**self.body(ask)))
        if HELPER:
            with client.messages.stream(**self.body(ask)) as stream:
                ask.on_cancel(stream.close)
                for event in stream:
                    self.heard(ask, event)
                return whole(stream.get_final_message())
        joined = Joined(ask)
        stream = client.messages.create(**self.body(ask), stream=True)
        ask.on_cancel(stream.close)
        for event in stream:
            joined.take(event)
        return joined.answer()


class AsyncAnthropic(Anthropic):
    async def models(self, client):
        return [one.id async for one in client.models.list()]

    async def turn(self, client, ask):
        if not ask.stream:
            return shown(ask, await client.messages.create(**self.body(ask)))
        if HELPER:
            async with client.messages.stream(**self.body(ask)) as stream:
                async for event in stream:
                    self.heard(ask, event)
                return whole(await stream.get_final_message())
        joined = Joined(ask)
        async for event in await client.messages.create(**self.body(ask), stream=True):
            joined.take(event)
        return joined.answer()


serve(AsyncAnthropic() if ASYNC else Anthropic())
