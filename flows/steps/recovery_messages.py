"""What is sent around a forgotten password: the link, the code, notices; and decoys that weigh the same."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from flows.engine.run import Run
from flows.steps import notices
from idp import opaque
from idp.codes import service as codes
from idp.codes.rules import Purpose
from idp.codes.service import CodeRequest, Destination
from idp.credentials.recoveries import Begun, Recovery
from idp.messages import outbox
from idp.messages.outbox import Message
from idp.people import emails, phones

RESET = "/reset"
STOP = "/stop-recovery"
LINK_PARAMETER = "link"
PORTAL_PARAMETER = "portal"
HOUR = timedelta(hours=1)
DECOY = "recovery decoy"
NO_COUNTRY = "+999"  # an unassigned code (ITU-T E.164): a decoy never counts against anybody's number


def answer(run: Run, outcome: str, begun: Begun, address: str, *, help_: Message | None, about: str) -> None:
    """The one mail that answers a request: a link, how else to go on, help with a migration, or a decoy."""
    if outcome == "migration" and help_ is not None:
        outbox.enqueue(run.tx, help_)
        return
    template = {"delayed": "recovery_delayed", "desk": "recovery_by_desk"}.get(outcome, "recovery_link")
    values = {
        "recovery_link": {**_times(run, begun), "sms_sent": run.policy.recovery.sms_at_request},
        "recovery_delayed": _delay(run, begun),
        "recovery_by_desk": {"at": run.tx.now},
    }[template]
    _send(run, "email", address or _nobody(run, about), template, values, begun.recovery, decoy=outcome == "unknown")


def code(run: Run, recovery: Recovery, phone: str, *, about: str) -> None:
    """The SMS that leaves together with the mail; a decoy where none may (D-06)."""
    request = CodeRequest(
        purpose=Purpose.RECOVERY_SMS,
        bound_to=recovery.id,
        destination=Destination("sms", phone or _no_number(run, about)),
        language=run.language,
        client=run.client,
        person_id=recovery.person_id,
    )
    send = codes.issue if phone else codes.issue_decoy
    send(run.tx, run.provider.limiter, request)


def delay_by_sms(run: Run, begun: Begun, phone: str, *, about: str) -> None:
    """Tell the known number that the mailbox alone is about to replace the password; else a decoy (A-40)."""
    to = phone or _no_number(run, about)
    _send(run, "sms", to, "recovery_delayed", _delay(run, begun), begun.recovery, decoy=not phone)


def gone(run: Run, recovery: Recovery, reference: str) -> None:
    """Tell the owner that the link died of wrong codes (D-15)."""
    address = emails.of_person(run.tx, recovery.person_id)
    if address is not None:
        values = {"at": run.tx.now, "reference": reference, "link": _address(run, "/recovery")}
        _send(run, "email", address.address, "recovery_gone", values, recovery)


def replaced(run: Run, person_id: str) -> None:
    """Tell mailbox and phone that the password is another one now (D-17, X-15)."""
    phone = phones.of_person(run.tx, person_id)
    proved = phone.number if phone is not None and phone.verified_at is not None else ""
    notices.password_changed(run, person_id, number=proved)


def _send(
    run: Run, kind: str, to: str, template: str, values: Mapping[str, Any], recovery: Recovery, *, decoy: bool = False
) -> None:
    message = Message(
        kind="sms" if kind == "sms" else "email",
        to=to,
        template=template,
        language=run.language,
        values=values,
        client_id=run.client.client_id,
        lane="codes",  # somebody waits for it at the screen
        expires_at=recovery.expires_at,
        person_id=recovery.person_id,
        decoy=decoy,
    )
    outbox.enqueue(run.tx, message)


def _times(run: Run, begun: Begun) -> dict[str, Any]:
    return {
        "at": run.tx.now,
        "expires_at": begun.recovery.expires_at,
        "hours": max(1, (begun.recovery.expires_at - begun.recovery.opens_at) // HOUR),
        "link": _address(run, RESET, begun.link_token),
    }


def _delay(run: Run, begun: Begun) -> dict[str, Any]:
    stop = _address(run, STOP, begun.stop_token)
    return {**_times(run, begun), "opens_at": begun.recovery.opens_at, "stop": stop}


def _address(run: Run, path: str, token: str = "") -> str:
    """Under the configured issuer, never the request's host."""
    parameters = {PORTAL_PARAMETER: run.client.client_id, **({LINK_PARAMETER: token} if token else {})}
    return f"{run.provider.settings.server.issuer}{path}?{urlencode(parameters)}"


def _nobody(run: Run, about: str) -> str:
    return f"{opaque.fingerprint(run.tx.vault.digest(DECOY, about))}@example.invalid"


def _no_number(run: Run, about: str) -> str:
    """The same for the same typed identifier, so that its codes are counted as those of a person are."""
    digest = opaque.fingerprint(run.tx.vault.digest(DECOY, about))
    return NO_COUNTRY + str(int.from_bytes(digest.encode()[:8], "big"))[-11:]
