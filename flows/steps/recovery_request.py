"""Somebody forgot the password and says who they are. The page afterwards is the same for everybody (D-03, D-04).

Whoever is meant, the same is done: the same look-ups, one recovery row, one mail, one event; where the portal sends the
SMS at once also one code, where it delays also one SMS. What is not to be sent is a decoy. The mailbox alone tells
whether there is an account and how to go on. The account itself is not touched (D-20).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flows.engine import forms
from flows.engine.flow import Debit, Step
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome
from flows.engine.run import Run
from flows.steps import legacy_notices, recovery_messages
from flows.steps.credentials import key_of
from idp.audit.events.recovery import RecoveryRequested
from idp.audit.log import record
from idp.credentials import recoveries
from idp.limits import rate_limit
from idp.messages.outbox import Message
from idp.people import emails, enrolments, lookup, person, phones
from idp.people.person import Person
from idp.wording import text

LIMIT = "recovery_requests"
NOBODY = ""
NO_DELAY = timedelta()
A_DAY = timedelta(days=1)  # who waited for a day need not be there within the hour


def asks_birth_date(run: Run) -> bool:
    return "birth_date" in run.policy.recovery.fields


@dataclass(frozen=True)
class RecoveryForm(Form):
    identifier: str = forms.line(missing=text("Enter your e-mail address or your user ID."))
    birth_date: date | None = forms.day(required=asks_birth_date)


@dataclass(frozen=True)
class Meant:
    """Who is meant, and what may be used to recover. `phone` is empty where no code may be sent by SMS."""

    person_id: str = NOBODY
    address: str = ""
    phone: str = ""
    known_phone: str = ""
    delayed: bool = False
    legacy_help: Message | None = None

    @property
    def outcome(self) -> str:
        """What is mailed: link, delayed, desk, migration, or nothing (unknown)."""
        if not self.person_id:
            return "migration" if self.legacy_help is not None else "unknown"
        return "link" if self.phone else "delayed" if self.delayed else "desk"


class RecoveryRequest(Step):
    name = "recovery-request"
    form = RecoveryForm

    def page(self, run: Run) -> Mapping[str, object]:
        hint = run.pending.login_hint if run.pending is not None else ""
        return {"hint": hint, "asks_birth_date": asks_birth_date(run), "request": run.row.request}

    def limits(self, run: Run, form: RecoveryForm) -> Iterable[Debit]:
        yield Debit("network", network=run.visit.origin.address, refunded=False)

    def submit(self, run: Run, form: RecoveryForm, prepared: Any) -> Outcome:
        meant, key = _meant(run, form), key_of(form.identifier)
        counted = run.provider.limiter.debit(run.tx, LIMIT, meant.person_id or key)
        limited = isinstance(counted, rate_limit.Refused)
        recovery_id = "" if limited else _begin(run, meant, about=key)
        outcome = "limited" if limited else meant.outcome
        record(run.tx, RecoveryRequested(person_id=meant.person_id, outcome=outcome, recovery_id=recovery_id))
        return Done()


def forget_requests(run: Run, person_id: str) -> None:
    """After a recovery: what was counted against the person."""
    rate_limit.reset(run.tx, LIMIT, person_id)


def _begin(run: Run, meant: Meant, *, about: str) -> str:
    policy, delayed = run.policy.recovery, meant.outcome == "delayed"
    begun = recoveries.begin(
        run.tx,
        meant.person_id if meant.outcome in {"link", "delayed"} else NOBODY,
        run.client.client_id,
        by_sms=not delayed,
        lifetime=A_DAY if delayed else timedelta(seconds=policy.link_lifetime),
        delay=timedelta(seconds=policy.delay) if delayed else NO_DELAY,
    )
    recovery_messages.answer(run, meant.outcome, begun, meant.address, help_=meant.legacy_help, about=about)
    if policy.sms_at_request:
        recovery_messages.code(run, begun.recovery, meant.phone, about=about)
    if policy.mail_only == "delayed":
        recovery_messages.delay_by_sms(run, begun, meant.known_phone if delayed else "", about=about)
    return begun.recovery.id


def _meant(run: Run, form: RecoveryForm) -> Meant:
    """Always the same statements, whoever it is."""
    tx, portal = run.tx, run.client.client_id
    found = lookup.by_identifier(tx, form.identifier, portal=portal)
    migrated = person.by_id(tx, (found.legacy.person_id if found.legacy is not None else "") or NOBODY)
    help_ = legacy_notices.help_with_migration(tx, run, form.identifier)
    owner = found.person or migrated
    asked = owner.id if owner is not None else NOBODY
    address, phone = emails.of_person(tx, asked), phones.of_person(tx, asked)
    delayed = _may_be_delayed(run, enrolments.portals(tx, asked))
    if owner is None or address is None or not owner.is_active or not _knows_birth_date(run, owner, form):
        return Meant(legacy_help=help_)
    cooling = timedelta(seconds=run.policy.recovery.cooldown)
    serves = phone is not None and phone.serves_recovery(tx.now, cooling=cooling)
    return Meant(
        person_id=owner.id,
        address=address.address,
        phone=phone.number if phone is not None and serves else "",
        known_phone=phone.number if phone is not None and phone.verified_at is not None else "",
        delayed=delayed,
    )


def _may_be_delayed(run: Run, portals: Iterable[str]) -> bool:
    """Whether the mailbox alone may do, after a delay: at this portal, and at every other that the password opens."""
    clients = [run.provider.registry.current().client(portal) for portal in {run.client.client_id, *portals}]
    return all(client is None or client.policy.recovery.mail_only == "delayed" for client in clients)


def _knows_birth_date(run: Run, owner: Person, form: RecoveryForm) -> bool:
    return not asks_birth_date(run) or (owner.birth_date is not None and owner.birth_date == form.birth_date)
