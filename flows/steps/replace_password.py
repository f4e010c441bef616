"""The code from the phone and a new password, on one page: the only step of a recovery that writes (D-07).

People with another factor prove themselves by it first; the page is then the same, without the code.

The code is checked first. A rejected password does not consume it (D-16), and without the code the page does not
reveal whether a password is the current one.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from flows.engine import forms
from flows.engine.flow import Debit, Step
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome, Restart, Retry, Stay, WrongProof
from flows.engine.run import Run
from flows.shared import code_sending, fields, occasion
from flows.shared.code_sending import CodeToSend
from flows.shared.facts import Facts
from flows.steps import lost_phone, recovery_link
from flows.steps.code import RESEND
from flows.steps.new_password import NewPasswordForm, hashed_if_good, one_choice, words_of
from flows.steps.other_recovery_proof import is_proved
from flows.steps.recovery_link import OTHERWISE, recovery_of
from flows.steps.recovery_request import forget_requests
from flows.steps.second_step import CHANGED
from idp.actions.actor import Actor
from idp.actions.passwords import HashedPassword, recover_password
from idp.codes import service as codes
from idp.codes.rules import RULES, Purpose
from idp.codes.service import Destination
from idp.credentials import cooling_down, passwords, recoveries
from idp.credentials.recoveries import Recovery
from idp.notices import recovery as recovery_notices
from idp.people import emails, person
from idp.wording import text

HOUR = timedelta(hours=1)


def _read_code(raw: str, run: Run) -> str:
    if recovery_link.asks_code(run) and not raw.strip():
        raise forms.InvalidValue(text("Enter the code."))
    return raw.strip()[: forms.LONGEST_CODE]


@dataclass(frozen=True)
class ResetCodeForm(Form):
    code: str = forms.field(_read_code, secret=True, code=True)
    """Stands there again while the password is corrected: the two are typed on one page."""


def asks_birth_date(run: Run) -> bool:
    found = recovery_of(run)
    return found is not None and found.asks_birth_date


@dataclass(frozen=True)
class BirthDateForm(Form):
    birth_date: date | None = fields.day(required=asks_birth_date)


@dataclass(frozen=True)
class ReplaceForm(NewPasswordForm, ResetCodeForm, BirthDateForm):
    """In the order of the page: birth date, code, password, once more (dataclasses begin with the last base)."""


@dataclass(frozen=True, kw_only=True)
class ReplacePassword(Step[ReplaceForm, tuple[HashedPassword | Retry]]):
    """Sets `written`, or `phone_declined` by the button for people who do not have the phone at hand."""

    name: str = "replace-password"
    form: type[ReplaceForm] = ReplaceForm
    template: str = "replace-password"
    actions: frozenset[str] = frozenset({RESEND, OTHERWISE})
    needed: Callable[[Run], bool]

    def applies(self, run: Run) -> bool:
        return not run.known(Facts).written and self.needed(run)

    def enter(self, run: Run) -> None:
        _send_code(run, only_if_none_lives=True)

    def page(self, run: Run) -> Mapping[str, object]:
        found = recovery_of(run)
        address = emails.of_person(run.tx, found.person_id) if found is not None else None
        return {
            "by_sms": recovery_link.asks_code(run),
            "others": recovery_link.others_of(run),
            "asks_birth_date": asks_birth_date(run),
            "until": found.expires_at if found is not None else None,
            "newer": recovery_link.newer_link(run),
            "floor": run.policy.password_floor,
            "wait": hours_of_wait(run, found) if found is not None else 0,
            "username": address.address if address is not None else "",
            **code_sending.page(run, Purpose.RECOVERY_SMS, sms_to(run), bound_to=found.id if found is not None else ""),
        }

    def limits(self, run: Run, form: ReplaceForm) -> Iterable[Debit]:
        found = recovery_of(run)
        yield one_choice(run, found.id if found is not None else "")

    def prepare(self, run: Run, form: ReplaceForm) -> tuple[HashedPassword | Retry]:
        """In a tuple, because what is wrong with the password counts only once the code is right."""
        with run.reading() as tx:
            found = recovery_of(run)
            if found is None:
                return (Retry({}),)
            words, previous = words_of(run, found.person_id), passwords.last_hash(tx, found.person_id)
        return (hashed_if_good(run, form.new_password, words=words, previous=previous),)

    def submit(self, run: Run, form: ReplaceForm, prepared: tuple[HashedPassword | Retry]) -> Outcome:
        person.hold(run.tx, recovery_link.owner_of(run))
        found = recovery_of(run, lock=True)
        if found is None or recovery_link.why_dead(run):
            return Stay()
        refused: Outcome | None = _check_birth_date(run, found, form.birth_date)
        if refused is None and recovery_link.asks_code(run):
            refused = _check_code(run, found, form.code)
        elif refused is None and found.by_factor and not is_proved(run):
            return Restart(CHANGED)
        if refused is not None:
            return refused
        (hashed,) = prepared
        if isinstance(hashed, Retry):
            return hashed
        if not recoveries.use(run.tx, found):
            return Stay()
        _replace(run, found, hashed)
        return Done(Facts(written=True))

    def act(self, run: Run, action: str) -> Outcome:
        if action == OTHERWISE and recovery_link.others_of(run):
            named = run.known(Facts).person_id  # by the page before, where there was one
            return Done(Facts(person_id="" if named else recovery_link.owner_of(run), phone_declined=True))
        _send_code(run)
        return Stay(run.notice or text("We have sent a new code. Earlier codes still work."))


def hours_of_wait(run: Run, found: Recovery) -> int:
    """Return how many hours changes of the account wait afterwards."""
    return cooling_down.wait(run.tx, run.provider.registry.current(), found.person_id) // HOUR


def sms_to(run: Run) -> Destination:
    return Destination("sms", recovery_link.phone_of(run))


def _send_code(run: Run, *, only_if_none_lives: bool = False) -> None:
    found, phone = recovery_of(run), recovery_link.phone_of(run)
    if found is None or not phone or not recovery_link.asks_code(run):
        return
    send = code_sending.send_unless_live if only_if_none_lives else code_sending.send
    code = CodeToSend(
        purpose=Purpose.RECOVERY_SMS, destination=sms_to(run), person_id=found.person_id, bound_to=found.id
    )
    send(run, code)


def _check_birth_date(run: Run, found: Recovery, typed: date | None) -> WrongProof | Stay | None:
    """None: it was right, or is not asked. It is looked at before the code, which a wrong one does not use up; three
    wrong ones kill the link."""
    owner = person.by_id(run.tx, found.person_id)
    if not found.asks_birth_date or (owner is not None and typed is not None and owner.birth_date == typed):
        return None
    if recoveries.count_dead_code(run.tx, found):
        recovery_notices.gone(run.tx, found, occasion.of_run(run))
        return Stay()
    return WrongProof({"birth_date": text("This date of birth does not match our records.")})


def _check_code(run: Run, found: Recovery, typed: str) -> Retry | Stay | None:
    """Return None for the right code. Five wrong ones end the code, and three ended codes the link (D-15)."""
    was_live = codes.live(run.tx, purpose=Purpose.RECOVERY_SMS, bound_to=found.id) is not None
    unfit = code_sending.of_wrong_length(run, Purpose.RECOVERY_SMS, typed) if was_live else None
    if unfit is not None:
        return unfit
    verdict = codes.redeem(run.tx, purpose=Purpose.RECOVERY_SMS, bound_to=found.id, typed=typed)
    if isinstance(verdict, codes.RefusedCode):
        died = was_live and verdict.reason == "exhausted"
        if died and recoveries.count_dead_code(run.tx, found):
            recovery_notices.gone(run.tx, found, occasion.of_run(run))
            return Stay()
        rules = RULES[Purpose.RECOVERY_SMS].of_portal(run.client, Purpose.RECOVERY_SMS)
        return code_sending.refused(verdict, rules.alphabet)
    phone = recovery_link.phone_of(run)
    if not phone or not verdict.proves(run.tx.sealer, phone):
        return code_sending.refused(codes.RefusedCode("none"))
    lost_phone.is_there(run, found.person_id)
    return None


def _replace(run: Run, found: Recovery, hashed: HashedPassword) -> None:
    """Store the new password, and end everything that rested on the old one (D-17)."""
    person_id = found.person_id
    by = Actor.person(person_id)
    recover_password(
        run.tx,
        run.provider.registry.current(),
        person_id,
        hashed,
        occasion.of_run(run),
        by=by,
        by_mailbox_alone=not found.by_factor,
    )
    forget_requests(run, person_id)
