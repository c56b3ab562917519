"""google-genai for Python, the Gemini API with a key."""
from assay_adapter import Adapter, Answer, Call, serve
from google import genai
from google.genai import types


class Gemini(Adapter):
    package = "google-genai"
    protocols = ["gemini"]
    can = ["stream", "tools", "reasoning"]
    reports = ["reasoning", "tool_calls", "executed", "finish_reason", "usage", "error.status"]

    def connect(self, where):
        return genai.Client(api_key=where.key, http_options=types.HttpOptions(base_url=where.origin))

    def models(self, client):
        return [one.name.removeprefix("models/") for one in client.models.list()]

    def message(self, message):
        if message["role"] == "system":
            return message
        return types.Content(role="model" if message["role"] == "assistant" else "user", parts=[types.Part(text=message["content"])])

    def tool(self, tool, run):
        return types.FunctionDeclaration(name=tool["name"], description=tool["description"], parameters_json_schema=tool["parameters"])

    def result(self, call, text, failed):
        return types.Content(role="user", parts=[types.Part(function_response=types.FunctionResponse(id=call.id or None, name=call.name, response={"error" if failed else "output": text}))])

    def turn(self, client, ask):
        contents, system = [], []
        for one in ask.messages:
            if isinstance(one, dict):
                system.append(one["content"])
            elif contents and one.role == "user" == contents[-1].role and one.parts[0].function_response and contents[-1].parts[0].function_response:
                contents[-1] = types.Content(role="user", parts=contents[-1].parts + one.parts)
            else:
                contents.append(one)
        config = types.GenerateContentConfig(system_instruction="\n".join(system) or None, tools=[types.Tool(function_declarations=ask.tools)] if ask.tools else None,
                                             automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True), **ask.params)
        if ask.stream:
            chunks = client.models.generate_content_stream(model=ask.model, contents=contents, config=config)
        else:
            chunks = [client.models.generate_content(model=ask.model, contents=contents, config=config)]
        parts, calls, finish, usage = [], [], None, None
        for chunk in chunks:
            candidate = chunk.candidates[0] if chunk.candidates else None
            for part in (candidate.content.parts or [] if candidate and candidate.content else []):
                parts.append(part)
                (ask.reasoning if part.thought else ask.text)(part.text)
                if part.function_call:
                    calls.append(Call(part.function_call.id, part.function_call.name, part.function_call.args))
            if chunk.prompt_feedback and chunk.prompt_feedback.block_reason:
                finish = "content_filter"
            if candidate and candidate.finish_reason:
                finish = candidate.finish_reason
            usage = chunk.usage_metadata or usage
        return Answer([types.Content(role="model", parts=parts)] if parts else [], calls, finish,
                      usage and {"input": usage.prompt_token_count, "output": usage.candidates_token_count, "reasoning": usage.thoughts_token_count, "cached": usage.cached_content_token_count})


serve(Gemini())
