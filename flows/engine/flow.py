"""A journey is a list of steps of which the first unmet one is shown. Nobody stores "next", no step names another."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flows.engine.forms import Form
from flows.engine.guard import Guard
from flows.engine.outcomes import FORM, Done, Ending, Outcome, Restart, Retry
from flows.engine.subject import Subject
from idp.database import Transaction
from idp.limits.rate_limit import Hit
from idp.wording import Text, text

if TYPE_CHECKING:
    from flows.engine.run import Run

FormT = TypeVar("FormT", bound=Form)
PreparedT = TypeVar("PreparedT")


@dataclass(frozen=True)
class Debit:
    """One count against a named limit (`[limits.<name>]`), taken before the step looks at what was typed.

    It is given back when the step is met, unless `refunded` is false. With a `network` (the sender's address) it counts
    that network and the wider one around it.

    `stops`: a used-up count refuses the POST unseen. Where strangers share the count and the secret is too long to be
    guessed, it must not: the step looks anyway, and only what turns out wrong is refused for it (decision 0009).
    """

    limit: str
    keys: tuple[str, ...] = ()
    network: str = ""
    refunded: bool = True
    stops: bool = True

    @property
    def hit(self) -> Hit:
        """The debit as the limiter counts it."""
        return Hit(self.limit, self.keys, self.network, self.stops)


class Step(ABC, Generic[FormT, PreparedT]):
    """One screen, with its form and the value that its slow work leaves for `submit`.

    Subclasses set `name` and `form`, and override what they need. Most have no slow work: they are a `PlainStep`.
    Instances are shared by all requests and hold no state: what varies is in the `run`.
    """

    name: str = ""
    """In addresses of templates (`steps/<name>.html`), results and buttons; unique in its flow."""
    template: str = ""
    """Of several steps that share one; empty: `name`."""
    form: type[FormT]
    stage: Text | None = None
    """Word of the stepper, shared by the steps of one stage; None: the step shows no stepper."""
    proof: bool = False
    """Whether its facts are a proof (password, code) that lapses when the person has been away for too long."""
    proves: frozenset[str] = frozenset()
    """Facts that the typed code proves by itself, wherever it is typed. Not empty: the journey may be resumed here
    in another browser (from a mailed link); it then keeps only what these facts cover."""
    actions: frozenset[str] = frozenset()
    """Values of the page's other buttons (`name="action"`) that `act` understands."""

    def applies(self, run: Run) -> bool:
        """Return whether this run needs the step at all. Reads facts, policy and the database; changes nothing."""
        return True

    def enter(self, run: Run) -> None:
        """Runs once, in the POST that made the step current: the place to send a code. Never run by a GET."""

    def page(self, run: Run) -> Mapping[str, object]:
        """Values for the template. Reads only."""
        return {}

    def drawn(self, values: Mapping[str, object]) -> Mapping[str, str] | None:
        """Return which of the `values` of its page are drawn for each visitor.

        Asked where nothing is known of a visitor: the other values must be the same for all of a portal, so that they
        share one rendering, in which the template reads of `run` what `RunOfAnybody` has. None: the page is not shared.
        """
        return None

    def form_of(self, run: Run) -> type[FormT]:
        """Return the form of this POST or page; a step that offers a choice has one for each answer."""
        return self.form

    def limits(self, run: Run, form: FormT) -> Iterable[Debit]:
        """Yield the debits before `prepare`, each committed on its own.

        A refused one is answered with 429 and the time.
        """
        return ()

    def too_often(self, run: Run, form: FormT | None, tx: Transaction, debit: Debit, retry_at: datetime) -> Retry:
        """Return the response to a refused debit, in the short transaction of the debits. `form` is None for `act`."""
        today = text("Too many tries. Try again at %(time)s.")
        another_day = text("Too many tries. Try again on %(day)s at %(time)s.")
        return Retry({FORM: run.theme.translator.timed(retry_at, tx.now, today, another_day)}, status=429)

    @abstractmethod
    def prepare(self, run: Run, form: FormT) -> PreparedT | Retry:
        """Slow or read-only work outside any transaction (hashing, network): `with run.reading() as tx:` to look.

        A returned `Retry` ends the POST here.
        """

    def submit(self, run: Run, form: FormT, prepared: PreparedT) -> Outcome:
        """The step's one transaction (`run.tx`). Check again what `prepare` saw. Never commits."""
        return Done()

    def forget(self, run: Run) -> None:
        """Undo the step's other traces: its result was dropped (Back, another browser, a new start)."""

    def act(self, run: Run, action: str) -> Outcome:
        """One of `actions`: in a transaction like `submit`, without form and without `prepare`."""
        raise KeyError(action)

    def limits_of_action(self, run: Run, action: str) -> Iterable[Debit]:
        """Yield the debits before `act`."""
        return ()


class PlainStep(Step[FormT, None]):
    """A step without slow work."""

    def prepare(self, run: Run, form: FormT) -> None:
        return None


AnyStep = Step[Any, Any]
"""A step of a journey, for the engine: each fits its own form and its own prepared value."""


@dataclass(frozen=True)
class SignInRequirement:
    """The requirement of a journey for signed-in people: a session at the portal, signed in at most `within` ago.

    `when` says for which runs that matters (a new phone, not new terms); None: for all.
    """

    within: timedelta | None = None
    when: Callable[[Run], bool] | None = None


@dataclass(frozen=True)
class Flow:
    """A journey.

    - `finish` returns what the end shows. It changes nothing, and is called for each view of the end.
    - `guards` stop a run at any step. `subject` reads what a run is about from the query of its first page; it changes
      nothing.
    - `begin` runs once, in the POST in which another journey handed over to this one; not if the run is resumed.
    - `complete` runs once, in the POST that met the last step (to start a session, say), or lets the journey start
      over; `again` when that POST is repeated, because its answer may have been lost.
    """

    name: str
    steps: tuple[AnyStep, ...]
    finish: Callable[[Run], Ending]
    begin: Callable[[Run], None] | None = None
    complete: Callable[[Run], Restart | None] | None = None
    again: Callable[[Run], None] | None = None
    requires: SignInRequirement | None = None
    guards: tuple[Guard, ...] = ()
    subject: Callable[[Run, Mapping[str, str]], Subject] | None = None
    fund: Callable[[Transaction, Iterable[Mapping[str, object]]], str] | None = None
    """Read from the results of a run which fund wrote to this person, by its code; empty while that is not known."""
    begin_again: Text | None = None
    """Words of the link to the first page, for a browser that cannot continue; None: only the portal begins it."""
    last_stage: Text | None = None
    """Word of the stepper for the page at the end."""
    signature: str = field(init=False)

    def __post_init__(self) -> None:
        names = [step.name for step in self.steps]
        if len(set(names)) != len(names):
            raise ValueError(f"{self.name}: two steps have the same name")
        formless = [step.name for step in self.steps if not hasattr(step, "form")]
        if formless:
            raise ValueError(f"{self.name}: steps without a form: {', '.join(formless)}")
        if len({guard.name for guard in self.guards}) != len(self.guards):
            raise ValueError(f"{self.name}: two guards have the same name")
        digest = hashlib.sha256(" ".join(names).encode()).hexdigest()[:16]
        object.__setattr__(self, "signature", digest)

    def current_step(self, run: Run) -> AnyStep | None:
        """Return the first step that applies and has no result yet; None: the flow can finish."""
        return next((s for s in self.steps if s.name not in run.results and s.applies(run)), None)

    def stopped(self, run: Run) -> Ending | None:
        """Return the ending of the first guard that stops the run. A person who must sign in does so first."""
        if self.requires is not None and run.session is None:
            return None
        return next((ending for guard in self.guards if (ending := guard.stops(run)) is not None), None)

    def has_met(self, run: Run, stage: Text) -> bool:
        """Return whether the run has met every step of this word of the stepper, in whatever order."""
        names = {step.name for step in self.steps if step.stage == stage}
        return bool(names) and names <= set(run.results)

    @property
    def stages(self) -> list[Text]:
        """The words of the stepper, in order."""
        words = [step.stage for step in self.steps] + [self.last_stage]
        return [word for i, word in enumerate(words) if word is not None and word not in words[:i]]
