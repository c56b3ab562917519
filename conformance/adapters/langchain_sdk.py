"""LangChain for Python: `langchain_sdk.py openai|responses|anthropic`. Messages, chunks and their joining are LangChain's own."""
import sys

from assay_adapter import Adapter, Answer, Call, serve
from langchain_core.messages import ToolMessage

WAY = sys.argv[1] if len(sys.argv) > 1 else "openai"


class LangChain(Adapter):
    package = "langchain-anthropic" if WAY == "anthropic" else "langchain-openai"
    protocols = [{"openai": "openai-chat", "responses": "openai-responses", "anthropic": "anthropic"}[WAY]]
    can = ["stream", "tools", "reasoning"]
    reports = ["reasoning", "tool_calls", "executed", "finish_reason", "usage", "error.status"]

    def connect(self, where):
        if WAY == "anthropic":
            from langchain_anthropic import ChatAnthropic
            return lambda model, params: ChatAnthropic(model=model, api_key=where.key, base_url=where.base.rstrip("/").removesuffix("/v1"), max_tokens=4096, **params)
        from langchain_openai import ChatOpenAI
        return lambda model, params: ChatOpenAI(model=model, api_key=where.key, base_url=where.base, stream_usage=True, use_responses_api=WAY == "responses", **params)

    def result(self, call, text, failed):
        return ToolMessage(content=text, tool_call_id=call.id or "", name=call.name, status="error" if failed else "success")

    def shown(self, ask, message):
        for part in [{"type": "text", "text": message.content}] if isinstance(message.content, str) else message.content:
            if not isinstance(part, dict):
                ask.text(part)
            elif part.get("type") == "text":
                ask.text(part.get("text"))
            elif part.get("type") == "thinking":
                ask.reasoning(part.get("thinking"))
            elif part.get("type") == "reasoning":
                ask.reasoning("".join(one.get("text", "") for one in part.get("summary", [])))

    def turn(self, client, ask):
        chat = client(ask.model, ask.params)
        bound = chat.bind_tools(ask.tools) if ask.tools else chat
        whole = None
        if ask.stream:
            for chunk in bound.stream(ask.messages):
                self.shown(ask, chunk)
                whole = chunk if whole is None else whole + chunk
        else:
            whole = bound.invoke(ask.messages)
            self.shown(ask, whole)
        if whole is None:
            return Answer()
        told, usage = whole.response_metadata, whole.usage_metadata
        why = told.get("incomplete_details") or {}
        calls = [Call(one["id"], one["name"], one["args"]) for one in [*whole.tool_calls, *whole.invalid_tool_calls]]
        return Answer([whole], calls, why.get("reason") or told.get("finish_reason") or told.get("stop_reason") or told.get("status"),
                      usage and {"input": usage["input_tokens"], "output": usage["output_tokens"],
                                 "reasoning": usage.get("output_token_details", {}).get("reasoning"), "cached": usage.get("input_token_details", {}).get("cache_read")})


serve(LangChain())
