#!/usr/bin/env python3
"""Takes the response bodies out of a folder of recordings (ASSAY_CORPUS/cassettes with its index.jsonl).

    corpus_bodies.py CORPUS OUT.jsonl

One line a body: {"file", "n", "protocol", "provider", "model", "streaming", "status", "content_type", "body"}, body in
base64. Bodies that a recorder kept only as a decoded tree are written again as JSON. Says on stderr what it
could not read.
"""
import base64
import collections
import gzip
import json
import re
import sys
import zlib
from pathlib import Path

import yaml

PROTOCOLS = {
    "openai-chat": "openai-chat",
    "completions-legacy": "openai-chat",
    "openai-responses": "openai-responses",
    "anthropic-messages": "anthropic",
    "gemini-generateContent": "gemini",
    "gemini-interactions": "gemini-interactions",
    "ollama": "ollama",
    "cohere-v1": "cohere",
    "cohere-v2": "cohere",
    "bedrock-converse": "bedrock",
    "bedrock-invoke": "bedrock",
}
# Error answers that the index has under no protocol: Google's name a status, the others are OpenAI's.
ERRORS = "error-body"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Ruby's YAML writes a local tag where the standard has !!binary.
LOADER.add_constructor("!binary", lambda loader, node: base64.b64decode(loader.construct_scalar(node)))


def as_bytes(value):
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    return json.dumps(value, ensure_ascii=False).encode()


def plain(body):
    """A body that its recorder left compressed, decompressed."""
    try:
        if body[:2] == b"\x1f\x8b":
            return gzip.decompress(body)
        if body[:1] == b"\x78" and body[:2] in (b"\x78\x9c", b"\x78\x01", b"\x78\xda"):
            return zlib.decompress(body)
    except (OSError, zlib.error, EOFError):
        pass
    return body


def vcr_body(body):
    if not isinstance(body, dict):
        return as_bytes(body)
    if "base64_string" in body:
        return base64.b64decode(body["base64_string"])
    return as_bytes(body.get("string"))


def har_body(content):
    text = content.get("text", "")
    if content.get("encoding") != "base64":
        return as_bytes(text)
    try:
        parts = json.loads(text)
        return b"".join(base64.b64decode(part) for part in parts)
    except ValueError:
        return base64.b64decode(text)


def http_body(raw):
    """The body of one HTTP response as httprr keeps it."""
    head, _, body = raw.partition(b"\r\n\r\n")
    if re.search(rb"(?im)^transfer-encoding: *chunked", head):
        out, rest = b"", body
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            count = int(size.split(b";")[0], 16)
            if count == 0:
                break
            out, rest = out + rest[:count], rest[count + 2:]
        return out
    return body


def httprr_bodies(data):
    bodies, at = [], data.index(b"\n") + 1
    while at < len(data):
        end = data.index(b"\n", at)
        request, response = (int(n) for n in data[at:end].split())
        at = end + 1 + request
        bodies.append(http_body(data[at:at + response]))
        at += response
    return bodies


def b64_or_text(body):
    if isinstance(body, dict) and set(body) >= {"b64"}:
        return base64.b64decode(body["b64"])
    return as_bytes(body)


def bodies_of(path, form, data):
    """The bodies of one file, in the order of the index's `n`."""
    if form.startswith("body-only"):
        return [data]
    if form == "httprr-v1":
        return httprr_bodies(data)
    if form == "httpmock-yaml(when/then)":
        bodies = []
        for document in yaml.load_all(data, Loader=LOADER):
            then = document["then"]
            body = then.get("body_base64")
            bodies.append(base64.b64decode(body) if body else as_bytes(then.get("body")))
        return bodies
    tree = json.loads(data) if path.suffix in (".json", ".har") else yaml.load(data, Loader=LOADER)
    if form == "har-1.2(polly)":
        return [har_body(entry["response"]["content"]) for entry in tree["log"]["entries"]]
    if form in ("ruby-vcr", "r-vcr"):
        return [vcr_body(item["response"].get("body")) for item in tree["http_interactions"]]
    if form == "go-vcr-v2":
        return [as_bytes(item["response"]["body"]) for item in tree["interactions"]]
    if form.startswith("vcrpy-v1"):
        bodies = []
        for item in tree["interactions"]:
            response = item["response"]
            parsed = response.get("parsed_body")
            bodies.append(as_bytes(parsed) if parsed is not None else vcr_body(response.get("body")))
        return bodies
    if form.startswith("req_llm-json"):
        if tree.get("chunks"):
            return [b"".join(base64.b64decode(chunk["b64"]) for chunk in tree["chunks"])]
        return [b64_or_text(tree["response"]["body"])]
    if form.startswith("mastra-json"):
        return ["".join(r["response"]["chunks"]).encode() for r in tree["recordings"]]
    if form.startswith("talkcody-json"):
        out = ""
        for event in tree["response"]["sse_events"]:
            out += f"event: {event['event']}\n" if event.get("event") else ""
            out += f"data: {event['data']}\n\n"
        return [out.encode()]
    return []


def main():
    corpus, out = Path(sys.argv[1]) / "cassettes", Path(sys.argv[2])
    rows = collections.defaultdict(list)
    for line in (corpus / "index.jsonl").open():
        row = json.loads(line)
        if (row["protocol"] in PROTOCOLS or row["protocol"] == ERRORS) and not row["noise"]:
            rows[row["file"]].append(row)
    written, lost = 0, 0
    with out.open("w") as sink:
        for name, entries in sorted(rows.items()):
            path = corpus / name
            try:
                bodies = bodies_of(path, entries[0]["format"], path.read_bytes())
            except Exception as problem:  # one unreadable recording is reported, the others are still taken
                print(f"{name}: {type(problem).__name__}: {problem}", file=sys.stderr)
                lost += len(entries)
                continue
            for row in entries:
                if row["n"] >= len(bodies):
                    print(f"{name}: no exchange {row['n']} (has {len(bodies)})", file=sys.stderr)
                    lost += 1
                    continue
                line = {key: row[key] for key in ("file", "n", "provider", "model", "streaming", "status", "content_type")}
                body = bodies[row["n"]]
                line["protocol"] = PROTOCOLS.get(row["protocol"]) or ("gemini" if b'"status"' in body else "openai-chat")
                if "eventstream" in (row["content_type"] or "") and body[:1] == b"A":
                    body = base64.b64decode(body)
                line["body"] = base64.b64encode(plain(body)).decode()
                sink.write(json.dumps(line) + "\n")
                written += 1
    print(f"{written} bodies written to {out}, {lost} unreadable", file=sys.stderr)


if __name__ == "__main__":
    main()
