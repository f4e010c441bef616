"""Logs: one JSON object a line, on standard error, with nothing secret in it.

- Fields pass by allow-list. Other fields are dropped and only their name is kept, so that a new field cannot
  leak by oversight.
- The line of a request has its route (the pattern, never the address), method, status, duration and, where the endpoint
  noted them, client and grant: no other field. It is written past the logging framework, which costs more than a
  whole small answer.
- Faults are logged by type and place. Their messages may quote typed texts, and are kept in development only.
"""

import io
import logging
import os
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from contextvars import ContextVar
from types import MappingProxyType
from typing import TextIO
from wsgiref.types import WSGIEnvironment

import msgspec
import structlog
from flask import Flask, Response
from structlog.typing import Processor

from idp.clock import SystemClock
from idp.settings import Settings
from idp.web import request_ids
from idp.web.application import current_request
from idp.web.metrics import method_of, route_of

ALLOWED = frozenset(
    {
        "event", "level", "time", "logger", "request", "method", "route", "status", "milliseconds", "address", "client",
        "flow", "step", "run", "reason", "error", "place", "message", "kind", "lane", "count", "attempt", "version",
        "file", "path", "problem", "person", "organisation", "grant", "limit", "channel", "kid", "alg", "table", "job",
        "dropped",
    }
)  # fmt: skip

HANDLER = "vestibule"

NOTHING: Mapping[str, object] = MappingProxyType({})

_about: ContextVar[Mapping[str, object]] = ContextVar("about", default=NOTHING)
"""The request that this thread answers, its client and its grant; empty outside of requests."""

Event = MutableMapping[str, object]


def configure(settings: Settings, stream: TextIO | None = None) -> None:
    """Send all logs of this process, those of libraries included, to `stream` as JSON lines."""
    with_messages = settings.development
    shared: list[Processor] = [
        _with_request,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _fault_by_place(with_messages=with_messages),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, _template_of_message(with_messages=with_messages)],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, keep_allowed, _as_json()],
    )
    _send(logging.getLogger(), formatter, stream)
    request_lines.stream = stream
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # its lines quote whole addresses


def _send(logger: logging.Logger, formatter: logging.Formatter, stream: TextIO | None) -> None:
    """Give a logger our handler, replacing the one of an earlier start and leaving others alone."""
    handler = logging.StreamHandler(stream) if stream is not None else StandardError()
    handler.set_name(HANDLER)
    handler.setFormatter(formatter)
    logger.handlers = [*(other for other in logger.handlers if other.get_name() != HANDLER), handler]
    logger.setLevel(logging.INFO)


class RequestLines:
    """Writes the line of a request: fields that are safe by construction, one encoding, one write.

    No part of a line has a length that the client chooses. So it stays below 4 KiB, and the system keeps lines of
    different threads and processes apart, in a pipe too (POSIX, `PIPE_BUF`).
    """

    def __init__(self) -> None:
        self.stream: TextIO | None = None
        """Empty: standard error, as it is at the moment of the line."""
        self._clock = SystemClock()  # a log tells the machine's time, whatever a test does with ours
        self._encoder = msgspec.json.Encoder()

    def write(self, fields: dict[str, object]) -> None:
        line = self._encoder.encode({"event": "request", "level": "info", **fields, "time": self._clock.now()}) + b"\n"
        stream = self.stream or sys.stderr
        with suppress(OSError, ValueError):  # a full disk or a closed stream is no reason not to answer
            try:
                os.write(stream.fileno(), line)
            except io.UnsupportedOperation:  # it is kept in memory
                stream.write(line.decode())


request_lines = RequestLines()


class StandardError(logging.StreamHandler[TextIO]):
    """Writes to what standard error is at the moment of the line, not of the start."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def keep_allowed(_logger: object, _method: str, event: Event) -> Event:
    """Drop every field that is not on the list, and name the dropped ones."""
    dropped = sorted(set(event) - ALLOWED)
    kept = {name: value for name, value in event.items() if name in ALLOWED}
    return {**kept, "dropped": dropped} if dropped else kept


def install(app: Flask) -> None:
    """Write one line per request."""

    def before() -> None:
        begin(current_request().environ)

    def after(response: Response) -> Response:
        request = current_request()
        end(request.environ, route_of(request), response.status_code)
        return response

    app.before_request(before)
    app.after_request(after)


def begin(environ: WSGIEnvironment) -> None:
    """Let every line that follows name this request."""
    _about.set({"request": environ.get(request_ids.KEY, "")})


def note(*, client: str, grant: str) -> None:
    """Let every line that follows name the client of this request, and its grant."""
    _about.set({**_about.get(), "client": client, "grant": grant})


def end(environ: WSGIEnvironment, route: str, status: int) -> None:
    """Write the line of a request that is answered."""
    line = {
        **_about.get(),
        "method": method_of(environ),
        "route": route,
        "status": status,
        "milliseconds": round(request_ids.seconds_since_start(environ) * 1000, 1),
        "address": environ.get("REMOTE_ADDR", ""),
    }
    _about.set(NOTHING)
    request_lines.write(line)


def _with_request(_logger: object, _method: str, event: Event) -> Event:
    """Name the request that is answered."""
    return {**_about.get(), **event}


def _fault_by_place(*, with_messages: bool) -> Processor:
    """`exc_info` becomes the fault's type and the places it went through."""

    def process(_logger: object, _method: str, event: Event) -> Event:
        fault = event.pop("exc_info", None)
        error = sys.exc_info()[1] if fault is True else fault[1] if isinstance(fault, tuple) else fault
        if isinstance(error, BaseException):
            frames = traceback.extract_tb(error.__traceback__)
            event["error"] = type(error).__name__
            event["place"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
            if with_messages:
                event["message"] = str(error)
        return event

    return process


def _template_of_message(*, with_messages: bool) -> Processor:
    """Of a library's line keep the unformatted template: its arguments may be anything."""

    def process(_logger: object, _method: str, event: Event) -> Event:
        record = event.get("_record")
        if isinstance(record, logging.LogRecord):
            event["logger"] = record.name
            event["event"] = event["event"] if with_messages else str(record.msg)
        return event

    return process


def _as_json() -> Processor:
    return structlog.processors.JSONRenderer(ensure_ascii=False)
