"""Mails about signing in, sent to the person they concern; the same work for people who do not exist."""

from datetime import datetime, timedelta
from typing import Any

from flows import devices
from flows.engine.run import Run
from idp.credentials import recovery_codes
from idp.database import Transaction
from idp.messages import outbox
from idp.messages.outbox import Message
from idp.messages.recipient import masked
from idp.people import emails, notices

NOBODY = "nobody@example.invalid"
ONCE_IN = timedelta(days=1)


def sign_in_delayed(tx: Transaction, run: Run, person_id: str, *, until: datetime, reference: str, about: str) -> None:
    """Tell the owner of an identifier, once a day, that somebody keeps trying; for nobody's, queue a decoy (X-14)."""
    address = emails.of_person(tx, person_id)
    values = {"at": tx.now, "reference": reference, "until": until, "link": _link(run, "/recovery")}
    message = Message(
        kind="email",
        to=address.address if address is not None else NOBODY,
        template="sign_in_delayed",
        language=run.language,
        values=values,
        client_id=run.client.client_id,
        dedup_key=f"sign-in-delayed {about} {tx.now:%Y-%m-%d}",
        person_id=person_id,
        expires_at=tx.now + ONCE_IN,
        decoy=address is None,
    )
    outbox.enqueue(tx, message)


def sign_in_blocked(run: Run, person_id: str, *, reference: str) -> None:
    """Tell the person, in their own language, that only known browsers or a new password sign them in now."""
    link, client_id = _link(run, "/recovery"), run.client.client_id
    notices.tell(run.tx, person_id, "sign_in_blocked", reference=reference, client_id=client_id, link=link)


def new_browser(run: Run, person_id: str, *, reference: str, device: str) -> None:
    """Tell the person that they signed in where they never did before."""
    _tell(run, person_id, "new_device", reference=reference, device=device, link=_link(run, "/recovery"))


def password_changed(run: Run, person_id: str, *, number: str = "") -> None:
    """Tell the person, on this number too, that their password is another one now (X-15)."""
    _tell(run, person_id, "password_changed", numbers=(number,), link=_link(run, "/recovery"))


def password_required(run: Run, person_id: str, *, reference: str) -> None:
    """Tell the person that the password opens nothing any more, and how to choose another one."""
    _tell(run, person_id, "password_required", reference=reference, link=_link(run, "/recovery"))


def phone_changed(run: Run, person_id: str, new: str, *, old: str) -> None:
    """Tell the mailbox, and the number that was replaced if there was one, which number it is now (X-15)."""
    _tell(run, person_id, "phone_changed", numbers=(old if old != new else "",), phone=masked(new))


def factor_changed(run: Run, person_id: str, factor: str, *, added: bool, reference: str) -> None:
    """Tell the person that a way to sign in was added or removed; `factor` is a key of the mail's table (X-15)."""
    _tell(run, person_id, "factor_changed", reference=reference, factor=factor, added=added)


def recovery_code_used(run: Run, person_id: str, *, reference: str, left: int) -> None:
    """Tell the person that a recovery code was used, and how many are left."""
    few, link = left <= recovery_codes.FEW, _link(run, "/recovery-codes")
    _tell(run, person_id, "recovery_code_used", reference=reference, left=left, few=few, link=link)


def passkey_suspect(run: Run, person_id: str, *, reference: str, passkey: str) -> None:
    """Tell the owner that the count of uses of a passkey went back: somebody may have copied it."""
    device = devices.name_of(run.visit.origin.user_agent)
    _tell(run, person_id, "passkey_suspect", reference=reference, passkey=passkey, device=device)


def _tell(
    run: Run, person_id: str, template: str, *, reference: str = "", numbers: tuple[str, ...] = (), **values: Any
) -> None:
    """In the language of the page, under the reference that it shows."""
    notices.tell(
        run.tx,
        person_id,
        template,
        reference=reference or run.look.reference,
        client_id=run.client.client_id,
        language=run.language,
        numbers=numbers,
        **values,
    )


def _link(run: Run, path: str) -> str:
    """The address of one of our pages, which wears this portal's brand wherever the mail is read."""
    return f"{run.provider.settings.server.issuer}{path}?portal={run.client.client_id}"
