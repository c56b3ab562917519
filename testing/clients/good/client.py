#!/usr/bin/env python3
"""A careful client of LLM providers, of the standard library alone, which shares nothing with the reference client.

It is a witness that no case demands what only our own client does: `ci/long fair` plays every case that applies to it, and none may fail.
It speaks the adapter protocol (docs/adapter-protocol.md) and four protocols of providers.
"""
import functools
import json
import os
import sys
import threading
import time
import traceback

from conversation import PROTOCOLS, Operation, Session, chat, models
from failure import Failure

_out, _lock, _started = sys.stdout, threading.Lock(), time.monotonic()


def tell(seq, **answer):
    with _lock:
        line = json.dumps({"seq": seq, "t_us": int((time.monotonic() - _started) * 1e6), **answer}, ensure_ascii=False)
        # Halves of a character become one where they meet; a half alone is no text.
        _out.write(json.dumps(json.loads(line.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))) + "\n")
        _out.flush()


def operate(operation, request, session, result, work):
    timer = threading.Timer(max(0.0, operation.until - time.monotonic()), operation.stop, [True])
    timer.daemon = True
    timer.start()
    try:
        work(operation, request, session, result)
        result["ok"] = True
    except Failure as failure:
        result["ok"] = False
        result["truncated"] = failure.category == "truncated"
        result["error"] = {name: value for name, value in {"category": failure.category, "message": failure.message, "status": failure.status, "code": failure.code, "type": failure.category,
                           "retry_after_ms": failure.after and int(failure.after * 1000)}.items() if value is not None}
    except Exception as error:  # a mistake of this file
        result["ok"], result["error"] = False, {"category": "protocol", "message": f"{type(error).__name__} in line {error.__traceback__.tb_lineno}"}
        traceback.print_exc()
    finally:
        timer.cancel()
    operation.done = True
    operation.tell(result=result)


def main():
    can = ["chat", "stream", "tools", "tool-loop", "reasoning", "cancel", "models", *("protocol." + name for name in PROTOCOLS), "param.temperature", "param.top_p", "param.max_tokens"]
    tell_hello = {"hello": {"protocol": [1], "client": "good", "version": "1", "role": "provider", "capabilities": can, "reports": [
        "text", "deltas", "reasoning", "tool_calls", "executed", "finish_reason", "usage", "error.message", "error.status", "error.category", "error.code", "attempts", "status", "models"]}}
    _out.write(json.dumps(tell_hello) + "\n")
    _out.flush()
    open_ones, sessions = {}, {}
    for line in sys.stdin:
        if not line.strip():
            continue
        request = json.loads(line)
        seq, op = request["seq"], request["op"]
        if op == "shutdown":
            tell(seq, result={"ok": True})
            break
        if op == "cancel":
            target = open_ones.get(request.get("target"))
            alive = target is not None and not target.done
            if alive:
                target.stop()
            tell(seq, result={"ok": True, "cancelled": alive})
        elif op in ("chat", "tool_results", "models"):
            name = request.get("session")
            session = sessions.setdefault(name, Session()) if name else Session()
            merged = {**session.request, **{key: value for key, value in request.items() if value is not None}}
            session.request = {key: value for key, value in merged.items() if key not in ("op", "seq", "messages", "results", "deadline_ms")}
            merged["op"] = op
            operation = open_ones[seq] = Operation(request.get("deadline_ms", 30000) / 1000, functools.partial(tell, seq))
            result = {"text": "", "reasoning": "", "tool_calls": [], "executed": [], "finish_reason": None, "usage": None, "attempts": 0, "requests": 0, "status": None} if op != "models" else {"attempts": 0, "requests": 0}
            threading.Thread(target=operate, args=(operation, merged, session, result, models if op == "models" else chat), daemon=True).start()
        else:
            tell(seq, skipped={"reason": f"this client has no {op}"})
    for operation in open_ones.values():
        operation.stop()
    with _lock:
        os._exit(0)


if __name__ == "__main__":
    main()
