"""cohere for Python, version 2 of the API: its asynchronous client, as the iterator of the other one cannot be closed from outside."""
import cohere
from assay_adapter import Adapter, Answer, Call, serve


class Cohere(Adapter):
    package = "cohere"
    protocols = ["cohere"]
    can = ["stream", "tools", "reasoning"]
    reports = ["reasoning", "tool_calls", "executed", "finish_reason", "usage", "error.status"]
    params = ["temperature"]

    def connect(self, where):
        return cohere.AsyncClientV2(api_key=where.key, base_url=where.origin, log_warning_experimental_features=False)

    async def models(self, client):
        return [one.name for one in (await client.models.list()).models]

    async def turn(self, client, ask):
        body = {"model": ask.model, "messages": ask.messages, **({"tools": ask.tools} if ask.tools else {}), **ask.params}
        if not ask.stream:
            answer = await client.chat(**body)
            for part in answer.message.content or []:
                (ask.reasoning if part.type == "thinking" else ask.text)(getattr(part, part.type, None))
            return taken(answer.message, answer.message.tool_calls, answer.finish_reason, answer.usage)
        message, calls, finish, usage = {"role": "assistant", "content": ""}, {}, None, None
        async for event in client.chat_stream(**body):
            if event.type == "content-delta":
                ask.text(event.delta.message.content.text)
                ask.reasoning(event.delta.message.content.thinking)
                message["content"] += event.delta.message.content.text or ""
            elif event.type == "tool-plan-delta":
                message["tool_plan"] = message.get("tool_plan", "") + event.delta.message.tool_plan
            elif event.type == "tool-call-start":
                calls[event.index] = event.delta.message.tool_calls
            elif event.type == "tool-call-delta":
                calls[event.index].function.arguments = (calls[event.index].function.arguments or "") + event.delta.message.tool_calls.function.arguments
            elif event.type == "message-end":
                if event.delta.error:
                    raise RuntimeError(event.delta.error)
                finish, usage = event.delta.finish_reason, event.delta.usage
        if calls:
            message["tool_calls"] = list(calls.values())
        return taken(message, message.get("tool_calls"), finish, usage)


def taken(message, calls, finish, usage):
    tokens = usage and usage.tokens
    return Answer([message], [Call(one.id, one.function.name, one.function.arguments) for one in calls or []], finish,
                  tokens and {"input": tokens.input_tokens, "output": tokens.output_tokens})


serve(Cohere())
