"""A mail catcher: takes every mail on port 1025, and shows the sources of all of them on port 8025."""

from http.server import BaseHTTPRequestHandler, HTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

mails: list[bytes] = []


class Catcher:
    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd
        mails.append(envelope.original_content or b"")
        return "250 OK"


class Sources(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"\n\n".join(mails))


if __name__ == "__main__":
    Controller(Catcher(), hostname="0.0.0.0", port=1025).start()  # noqa: S104 - in a container
    HTTPServer(("0.0.0.0", 8025), Sources).serve_forever()  # noqa: S104
