"""The adapter protocol (docs/adapter-protocol.md) for clients written in Python: everything but the calls of the
SDK. Standard library only. Put it beside an adapter of your own, or let PYTHONPATH name its folder.

    from assay_adapter import Adapter, Answer, Call, serve

    class Mine(Adapter):
        package = "openai"                   # whose version the hello gives
        protocols = ["openai-chat"]          # what it speaks to the provider
        can = ["stream", "tools"]            # capabilities beside chat
        reports = ["usage", "error.status"]  # what a caller of this SDK gets to know, beside text

        def connect(self, where): ...        # where.base, where.origin, where.key: the SDK's client
        def tool(self, tool, run): ...       # a tool as the SDK wants it declared
        def result(self, call, text, failed): ...  # the message that answers a call
        def turn(self, client, ask): ...     # one request; gives an Answer
        def models(self, client): ...        # ids

    serve(Mine())

`turn` sends one request. `ask` has model, messages (the conversation in the SDK's own form), tools, params, stream,
and what to call while the answer comes: text(piece), reasoning(piece). Its Answer has `add`, the messages that the
SDK wants to see again; `calls`; `finish`, the provider's word for the end, None when the SDK gave none; `details`,
what it says beside it; `usage`, a dict of input, output, reasoning, cached. A parser of event streams calls
ask.frame({"data", "event", "id"}) too. Exceptions are left to escape: what the SDK raises is what is judged.

`turn` may be a coroutine: it then runs in an event loop, and a cancel cancels its task. A blocking one runs in a
thread; a cancel calls what it gave to ask.on_cancel, such as the close method of a stream. An SDK that runs tools
itself gives every tool run(name, arguments, id), calls ask.again() when it asks once more, and gives back no calls.
"""
import asyncio
import inspect
import json
import os
import re
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field
from importlib import metadata
from types import SimpleNamespace

# stdout belongs to the protocol: what an SDK prints goes to stderr.
_out = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
os.dup2(2, 1)
_lock = threading.Lock()
_started = time.monotonic()

MAX_ROUNDS = 8
HARMLESS = [{"name": "lookup", "description": "Looks a path up and changes nothing.",
             "parameters": {"type": "object", "properties": {"path": {"type": "string"}, "query": {"type": "string"}, "limit": {"type": "number"}}}}]
_FINISH = {word: to for to, words in {
    "stop": "stop end_turn stop_sequence completed complete pause_turn",
    "length": "length max_tokens max_output_tokens model_context_window_exceeded incomplete",
    "tool_calls": "tool_calls tool_use function_call tool_call",
    "content_filter": "content_filter safety recitation blocklist prohibited_content spii image_safety guardrail_intervened",
    "refusal": "refusal"}.items() for word in words.split()}


@dataclass
class Call:
    id: str
    name: str
    arguments: object  # a dict, or JSON text
    extra: object = None


@dataclass
class Answer:
    add: list = field(default_factory=list)
    calls: list = field(default_factory=list)
    finish: object = None
    usage: dict | None = None
    details: object = None


class Adapter:
    package = ""
    name = ""
    protocols = []
    can = []
    reports = []
    params = ["temperature", "top_p"]

    def message(self, message):
        return message

    def tool(self, tool, run):
        return {"type": "function", "function": tool}

    def result(self, call, text, failed):
        return {"role": "tool", "tool_call_id": call.id, "content": text}

    models = None


def parsed(arguments):
    """Arguments of a call as an object; text that is no JSON stays text."""
    if not isinstance(arguments, str):
        return {} if arguments is None else arguments
    if not arguments.strip():
        return {}
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


def finish_reason(word, calls):
    if not word:
        return None
    known = _FINISH.get(str(getattr(word, "name", word)).lower().replace("-", "_"), "other")
    return "tool_calls" if known == "stop" and calls else known


def told(error):
    """What an exception says, and no more: no category is guessed."""
    out = {"message": str(error) or type(error).__name__}
    for holder in (error, getattr(error, "response", None)):
        status = next((value for value in (getattr(holder, name, None) for name in ("status_code", "status", "code")) if isinstance(value, int)), None)
        if status is not None:
            out["status"] = status
            break
    out["type"] = type(error).__name__
    if isinstance(getattr(error, "code", None), str):
        out["code"] = error.code
    return out


def _write(line):
    # Half of a character, as it comes when an escape is split over two pieces, cannot be written.
    text = re.sub("[\ud800-\udfff]", "\ufffd", json.dumps(line, ensure_ascii=False, default=str))
    with _lock:
        _out.write(text + "\n")
        _out.flush()


def _tell(seq, **answer):
    _write({"seq": seq, "t_us": int((time.monotonic() - _started) * 1e6), **answer})


class _Operation:
    """One open request: it is answered once, by its work, or by the cancel or the deadline that ended it."""

    def __init__(self, seq, result):
        self.seq, self.result, self.done = seq, result, False
        self.ended = None  # the category, once we ended it ourselves
        self.closers = []
        self.lock = threading.Lock()

    def answer(self, error=None):
        with self.lock:
            if self.done:
                return
            self.done = True
        if error is None and not self.ended:
            self.result["ok"] = True
        else:
            self.result["ok"] = False
            own = "no answer before the deadline" if self.ended == "timeout" else "cancelled"
            self.result["error"] = told(error) if error is not None else {"message": own}
            if self.ended:
                self.result["error"]["category"] = self.ended
        _tell(self.seq, result=self.result)

    def stop(self, category):
        self.ended = self.ended or category
        for close in self.closers:
            try:
                close()
            except Exception:  # a stream that is closed twice, or from another thread
                pass
        # A call that cannot be interrupted is left alone: the caller has its answer.
        late = threading.Timer(1.0, self.answer)
        late.daemon = True
        late.start()


class _Server:
    def __init__(self, sdk):
        self.sdk = sdk
        self.open, self.sessions, self.clients = {}, {}, {}
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def client(self, request):
        provider, urls = request.get("provider") or {}, request.get("urls") or {}
        base = request.get("base_url") or urls["inference"] + provider.get("api_base_path", "/v1")
        credential = request["credential"]
        key = json.dumps([base, credential], sort_keys=True)
        if key not in self.clients:
            self.clients[key] = self.sdk.connect(SimpleNamespace(
                base=base, origin=request.get("base_url") or urls["inference"], key=credential.get("key"), credential=credential, provider=provider))
        return self.clients[key]

    def operate(self, request, result, work):
        """Runs `work(operation)`, a coroutine function or one that blocks, until its answer or its deadline."""
        seq = request["seq"]
        if not request.get("credential"):
            return _tell(seq, skipped={"reason": "this client keeps no keys: the request must bring a credential"})
        operation = _Operation(seq, result)
        self.open[seq] = operation
        timer = threading.Timer(request.get("deadline_ms", 30000) / 1000, operation.stop, ["timeout"])
        timer.daemon = True
        timer.start()

        def over(error=None):
            timer.cancel()
            if error is not None and os.environ.get("ASSAY_ADAPTER_TRACE"):
                traceback.print_exception(error)
            operation.answer(error)
            self.open.pop(seq, None)

        def run():
            try:
                answer = work(operation)
                if inspect.iscoroutine(answer):
                    future = asyncio.run_coroutine_threadsafe(answer, self.loop)
                    operation.closers.append(future.cancel)
                    future.result()
                over()
            except BaseException as error:  # asyncio.CancelledError is no Exception
                over(error if isinstance(error, Exception) and not operation.ended else None if operation.ended else error)

        threading.Thread(target=run, daemon=True).start()

    def chat(self, request):
        seq, name = request["seq"], request.get("session")
        session = self.sessions.get(name) or SimpleNamespace(messages=[], pending=[], request={})
        if request["op"] == "tool_results" and name not in self.sessions:
            return _tell(seq, errored={"message": f'no session "{name}" waits for tool results'})
        merged = {**session.request, **{key: value for key, value in request.items() if value is not None}}
        session.request = {key: value for key, value in merged.items() if key not in ("results", "messages", "op")}
        if name:
            self.sessions[name] = session
        result = {"text": "", "reasoning": "", "tool_calls": [], "executed": [], "finish_reason": None, "usage": None}
        sdk = self.sdk

        def prepare(operation):
            default = [{"role": "user", "content": "ping"}] if request["op"] == "chat" else []
            for one in request.get("messages") or default:
                made = sdk.message(one)
                session.messages.extend(made if isinstance(made, list) else [made])
            for one in request.get("results") or []:
                call = next((each for each in session.pending if each.id == one["id"]), Call(one["id"], "", {}))
                session.messages.append(sdk.result(call, one["content"], bool(one.get("is_error"))))
            session.pending = []
            tools = merged.get("tools") or []
            tools = HARMLESS if tools == "harmless" else tools

            def run(tool, arguments, call_id=""):
                result["executed"].append({"id": call_id or "", "name": tool, "arguments": parsed(arguments)})
                return '{"ok":true}'

            def say(kind, piece):
                if piece:
                    result[kind] += piece
                    if not operation.done:
                        _tell(seq, event={"kind": kind, "text": piece})

            def frame(event):
                if merged.get("frames") and len(result.setdefault("frames", [])) < 16:
                    result["frames"].append(event)

            def again():
                result["text"] = result["reasoning"] = ""

            ask = SimpleNamespace(
                model=merged.get("model") or (merged.get("provider", {}).get("seeds") or ["default"])[0], params=merged.get("params") or {},
                stream=merged.get("stream", True), messages=session.messages, run=run, again=again, session=session, max_rounds=MAX_ROUNDS,
                tools=[sdk.tool(tool, run) for tool in tools], text=lambda piece: say("text", piece), frame=frame,
                reasoning=lambda piece: say("reasoning", piece), on_cancel=operation.closers.append)
            return ask, {tool["name"] for tool in tools}

        def took(answer, ask, known, rounds):
            """Takes an answer in; true when the model is asked again."""
            session.messages.extend(answer.add)
            calls = answer.calls
            result["tool_calls"] = [{"id": call.id or "", "name": call.name, "arguments": parsed(call.arguments)} for call in calls]
            result["finish_reason"] = finish_reason(answer.finish, calls)
            if answer.details is not None:
                result["finish_details"] = answer.details
            result["usage"] = answer.usage and {key: value for key, value in answer.usage.items() if value is not None}
            if not calls:
                return False
            if merged.get("tool_mode") == "report":
                session.pending = calls
                return False
            # An answer that the provider cut short is not acted on.
            if rounds > MAX_ROUNDS or result["finish_reason"] in ("length", "content_filter", "refusal"):
                return False
            for call in calls:
                arguments = parsed(call.arguments)
                good = isinstance(arguments, dict) and call.name in known
                text = ask.run(call.name, arguments, call.id) if good else json.dumps({"error": "there is no such tool, or its arguments are not a JSON object"})
                session.messages.append(sdk.result(call, text, not good))
            return merged.get("stop") != "after-tools"

        if inspect.iscoroutinefunction(sdk.turn):
            async def work(operation):
                ask, known = prepare(operation)
                client, rounds = self.client(merged), 1
                ask.again()
                while took(await sdk.turn(client, ask), ask, known, rounds):
                    rounds += 1
                    ask.again()
        else:
            def work(operation):
                ask, known = prepare(operation)
                client, rounds = self.client(merged), 1
                ask.again()
                while took(sdk.turn(client, ask), ask, known, rounds):
                    rounds += 1
                    ask.again()
        merged["op"] = request["op"]
        self.operate(merged, result, work)

    def list_models(self, request):
        result = {"source": "live"}
        request["credential"] = request.get("credential") or {"kind": "api_key", "key": "none"}  # a list may be public; SDKs want a key all the same

        def keep(ids):
            result["ids"] = ids
            result["models"] = [{"provider": request.get("provider", {}).get("id"), "id": one} for one in ids]

        if inspect.iscoroutinefunction(self.sdk.models):
            async def work(operation):
                keep(await self.sdk.models(self.client(request)))
        else:
            def work(operation):
                keep(self.sdk.models(self.client(request)))
        self.operate(request, result, work)

    def take(self, request):
        seq, op = request["seq"], request["op"]
        if op in ("chat", "tool_results"):
            self.chat(request)
        elif op == "models" and self.sdk.models is not None:
            self.list_models(request)
        elif op == "cancel":
            operation = self.open.get(request.get("target"))
            if operation:
                operation.stop("cancelled")
            _tell(seq, result={"ok": True, "cancelled": operation is not None})
        elif op == "shutdown":
            _tell(seq, result={"ok": True})
            self.leave()
        else:
            _tell(seq, skipped={"reason": f"this client has no {op}"})

    def leave(self):
        for operation in list(self.open.values()):
            operation.ended = operation.ended or "cancelled"
        _out.flush()
        os._exit(0)  # threads that cannot be interrupted stay behind otherwise


def serve(sdk):
    sdk_models = sdk.models is not None
    can = ["chat", "cancel", *sdk.can, *(["models"] if sdk_models else []), *(f"protocol.{one}" for one in sdk.protocols), *(f"param.{one}" for one in sdk.params)]
    reports = ["text", *(["deltas"] if "stream" in can else []), *(["models"] if sdk_models else []), "error.message", "error.type", *sdk.reports]
    _write({"hello": {"protocol": [1], "client": sdk.name or sdk.package, "version": metadata.version(sdk.package), "role": "provider", "capabilities": can, "reports": reports}})
    server = _Server(sdk)
    for line in sys.stdin:
        if not line.strip():
            continue
        request = json.loads(line)
        try:
            server.take(request)
        except Exception as error:
            _tell(request["seq"], errored={"message": f"{type(error).__name__}: {error}"})
    server.leave()
