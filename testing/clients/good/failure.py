"""What may go wrong, and what a person is told of it."""
import json
import re
import time
from email.utils import parsedate_to_datetime

LONGEST_WAIT, LONGEST_ERROR = 120, 1 << 20  # seconds, bytes


class Failure(Exception):
    def __init__(self, category, message, status=None, code=None, after=None, again=False):
        super().__init__(message)
        self.category, self.message, self.status, self.code, self.after, self.again = category, message, status, code, after, again


def plain(text):
    """One line for a person: no markup, no control characters, no key."""
    text = re.sub(r"(?i)\b(sk-|key-|bearer\s+)[\w.~+/=-]{6,}", r"\1…", str(text))
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07?|[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", " ", text)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text)).strip()[:500]


def wanted_wait(wire):
    """Seconds that the provider asks for: RFC 9110 10.2.3, and the milliseconds of OpenAI's and Anthropic's servers."""
    try:
        return max(0.0, float(wire.header("retry-after-ms")) / 1000)
    except ValueError:
        pass
    told = wire.header("Retry-After").strip()
    if re.fullmatch(r"\d+(\.\d+)?", told):
        return float(told)
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def said_in(value, depth=0):
    """(message, code, seconds to wait) of an error body, in the shapes that providers and the servers before them give."""
    if isinstance(value, list):
        return said_in(value[0], depth + 1) if value and depth < 8 else ("", None, None)
    if isinstance(value, str):
        try:  # a gateway that passes the body of its upstream on, as text
            inner = json.loads(value)
            return said_in(inner, depth + 1) if isinstance(inner, (dict, list)) and depth < 8 else (value, None, None)
        except ValueError:
            return value, None, None
    if not isinstance(value, dict):
        return "", None, None
    code = next((value[name] for name in ("code", "type", "status") if isinstance(value.get(name), str)), None)
    after = None
    for detail in value.get("details") or []:
        if isinstance(detail, dict) and re.fullmatch(r"\d+(\.\d+)?s", str(detail.get("retryDelay"))):
            after = float(detail["retryDelay"][:-1])
    for name in ("error", "message", "detail", "msg", "title"):
        message, inner, asked = said_in(value[name], depth + 1) if value.get(name) and depth < 8 else ("", None, None)
        if message:
            return message, inner or code, asked if asked is not None else after
    return "", code, after


def refused(wire, secret):
    """An answer that is no 2xx, as a Failure."""
    status, after = wire.status, wanted_wait(wire)
    try:
        body = wire.whole(LONGEST_ERROR)
    except Failure:
        body = b""
    message, code, page = "", None, False
    try:
        value = json.loads(body.decode("utf-8", "replace"))
        message, code, asked = said_in(value)
        after = after if after is not None else asked
    except (ValueError, RecursionError):
        page = b"<" in body[:200] or "html" in wire.header("Content-Type")
        message = body.decode("utf-8", "replace")
    if secret:
        message = message.replace(secret, "…")
    if page:
        category = "blocked" if status in (403, 503, 502, 429) else None
    else:
        category = None
    quota = code in ("insufficient_quota", "billing_not_active", "billing_hard_limit_reached", "credit_balance_too_low")
    category = category or {401: "authentication", 403: "authorization", 404: "not_found", 402: "quota_exhausted", 529: "overloaded", 408: "timeout"}.get(status) or (
        "quota_exhausted" if quota else "rate_limited" if status == 429 else "server_error" if status >= 500 else "invalid_request")
    again = status in (408, 409, 429) or status >= 500
    if quota or page and status in (403,) or (after is not None and after > LONGEST_WAIT):
        again = False
    words = {"authentication": "The provider refused the key; check it or log in again", "blocked": "A gateway in front of the provider answered with a page",
             "rate_limited": "Too many requests", "quota_exhausted": "The quota is used up", "not_found": "The provider does not know this model or address"}.get(category, "The provider refused the request" if status < 500 else "The provider failed")
    return Failure(category, f"{words} (HTTP {status})" + (f": {plain(message)}" if message and not page else ""), status, code and plain(code), after, again)


def in_band(error, status=None):
    """An error that stands in a stream or in a 200."""
    error = error if isinstance(error, dict) else {"message": str(error)}
    code = next((error[name] for name in ("code", "type", "status") if isinstance(error.get(name), str)), None)
    number_told = next((error[name] for name in ("code", "status") if isinstance(error.get(name), int)), status)
    kind = f"{code} {error.get('type')}".lower()
    category = ("overloaded" if "overload" in kind or number_told == 529 else "rate_limited" if "rate_limit" in kind or "exhausted" in kind or number_told == 429
                else "authentication" if "auth" in kind or number_told == 401 else "authorization" if "permission" in kind or number_told == 403
                else "not_found" if "not_found" in kind or number_told == 404 else "invalid_request" if "invalid" in kind or number_told == 400 else "server_error")
    told = error.get("message")
    return Failure(category, "The provider failed in the middle of its answer" + (f": {plain(told)}" if isinstance(told, str) and told else ""), status, code and plain(code))
