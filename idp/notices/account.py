"""Notices about an account and about signing in to it; the same work for people who do not exist."""

from datetime import datetime, timedelta

from idp.credentials import recovery_codes
from idp.database import Transaction
from idp.messages import outbox
from idp.messages.outbox import Message
from idp.messages.recipient import mask_email, mask_phone
from idp.notices.notice import Occasion, not_me, particulars, proved_number, tell, tell_address
from idp.people import emails
from idp.people.email_changes import EmailChange
from idp.people.person import Person
from idp.people.phones import PhoneGiven

NOBODY = "nobody@example.invalid"
ONCE_IN = timedelta(days=1)
DELAYED = "sign_in_delayed"
RECOVERY = "/recovery"
UNDO_EMAIL, LINK = "/undo-email-change", "link"


def sign_in_delayed(
    tx: Transaction, owner: Person | None, at: Occasion, *, until: datetime, reference: str, about: str
) -> None:
    """Tell the owner of an identifier, once a day, that someone keeps trying. Queue a decoy if it has none (X-14)."""
    person_id, language = (owner.id, owner.language) if owner is not None else ("", "")
    address = emails.of_person(tx, person_id)
    origin = particulars(tx, person_id, "", DELAYED, at, reference)
    message = Message(
        kind="email",
        to=address.address if address is not None else NOBODY,
        template=DELAYED,
        language=language or at.language,
        values={"at": tx.now, "reference": reference, **origin, "until": until, "link": at.link(RECOVERY)},
        client_id=at.client_id,
        dedup_key=f"sign-in-delayed {about} {tx.now:%Y-%m-%d}",
        person_id=person_id,
        expires_at=tx.now + ONCE_IN,
        decoy=address is None,
    )
    outbox.enqueue(tx, message)


def sign_in_blocked(tx: Transaction, person_id: str, at: Occasion, *, reference: str) -> None:
    """Tell the person that only known browsers or a new password sign them in now."""
    tell(tx, person_id, "sign_in_blocked", at, reference=reference, link=at.link(RECOVERY))


def new_browser(tx: Transaction, person_id: str, at: Occasion, *, reference: str) -> None:
    """Tell the person that they signed in where they never did before."""
    tell(tx, person_id, "new_device", at, reference=reference)


def password_changed(
    tx: Transaction,
    person_id: str,
    at: Occasion,
    *,
    reference: str,
    by_phone_too: bool = False,
    changes_wait_until: datetime | None = None,
) -> None:
    """Tell the person that their password was changed (X-15); after a recovery also on their phone (D-17).

    The notice names the time until which nothing else can be changed.
    """
    number = proved_number(tx, person_id) if by_phone_too else ""
    tell(tx, person_id, "password_changed", at, reference=reference, numbers=(number,), until=changes_wait_until)


def password_required(tx: Transaction, person_id: str, at: Occasion, *, reference: str) -> None:
    """Tell mailbox and phone that the password opens nothing any more, and where to choose another one."""
    number = proved_number(tx, person_id)
    tell(tx, person_id, "password_required", at, reference=reference, numbers=(number,), link=at.link(RECOVERY))


def phone_changed(tx: Transaction, person_id: str, at: Occasion, change: PhoneGiven, *, new: str) -> None:
    """Tell the mailbox, and the number that was replaced if there was one, which number it is now (X-15)."""
    _phone_changed(tx, person_id, "phone_changed", at, change, new=new, is_first=not change.old)


def phone_changed_by_company(
    tx: Transaction, person_id: str, at: Occasion, change: PhoneGiven, *, new: str, company: str, by: str
) -> None:
    """Tell the same, and the name of the administrator who changed it (B-40); nothing of their browser."""
    named = {"company": company, "administrator": by, "is_first": not change.old}
    _phone_changed(tx, person_id, "phone_changed_by_company", at, change, new=new, **named)


def factor_changed(tx: Transaction, person_id: str, at: Occasion, *, factor: str, added: bool, reference: str) -> None:
    """Tell the person that a way to sign in was added or removed; `factor` is a key of the mail's table (X-15)."""
    tell(tx, person_id, "factor_changed", at, reference=reference, factor=factor, added=added)


def factor_removed(
    tx: Transaction, person_id: str, at: Occasion, *, factor: str, reference: str, numbers: tuple[str, ...]
) -> None:
    """Tell the mailbox that a way to sign in was removed, and the `numbers` (E.164) that they were removed."""
    tell(tx, person_id, "factor_changed", at, reference=reference, numbers=numbers, factor=factor, added=False)


def recovery_code_used(tx: Transaction, person_id: str, at: Occasion, *, reference: str, left: int) -> None:
    """Tell the person that a recovery code was used, and how many are left."""
    few, link = left <= recovery_codes.FEW, at.link("/recovery-codes")
    tell(tx, person_id, "recovery_code_used", at, reference=reference, left=left, few=few, link=link)


def passkey_suspect(tx: Transaction, person_id: str, at: Occasion, *, reference: str, passkey: str) -> None:
    """Tell the owner that the count of uses of a passkey went back: someone may have copied it."""
    tell(tx, person_id, "passkey_suspect", at, reference=reference, passkey=passkey)


def email_changed(
    tx: Transaction, person_id: str, at: Occasion, change: EmailChange, *, new: str, token: str, reference: str
) -> None:
    """Tell both mailboxes which address it is now; the old one gets the link that undoes it (X-15, X-17)."""
    email, until = mask_email(new), change.until
    stop, undo = not_me(tx, person_id, new, at, reference), at.link(UNDO_EMAIL, **{LINK: token})
    tell(tx, person_id, "email_changed", at, reference=reference, email=email, until=until, undo=False, link=stop)
    old = change.old
    tell_address(
        tx, person_id, old, "email_changed", at, reference=reference, email=email, until=until, undo=True, link=undo
    )


def opened(
    tx: Transaction, person_id: str, at: Occasion, *, reference: str, is_new: bool, company: str, home: str
) -> None:
    """Tell the owner that the account was opened, or gained an access (C-22, X-15)."""
    template = "account_opened" if is_new else "access_added"
    tell(tx, person_id, template, at, reference=reference, company=company, link=home)


def disabled(tx: Transaction, person_id: str, at: Occasion, *, reference: str) -> None:
    """Tell the person that nobody signs in to their account any more."""
    tell(tx, person_id, "account_disabled", at, reference=reference)


def merged(tx: Transaction, person_id: str, at: Occasion, *, addresses: tuple[str, ...], reference: str) -> None:
    """Tell the mailbox of the kept account, and the other `addresses`, which address signs in from now on."""
    kept = emails.of_person(tx, person_id)
    email = mask_email(kept.address) if kept is not None else ""
    tell(tx, person_id, "accounts_merged", at, reference=reference, addresses=addresses, email=email)


def inactive(
    tx: Transaction, person_id: str, at: Occasion, *, reference: str, last_used: datetime, ends: datetime
) -> None:
    """Tell the person that nobody uses the account, and until when it stays open."""
    link = at.link("/login") if at.client_id else f"{at.issuer}/"
    tell(tx, person_id, "account_inactive", at, reference=reference, last_used=last_used, ends=ends, link=link)


def _phone_changed(
    tx: Transaction, person_id: str, template: str, at: Occasion, change: PhoneGiven, *, new: str, **named: object
) -> None:
    numbers = (change.old if change.old != new else "",)
    tell(tx, person_id, template, at, reference=change.reference, numbers=numbers, phone=mask_phone(new), also=named)
