"""Requests, their repetition, and the rounds of tools."""
import json
import random
import threading
import time

from anthropic import Anthropic
from failure import Failure, in_band, refused
from gemini import Gemini
from openai import OpenAIChat, Responses
from turn import Turn, as_json, parsed
from wire import Wire, events

ATTEMPTS, ROUNDS = 3, 8
HARMLESS = [{"name": "lookup", "description": "Looks something up.", "parameters": {
    "type": "object", "properties": {"path": {"type": "string"}, "query": {"type": "string"}, "limit": {"type": "number"}}}}]
PROTOCOLS = {"openai-chat": OpenAIChat(), "openai-responses": Responses(), "anthropic": Anthropic(), "gemini": Gemini()}


class Session:
    def __init__(self):
        self.history, self.owed, self.request = [], [], {}


class Operation:
    def __init__(self, deadline, tell):
        self.tell, self.until, self.wire, self.cancelled, self.lock, self.done = tell, time.monotonic() + deadline, None, threading.Event(), threading.Lock(), False
        self.timed_out = False

    def stop(self, timed_out=False):
        self.timed_out = self.timed_out or timed_out
        self.cancelled.set()
        with self.lock:
            if self.wire:
                self.wire.close()

    def opened(self, wire):
        with self.lock:
            self.wire = wire
        if self.cancelled.is_set():
            wire.close()

    def check(self):
        if self.timed_out:
            raise Failure("timeout", "no answer before the deadline")
        if self.cancelled.is_set():
            raise Failure("cancelled", "cancelled")


def base_of(request):
    base = request.get("base_url") or request["urls"]["inference"]
    return base.rstrip("/").removesuffix("/v1")


def key_of(request):
    credential = request.get("credential") or {}
    return credential.get("key") or credential.get("token") or ""


def asked(operation, request, counters, method, url, headers, body, read):
    """Sends a request until it is answered: `read(wire)` gives the value. Repeats what is safe to repeat."""
    key, wait = key_of(request), 0.5
    for attempt in range(1, ATTEMPTS + 1):
        counters["attempts"], counters["requests"] = attempt, counters["requests"] + 1
        counters["said"] = False
        try:
            operation.check()
            wire = Wire(url, headers, body, method, operation.opened)
            counters["status"] = wire.status
            try:
                if not 200 <= wire.status < 300:
                    raise refused(wire, key)
                return read(wire, attempt)
            finally:
                wire.close()
        except Failure as failure:
            operation.check()
            if not failure.again or counters["said"] or attempt == ATTEMPTS:
                raise
            pause = failure.after if failure.after is not None else wait * random.uniform(0.8, 1.2)
            wait *= 2
            operation.tell(event={"kind": "retry", "attempt": attempt + 1, "after_ms": int(pause * 1000), "category": failure.category})
            if operation.cancelled.wait(pause):
                operation.check()


def chat(operation, request, session, result):
    protocol = PROTOCOLS[request.get("protocol") or (request.get("provider") or {}).get("default_api") or "openai-chat"]
    model = request.get("model") or ((request.get("provider") or {}).get("seeds") or ["default"])[0]
    tools = request.get("tools") or []
    tools = HARMLESS if tools == "harmless" else tools
    stream = request.get("stream", True)
    for one in request.get("messages") or ([{"role": "user", "content": "ping"}] if request["op"] == "chat" else []):
        session.history.append(protocol.message(one))
    given = request.get("results") or []
    if given:
        owed = {call["id"]: call for call in session.owed}
        by_id = {one["id"]: one for one in given}
        session.history += protocol.results([(call, by_id[call["id"]]["content"], bool(by_id[call["id"]].get("is_error"))) for call in owed.values() if call["id"] in by_id])
        session.owed = []
    counters = result  # attempts, requests, status stand in the result
    rounds = 0
    while True:
        rounds += 1
        result["text"] = result["reasoning"] = ""

        def read(wire, attempt):
            operation.tell(event={"kind": "started", "status": wire.status, "attempt": attempt})
            kind = wire.header("Content-Type").split(";")[0].strip().lower()
            if kind in ("text/html", "application/xhtml+xml"):
                raise Failure("protocol", "The provider answered with a page where an answer was expected", wire.status)

            def say(event):
                result["said"] = True
                operation.tell(event=event)

            turn = Turn(say)
            try:
                if stream and kind != "application/json":
                    protocol.stream(turn, events(wire.read()))
                else:
                    body = wire.whole().decode("utf-8", "replace")
                    if not body.strip():
                        raise Failure("truncated", "The answer is empty")
                    protocol.whole(turn, as_json(body))
            finally:
                result["text"], result["reasoning"] = turn.text, turn.reasoning
            if not turn.ended:
                raise Failure("truncated", "The answer ended before its end")
            return turn

        try:
            turn = asked(operation, request, counters, "POST", protocol.address(base_of(request), model, stream),
                         {**protocol.headers(key_of(request)), "Content-Type": "application/json", "Accept": "text/event-stream" if stream else "application/json"},
                         json.dumps(protocol.body(model, session.history, tools, request.get("params") or {}, stream)), read)
        finally:
            result.pop("said", None)
        session.history += turn.native or []
        calls = [{"id": call["id"], "name": call["name"], "arguments": parsed(call["arguments"])} for call in turn.calls]
        result["tool_calls"], result["usage"], result["finish_reason"] = calls, turn.usage, turn.finish and protocol.finish_reason(turn.finish)
        if not calls:
            return
        if request.get("tool_mode") == "report":
            session.owed = turn.calls
            return
        # What was cut short, or filtered, is not acted on.
        if result["finish_reason"] in ("length", "content_filter", "refusal") or rounds > ROUNDS:
            return
        known, answers = {tool["name"] for tool in tools}, []
        for call, made in zip(turn.calls, calls):
            if made["name"] in known and isinstance(made["arguments"], dict):
                result["executed"].append(made)
                answers.append((call, '{"ok":true}', False))
            else:
                answers.append((call, '{"error":"no such tool, or its arguments are no JSON object"}', True))
        session.history += protocol.results(answers)
        if request.get("stop") == "after-tools":
            return


def models(operation, request, session, result):
    protocol = PROTOCOLS[request.get("protocol") or (request.get("provider") or {}).get("default_api") or "openai-chat"]
    value = asked(operation, request, result, "GET", base_of(request) + protocol.models_path, protocol.headers(key_of(request)), None, lambda wire, attempt: as_json(wire.whole()))
    if value.get("error"):
        raise in_band(value["error"])
    ids = protocol.models(value)
    result.update(source="live", ids=ids, models=[{"provider": (request.get("provider") or {}).get("id"), "id": one} for one in ids])
