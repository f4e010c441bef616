"""The first page of every registration: the code of the letter or invitation, which is opened here and never spent.

Every refusal reads the same (B-09, C-16); the cause is in the audit trail. Wrong codes are counted per network (C-18);
a right one works whatever others in its network typed: strangers stop no letter (rulings 35).
If a secret question is asked, tries are counted per code too, whether the code exists or not: the holder of a letter
cannot try one birthday after the other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from flows.engine import forms
from flows.engine.flow import Debit, PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import FORM, Done, HandOver, Outcome, Retry, WrongProof
from flows.engine.run import Run
from flows.shared import fields, registration_opening
from flows.shared.facts import Facts
from flows.shared.registration_opening import RegistrationOpening
from idp.audit.events.invitations import RegistrationCodeRefused
from idp.audit.log import record
from idp.database import Transaction
from idp.invitations import code_text, redemption
from idp.invitations.redemption import UsableCode
from idp.invitations.registration_code import RegistrationCodeDetails, RegistrationCodeKind
from idp.people import insured
from idp.wording import Text, text

LIMIT, LIMIT_OF_ONE = "registration_code", "second_knowledge"
ACTIVATION, INVITATION = "activation", "invitation"

NOT_VALID = text(
    "This code is not valid, has expired or has already been used. Check your most recent letter or invitation, "
    "or ask our helpdesk for a new code."
)


def asks_birth_date(run: Run) -> bool:
    """Return whether the portal's letters also ask for the birth date (rulings 9)."""
    return run.policy.letters.second_knowledge == "birth_date"


@dataclass(frozen=True)
class RegistrationCodeForm(Form):
    code: str = forms.code(length=code_text.LENGTH, again=True)
    birth_date: date | None = fields.day(required=asks_birth_date)


@dataclass(frozen=True, kw_only=True)
class AskRegistrationCode(PlainStep[RegistrationCodeForm]):
    """Sets `registration`, and for a code that came by mail to the invited person the address it proves.

    The code decides the journey: an insured person's letter opens the activation, a company's the invitation. If it was
    typed in this browser before, its run is resumed (C-15). A run that came here by a mailed link stays.
    """

    name: str = "registration-code"
    stage: Text | None = None
    form: type[RegistrationCodeForm] = RegistrationCodeForm

    def page(self, run: Run) -> Mapping[str, object]:
        return {"asks_birth_date": asks_birth_date(run), "by_invitation": run.policy.entry == "membership"}

    def limits(self, run: Run, form: RegistrationCodeForm) -> Iterable[Debit]:
        yield Debit(LIMIT, network=run.page_request.origin.address, stops=False)
        if asks_birth_date(run):
            yield Debit(LIMIT_OF_ONE, (code_text.read(form.code) or form.code,))

    def too_often(
        self, run: Run, form: RegistrationCodeForm | None, tx: Transaction, debit: Debit, retry_at: datetime
    ) -> Retry:
        if debit.limit != LIMIT_OF_ONE:
            return super().too_often(run, form, tx, debit, retry_at)
        at = run.theme.translator.moment(retry_at)
        reason = text("Too many tries with this code. It is still valid. You can try again from %(moment)s.", moment=at)
        return Retry({FORM: reason}, status=429)

    def submit(self, run: Run, form: RegistrationCodeForm, prepared: None) -> Outcome:
        opened = _opened(run, form)
        if opened is None:
            return WrongProof({"code": NOT_VALID})
        facts = Facts(registration=opened.code.id, email=opened.email, mailbox_proved=bool(opened.email))
        journey = ACTIVATION if opened.code.kind == RegistrationCodeKind.INSURED else INVITATION
        goes_on_here = run.row.flow == journey and run.known(Facts).mailbox_proved and not opened.email
        return Done(facts) if goes_on_here else HandOver(journey, facts)


def _opened(run: Run, form: RegistrationCodeForm) -> RegistrationOpening | None:
    found = redemption.find(run.tx, form.code, client_id=run.client.client_id)
    if isinstance(found, UsableCode) and not _knows(run, found.code, form.birth_date):
        _record_refusal(run, found.code, "birth date")
        return None
    found = redemption.open_code(run.tx, form.code, client_id=run.client.client_id)
    if not isinstance(found, UsableCode):
        return None
    opened = registration_opening.of_code(run.tx, found.code)
    if opened is None:
        _record_refusal(run, found.code, "nothing to open")
    return opened


def _knows(run: Run, code: RegistrationCodeDetails, birth_date: date | None) -> bool:
    """Return whether the second knowledge is right; company codes ask none."""
    if code.kind != RegistrationCodeKind.INSURED or not asks_birth_date(run):
        return True
    subject = insured.by_id(run.tx, code.subject_id)
    return subject is not None and insured.born_on(subject, birth_date)


def _record_refusal(run: Run, code: RegistrationCodeDetails, cause: str) -> None:
    record(run.tx, RegistrationCodeRefused(client_id=run.client.client_id, code_id=code.id, cause=cause))
