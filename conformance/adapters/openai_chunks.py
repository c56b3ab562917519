"""Answers in the shape of OpenAI's chat completions, which several packages give: pieces joined as the API's guide does."""
from types import SimpleNamespace

from assay_adapter import Answer, Call


def calls_of(message):
    return [Call(call.id, call.function.name, call.function.arguments) for call in message.tool_calls or []]


def usage_of(usage):
    if usage is None:
        return None
    if isinstance(usage, dict):  # versions that do not know the field yet leave it as it came
        usage = SimpleNamespace(**usage)
    details, prompt = getattr(usage, "completion_tokens_details", None), getattr(usage, "prompt_tokens_details", None)
    return {"input": usage.prompt_tokens, "output": usage.completion_tokens, "reasoning": getattr(details, "reasoning_tokens", None), "cached": getattr(prompt, "cached_tokens", None)}


class Joined:
    def __init__(self, ask):
        self.ask, self.text, self.calls, self.open, self.finish, self.usage = ask, "", [], {}, None, None

    def take(self, chunk):
        if getattr(chunk, "usage", None):
            self.usage = chunk.usage
        choice = next((one for one in chunk.choices or [] if not one.index), None)
        if choice is None:
            return
        self.finish = choice.finish_reason or self.finish
        if not getattr(choice, "delta", None):
            return
        self.ask.text(getattr(choice.delta, "refusal", None))
        if choice.delta.content:
            self.text += choice.delta.content
            self.ask.text(choice.delta.content)
        self.ask.reasoning(getattr(choice.delta, "reasoning_content", None))
        for piece in choice.delta.tool_calls or []:
            call = self.open.get(piece.index)
            if call is None or piece.id and piece.id != call["id"]:  # another id is another call
                call = self.open[piece.index] = {"id": piece.id, "type": "function", "function": {"name": piece.function.name, "arguments": ""}}
                self.calls.append(call)
            call["function"]["arguments"] += piece.function.arguments or ""

    def answer(self):
        calls = self.calls
        message = {"role": "assistant", "content": self.text, **({"tool_calls": calls} if calls else {})}
        return Answer([message], [Call(one["id"], one["function"]["name"], one["function"]["arguments"]) for one in calls], self.finish, usage_of(self.usage))


def whole(ask, answer):
    if not answer.choices:  # the package hands over any JSON as an answer
        return Answer()
    ask.text(answer.choices[0].message.content or getattr(answer.choices[0].message, "refusal", None))
    return taken(answer)


def taken(answer):
    choice = answer.choices[0]
    return Answer([choice.message.model_dump(exclude_none=True)], calls_of(choice.message), choice.finish_reason, usage_of(getattr(answer, "usage", None)))
