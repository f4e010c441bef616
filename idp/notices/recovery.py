"""Mails about a recovery: its link, its waiting time, its end.

The answers to a person's own request are chosen in `flows.shared.recovery_messages`, with their decoys.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

from idp.clients.client import Client
from idp.codes.rules import RULES, Purpose
from idp.credentials.recoveries import Recovery, StartedRecovery
from idp.credentials.recovery_routes import RecoveryRoute
from idp.database import Transaction
from idp.messages import outbox
from idp.messages.outbox import Message
from idp.notices.account import RECOVERY
from idp.notices.notice import Occasion, language_of, tell
from idp.people import emails

RESET = "/reset"
STOP = "/stop-recovery"
LINK_PARAMETER = "link"
PORTAL_PARAMETER = "portal"
HOUR = timedelta(hours=1)


def mail(recovery: Recovery, to: str, template: str, values: Mapping[str, object], *, language: str) -> Message:
    """Return a mail about this recovery, for `outbox.enqueue`."""
    return Message(
        kind="email",
        to=to,
        template=template,
        language=language,
        values=values,
        client_id=recovery.client_id,
        lane="codes",  # someone waits for it at the screen
        expires_at=recovery.expires_at,
        person_id=recovery.person_id,
        about=recovery.id,
    )


def code_minutes(client: Client) -> int:
    """Return how long the code by SMS lives (D-14)."""
    return RULES[Purpose.RECOVERY_SMS].of_portal(client, Purpose.RECOVERY_SMS).minutes


def times(begun: StartedRecovery, issuer: str) -> dict[str, object]:
    """Return the values of a mail that holds the link."""
    recovery = begun.recovery
    return {
        "at": recovery.issued_at,
        "expires_at": recovery.expires_at,
        "hours": max(1, (recovery.expires_at - recovery.opens_at) // HOUR),
        "link": _address(recovery, issuer, RESET, begun.tokens.link),
    }


def delay(begun: StartedRecovery, issuer: str) -> dict[str, object]:
    """Return the values of the mail that says when the link will be sent, and how to stop it."""
    recovery = begun.recovery
    stop = _address(recovery, issuer, STOP, begun.tokens.stop)
    return {"at": recovery.issued_at, "opens_at": recovery.opens_at, "stop": stop}


def by_desk(
    begun: StartedRecovery, client: Client, issuer: str, *, to: str, language: str, route: RecoveryRoute, sms_sent: bool
) -> Iterator[Message]:
    """Yield the mails of a recovery that the desk began: the link now, or its time now and the link then."""
    recovery = begun.recovery
    if route.by == "factor":
        sent = {"by_desk": True, "sms_sent": sms_sent, "by_phone": bool(route.phone)}
        values = {**times(begun, issuer), **sent, "code_minutes": code_minutes(client)}
        yield mail(recovery, to, "recovery_link", values, language=language)
        return
    yield mail(recovery, to, "recovery_delayed", {**delay(begun, issuer), "by_desk": True}, language=language)
    later = mail(recovery, to, "recovery_open", times(begun, issuer), language=language)
    yield replace(later, not_before=recovery.opens_at)


def _address(recovery: Recovery, issuer: str, path: str, token: str) -> str:
    """Under the configured issuer, never the request's host."""
    return f"{issuer}{path}?{urlencode({PORTAL_PARAMETER: recovery.client_id, LINK_PARAMETER: token})}"


def stopped(tx: Transaction, recovery: Recovery, at: Occasion, *, reference: str) -> None:
    """Tell the owner that the link of a mail stopped every pending request for a new password."""
    tell(tx, recovery.person_id, "recovery_stopped", at, reference=reference)


def gone(tx: Transaction, recovery: Recovery, at: Occasion) -> None:
    """Tell the owner that the link died of wrong codes (D-15)."""
    address = emails.of_person(tx, recovery.person_id)
    if address is None:
        return
    values = {"at": tx.now, "reference": at.reference, "link": at.link(RECOVERY)}
    language = language_of(tx, recovery.person_id) or at.language
    outbox.enqueue(tx, mail(recovery, address.address, "recovery_gone", values, language=language))
