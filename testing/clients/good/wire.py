"""One request over HTTP/1.1, and the events of a text/event-stream."""
import codecs
import http.client
import re
import socket
import urllib.parse
import zlib

from failure import LONGEST_ERROR, Failure, plain

PATIENCE, LONGEST_LINE = 30, 16 << 20  # seconds without a byte, bytes
LINE_END = re.compile(r"\r\n|\n|\r(?!$)")


class Answer(http.client.HTTPResponse):
    """http.client skips 100 alone; 103 and its like precede the answer as well (RFC 9110 15.2)."""

    def _read_status(self):
        version, status, reason = super()._read_status()
        while 100 <= status < 200:
            http.client.parse_headers(self.fp)
            version, status, reason = super()._read_status()
        return version, status, reason


class Wire:
    """One request; its answer as lines or as a whole. Closed from another thread by close(), which `opened` makes known before anything is sent."""

    def __init__(self, url, headers, body, method="POST", opened=lambda wire: None):
        parts = urllib.parse.urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self.connection = kind(parts.hostname, parts.port, timeout=PATIENCE)
        self.connection.response_class, self.socket = Answer, None
        target = parts.path + ("?" + parts.query if parts.query else "")
        try:
            self.connection.connect()
            self.socket = self.connection.sock
            opened(self)
            self.connection.request(method, target, body, headers)
            self.answer = self.connection.getresponse()
        except socket.timeout:
            raise Failure("timeout", f"no answer within {PATIENCE} s", again=True) from None
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:  # the last two: close() took the file away
            # Nothing of an answer was read: it is safe to ask again.
            raise Failure("network", f"the connection to {parts.hostname}:{self.connection.port} failed: {plain(str(error) or type(error).__name__)}", again=True) from None
        self.status = self.answer.status

    def header(self, name):
        return self.answer.getheader(name) or ""

    def read(self):
        """Pieces of the body. An end before the announced length, or within a chunk, is an error."""
        decoder = {"gzip": lambda: zlib.decompressobj(31), "deflate": lambda: zlib.decompressobj()}.get(self.header("Content-Encoding").lower(), lambda: None)()
        try:
            while True:
                piece = self.answer.read1(65536)
                if not piece:
                    break
                yield decoder.decompress(piece) if decoder else piece
            if self.answer.length:  # http.client keeps what is still owed
                raise Failure("truncated", "the answer ended before its Content-Length")
        except socket.timeout:
            raise Failure("timeout", f"nothing came for {PATIENCE} s") from None
        except http.client.IncompleteRead:
            raise Failure("truncated", "the answer ended before its end") from None
        except zlib.error:
            raise Failure("protocol", "the answer cannot be decompressed") from None
        except (http.client.HTTPException, ValueError, AttributeError):  # the last one: close() took the file away
            raise Failure("protocol", "the answer is not well-formed HTTP") from None
        except OSError as error:
            raise Failure("network", f"the connection was lost: {plain(str(error))}") from None

    def whole(self, most=LONGEST_LINE):
        out = bytearray()
        for piece in self.read():
            out += piece
            if len(out) > most:
                raise Failure("protocol", "the answer is too long")
        return bytes(out)

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except (OSError, AttributeError):
            pass
        self.connection.close()


def events(pieces):
    """Data of the events of a text/event-stream, as WHATWG's parser dispatches them."""
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    text, data, first, raw, any_event = "", [], True, "", False
    for piece in pieces:
        start = max(0, len(text) - 1)  # before it there is no line end
        text += decode(piece)
        if first and text:
            text, first = text.removeprefix("\ufeff"), False
        while True:
            match = LINE_END.search(text, start)
            if not match:
                break
            line, text, start = text[:match.start()], text[match.end():], 0
            any_event = any_event or line.startswith("data")
            raw = raw + line + "\n" if not any_event and len(raw) < LONGEST_ERROR else raw
            if line == "":
                if "\n".join(data):
                    yield "\n".join(data)
                data = []
            elif not line.startswith(":"):
                name, _, value = line.partition(":")
                if name == "data":
                    data.append(value.removeprefix(" "))
        if len(text) > LONGEST_LINE or sum(map(len, data)) > LONGEST_LINE:
            raise Failure("protocol", "an event is too long")
    if text == "\r" and "\n".join(data):
        yield "\n".join(data)
    elif (raw + text).startswith("{") and not any_event:  # some gateways write a plain JSON error into the stream
        yield raw + text
