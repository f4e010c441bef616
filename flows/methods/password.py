"""Identifier and password, the usual first factor.

Every failure looks the same and costs the same, whatever identifier was typed (X-13): one hash, the same statements,
one audit event. The reason is for staff. Tries are counted per identifier, whether it exists or not (X-14). The
person's known browsers have a budget of their own, so that strangers cannot lock them out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flows.engine import forms
from flows.engine.flow import Debit
from flows.engine.forms import Form
from flows.engine.outcomes import FORM, Done, HandOver, Outcome, Retry, WrongProof
from flows.engine.run import Run
from flows.methods.method import LIMIT as SECOND_STEP_LIMIT
from flows.methods.method import OpeningStep, budget, own_budget
from flows.shared import failures, occasion, opened_account
from flows.shared.facts import Facts
from idp import methods
from idp.audit.events.sign_in import SignInDelayed, SignInRefused
from idp.audit.log import record
from idp.credentials import imported_hashes, passwords
from idp.credentials.passwords import StoredPassword
from idp.database import Transaction
from idp.notices import account
from idp.people import legacy, lookup
from idp.people.email_address import email_key
from idp.people.legacy import LegacyAccount
from idp.people.lookup import LookupResult
from idp.people.portal_identifiers import identifier_key
from idp.sessions import known_browsers
from idp.sessions import standing as standings
from idp.sessions.assurance import Proof
from idp.sessions.standing import Standing
from idp.wording import Text, Translator, text

LIMIT = "password"
FIRST_FACTOR = "credentials"  # the step that asks for the first factor
IDENTIFIER_DIGEST = "typed identifier"
MIGRATION = "migration"
WRONG, NOBODY = "wrong", ""

FAILED = text("Your user ID or password is incorrect.")
FAILED_OR_MIGRATED = text(
    "Your user ID or password is incorrect. If you have already updated your account, sign in with your email address."
)


ENDED = "ended"
TOO_OLD = text("Your password comes from an older system and can no longer be used. Reset your password.")


@dataclass(frozen=True)
class CredentialsForm(Form):
    identifier: str = forms.line(missing=text("Enter your email address or your user ID."))
    password: str = forms.password()


@dataclass(frozen=True)
class PasswordCheck:
    """The findings of `prepare`.

    `reason` says why the check fails, and is empty if it does not; `rehashed` is to be stored.
    """

    person_id: str = ""
    version: int = 0
    legacy_id: str = ""
    reason: str = ""
    rehashed: str = ""


class Credentials(OpeningStep[CredentialsForm, PasswordCheck]):
    name = methods.PASSWORD
    form = CredentialsForm

    def page(self, run: Run) -> Mapping[str, object]:
        asked = run.pending.login_hint if run.pending is not None else ""
        ended = opened_account.lately(run)
        return {"hint": ended.identifier or asked, "opened": ended.opened, "request": run.row.request}

    def limits(self, run: Run, form: CredentialsForm) -> Iterable[Debit]:
        portal, browser = run.client.client_id, run.browser
        _, known = known_browsers.owner_known(run.tx, form.identifier, portal=portal, browser=browser)
        if not known:  # nor do strangers of its network stop a browser that is known
            yield Debit("network", network=run.page_request.origin.address)
        yield Debit(LIMIT, (key_of(form.identifier), *budget(run, known=known)))

    def too_often(
        self, run: Run, form: CredentialsForm | None, tx: Transaction, debit: Debit, retry_at: datetime
    ) -> Retry:
        if form is not None and debit.limit == LIMIT:
            found = lookup.by_identifier(tx, form.identifier, portal=run.client.client_id)
            owner = found.person.id if found.person is not None else ""
            digest = tx.sealer.digest(IDENTIFIER_DIGEST, key_of(form.identifier))
            event = SignInDelayed(person_id=owner, until=retry_at.isoformat(), identifier=digest)
            reference = record(tx, event)
            at = occasion.of_run(run)
            account.sign_in_delayed(tx, found.person, at, until=retry_at, reference=reference, about=digest)
        return Retry({FORM: _again(run.theme.translator, tx.now, retry_at)}, status=429)

    def prepare(self, run: Run, form: CredentialsForm) -> PasswordCheck:
        run.provider.legacy_directories.refresh(run.client, form.identifier, form.password)
        with run.reading() as tx:
            found, current = passwords.by_identifier(tx, form.identifier, portal=run.client.client_id)
            owner = found.person.id if found.person is not None else ""
            stored = current.hash if current is not None else _legacy_hash(tx, found.legacy)
        hasher = run.provider.hasher
        verdict = hasher.verify(form.password, stored or None)
        if not verdict.ok:
            return PasswordCheck(person_id=owner, reason=_why(found, stored))
        if _has_ended(run, found, current, stored):
            return PasswordCheck(person_id=owner, reason=ENDED)
        if found.legacy is not None:
            return PasswordCheck(legacy_id=found.legacy.id)
        rehashed = hasher.hash(form.password) if verdict.needs_rehash else ""
        return PasswordCheck(owner, current.version if current is not None else 0, rehashed=rehashed)

    def submit(self, run: Run, form: CredentialsForm, prepared: PasswordCheck) -> Outcome:
        reason = _reason_now(run, prepared)
        if reason:
            failures.count(run, prepared.person_id if reason == WRONG else NOBODY)
            digest = run.tx.sealer.digest(IDENTIFIER_DIGEST, key_of(form.identifier))
            event = SignInRefused(person_id=prepared.person_id, factor="password", reason=reason, identifier=digest)
            record(run.tx, event)
            return WrongProof({FORM: TOO_OLD if reason == ENDED else _failed(run)})
        if prepared.legacy_id:
            return HandOver(MIGRATION, Facts(legacy_account=prepared.legacy_id))
        if prepared.rehashed:
            passwords.rehash(run.tx, prepared.person_id, prepared.rehashed, version=prepared.version)
        return Done(proved(run, prepared.person_id, prepared.version))

    def still_holds(self, run: Run, person_id: str, proof: Proof) -> bool:
        current = run.once(standing_of, person_id).password
        return current is not None and str(current.version) == proof.evidence


def proved(run: Run, person_id: str, version: int) -> Facts:
    """Return the facts of a right password. Its version is the evidence: a later change makes the proof worthless."""
    return Facts(person_id=person_id, proofs=(Proof(methods.PASSWORD, run.tx.now, str(version)),))


def one_try(run: Run, identifier: str, owner: str) -> Debit:
    """Return the debit for a password; in a known browser of `owner` it counts against that browser's budget only."""
    return Debit(LIMIT, (key_of(identifier), *own_budget(run, owner)))


def forget_failures(run: Run) -> None:
    """After a complete sign-in: what was counted against the identifier that was typed, and the second step."""
    person_id, browser = run.known(Facts).person_id, run.page_request.fingerprint
    standing = run.once(standing_of, person_id)
    typed = run.row.kept.get(FIRST_FACTOR, {}).get("identifier", "")
    known = standing.email.key if standing.email is not None else ""
    counted = [*((LIMIT, key) for key in dict.fromkeys((key_of(typed), known))), (SECOND_STEP_LIMIT, person_id)]
    run.settlement.resets += [(*keys, *own) for keys in counted for own in ((), (browser,))]
    if standing.password is not None and standing.password.failures:
        passwords.forget_failures(run.tx, person_id)


def key_of(identifier: str) -> str:
    """Return the key by which tries are counted: the same for every spelling of an identifier."""
    return email_key(identifier) or identifier_key(identifier)


def _again(translator: Translator, now: datetime, at: datetime) -> Text:
    return translator.timed(
        at,
        now,
        text("Too many tries. Try again at %(time)s or reset your password."),
        text("Too many tries. Try again on %(day)s at %(time)s or reset your password."),
    )


def _legacy_hash(tx: Transaction, account: LegacyAccount | None) -> str:
    return legacy.open_hash(tx, account) if account is not None and account.state == legacy.OPEN else ""


def _has_ended(run: Run, found: LookupResult, current: StoredPassword | None, stored: str) -> bool:
    """Return whether a right password is one whose weak hash was imported too long ago.

    Told after the full proof only.
    """
    since = current.changed_at if current is not None else found.legacy.imported_at if found.legacy else None
    lifetime = timedelta(seconds=run.provider.settings.passwords.weak_hash_lifetime)
    return since is not None and imported_hashes.is_ending(stored) and run.provider.clock.now() - since > lifetime


def _why(found: LookupResult, stored: str) -> str:
    """Return why the password was refused, for staff."""
    if found.legacy is not None and found.legacy.state != legacy.OPEN:
        return f"legacy-{found.legacy.state}"
    return WRONG if stored else "unknown"


def _reason_now(run: Run, checked: PasswordCheck) -> str:
    """Return why it fails: what `prepare` found, or what is no longer as it saw it.

    Always the same lookup; empty: right.
    """
    about = (checked.person_id, checked.legacy_id) if checked.legacy_id else (checked.person_id,)
    standing = run.once(standing_of, *about)
    found, current = standing.person, standing.password
    if checked.reason:
        return checked.reason
    if checked.legacy_id:
        return "" if standing.legacy_state == legacy.OPEN else "legacy-changed"
    if found is None or not found.is_active:
        return "disabled"
    if current is None or current.version != checked.version:
        return "password-changed"
    return failures.REASON if failures.block(current, known=standing.knows_browser) else ""


def standing_of(run: Run, person_id: str, legacy_id: str = "") -> Standing:
    """Return the standing of a person who signs in, for `run.once`."""
    return standings.read(run.tx, person_id, run.browser, legacy_id=legacy_id)


OPENING = Credentials()


def _failed(run: Run) -> Text:
    """Return the refusal. It mentions updated accounts only at portals with a migration."""
    return FAILED if run.policy.legacy is None else FAILED_OR_MIGRATED
