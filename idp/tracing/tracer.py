"""The interface to traces, and the list of what they may say."""

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Literal, Protocol, cast

from idp.settings import SettingsError, Tracing

Role = Literal["server", "client", "producer", "consumer"]
"""The part that we play towards the other side of a span."""

Attributes = Mapping[str, str | int]

ALLOWED = frozenset(
    {
        "http.request.method",
        "http.route",
        "http.response.status_code",
        "db.system.name",
        "db.operation.name",
        "db.collection.name",
        "error.type",
        "vestibule.request",
        "vestibule.message",
        "vestibule.kind",
        "vestibule.lane",
        "vestibule.attempt",
    }
)
"""Names of attributes, OpenTelemetry's own where it has some. None can hold a person, an address or a token."""

HARMLESS = re.compile(r"[\w./<>:-]{0,120}")
"""The characters of routes, tables, classes and ids of our own."""

IMPLEMENTATION = "idp.tracing.open_telemetry"


class OpenSpan(Protocol):
    """A span that is not over yet."""

    def describe(self, name: str, attributes: Attributes) -> None: ...

    def end(self, error: BaseException | None = None) -> None: ...


class Tracer(Protocol):
    """Makes spans. Of an error only the class is told: its message may quote anything."""

    def span(self, name: str, role: Role, attributes: Attributes) -> AbstractContextManager[OpenSpan]:
        """Return a block whose span is over at its end; spans that begin inside it belong to it."""

    def begin(self, name: str, role: Role, attributes: Attributes) -> OpenSpan:
        """Begin a span that nothing else belongs to; its maker ends it."""


def of_settings(settings: Tracing) -> Tracer | None:
    """Return the tracer of this process; None where `tracing.endpoint` is empty.

    Raises `SettingsError` where the packages of OpenTelemetry are missing.
    """
    if not settings.endpoint:
        return None
    try:
        implementation = import_module(IMPLEMENTATION)
    except ModuleNotFoundError as error:
        raise SettingsError(
            "tracing.endpoint: install the packages it needs: pip install 'vestibule[tracing]'"
        ) from error
    return cast(Callable[[Tracing], Tracer], implementation.exporting)(settings)


def permitted(attributes: Attributes) -> Attributes:
    """Return what may leave: known names, and values that are numbers or harmless words."""
    return {
        name: value
        for name, value in attributes.items()
        if name in ALLOWED and (isinstance(value, int) or HARMLESS.fullmatch(value))
    }
