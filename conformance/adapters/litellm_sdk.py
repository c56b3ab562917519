"""litellm, the Python package: `litellm_sdk.py openai|anthropic|gemini`, the protocol that it speaks upstream."""
import sys

import litellm
from assay_adapter import Adapter, Answer, serve
from openai_chunks import Joined, taken, whole

WAY = sys.argv[1] if len(sys.argv) > 1 else "openai"
litellm.telemetry = False


class LiteLLM(Adapter):
    package = "litellm"
    protocols = [{"openai": "openai-chat", "anthropic": "anthropic", "gemini": "gemini", "responses": "openai-responses"}[WAY]]
    can = ["stream", "tools", "reasoning"]
    reports = ["reasoning", "tool_calls", "executed", "finish_reason", "usage", "error.status"]

    def connect(self, where):
        base = {"openai": where.base, "responses": where.base, "anthropic": where.origin, "gemini": where.origin + "/v1beta"}[WAY]
        return {"api_base": base, "api_key": where.key}

    def turn(self, client, ask):
        model = {"openai": "openai/", "anthropic": "anthropic/", "gemini": "gemini/", "responses": "openai/responses/"}[WAY] + ask.model
        body = {**client, "model": model, "messages": ask.messages, **({"tools": ask.tools} if ask.tools else {}), **ask.params}
        if not ask.stream:
            return whole(ask, litellm.completion(**body))
        joined, chunks = Joined(ask), []
        for chunk in litellm.completion(**body, stream=True, stream_options={"include_usage": True}):
            chunks.append(chunk)
            joined.take(chunk)
        # The package's own builder joins the pieces.
        built = litellm.stream_chunk_builder(chunks, messages=ask.messages)
        if built is None:
            return Answer(finish=joined.finish)
        answer = taken(built)
        answer.finish = joined.finish
        return answer


serve(LiteLLM())
