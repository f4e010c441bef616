"""Outcomes of a step or a journey's end. Expected failures are values; any other failure is a bug."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flows.engine.facts import StepFacts
from idp.audit.events.event import Event
from idp.wording import Text

FORM = ""  # key of an error that belongs to no single field


@dataclass(frozen=True)
class Done:
    """The step is met. `facts` are what it proved or learnt; they live and die with the step's result."""

    facts: StepFacts = field(default_factory=StepFacts)


@dataclass(frozen=True)
class Retry:
    """The same page again, with errors per field name (`FORM` for the page). The step's writes are undone."""

    errors: Mapping[str, Text]
    status: int = 422


@dataclass(frozen=True)
class WrongProof(Retry):
    """A wrong proof: the same page again. Counts and records stay.

    Return this, never `Retry`, after `codes.redeem` or anything else that counts attempts.
    """


@dataclass(frozen=True)
class Stay:
    """An action was carried out (a code was sent again); the step remains current. `notice` is shown once."""

    notice: Text | None = None


@dataclass(frozen=True)
class Restart:
    """The journey starts over, with a reason. The step's writes are undone and all results dropped.

    `record` is written to the audit trail anyway.
    """

    reason: Text
    record: Event | None = None


@dataclass(frozen=True)
class GoBack:
    """An earlier step is open again (« change the address »); its result and every later one are dropped."""

    step: str


@dataclass(frozen=True)
class HandOver:
    """Another journey takes over in this browser. Its first step counts as done, with these facts."""

    flow: str
    facts: StepFacts


@dataclass(frozen=True)
class ExternalRedirect:
    """The browser leaves for a foreign site, whose answer comes back to this step as a form (`engine.callback`)."""

    url: str


@dataclass(frozen=True)
class Page:
    """A page that ends the journey: `templates/<template>` with these values."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True)
class EndAddress:
    """An address that ends the journey."""

    url: str


Outcome = Done | Retry | Stay | Restart | GoBack | HandOver | ExternalRedirect
Ending = Page | EndAddress
