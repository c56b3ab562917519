"""A world: fake providers of one test, with their keys, clock and journal (docs/serve.md)."""
import itertools
import json
import os
import shlex
import urllib.error
import urllib.parse
import urllib.request

_numbers = itertools.count(1)


def _line(entry):
    parts = [f"{entry['t_us'] / 1e6:8.3f} s", entry["actor"], entry["kind"], entry.get("status", ""), entry.get("text", "")]
    return "  ".join(str(part) for part in parts if part != "")


class AssayError(Exception):
    """What the admin API refused, and why."""


class World:
    """Made at `server` (assay.server.Server), removed by close() or at the end of `with`."""

    def __init__(self, server, **order):
        """`order` is the body of POST /worlds: scenario, world, keys, seed, listeners."""
        self._server = server
        self._view = {}
        self.name = order.pop("name", f"py-{os.getpid()}-{next(_numbers)}")
        self._view = self._ask("POST", "/worlds", {"name": self.name, **order})

    def _ask(self, method, path, body=None, text=False, timeout=30):
        request = urllib.request.Request(self._server.url + path, method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        if self._server.token:
            request.add_header("Authorization", f"Bearer {self._server.token}")
        try:
            # On loopback: never through a proxy of the environment.
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=timeout) as answer:
                content = answer.read().decode()
        except urllib.error.HTTPError as refused:
            content = refused.read().decode()
            raise AssayError(json.loads(content)["error"]["message"]) from None
        return content if text else json.loads(content or "null")

    def _at(self, below):
        return f"/worlds/{self.name}/{below}"

    @property
    def key(self):
        """An API key that chat is answered for."""
        return self._view["key"]

    @property
    def base_url(self):
        """What OpenAI SDKs take for base_url."""
        return self.url() + "/v1"

    def url(self, fake="inference"):
        return self._view["urls"][fake]

    def environment(self):
        """The variables that SDKs read: OPENAI_BASE_URL, ANTHROPIC_API_KEY, …"""
        words = shlex.split(self._ask("GET", self._at("exports"), text=True))
        return dict(word.split("=", 1) for word in words if word != "export")

    def set_faults(self, *faults, fake="inference", rules=None, listen=None):
        """From the next request on: faults for every answer, rules for chosen ones. Without any, nothing goes wrong."""
        order = {"faults": list(faults), "rules": rules, "listen": listen}
        self._ask("PUT", self._at(f"faults/{fake}"), {name: value for name, value in order.items() if value})

    def set(self, setting, value):
        self._ask("PUT", self._at(f"settings/{setting}"), {"value": value})

    def get(self, setting):
        return self._ask("GET", self._at(f"settings/{setting}"))["value"]

    def release(self, hold):
        self._ask("POST", self._at("release"), {"hold": hold})

    def advance(self, span):
        """Moves the clock of the fakes on: "30d"."""
        self._ask("POST", self._at("clock"), {"advance": span})

    def reset(self):
        self._view = self._ask("POST", self._at("reset"))

    def journal(self, query=None, after=0):
        """Entries that fit, such as "POST chat 503"."""
        asked = {"after": after, "limit": 100000, **({"for": query} if query else {})}
        return self._ask("GET", self._at("journal?" + urllib.parse.urlencode(asked)))["entries"]

    def wait_for(self, query, count=1, deadline=5):
        """The entries that fit, as soon as there are so many; AssayError after `deadline` seconds."""
        asked = urllib.parse.urlencode({"for": query, "count": count, "deadline": f"{int(deadline * 1000)}ms"})
        return self._ask("GET", self._at("journal/wait?" + asked), timeout=deadline + 30)["entries"]

    def conversation(self):
        """The journal as text, one line an entry."""
        return "\n".join(_line(entry) for entry in self.journal())

    def close(self):
        self._ask("DELETE", f"/worlds/{self.name}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
