"""A guard stops a run at any step: because of an expired link, say, or a right that is gone.

It is declared on the flow, beside its steps. The engine asks it when a step is shown, submitted or entered, once in
each transaction. Its answer replaces the step's page. A run that is over has no guard.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from flows.engine.outcomes import Ending, Page

if TYPE_CHECKING:
    from flows.engine.run import Run


class Guard(ABC):
    """Instances are shared by all requests and hold no state. The first sentence of a guard's docstring describes it in
    `docs/journeys.md`."""

    name: str
    """Unique in its flow; names the template of its page (`guards/<name>.html`), if it has one."""

    @abstractmethod
    def stops(self, run: Run) -> Ending | None:
        """Return what the person is shown instead, or where they are sent; None lets the run continue. Reads only."""

    def page(self, **values: object) -> Page:
        """Return this guard's page."""
        return Page(f"guards/{self.name}.html", values)
