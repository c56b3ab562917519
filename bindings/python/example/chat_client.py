"""Two clients of an OpenAI-compatible API: one that tries again when the provider is busy, and one that does not."""
import json
import time
import urllib.error
import urllib.request


def ask(base_url, key, text):
    body = {"model": "kimi-k2.6", "messages": [{"role": "user", "content": text}]}
    request = urllib.request.Request(base_url + "/chat/completions", json.dumps(body).encode(),
                                     {"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())["choices"][0]["message"]["content"]


def patient(base_url, key, text, tries=3):
    for left in range(tries - 1, -1, -1):
        try:
            return ask(base_url, key, text)
        except urllib.error.HTTPError as error:
            if error.code != 503 or not left:
                raise
            time.sleep(0.2)  # the back-off of this client; the test waits for its answer
    return None
