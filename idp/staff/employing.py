"""Staff join, are given other appointments, are disabled, and leave. Nobody sets a credential for anybody.

An invitation is a mail with a link and a code. The code opens one page, on which they make a passkey. Inviting someone
again is the way back after a lost device: the passkey made then replaces the earlier ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from idp.actions.actor import Actor, acting
from idp.audit.events.staff import StaffAppointmentsChanged, StaffDisabled, StaffInvited, StaffRemoved
from idp.audit.log import record
from idp.codes import service as codes
from idp.codes.rules import Purpose
from idp.codes.service import AcceptedCode, Attempt, CodeRequest, Destination, UnsentCode
from idp.credentials.stored_passkey import NewPasskey
from idp.database import Transaction
from idp.limits.rate_limit import Limiter
from idp.people.email_address import Email
from idp.settings import Settings
from idp.staff import accounts, appointments, passkeys, sessions
from idp.staff.accounts import ACTIVE, DISABLED, INVITED, REMOVED, StaffAccount
from idp.staff.appointments import Appointment
from idp.staff.passkeys import StaffPasskey
from idp.staff.place import address_of

INVITATION = "/desk/invitation/"


@dataclass(frozen=True)
class StaffInvitee:
    """The person invited, and what for."""

    email: Email
    name: str
    language: str
    appointments: tuple[Appointment, ...]


@dataclass(frozen=True)
class StaffInvitation:
    """The invitation is on its way."""

    staff_id: str


def invite(
    tx: Transaction, limiter: Limiter, settings: Settings, invited: StaffInvitee, *, by: Actor, reason: str
) -> StaffInvitation | UnsentCode:
    """Mail an invitation; whoever has an account already keeps their appointments and gets these in addition.

    A disabled account begins anew, with these appointments alone: who invites need not be entitled to the others.
    Where no mail can be sent, nothing has changed.
    """
    with acting(tx, by, reason=reason):
        known = accounts.held_by_email(tx, invited.email)
        account = known or accounts.create(tx, invited.email, name=invited.name, language=invited.language)
        sent = codes.issue(tx, limiter, _code_for(account, settings))
        if isinstance(sent, UnsentCode):
            if known is None:
                accounts.take_back(tx, account)
            return sent
        kept = appointments.of_staff(tx, account.id)
        if account.state == DISABLED:
            account.state, account.updated_at, kept = INVITED, tx.now, ()
        named = (replace(each, name=invited.name) for each in invited.appointments)
        theirs = tuple(sorted({*kept, *named}))
        appointments.write(tx, account.id, theirs)
        record(tx, StaffInvited(staff_id=account.id, appointments=_texts(theirs), reason=reason))
        return StaffInvitation(account.id)


def take_attempt(tx: Transaction, staff_id: str) -> Attempt | None:
    """Count a try of an invitation's code, on its own, before it is compared. None: no invitation is open."""
    taken = codes.take_attempt(tx, purpose=Purpose.STAFF_INVITATION, bound_to=staff_id)
    return taken if isinstance(taken, Attempt) else None


def accept(tx: Transaction, staff_id: str, typed: str, attempt: Attempt | None) -> StaffAccount | None:
    """Spend the code of an invitation, and return the invited account. None: the code is wrong, used or too old."""
    if attempt is None:
        return None
    spent = codes.redeem(tx, purpose=Purpose.STAFF_INVITATION, bound_to=staff_id, typed=typed, attempt=attempt)
    account = accounts.held(tx, staff_id)
    if not isinstance(spent, AcceptedCode) or account is None or account.state not in {INVITED, ACTIVE}:
        return None
    return account


def enrol(tx: Transaction, staff_id: str, new: NewPasskey, *, name: str) -> StaffPasskey | None:
    """Store the passkey of an accepted invitation instead of all earlier ones, and let the account work.

    Every session ends, the one of the enrolment included. None: it could not be stored, and nothing has changed.
    """
    account = accounts.held(tx, staff_id)
    if account is None or account.state not in {INVITED, ACTIVE} or passkeys.by_credential(tx, new.credential_id):
        return None
    added = passkeys.add(tx, staff_id, new, name=name, instead=True)
    account.state, account.updated_at = ACTIVE, tx.now
    sessions.end_all(tx, staff_id, reason="enrolled")
    return added


def appoint(tx: Transaction, staff_id: str, wanted: Sequence[Appointment], *, by: Actor, reason: str) -> bool:
    """Let the member of staff have exactly these appointments. False: there is no such member."""
    with acting(tx, by, reason=reason):
        account = accounts.held(tx, staff_id)
        if account is None or account.state == REMOVED:
            return False
        before = appointments.of_staff(tx, staff_id)
        names = {(each.fund, each.portal): each.name for each in before}
        kept = (replace(each, name=each.name or names.get((each.fund, each.portal), "")) for each in wanted)
        after = tuple(sorted(set(kept)))
        if before != after:
            appointments.write(tx, staff_id, after)
            event = StaffAppointmentsChanged(
                staff_id=staff_id, before=_texts(before), after=_texts(after), reason=reason
            )
            record(tx, event)
        return True


def disable(tx: Transaction, staff_id: str, *, by: Actor, reason: str) -> bool:
    """Stop every sign-in of a member of staff and end their sessions. False: unknown, or disabled before."""
    with acting(tx, by, reason=reason):
        account = accounts.held(tx, staff_id)
        if account is None or account.state not in {INVITED, ACTIVE}:
            return False
        _shut(tx, account, DISABLED)
        record(tx, StaffDisabled(staff_id=staff_id, reason=reason))
        return True


def remove(tx: Transaction, staff_id: str, *, by: Actor, reason: str) -> bool:
    """Remove a member of staff: nothing opens the account again, and the address is free.

    The name stays for a year, so that the audit trail can be read.
    """
    with acting(tx, by, reason=reason):
        account = accounts.held(tx, staff_id)
        if account is None or account.state == REMOVED:
            return False
        _shut(tx, account, REMOVED)
        passkeys.forget(tx, staff_id)
        appointments.write(tx, staff_id, ())
        account.email, account.key, account.removed_at = "", None, tx.now
        record(tx, StaffRemoved(staff_id=staff_id, reason=reason))
        return True


def _shut(tx: Transaction, account: StaffAccount, state: str) -> None:
    account.state, account.updated_at = state, tx.now
    sessions.end_all(tx, account.id, reason=state)
    codes.cancel(tx, purpose=Purpose.STAFF_INVITATION, bound_to=account.id)


def _code_for(account: StaffAccount, settings: Settings) -> CodeRequest:
    return CodeRequest(
        purpose=Purpose.STAFF_INVITATION,
        bound_to=account.id,
        destination=Destination("email", account.email),
        language=account.language,
        values={"name": account.name, "link": address_of(settings, INVITATION + account.id)},
    )


def _texts(wanted: Sequence[Appointment]) -> tuple[str, ...]:
    return tuple(map(str, wanted))
