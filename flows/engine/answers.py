"""Responses to a journey's request, before they become HTML."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from flask import Response

from flows.engine.outcomes import Page
from idp.clients.client import Client
from idp.wording import Text

Why = Literal["unknown", "expired", "foreign", "other-person", "no-request", "no-portal"]


@dataclass(frozen=True)
class StepPage:
    """The page of the current step. The values for `step` (typed, errors, status) count while that is current."""

    step: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, Text] = field(default_factory=dict)
    notice: Text | None = None
    status: int = 200


@dataclass(frozen=True)
class PausePage:
    """The run continues after a button: the person was away, or the journey changed meanwhile."""

    reason: Text


@dataclass(frozen=True)
class Redirect:
    """See other (303). `on_response` are further changes to the response."""

    url: str
    on_response: Sequence[Callable[[Response], object]] = ()


@dataclass(frozen=True)
class FinalPage:
    """A page that is not a step's: a dead end, or the end of the journey."""

    page: Page


@dataclass(frozen=True)
class MissingRun:
    """The reason why there is no run to show, and the portal that offers a link."""

    why: Why
    client: Client | None = None


Answer = StepPage | PausePage | Redirect | FinalPage | MissingRun
