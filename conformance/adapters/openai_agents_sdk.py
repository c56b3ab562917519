"""openai-agents for Python: `openai_agents_sdk.py chat|responses`. The runner calls the tools and keeps the history itself."""
import sys

from agents import Agent, FunctionTool, ModelSettings, OpenAIChatCompletionsModel, OpenAIResponsesModel, RunConfig, Runner, set_tracing_disabled
from assay_adapter import Adapter, Answer, serve
from openai import AsyncOpenAI

CHAT = "chat" in sys.argv
set_tracing_disabled(True)


class Agents(Adapter):
    package = "openai-agents"
    protocols = ["openai-chat" if CHAT else "openai-responses"]
    can = ["stream", "tools", "tool-loop"]
    reports = ["executed", "usage", "error.status"]

    def connect(self, where):
        return AsyncOpenAI(api_key=where.key, base_url=where.base)

    def tool(self, tool, run):
        async def call(context, arguments):
            return run(tool["name"], arguments, getattr(context, "tool_call_id", ""))
        return FunctionTool(name=tool["name"], description=tool["description"], params_json_schema=tool["parameters"], on_invoke_tool=call, strict_json_schema=False)

    async def turn(self, client, ask):
        system = [one for one in ask.messages if one.get("role") == "system"]
        model = (OpenAIChatCompletionsModel if CHAT else OpenAIResponsesModel)(model=ask.model, openai_client=client)
        known = {key: value for key, value in ask.params.items() if key in ("temperature", "top_p", "max_tokens")}
        agent = Agent(name="assay", instructions="\n".join(one["content"] for one in system) or None, tools=ask.tools, model=model, model_settings=ModelSettings(include_usage=True, **known))
        history = [one for one in ask.messages if one.get("role") != "system"]
        if ask.stream:
            done = Runner.run_streamed(agent, history, max_turns=ask.max_rounds, run_config=RunConfig(tracing_disabled=True))
            async for event in done.stream_events():
                if event.type != "raw_response_event":
                    continue
                if event.data.type == "response.created":
                    ask.again()
                if event.data.type == "response.output_text.delta":
                    ask.text(event.data.delta)
        else:
            done = await Runner.run(agent, history, max_turns=ask.max_rounds, run_config=RunConfig(tracing_disabled=True))
            ask.text(str(done.final_output))
        ask.messages[:] = system + done.to_input_list()
        usage = done.raw_responses[-1].usage if done.raw_responses else None
        return Answer(usage=usage and {"input": usage.input_tokens, "output": usage.output_tokens})


serve(Agents())
