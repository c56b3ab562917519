"""openai for Python: `openai_sdk.py chat|responses [async] [helper] [azure]`."""
import sys
from contextlib import contextmanager

import openai
from assay_adapter import Adapter, Answer, Call, serve
from openai_chunks import Joined, calls_of, usage_of, whole

RESPONSES, ASYNC = "responses" in sys.argv, "async" in sys.argv
RAISED = []


@contextmanager
def kept():
    """Keeps what a stream raises, and with it the frames that it passed, as a log of errors does: what closes a stream then is the package, not the end of its objects."""
    try:
        yield
    except Exception as error:
        RAISED.append(error)
        raise


def responded(answer):
    """What a Response says at its end. A failed one is a value, no exception; a careful caller looks."""
    if answer is None:
        return Answer()
    if answer.status == "failed":
        raise RuntimeError(answer.error.message if answer.error else "the response failed")
    usage, why = answer.usage, answer.incomplete_details
    return Answer([item.model_dump(exclude_none=True) for item in answer.output],
                  [Call(item.call_id, item.name, item.arguments) for item in answer.output if item.type == "function_call"],
                  why.reason if why else answer.status,
                  usage and {"input": usage.input_tokens, "output": usage.output_tokens,
                             "reasoning": getattr(usage.output_tokens_details, "reasoning_tokens", None), "cached": getattr(usage.input_tokens_details, "cached_tokens", None)})


def closer(stream):
    """Early versions have no close()."""
    return getattr(stream, "close", None) or stream.response.close


class OpenAI(Adapter):
    package = "openai"
    protocols = ["openai-responses" if RESPONSES else "openai-chat"]
    can = ["stream", "tools", *(["reasoning"] if RESPONSES else [])]
    reports = ["tool_calls", "executed", "finish_reason", "usage", "error.status", "error.code", *(["reasoning"] if RESPONSES else [])]
    params = ["temperature", "top_p", "max_tokens", "reasoning_effort", "stop", "seed"]

    def connect(self, where):
        if "azure" in sys.argv:  # the key in a header of its own
            return openai.AzureOpenAI(api_key=where.key, base_url=where.base, api_version="2024-10-21")
        return (openai.AsyncOpenAI if ASYNC else openai.OpenAI)(api_key=where.key, base_url=where.base)

    def models(self, client):
        return [one.id for one in client.models.list()]

    def tool(self, tool, run):
        return {"type": "function", "strict": False, **tool} if RESPONSES else {"type": "function", "function": tool}

    def result(self, call, text, failed):
        return {"type": "function_call_output", "call_id": call.id, "output": text} if RESPONSES else super().result(call, text, failed)

    def body(self, ask):
        tools = {"tools": ask.tools} if ask.tools else {}
        if RESPONSES:
            return {"model": ask.model, "input": ask.messages, "store": False, "include": ["reasoning.encrypted_content"], **tools, **ask.params}
        return {"model": ask.model, "messages": ask.messages, **tools, **ask.params}

    def heard(self, ask, event):
        """Takes an event of a Response; gives the Response at its end."""
        if event.type in ("response.output_text.delta", "response.refusal.delta"):
            ask.text(event.delta)
        if event.type in ("response.reasoning_summary_text.delta", "response.reasoning_text.delta"):
            ask.reasoning(event.delta)
        return event.response if event.type in ("response.completed", "response.incomplete", "response.failed") else None

    def turn(self, client, ask):
        if RESPONSES:
            if not ask.stream:
                answer = client.responses.create(**self.body(ask))
                ask.text(answer.output_text)
                return responded(answer)
            answer = None
            stream = client.responses.create(**self.body(ask), stream=True)
            ask.on_cancel(closer(stream))
            for event in stream:
                answer = self.heard(ask, event) or answer
            return responded(answer)
        if not ask.stream:
            return whole(ask, client.chat.completions.create(**self.body(ask)))
        joined = Joined(ask)
        stream = client.chat.completions.create(**self.body(ask), stream=True, extra_body={"stream_options": {"include_usage": True}})
        ask.on_cancel(closer(stream))
        with kept():
            for chunk in stream:
                joined.take(chunk)
        return joined.answer()


class AsyncOpenAI(OpenAI):
    async def models(self, client):
        return [one.id async for one in client.models.list()]

    async def turn(self, client, ask):
        if RESPONSES:
            if not ask.stream:
                answer = await client.responses.create(**self.body(ask))
                ask.text(answer.output_text)
                return responded(answer)
            answer = None
            async for event in await client.responses.create(**self.body(ask), stream=True):
                answer = self.heard(ask, event) or answer
            return responded(answer)
        if not ask.stream:
            return whole(ask, await client.chat.completions.create(**self.body(ask)))
        joined = Joined(ask)
        with kept():
            async for chunk in await client.chat.completions.create(**self.body(ask), stream=True, extra_body={"stream_options": {"include_usage": True}}):
                joined.take(chunk)
        return joined.answer()


class Helper(OpenAI):
    """client.chat.completions.stream(): the package joins the pieces itself."""

    def turn(self, client, ask):
        if not ask.stream or RESPONSES:
            return super().turn(client, ask)
        with client.chat.completions.stream(**self.body(ask), stream_options={"include_usage": True}) as stream:
            ask.on_cancel(closer(stream))
            for event in stream:
                if event.type in ("content.delta", "refusal.delta"):
                    ask.text(event.delta)
            answer = stream.get_final_completion()
        message = answer.choices[0].message
        add = message.model_dump(exclude_none=True, exclude={"parsed"})
        for call in add.get("tool_calls") or []:
            call["function"].pop("parsed_arguments", None)
        return Answer([add], calls_of(message), answer.choices[0].finish_reason, usage_of(answer.usage))


class ResponsesHelper(OpenAI):
    def turn(self, client, ask):
        if not ask.stream:
            return super().turn(client, ask)
        with client.responses.stream(**self.body(ask)) as stream:
            ask.on_cancel(closer(stream))
            for event in stream:
                self.heard(ask, event)
            answer = stream.get_final_response()
        out = responded(answer)
        for item in out.add:
            item.pop("parsed_arguments", None)
            for part in item.get("content") or []:
                part.pop("parsed", None)
        return out


serve((ResponsesHelper if RESPONSES else Helper)() if "helper" in sys.argv else AsyncOpenAI() if ASYNC else OpenAI())
