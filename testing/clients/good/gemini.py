"""gemini: generateContent."""
import urllib.parse

from failure import Failure, in_band
from turn import as_json, count, number


class Gemini:
    models_path = "/v1beta/models"

    def headers(self, key):
        return {"x-goog-api-key": key} if key else {}

    def address(self, base, model, stream):
        return f"{base}/v1beta/models/{urllib.parse.quote(model, safe='')}:" + ("streamGenerateContent?alt=sse" if stream else "generateContent")

    def message(self, one):
        return {"role": {"assistant": "model"}.get(one["role"], one["role"]), "parts": [{"text": one["content"]}]}

    def results(self, given):
        return [{"role": "user", "parts": [{"functionResponse": {"name": call["name"], "response": {"error" if failed else "output": text}, **({"id": call["given"]} if call.get("given") else {})}}
                                           for call, text, failed in given]}]

    def body(self, model, history, tools, params, stream):
        system = [part for one in history if one["role"] == "system" for part in one["parts"]]
        named = {"temperature": "temperature", "top_p": "topP", "max_tokens": "maxOutputTokens"}
        settings = {named.get(name, name): value for name, value in params.items()}
        return {"contents": [one for one in history if one["role"] != "system"], **({"systemInstruction": {"parts": system}} if system else {}), **({"generationConfig": settings} if settings else {}),
                **({"tools": [{"functionDeclarations": tools}]} if tools else {})}

    def chunk(self, turn, value):
        if value.get("error"):
            raise in_band(value["error"])
        usage = value.get("usageMetadata")
        if isinstance(usage, dict):
            seen = number(usage.get("candidatesTokenCount"))
            turn.usage = count(input=usage.get("promptTokenCount"), output=seen, reasoning=usage.get("thoughtsTokenCount"), cached=usage.get("cachedContentTokenCount")) or turn.usage
        if (value.get("promptFeedback") or {}).get("blockReason"):
            turn.finish, turn.ended = "PROHIBITED_CONTENT", True
        for candidate in (value.get("candidates") or [])[:1]:
            for part in (candidate.get("content") or {}).get("parts") or []:
                turn.native[0]["parts"].append(part)
                turn.say("reasoning" if part.get("thought") else "text", part.get("text"))
                call = part.get("functionCall")
                if call:
                    turn.calls.append({"id": call.get("id") or f"call_{len(turn.calls)}", "given": call.get("id"), "name": call.get("name", ""), "arguments": call.get("args") or {}})
            turn.finish = candidate.get("finishReason") or turn.finish

    def stream(self, turn, all_events):
        turn.native = [{"role": "model", "parts": []}]
        try:
            for data in all_events:
                self.chunk(turn, as_json(data))
        except Failure as failure:  # the finish reason is the protocol's own end; a missing last chunk of HTTP takes nothing away
            if failure.category != "truncated" or turn.finish is None:
                raise
        self.end(turn)

    def whole(self, turn, value):
        turn.native = [{"role": "model", "parts": []}]
        self.chunk(turn, value)
        self.end(turn)

    def end(self, turn):
        turn.ended = turn.finish is not None
        if turn.finish == "STOP" and turn.calls:
            turn.finish = "TOOLS"
        if not turn.native[0]["parts"]:
            turn.native = []

    def finish_reason(self, word):
        return {"STOP": "stop", "TOOLS": "tool_calls", "MAX_TOKENS": "length"}.get(word) or (
            "content_filter" if word in ("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY") else "other")

    def models(self, value):
        return [one["name"].removeprefix("models/") for one in value.get("models") or [] if isinstance(one, dict) and isinstance(one.get("name"), str)]
