"""The two kinds of screens that prove something: a first factor, and a method for a known person."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

from flows.engine.flow import Debit, FormT, PlainStep, PreparedT, Step
from flows.engine.outcomes import Done
from flows.engine.run import Run
from flows.shared.facts import Facts
from idp.sessions import known_browsers
from idp.sessions.assurance import Proof
from idp.wording import Text

LIMIT, NETWORK = "second_step", "network"


class OpeningStep(Step[FormT, PreparedT]):
    """A first factor: finds out who comes, and sets the facts `person_id` and `proofs`."""

    proof = True

    def still_holds(self, run: Run, person_id: str, proof: Proof) -> bool:
        """Return whether what the proof rests on is unchanged."""
        return True


class Method(Step[FormT, PreparedT]):
    """Asked of `run.person_id`. `name` is a row of `idp.methods`; instances are shared by all requests."""

    label: Text
    """The words of the button that changes to this method."""

    is_sent: bool = False
    """Whether a code comes by a channel: the portal says whether the person may have it by another one."""

    @abstractmethod
    def is_available(self, run: Run) -> bool:
        """Return whether this person can use it at this portal now. Reads only."""

    def begin(self, run: Run) -> None:
        """Start the method when it comes into use, or is asked for once more: the place to send a code."""

    def still_holds(self, run: Run, person_id: str, proof: Proof) -> bool:
        """Return whether what the proof rests on is unchanged."""
        return True

    def proved(self, run: Run, evidence: str = "") -> Done:
        """Return the outcome of a right answer, in the transaction that spent it."""
        return Done(Facts(proofs=(Proof(self.name, run.tx.now, evidence),)))


class PlainMethod(Method[FormT, None], PlainStep[FormT]):
    """A method without slow work."""


AnyOpening = OpeningStep[Any, Any]
AnyMethod = Method[Any, Any]


def tries(run: Run) -> Iterable[Debit]:
    """Count one try of a second step against the person, and against networks that the person is not known in.

    A right answer gives both back: only guesses over many accounts add up in a network.
    """
    own = own_budget(run, run.person_id)
    if not own:
        yield Debit(NETWORK, network=run.page_request.origin.address)
    yield Debit(LIMIT, (run.person_id, *own))


def own_budget(run: Run, owner: str) -> tuple[str, ...]:
    """Return the key by which a browser that the owner is known in counts for itself (ASVS 6.1.1).

    No other browser has one: dropping the cookie would begin a new budget with each try.
    """
    return budget(run, known=known_browsers.is_known(run.tx, owner, run.browser))


def budget(run: Run, *, known: bool) -> tuple[str, ...]:
    """As `own_budget`, where it was looked up before whether the browser is known."""
    return (run.page_request.fingerprint,) if known else ()
