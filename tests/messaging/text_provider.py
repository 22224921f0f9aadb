"""A provider of text messages: a real HTTP server on the loopback, whose answers a test chooses."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

DECLARED = """
url = "http://127.0.0.1:{port}/v1/{{reference}}/send"
sender = "Fidelio"
stop_notice = "STOP au 36111"
[headers]
Authorization = "Bearer {{secret}}"
[body]
to = "{{to}}"
from = "{{sender}}"
text = "{{text}}"
options = {{ reference = "{{reference}}", unicode = true, tags = ["loyalty", "{{to_digits}}"] }}
[answer]
id = "messages.0.id"
error = "error.code"
dead = ["unknown_number"]
[inbound]
from = "msisdn"
text = "message"
[receipts]
id = "id"
state = "status"
delivered = ["DELIVRD"]
failed = ["UNDELIV", "EXPIRED"]
detail = "reason"
"""


class TextProvider:
    """The server. `answers` maps a number to (status, body); others get 200 and a name counted up."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.answers: dict[str, tuple[int, Any]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                is_json = self.headers["Content-Type"].startswith("application/json")
                body = json.loads(raw) if is_json else {name: each[0] for name, each in parse_qs(raw).items()}
                self._answer(body)

            def do_GET(self) -> None:
                self._answer({name: each[0] for name, each in parse_qs(urlsplit(self.path).query).items()})

            def _answer(self, body: dict[str, Any]) -> None:
                provider.taken.append({**body, "path": self.path, "authorization": self.headers["Authorization"]})
                named = {"messages": [{"id": f"p-{len(provider.taken)}"}]}
                status, said = provider.answers.get(body.get("to", ""), (200, named))
                raw = said.encode() if isinstance(said, str) else json.dumps(said).encode()
                self.send_response(status)
                if status in (301, 302, 307):
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_said: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> TextProvider:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(60)

    def declaration(self, folder: Path) -> str:
        """The file that declares this provider."""
        path = folder / f"texts-{self.port}.toml"
        path.write_text(DECLARED.format(port=self.port), encoding="utf-8")
        return str(path)
