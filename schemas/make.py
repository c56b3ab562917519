#!/usr/bin/env python3
"""Writes the JSON Schemas of the files that people write: case, world, client, provider, check of an endpoint, known failures. With --check it compares instead.

They say what the strict readers say as far as a schema can; schemas_test.py holds both against every shipped file and against wrong ones. The schema of
fixtures is fixtures/schema/fixture-1.schema.json.
"""

import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
stale = []

S = {"type": "string"}
L = {"type": "array", "items": S}
O = {"type": "object"}
B = {"type": "boolean"}
DUR = {
    "description": "A time such as 300ms, 5s or 2m; 0 is none",
    "anyOf": [{"type": "string", "pattern": r"^\+?[0-9]+(\.[0-9]+)?(us|ms|s|m|h|d)|^\$\{"}, {"const": 0}],
}


def ref(n):
    return {"$ref": "#/$defs/" + n}


def obj(props, req=(), desc=None, extra=False):
    o = {"type": "object", "properties": props, "additionalProperties": extra}
    if req:
        o["required"] = list(req)
    if desc:
        o["description"] = desc
    return o


def strings(desc):
    return {"type": "array", "items": S, "description": desc}


def text(desc):
    return {"type": "string", "description": desc}


def write(name, title, body):
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"https://assay.invalid/schemas/{name}.schema.json", "title": title}
    path = os.path.join(HERE, f"{name}.schema.json")
    wanted = json.dumps({**head, **body}, indent=1) + "\n"
    if "--check" not in sys.argv:
        with open(path, "w", encoding="utf-8") as file:
            file.write(wanted)
    elif not os.path.exists(path) or open(path, encoding="utf-8").read() != wanted:
        stale.append(path)


def with_axes(schema, top=True):
    """What `${axis}` may stand for: any value below a case."""
    if isinstance(schema, list):
        return [with_axes(one, top) for one in schema]
    if not isinstance(schema, dict):
        return schema
    out = {}
    for key, value in schema.items():
        if key in ("properties", "patternProperties"):
            out[key] = {name: with_axes(one, False) for name, one in value.items()}
        elif key in ("additionalProperties", "items", "anyOf"):
            out[key] = with_axes(value, key == "anyOf")
        else:
            out[key] = value
    kinds = out.get("type", "")
    plain = set([kinds] if isinstance(kinds, str) else kinds) & {"object", "array", "integer", "boolean"} or {"enum", "const", "$ref"} & set(out)
    return {"anyOf": [out, ref("axis")]} if plain and not top else out


fault = {
    "description": "The name of a fault (docs/faults.md), or a map from it to its parameters",
    "anyOf": [{"type": "string", "minLength": 1}, {"type": "object", "minProperties": 1, "maxProperties": 1}],
}
faults = {"anyOf": [{"type": ["array", "null"], "items": ref("fault")}, ref("fault")]}
rule = obj(
    {
        "method": S,
        "path": S,
        "nth": {"description": "Which of the requests that fit; counted from 1"},
        "header": O,
        "query": O,
        "form": O,
        "body": O,
        "faults": faults,
        "hold": {"description": "A name that a release step lets go, or {until, answer}", "anyOf": [S, O]},
        "speed": {"description": "How fast the response is paced"},
        "as": S,
        "after": S,
    },
    desc="Which requests; what is done to the response. All other keys are orders to the fake (turn: plan).",
    extra=True,
)
fake = obj(
    {
        "faults": {**faults, "description": "Faults of every response of the main route"},
        "rules": {"type": ["array", "null"], "items": ref("rule"), "description": "What is done to the responses to chosen requests"},
        "listen": {**faults, "description": "Faults of the listener"},
        "hosts": {"description": "Names that it answers for over TLS, in a cell"},
    },
    desc="Settings of a fake: the README of its folder in fakes/ has the others",
    extra=True,
)
world_props = {
    "provider": text("A descriptor of conformance/providers, or a path that begins with ./ or ../"),
    "ports_busy": {
        "type": "array",
        "items": {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 65535}, {"type": "string", "pattern": r"\$\{"}]},
        "description": "Ports that another program holds",
    },
    "cell": {"const": "required", "description": "The case needs a cell"},
    "schedule": {"description": "Order of the responses that wait (docs/repro.md)", "type": "object"},
    "strict": {"type": "boolean", "description": "A request that no rule is for, or that several are for, and a rule that no request used are failures"},
}
world = {
    "type": "object",
    "description": "The fakes of the case",
    "properties": world_props,
    "patternProperties": {"^(auth|control|oauth|inference|inference@.+)$": ref("fake")},
    "additionalProperties": False,
}
write("world", "assay: world of `assay serve --world`", {**world, "$defs": {"fault": fault, "rule": rule, "fake": fake}})

operation = {"type": "object", "properties": {"as": text("Label under which the result is judged"), "actor": S, "deadline": DUR, "provider": S}}
opnames = ["login", "refresh", "status", "logout", "models", "chat", "resume", "tool_results"]
one_op = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": 1,
    "properties": {n: {"anyOf": [operation, {"type": "null"}]} for n in opnames},
    "additionalProperties": False,
}
step = {
    "type": "object",
    "description": "One thing that the case does",
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
    "properties": {
        **{n: ref("operation") for n in opnames},
        "start": {**one_op, "description": "Begins an operation and goes on"},
        "join": text("Waits for the end of the operation with this label"),
        "cancel": S,
        "terminate": S,
        "restart": S,
        "kill": S,
        "release": text("Lets held responses go"),
        "await": obj(
            {"prompt": S, "event": S, "journal": S, "ended": S, "of": S, "count": {"anyOf": [{"type": "integer", "minimum": 1}, S]}, "deadline": DUR}
        ),
        "answer": obj({"prompt": S, "with": {"type": ["string", "null"]}, "of": S}, ["prompt"]),
        "parallel": obj({"each": L, "times": {"anyOf": [{"type": "integer"}, S]}, "do": one_op}, ["do"]),
        "repeat": obj({"times": {"anyOf": [{"type": "integer", "minimum": 1}, S]}, "do": one_op}, ["times", "do"]),
        "set": {"type": "object", "propertyNames": {"pattern": r"\."}, "minProperties": 1},
        "clock": text("How far the clock goes on: +30d"),
        "browser": O,
    },
}
level = {"enum": ["must", "should", "may"]}
case_props = {
    "id": text("The last part of the full id"),
    "title": text("What goes wrong, in the field's words"),
    "requirement": text("What the client must do, one sentence"),
    "level": {
        "description": "Who must do it",
        "anyOf": [
            level,
            {"type": "object", "propertyNames": {"enum": ["sdk", "program", "gateway"]}, "additionalProperties": level, "minProperties": 1},
        ],
    },
    "topic": {
        "description": "What a maintainer would fix (reports/record/topic.h)",
        "enum": [
            "framing", "stream", "tools", "reasoning", "usage", "errors", "retry", "connection", "parameters", "models", "login", "token", "store",
            "secrets", "process",
        ],
    },
    "protocols": {
        "description": "In which protocols the question is put",
        "anyOf": [{"const": "wire"}, {"type": "array", "items": S, "minItems": 1}, {"type": "null"}],
    },
    "role": S,
    "seen_in": strings("Ids of real bugs (docs/seen.md)"),
    "requires": strings("Capabilities without which it does not apply"),
    "needs": {"description": "What a client is free not to do"},
    "features": L,
    "flows": {"type": "array", "items": {"enum": ["browser", "paste", "device"]}, "description": "Of logins that it is about; default all"},
    "waits": {"type": "boolean", "description": "Played in case time"},
    "profile": {"enum": ["strict", "lenient"]},
    "axes": {
        "type": "object",
        "description": "One case for each combination",
        "additionalProperties": {"anyOf": [{"type": "array", "minItems": 1}, {"type": "object", "minProperties": 1}]},
    },
    "variants": {"type": "object", "description": "Further cases: what each changes", "additionalProperties": {"type": "object"}},
    "world": ref("world"),
    "credential": {
        "description": "The key of the case",
        "anyOf": [
            obj({"kind": {"const": "api_key"}, "key": S}, ["key"]),
            obj({"kind": {"const": "bearer"}, "token": S}, ["kind", "token"]),
            obj({"kind": {"const": "aws"}, "id": S, "secret": S, "region": S}, ["kind", "id", "secret", "region"]),
        ],
    },
    "browser": {"type": "object", "description": "How the user agent behaves"},
    "emulate": {"type": "array", "description": "The machine: shims, opener, headless, clock: +2h, disk: 8KiB, time: x50", "items": {"anyOf": [S, O]}},
    "given": obj(
        {
            "store": {},
            "store_mode": {"type": "string", "pattern": "^[0-7]{1,4}$"},
            "files": {"type": "object", "additionalProperties": S},
            "env": {"type": "object", "additionalProperties": S},
        },
        desc="What is there before the client starts",
    ),
    "actors": {"type": "object", "description": "Several processes of one client"},
    "do": {"type": "array", "items": ref("step"), "minItems": 1},
    "met": {"description": "What must have happened before a pass counts"},
    "expect": {"type": "object", "description": "Named checks", "minProperties": 1},
    "proven_by": {"type": "object", "description": "Mutant to check", "additionalProperties": {"type": ["string", "null"]}},
    "observed_by": {"type": "array", "items": L},
}
case = obj(case_props, ["id"])
defaults = with_axes(obj({k: v for k, v in case_props.items() if k not in ("id", "axes", "variants")}, desc="Merged under every case"))
# A part of a case alone: what a patch leaves out is not missed, and null removes.
write(
    "case",
    "assay: case file",
    {
        **obj(
            {"suite": text("The first part of the ids"), "defaults": defaults, "cases": {"type": "array", "items": ref("case"), "minItems": 1}},
            ["suite", "cases"],
        ),
        "$defs": {
            "axis": {"type": "string", "pattern": "\\$\\{"},
            **{
                name: with_axes(one)
                for name, one in {
                    "case": case,
                    "world": world,
                    "fake": fake,
                    "rule": rule,
                    "fault": fault,
                    "step": step,
                    "operation": operation,
                }.items()
            },
        },
    },
)

FLOWS = ["browser", "paste", "device"]
pattern = lambda what: text(f"Regular expression (RE2) of {what}")
login_step = obj(
    {
        "await": pattern("what the screen must show first"),
        "within": DUR,
        "send": text("What is typed"),
        "keys": {"description": "Keys pressed after it: enter, tab, escape, space, up, down, left, right, backspace, ctrl-c, ctrl-d", "anyOf": [S, L]},
        "open": pattern("a URL on the screen, which the browser opens"),
        "code": pattern("the device code on the screen"),
        "paste": {"enum": ["url", "code", "code#state"], "description": "What a person copies of the page where the browser ended"},
        "optional": {"type": "boolean", "description": "Passed over when what the next step waits for is there first"},
        "close": {"type": "boolean", "description": "The window is closed: the program is not waited for"},
    }
)
login = obj(
    {
        "argv": L,
        "logout": L,
        "account": text("A file of conformance/logins"),
        "flow": {"enum": FLOWS},
        "url": pattern("the page that it prints"),
        "terminal": {
            "description": "It runs in a terminal of that size, not on pipes",
            "anyOf": [{"type": "boolean"}, obj({"rows": {"type": "integer", "minimum": 1}, "columns": {"type": "integer", "minimum": 1}})],
        },
        "steps": {"type": "array", "items": login_step},
        "environment": {"type": "object", "propertyNames": {"pattern": "^[^=]+$"}, "additionalProperties": S},
        "files": {"type": "object", "additionalProperties": S},
    },
    ["argv"],
    desc="How a person signs in with it (docs/logins.md)",
)

write(
    "account",
    "assay: account of a vendor, for logins",
    {
        **obj(
            {
                "name": text("That of the file"),
                "title": S,
                "flows": {"type": "array", "items": {"enum": FLOWS}, "minItems": 1},
                "protocol": text("Of the chat that follows"),
                "known": strings("What was seen of the vendor or of its programs, with the version"),
                "authored": strings("What nobody has seen and is made up"),
                "world": ref("world"),
            },
            ["name", "title", "flows"],
        ),
        "$defs": {"fault": fault, "rule": rule, "fake": fake, "world": world},
    },
)

write(
    "client",
    "assay: client file",
    {
        **obj(
            {
                "name": text("How it is called on the command line"),
                "title": text("What it is"),
                "aliases": L,
                "path": strings("Absolute folders, or ${here}/…, that come first in PATH"),
                "packages": strings("npm:NAME@VERSION, pypi:…, go:…, maven:…, crates:…"),
                "build": L,
                "scripts": {"enum": ["none", "run", "network"]},
                "node": S,
                "versions": L,
                "patience": DUR,
                "time": {"type": "string", "pattern": r"^x[0-9]+(\.[0-9]+)?$", "description": "How fast its time may pass"},
                "hosts": {"type": "object", "propertyNames": {"enum": ["auth", "control", "oauth", "inference"]}, "additionalProperties": L},
                "snippet": S,
                "reads": {
                    "type": "array",
                    "items": {"type": "string", "pattern": r"^(/|~/|\$\{here\})"},
                    "description": "What else of the machine a cell shows",
                },
                "cells": {"const": "none"},
                "adapter": {**L, "description": "argv of a program that speaks the adapter protocol"},
                "kind": {"enum": ["sdk", "program", "gateway"]},
                "protocols": L,
                "profile": S,
                "base_path": {"type": "string", "pattern": "^(/|$)"},
                "list": {"enum": ["openai", "anthropic", "gemini", "ollama", "mistral", "cohere"]},
                "environment": {"type": "object", "propertyNames": {"pattern": "^[^=]+$"}, "additionalProperties": S},
                "argv": {"type": "array", "items": S, "minItems": 1, "description": "An unmodified program, for one chat"},
                "stdin": S,
                "files": {"type": "object", "additionalProperties": S},
                "model": S,
                "session": {"type": "string", "pattern": "^/"},
                "resume": L,
                "capabilities": strings("What it can do"),
                "output": {
                    "anyOf": [
                        {
                            "enum": [
                                "plain",
                                "claude-stream-json",
                                "codex-json",
                                "gemini-json",
                                "kimi-stream-json",
                                "opencode",
                                "pi",
                                "copilot",
                                "openclaw",
                                "acp",
                            ]
                        },
                        {"type": "object"},
                    ]
                },
                "reports": strings("What it can tell"),
                "address": {"const": "public", "description": "Names that the fakes answer for resolve to a public address"},
                "login": login,
            },
            ["name", "title"],
        ),
        "oneOf": [{"required": ["adapter"]}, {"required": ["argv", "capabilities"]}],
    },
)

PROTOCOLS = ["openai-chat", "openai-responses", "anthropic", "gemini", "gemini-interactions", "ollama", "cohere", "bedrock"]
by_protocol = lambda value: {"type": "object", "propertyNames": {"enum": PROTOCOLS}, "additionalProperties": value}
probe_message = {
    "description": "What the user said, or the assistant (with calls), results of calls, or an answer that goes back as it came",
    "anyOf": [
        obj({"user": S}, ["user"]),
        {**obj({"assistant": S, "calls": {"type": "array", "items": obj({"id": S, "name": S, "arguments": {}}, ["id", "name"])}}), "minProperties": 1},
        obj({"results": {"type": "array", "items": obj({"id": S, "name": S, "text": S}, ["id", "name", "text"])}}, ["results"]),
        obj({"replay": text("The name of an earlier request")}, ["replay"]),
    ],
}
probe_request = obj(
    {
        "as": text("Its name; default A"),
        "route": {"enum": ["chat", "models", "model", "count_tokens", "stored", "unknown"]},
        "stored_id": S,
        "method": S,
        "key": {"enum": ["right", "wrong", "none", "empty"]},
        "model": S,
        "system": S,
        "prompt": S,
        "messages": {"type": "array", "items": probe_message},
        "stream": B,
        "usage": B,
        "max_tokens": {"type": "integer", "minimum": 0, "maximum": 100000},
        "choices": {"type": "integer", "minimum": 1, "maximum": 16},
        "tools": {"type": "array", "items": obj({"name": S, "description": S, "parameters": O}, ["name", "parameters"])},
        "tool_choice": text("auto, none, required, or the name of a tool"),
        "parallel": B,
        "schema": {"type": "object", "description": "Structured output: JSON Schema"},
        "reasoning": B,
        "store": B,
        "temperature": {},
        "top_p": {},
        "stop": {},
        "patch": {"type": "object", "description": "Merged into the body (RFC 7396)"},
        "patch_for": by_protocol(O),
        "body": text("The whole body"),
        "headers": {"type": "object", "additionalProperties": S},
        "together": {"type": "boolean", "description": "Sent at the same time as its neighbours"},
        "leave_after": {"type": "integer", "minimum": 0, "description": "Events after which the connection is closed"},
    },
    desc="One request, in words of no protocol",
)
TRUE = {"const": True}
RULES = {
    **{
        name: TRUE
        for name in (
            "error_shape error_type without_key lists_model right_end event_order strict_framing plain_sse in_pieces one_id usage_event sequence_numbers "
            "event_names joined_deltas utf8 reasoning no_call one_call_at_most usable_calls calls_finish streamed_calls reused coding left counted "
            "whole_body usage output_within no_usage distinct_ids"
        ).split()
    },
    **{name: S for name in ("content_type", "text_contains", "text_without", "own_marker", "shape")},
    **{name: {"type": "array", "minItems": 1} for name in ("json_text", "finish", "turn_parts")},
    "choices": {"type": "integer", "minimum": 0},
    "json": {"type": "object", "propertyNames": {"pattern": "^/"}},
    "status": {},
    "tool_call": {},
}
proof_side = {"type": ["object", "null"], "description": "Settings of the inference fake"}
probe_check = obj(
    {
        "id": S,
        "title": S,
        "level": {"enum": ["must", "should", "info"]},
        "requirement": text("What the endpoint must do, one sentence"),
        "source": {"anyOf": [S, by_protocol(S)], "description": "Where it is promised"},
        "protocols": {"type": "array", "items": {"enum": PROTOCOLS}, "description": "Default: all"},
        "features": L,
        "model_decides": {"type": "boolean", "description": "Repeated, and told as a rate; never a must"},
        "may_refuse": {"type": "boolean", "description": "A refusal in the protocol's format is no failure"},
        "requests": {"type": "array", "items": probe_request, "minItems": 1},
        "expect": {
            "type": "array",
            "minItems": 1,
            "items": {**obj({"of": text("The request that is judged; default: the last"), **RULES}), "minProperties": 1},
        },
        "proof": obj(
            {"right": proof_side, "wrong": proof_side, "right_for": by_protocol(O), "wrong_for": by_protocol(O)},
            desc="Fakes for which it passes and does not",
        ),
    },
    ["id", "title", "level", "requirement", "source", "requests", "expect", "proof"],
)
write(
    "check",
    "assay: checks of `assay probe`",
    obj(
        {"group": text("The first part of the ids"), "define": {"description": "Anchors"}, "checks": {"type": "array", "items": probe_check, "minItems": 1}},
        ["group", "checks"],
    ),
)

write(
    "provider",
    "assay: provider descriptor",
    obj(
        {
            "id": S,
            "display_name": S,
            "oauth_family": S,
            "default_api": S,
            "api_base_path": S,
            "key_prefix": S,
            "aliases": L,
            "auth_modes": L,
            "seeds": L,
            "discovery": O,
            "login": O,
            "quirks": O,
        },
        ["id"],
    ),
)

write(
    "known-failures",
    "assay: known failures",
    {
        **obj(
            {
                "known": {
                    "type": ["array"],
                    "items": obj(
                        {
                            "case": {"type": "string", "minLength": 1, "description": "A case id or a glob; case:check for one check alone"},
                            "client": S,
                            "state": {"enum": ["fail", "flaky"]},
                            "reason": {"type": "string", "pattern": r"[^ \t\n]", "description": "Why this failure is accepted"},
                            "issue": S,
                            "expires": {
                                "type": "string",
                                "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
                                "description": "The last day on which it counts, UTC",
                            },
                        },
                        ["case", "state", "reason"],
                    ),
                }
            },
            ["known"],
        )
    },
)
write(
    "assay",
    "assay: assay.yaml, the defaults of a repository",
    {
        **obj(
            {
                "client": text("A client file (./tests/mine.yaml), or a client of `assay clients`"),
                "adapter": text("A program that speaks the adapter protocol, with its arguments"),
                "cases": strings("Ids, suites, globs, or paths of case files of your own"),
                "exclude": strings("Cases that are left out"),
                "known": text("File of known failures"),
                "manifest": text("File of the capabilities that the client must have"),
                "requirements": text("A frozen requirement set"),
                "level": level,
                "watch": strings("Further paths for --watch"),
            }
        ),
        "not": {"required": ["client", "adapter"]},
    },
)

if stale:
    print("not what schemas/make.py writes: " + ", ".join(stale))
    sys.exit(1)
