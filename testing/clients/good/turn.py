"""What one answer says so far."""
import json

from failure import Failure


class Turn:
    """What one answer says so far."""

    def __init__(self, tell):
        self.tell, self.text, self.reasoning, self.calls, self.finish, self.usage, self.ended = tell, "", "", [], None, None, False
        self.held = {"text": "", "reasoning": ""}  # half of a surrogate pair
        self.native = None  # the assistant's message as its protocol wants to see it again

    def say(self, kind, piece):
        if isinstance(piece, str) and piece:
            piece = self.held[kind] + piece
            self.held[kind] = piece[-1] if "\ud800" <= piece[-1] <= "\udbff" else ""
            piece = piece[:len(piece) - len(self.held[kind])].encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if isinstance(piece, str) and piece:
            setattr(self, kind, getattr(self, kind) + piece)
            self.tell({"kind": kind, "text": piece})


def number(value):
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def count(**names):
    out = {name: value for name, value in names.items() if number(value) is not None}
    return out or None


def parsed(arguments):
    if not isinstance(arguments, str):
        return arguments if arguments is not None else {}
    try:
        return json.loads(arguments) if arguments.strip() else {}
    except ValueError:
        return arguments


def as_json(data):
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise Failure("protocol", "the provider sent an event that is not JSON") from None
    if not isinstance(value, dict):
        raise Failure("protocol", "the provider sent an event that is not a JSON object")
    return value
