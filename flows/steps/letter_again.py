"""A person who came by a letter shows a new one, which proves them as the first letter did (X-18)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flows.engine import forms
from flows.engine.flow import Debit, PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome, WrongProof
from flows.engine.run import Run
from flows.shared.facts import Facts
from flows.steps.registration.code import LIMIT, NOT_VALID
from idp.invitations import code_text, redemption
from idp.invitations.redemption import UsableCode
from idp.people import insured


@dataclass(frozen=True)
class LetterAgainForm(Form):
    code: str = forms.code(length=code_text.LENGTH)


@dataclass(frozen=True, kw_only=True)
class LetterAgain(PlainStep[LetterAgainForm]):
    """Sets `registration`, for people in the register of a fund that can write to them. The code is not used up."""

    owner: Callable[[Run], str]
    name: str = "letter-again"
    form: type[LetterAgainForm] = LetterAgainForm

    def applies(self, run: Run) -> bool:
        return bool(writers(run, self.owner(run)))

    def limits(self, run: Run, form: LetterAgainForm) -> Iterable[Debit]:
        yield Debit(LIMIT, network=run.page_request.origin.address, stops=False)

    def submit(self, run: Run, form: LetterAgainForm, prepared: None) -> Outcome:
        for portal in writers(run, self.owner(run)):
            found = redemption.find(run.tx, form.code, client_id=portal)
            if isinstance(found, UsableCode) and _is_of(run, found, self.owner(run)):
                redemption.open_code(run.tx, form.code, client_id=portal)
                return Done(Facts(registration=found.code.id))
        return WrongProof({"code": NOT_VALID})


def writers(run: Run, person_id: str) -> set[str]:
    """Return the portals (client ids) whose funds can write a letter to the person."""
    registry = run.provider.registry.current()
    entries = (entry for entry in insured.of_person(run.tx, person_id) if entry.particulars.address)
    portals = (registry.client_of_fund(entry.fund) for entry in entries)
    return {portal.client_id for portal in portals if portal is not None}


def letter_holds(run: Run, person_id: str) -> bool:
    """Return whether the letter that was asked for was shown, and is still good; true where none is asked for."""
    portals, letter = writers(run, person_id), run.known(Facts).registration
    judged = [redemption.by_id(run.tx, letter, client_id=portal) for portal in portals]
    return not portals or any(isinstance(found, UsableCode) and _is_of(run, found, person_id) for found in judged)


def _is_of(run: Run, found: UsableCode, person_id: str) -> bool:
    return found.code.subject_id in {entry.id for entry in insured.of_person(run.tx, person_id)}
