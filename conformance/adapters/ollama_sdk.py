"""ollama for Python, Ollama's own chat API."""
import ollama
from assay_adapter import Adapter, Answer, Call, serve


class Ollama(Adapter):
    package = "ollama"
    protocols = ["ollama"]
    can = ["stream", "tools", "reasoning"]
    reports = ["reasoning", "tool_calls", "executed", "finish_reason", "usage", "error.status"]

    def connect(self, where):
        return ollama.Client(host=where.origin, headers={"authorization": f"Bearer {where.key}"})

    def models(self, client):
        return [one.model for one in client.list().models]

    def result(self, call, text, failed):
        return {"role": "tool", "content": text, "tool_name": call.name}

    def turn(self, client, ask):
        parts = client.chat(model=ask.model, messages=ask.messages, tools=ask.tools or None, options=ask.params or None, stream=ask.stream)
        message, last = {"role": "assistant", "content": ""}, None
        for part in parts if ask.stream else [parts]:
            ask.text(part.message.content)
            ask.reasoning(part.message.thinking)
            message["content"] += part.message.content or ""
            if part.message.thinking:
                message["thinking"] = message.get("thinking", "") + part.message.thinking
            message.setdefault("tool_calls", []).extend(part.message.tool_calls or [])
            last = part
        calls = [Call("", one.function.name, dict(one.function.arguments)) for one in message["tool_calls"]]
        return Answer([message], calls, last.done_reason if last else None, {"input": last.prompt_eval_count, "output": last.eval_count} if last and last.done else None)


serve(Ollama())
