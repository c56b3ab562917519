#!/usr/bin/env python3
"""The login of login.py, with the callback read as sockets are: later, in pieces, and not for ever."""

import json
import os
import secrets
import select
import socket
import time
import urllib.parse
import urllib.request
import webbrowser

AUTH = os.environ.get("ASSAY_AUTH_URL", "https://auth.worldrouter.ai")
CONTROL = os.environ.get("ASSAY_CONTROL_URL", "https://api.worldrouter.ai")
PORT = 1456


def read_request(connection, deadline):
    # Whatever the accepted socket inherited from its listener: wait, but not longer than the login does.
    request = b""
    while b"\r\n\r\n" not in request:
        connection.settimeout(max(0.001, deadline - time.monotonic()))
        piece = connection.recv(65536)
        if not piece:
            break
        request += piece
    return request.decode()


def wait_for_token(listener, state, patience=60):
    """The token in the redirect that the browser brings."""
    deadline = time.monotonic() + patience
    while select.select([listener], [], [], deadline - time.monotonic())[0]:
        connection, _ = listener.accept()
        with connection:
            request = read_request(connection, deadline)
            path, _, query = request.split(" ")[1].partition("?")
            fields = dict(urllib.parse.parse_qsl(query))
            if path == "/callback" and fields.get("state") == state:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nLogged in.")
                return fields["token"]
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    raise TimeoutError("nobody came back from the login page")


def post(url, body, bearer=None):
    headers = {"Content-Type": "application/json"}
    if bearer:
        headers["Authorization"] = "Bearer " + bearer
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def main():
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", PORT))
    listener.listen()
    listener.setblocking(False)  # select() above says when somebody comes
    state = secrets.token_urlsafe()
    redirect = urllib.parse.quote(f"http://127.0.0.1:{PORT}/callback", safe="")
    url = f"{AUTH}/login?redirect_uri={redirect}&state={state}"
    print("Log in at", url)
    webbrowser.open(url)
    token = wait_for_token(listener, state)
    session = post(f"{CONTROL}/auth/exchange", {"token": token})
    key = post(
        f"{CONTROL}/platform/v1/teams/{session['default_team_id']}/keys",
        {"name": "example"},
        session["session_token"],
    )
    path = os.path.expanduser("~/.worldrouter-key")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(key["key"])
    print("Logged in; the key is in", path)


if __name__ == "__main__":
    main()
