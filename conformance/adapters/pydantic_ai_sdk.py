"""pydantic-ai: `pydantic_ai_sdk.py openai|openrouter|responses|anthropic|google`. The agent calls the tools and keeps the history itself."""
import sys

from assay_adapter import Adapter, Answer, serve
from pydantic_ai import Agent, Tool
from pydantic_ai.messages import (ModelRequest, ModelResponse, PartDeltaEvent, PartStartEvent, SystemPromptPart, TextPart, TextPartDelta, ThinkingPart, ThinkingPartDelta,
                                  UserPromptPart)

WAY = sys.argv[1] if len(sys.argv) > 1 else "openai"


def model_of(where, name):
    if WAY == "anthropic":
        from pydantic_ai.models.anthropic import AnthropicModel
        from pydantic_ai.providers.anthropic import AnthropicProvider
        return AnthropicModel(name, provider=AnthropicProvider(api_key=where.key, base_url=where.base.rstrip("/").removesuffix("/v1")))
    if WAY == "google":
        from pydantic_ai.models.google import GoogleModel
        from pydantic_ai.providers.google import GoogleProvider
        return GoogleModel(name, provider=GoogleProvider(api_key=where.key, base_url=where.origin))
    if WAY == "openrouter":
        from openai import AsyncOpenAI
        from pydantic_ai.models.openrouter import OpenRouterModel
        from pydantic_ai.providers.openrouter import OpenRouterProvider
        return OpenRouterModel(name if "/" in name else f"openai/{name}", provider=OpenRouterProvider(openai_client=AsyncOpenAI(api_key=where.key, base_url=where.base)))
    from pydantic_ai.providers.openai import OpenAIProvider
    provider = OpenAIProvider(api_key=where.key, base_url=where.base)
    if WAY == "responses":
        from pydantic_ai.models.openai import OpenAIResponsesModel
        return OpenAIResponsesModel(name, provider=provider)
    try:
        from pydantic_ai.models.openai import OpenAIChatModel
    except ImportError:  # before 1.0
        from pydantic_ai.models.openai import OpenAIModel as OpenAIChatModel
    return OpenAIChatModel(name, provider=provider)


class PydanticAI(Adapter):
    package = "pydantic-ai-slim"
    name = f"pydantic-ai, {WAY}"
    protocols = [{"openai": "openai-chat", "openrouter": "openai-chat", "responses": "openai-responses", "anthropic": "anthropic", "google": "gemini"}[WAY]]
    can = ["stream", "tools", "tool-loop", "reasoning"]
    reports = ["reasoning", "executed", "finish_reason", "usage", "error.status"]

    def connect(self, where):
        models = {}
        return lambda name: models.setdefault(name, None) or models.update({name: model_of(where, name)}) or models[name]

    def message(self, message):
        if message["role"] == "assistant":
            return ModelResponse(parts=[TextPart(content=message["content"])])
        return ModelRequest(parts=[(SystemPromptPart if message["role"] == "system" else UserPromptPart)(content=message["content"])])

    def tool(self, tool, run):
        def call(ctx, **arguments):
            return run(tool["name"], arguments, ctx.tool_call_id)
        return Tool.from_schema(call, name=tool["name"], description=tool["description"], json_schema=tool["parameters"], takes_ctx=True)

    async def turn(self, client, ask):
        agent = Agent(client(ask.model), tools=ask.tools, model_settings=ask.params or None)
        history = list(ask.messages)
        if not ask.stream:
            done = await agent.run(None, message_history=history)
            ask.text(done.output)
        else:
            async with agent.iter(None, message_history=history) as run:
                async for node in run:
                    if not Agent.is_model_request_node(node):
                        continue
                    ask.again()
                    async with node.stream(run.ctx) as stream:
                        async for event in stream:
                            part = event.part if isinstance(event, PartStartEvent) else event.delta if isinstance(event, PartDeltaEvent) else None
                            if isinstance(part, TextPart):
                                ask.text(part.content)
                            elif isinstance(part, TextPartDelta):
                                ask.text(part.content_delta)
                            elif isinstance(part, ThinkingPart):
                                ask.reasoning(part.content)
                            elif isinstance(part, ThinkingPartDelta):
                                ask.reasoning(part.content_delta)
                done = run.result
        messages = done.all_messages()
        ask.messages[:] = messages
        last = messages[-1]
        return Answer([], [], getattr(last, "finish_reason", None), {"input": last.usage.input_tokens, "output": last.usage.output_tokens})


serve(PydanticAI())
