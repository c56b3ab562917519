"""huggingface_hub, the chat completions of its AsyncInferenceClient: a stream of the other one cannot be closed while it is read."""
from assay_adapter import Adapter, Answer, Call, serve
from huggingface_hub import AsyncInferenceClient


class HuggingFace(Adapter):
    package = "huggingface_hub"
    protocols = ["openai-chat"]
    can = ["stream", "tools", "reasoning"]
    reports = ["reasoning", "tool_calls", "executed", "finish_reason", "usage", "error.status"]

    def connect(self, where):
        return AsyncInferenceClient(base_url=where.base, api_key=where.key, timeout=30)

    async def turn(self, client, ask):
        body = {"model": ask.model, "messages": ask.messages, "tools": ask.tools or None, **ask.params}
        if not ask.stream:
            answer = await client.chat_completion(**body)
            choice = answer.choices[0]
            ask.text(choice.message.content)
            ask.reasoning(choice.message.reasoning)
            return taken(dict(choice.message), choice.message.tool_calls, choice.finish_reason, answer.usage)
        message, calls, finish, usage = {"role": "assistant", "content": ""}, {}, None, None
        chunks = await client.chat_completion(**body, stream=True, stream_options={"include_usage": True})
        async for chunk in chunks:
            usage = chunk.usage or usage
            for choice in (chunk.choices or [])[:1]:
                if choice.delta is None:
                    continue
                ask.text(choice.delta.content)
                ask.reasoning(choice.delta.reasoning)
                message["content"] += choice.delta.content or ""
                for piece in choice.delta.tool_calls or []:
                    if piece.index in calls:
                        known = calls[piece.index].function
                        known.arguments = (known.arguments or "") + (piece.function.arguments or "")
                    else:
                        calls[piece.index] = piece
                finish = choice.finish_reason or finish
        if calls:
            message["tool_calls"] = [{key: value for key, value in {**one, "function": dict(one.function)}.items() if key != "index"} for one in calls.values()]
        return taken(message, calls.values(), finish, usage)


def taken(message, calls, finish, usage):
    return Answer([message], [Call(one.id, one.function.name, one.function.arguments) for one in calls or []], finish,
                  usage and {"input": usage.prompt_tokens, "output": usage.completion_tokens})


serve(HuggingFace())
