"""A small HTTP client for load: one kept connection, the cookies of one browser, nothing that costs time by itself."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def location(self) -> str:
        return self.headers.get("location", "")


@dataclass
class Wire:
    """`origin` is `http://host:port`. One request at a time; opened again when the server closes it."""

    origin: str
    cookies: dict[str, str] = field(default_factory=dict)
    client: str = ""
    """The address for whom a proxy sends this, if it is behind one."""
    attempts: int = 2
    """How often a request is sent over fresh connections when one breaks."""
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return await self._send("GET", path, headers or {}, b"")

    async def post(self, path: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
        return await self._send("POST", path, {**(headers or {}), "Content-Type": FORM}, urlencode(form).encode())

    async def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None

    async def _send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(self.origin).netloc}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if self.client:
            lines += [f"X-Forwarded-For: {self.client}", "X-Forwarded-Proto: https"]
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        if body:
            lines.append(f"Content-Length: {len(body)}")
        raw = "\r\n".join([*lines, "", ""]).encode() + body
        fault: Exception | None = None
        for _ in range(self.attempts):
            try:
                return await self._exchange(raw)
            except (ConnectionError, asyncio.IncompleteReadError) as error:
                fault = error
                await self.close()  # kept too long: once more on a fresh one
        raise ConnectionError(f"{self.origin} does not answer") from fault

    async def _exchange(self, raw: bytes) -> Answer:
        if self._streams is None:
            address = urlsplit(self.origin)
            self._streams = await asyncio.open_connection(address.hostname, address.port or 80, limit=2**20)
        reader, writer = self._streams
        writer.write(raw)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = self._read_headers(head[1:])
        answer = Answer(int(head[0].split()[1]), headers, await _body(reader, headers))
        if headers.get("connection", "").lower() == "close":
            await self.close()
        return answer

    def _read_headers(self, lines: list[str]) -> dict[str, str]:
        headers = {}
        for line in filter(None, lines):
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
            if name.lower() == "set-cookie":
                cookie, _, content = value.strip().partition(";")[0].partition("=")
                self.cookies[cookie] = content
                if not content:
                    del self.cookies[cookie]
        return headers


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await reader.readexactly(int(headers.get("content-length", 0)))
    parts = []
    while size := int(await reader.readline(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(parts)
