"""Every refusal that reaches a person becomes a calm page: what happened, why, and the way on.

Machine endpoints (by blueprint) get the same as JSON.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask, Response

from idp.web.branding import Look
from idp.wording import Text

if TYPE_CHECKING:
    from idp.provider import Provider


@dataclass(frozen=True)
class WayOn:
    """A link of an error page; the first one is shown as the button."""

    label: Text
    url: str


@dataclass(frozen=True)
class Problem:
    """What an error page says. `code` is a stable protocol word (`invalid_request`) for those who support portals."""

    title: Text
    reason: Text
    ways_on: Sequence[WayOn] = ()
    code: str = ""
    detail: str = ""


def problem_page(provider: Provider, look: Look, problem: Problem, status: int) -> Response:
    """The page of a problem, in this look. Without a way on it offers the portal's own address, else the portals."""
    raise NotImplementedError


def install(app: Flask, provider: Provider, *, machine: Container[str]) -> None:
    """Answer every HTTP error, CSRF failure, `DatabaseUnavailable` and bug; JSON for the blueprints `machine`."""
    raise NotImplementedError
