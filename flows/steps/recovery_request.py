"""A person who forgot the password names themselves. The page afterwards is the same for everybody (D-03, D-04).

Every request has the same work: the same lookups, one recovery row, one mail, one event; where the portal sends the
SMS immediately also one code, where it delays also one mail for later. Messages that must not be sent are decoys.
Only the mailbox tells whether there is an account and how to continue. The account itself is not touched (D-20).

Requests are counted, but the count blocks nobody: a person who has used it up gets the newest link again, and a person
without a live link gets a new one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from flows.engine import forms, runs
from flows.engine.flow import Debit, PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome
from flows.engine.run import Run
from flows.methods.password import key_of
from flows.shared import fields, occasion, recovery_messages, recovery_rules
from flows.shared.recovery_messages import RecoveryTarget
from flows.shared.recovery_rules import RecoveryRules
from idp.audit.events.recovery import RecoveryRequested
from idp.audit.log import record
from idp.credentials import recoveries
from idp.credentials.recoveries import RecoveryPlan
from idp.limits import rate_limit
from idp.notices import migration
from idp.people import emails, lookup, person
from idp.people.person import Person
from idp.wording import text

LIMIT = "recovery_requests"
NOBODY = ""
NO_DELAY = timedelta()
A_DAY = timedelta(days=1)  # a mailed link lives that long at most (NIST SP 800-63B-4 §4.2.1.2)
ASKED_FOR = "recovery asked for"
AGAIN = "again"
"""Names the run before, for a person who asks once more: the fields stay filled in this browser."""


def asks_birth_date(run: Run) -> bool:
    return "birth_date" in run.policy.recovery.fields


@dataclass(frozen=True)
class RecoveryForm(Form):
    identifier: str = forms.line(missing=text("Enter your email address or your user ID."))
    birth_date: date | None = fields.day(required=asks_birth_date)


class RecoveryRequest(PlainStep[RecoveryForm]):
    name = "recovery-request"
    form = RecoveryForm

    def page(self, run: Run) -> Mapping[str, object]:
        before = runs.typed_before(run, run.page_request.query.get(AGAIN, ""), self.name)
        hint = run.pending.login_hint if run.pending is not None else ""
        return {
            "hint": before.get("identifier", hint),
            "birth_date": before.get("birth_date", ""),
            "asks_birth_date": asks_birth_date(run),
            "request": run.row.request,
        }

    def limits(self, run: Run, form: RecoveryForm) -> Iterable[Debit]:
        yield Debit("network", network=run.page_request.origin.address, refunded=False)

    def submit(self, run: Run, form: RecoveryForm, prepared: None) -> Outcome:
        meant, key = _meant(run, form), key_of(form.identifier)
        wanted = _wanted(run, meant, key)
        counted = run.provider.limiter.debit(run.tx, LIMIT, meant.person_id or key)
        newest = recoveries.newest(run.tx, wanted)
        again = newest if isinstance(counted, rate_limit.LimitHit) else None
        begun = recoveries.begin(run.tx, wanted if again is None else _decoy_of(wanted))
        recovery_messages.answer(run, meant, again or begun, again=again is not None, about=key)
        outcome = meant.outcome if again is None else f"{meant.outcome} again"
        recovery_id = (again or begun).recovery.id
        record(run.tx, RecoveryRequested(person_id=meant.person_id, outcome=outcome, recovery_id=recovery_id))
        return Done()


def forget_requests(run: Run, person_id: str) -> None:
    """After a recovery: what was counted against the person."""
    rate_limit.reset(run.tx, LIMIT, person_id)


def _wanted(run: Run, meant: RecoveryTarget, key: str) -> RecoveryPlan:
    rules = meant.rules.recovery
    return RecoveryPlan(
        person_id=meant.person_id if meant.gets_link else NOBODY,
        asked_for=meant.person_id or run.tx.sealer.digest(ASKED_FOR, key),
        client_id=run.client.client_id,
        by_factor=not meant.delayed,
        asks_birth_date=meant.rules.asks_birth_date and not asks_birth_date(run),
        lifetime=A_DAY if meant.delayed else timedelta(seconds=rules.link_lifetime),
        delay=timedelta(seconds=rules.delay) if meant.delayed else NO_DELAY,
    )


def _decoy_of(wanted: RecoveryPlan) -> RecoveryPlan:
    """Return a plan of equal cost for when the newest link is sent again."""
    return replace(wanted, person_id=NOBODY, asked_for="")


def _meant(run: Run, form: RecoveryForm) -> RecoveryTarget:
    """Return the target of the request. The statements are always the same."""
    tx, portal = run.tx, run.client.client_id
    found = lookup.by_identifier(tx, form.identifier, portal=portal)
    migrated = person.by_id(tx, (found.legacy.person_id if found.legacy is not None else "") or NOBODY)
    help_ = migration.help_with(tx, form.identifier, occasion.of_run(run))
    owner = found.person or migrated
    asked = owner.id if owner is not None else NOBODY
    address, rules = emails.of_person(tx, asked), recovery_rules.of_person(run, asked)
    way = recovery_rules.way(run, asked, rules)
    if owner is None or address is None or not rules.is_theirs:
        return RecoveryTarget("migration" if help_ is not None else "unknown", rules, legacy_help=help_)
    obstacle = _obstacle(run, owner, rules, form)
    known = RecoveryTarget(
        "desk", rules, person_id=owner.id, address=address.address, why=obstacle or way.why, until=way.until
    )
    if obstacle or way.by == "desk":
        return known
    return replace(known, outcome="link" if way.by == "factor" else "delayed", phone=way.phone)


def _obstacle(run: Run, owner: Person, rules: RecoveryRules, form: RecoveryForm) -> str:
    """Return why someone with a good phone is sent no link; their mailbox is told."""
    if not owner.is_active:
        return "closed"
    if rules.asks_birth_date and owner.birth_date is None:
        return "birth-date-unknown"
    return "birth-date" if asks_birth_date(run) and owner.birth_date != form.birth_date else ""
