"""httpx-sse, a parser of event streams, under the few lines of chat that its users write."""
import json

import httpx
import httpx_sse
from assay_adapter import Adapter, Answer, serve


class Parser(Adapter):
    package = "httpx-sse"
    protocols = ["openai-chat"]
    can = ["stream"]
    reports = ["finish_reason", "frames", "error.status"]

    def connect(self, where):
        return httpx.Client(base_url=where.base, headers={"authorization": f"Bearer {where.key}"}, timeout=30)

    def turn(self, client, ask):
        message, finish = {"role": "assistant", "content": ""}, None
        with httpx_sse.connect_sse(client, "POST", "/chat/completions", json={"model": ask.model, "messages": ask.messages, **ask.params, "stream": True}) as source:
            ask.on_cancel(source.response.close)
            source.response.raise_for_status()
            for event in source.iter_sse():
                ask.frame({"data": event.data, "event": event.event, "id": event.id})
                if event.data == "[DONE]":
                    break
                chunk = json.loads(event.data)
                if "error" in chunk:
                    raise RuntimeError(chunk["error"].get("message"))
                for choice in chunk.get("choices", [])[:1]:
                    piece = choice.get("delta", {}).get("content")
                    ask.text(piece)
                    message["content"] += piece or ""
                    finish = choice.get("finish_reason") or finish
        return Answer([message], finish=finish)


serve(Parser())
