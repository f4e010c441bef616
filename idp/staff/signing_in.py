"""A member of staff signs in with a passkey that says who comes. All failures look alike to the caller's page."""

from dataclasses import dataclass

from idp.audit.events.staff import StaffSignedIn, StaffSignInRefused
from idp.audit.log import record
from idp.credentials import ceremonies, challenges
from idp.credentials.ceremonies import Assertion, RelyingParty
from idp.credentials.challenges import Challenge
from idp.database import Transaction
from idp.sealing import Sealer
from idp.settings import Desk
from idp.staff import accounts, passkeys, sessions
from idp.staff.accounts import ACTIVE
from idp.staff.sessions import StartedStaffSession


@dataclass(frozen=True)
class StaffProof:
    """An answer of an authenticator as far as it could be checked. `reason` is for operators, empty if it is right."""

    reason: str = ""
    staff_id: str = ""
    passkey_id: str = ""
    challenge: Challenge | None = None
    assertion: Assertion | None = None


def check(tx: Transaction, sealer: Sealer, party: RelyingParty, answer: str, *, bound_to: str) -> StaffProof:
    """Verify the answer. Reads only; the slow part of a sign-in."""
    challenge = challenges.opened(sealer, tx.now, bound_to, ceremonies.challenge_of(answer))
    passkey = passkeys.by_credential(tx, ceremonies.credential_id(answer))
    account = accounts.by_id(tx, passkey.staff_id) if passkey is not None else None
    if challenge is None or passkey is None or account is None:
        return StaffProof("unknown" if challenge is not None else "no challenge of this page")
    assertion = ceremonies.asserted(party, answer, challenge, passkey, handle=account.handle, discovered=True)
    reason = "" if assertion is not None else "wrong"
    return StaffProof(reason, account.id, passkey.id, challenge, assertion)


def begin(tx: Transaction, settings: Desk, proof: StaffProof) -> StartedStaffSession | None:
    """Take the answer once and begin a session. None: refused, with its event."""
    used = _used(tx, proof)
    if used:
        record(tx, StaffSignInRefused(staff_id=proof.staff_id, reason=used))
        return None
    started = sessions.start(tx, proof.staff_id, settings, purpose=sessions.WORK)
    record(tx, StaffSignedIn(staff_id=proof.staff_id, session_id=started.id, passkey_id=proof.passkey_id))
    return started


def begin_enrolled(tx: Transaction, settings: Desk, staff_id: str, passkey_id: str) -> StartedStaffSession:
    """Begin the first session after a passkey was made, with user verification, a moment ago."""
    account = accounts.held(tx, staff_id)
    if account is not None:
        account.last_sign_in_at = tx.now
    started = sessions.start(tx, staff_id, settings, purpose=sessions.WORK)
    record(tx, StaffSignedIn(staff_id=staff_id, session_id=started.id, passkey_id=passkey_id))
    return started


def _used(tx: Transaction, proof: StaffProof) -> str:
    """Note the use of the passkey; or why not."""
    if proof.challenge is None or proof.assertion is None:
        return proof.reason
    account = accounts.held(tx, proof.staff_id)
    if account is None or account.state != ACTIVE:
        return "not active"
    if not challenges.spend(tx, proof.challenge):
        return "replayed"
    passkey = passkeys.held(tx, proof.passkey_id)
    if passkey is None:
        return "removed"
    passkey.note_use(tx.now, sign_count=proof.assertion.sign_count, backed_up=proof.assertion.backed_up)
    account.last_sign_in_at = tx.now
    return ""
