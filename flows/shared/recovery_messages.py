"""Messages that answer a request for a forgotten password: the link, the code, and decoys of equal cost."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from flows.engine.run import Run
from flows.shared.recovery_rules import RecoveryRules
from idp import random_values
from idp.codes import service as codes
from idp.codes.rules import Purpose
from idp.codes.service import CodeRequest, Destination
from idp.credentials.recoveries import Recovery, StartedRecovery
from idp.messages import outbox
from idp.messages.outbox import Message
from idp.notices import recovery as notices

DECOY = "recovery decoy"
NO_COUNTRY = "+999"  # an unassigned code (ITU-T E.164): a decoy never counts against anybody's number


@dataclass(frozen=True)
class RecoveryTarget:
    """The person behind a request, and the mail to send: link, delayed, desk, migration, or nothing (unknown).

    `phone` is empty where no code may be sent by SMS: another factor is asked for then. `why` and `until` say why the
    desk is needed, and how long.
    """

    outcome: str
    rules: RecoveryRules
    person_id: str = ""
    address: str = ""
    phone: str = ""
    why: str = ""
    until: datetime | None = None
    legacy_help: Message | None = None

    @property
    def delayed(self) -> bool:
        return self.outcome == "delayed"

    @property
    def gets_link(self) -> bool:
        return self.outcome in {"link", "delayed"}


def answer(run: Run, meant: RecoveryTarget, begun: StartedRecovery, *, again: bool, about: str) -> None:
    """Queue the message that answers a request: a link, its time, another way, help with a migration, or decoys.

    `again`: the same once more, at most once an hour. `about` is what was typed, in the form it is compared by.
    """
    first = _first(run, meant, begun, about)
    hour = f"{begun.recovery.id} {run.tx.now:%Y-%m-%dT%H}"
    outbox.enqueue(run.tx, replace(first, dedup_key=f"recovery again {hour}") if again else first)
    if run.policy.recovery.mail_only == "delayed":
        outbox.enqueue(run.tx, _for_later(run, meant, begun, about, is_due=meant.delayed and not again))
    if run.policy.recovery.sms_at_request:
        _code(run, begun.recovery, meant.phone, about=about)


def _first(run: Run, meant: RecoveryTarget, begun: StartedRecovery, about: str) -> Message:
    """Return the mail that leaves immediately."""
    if meant.legacy_help is not None and meant.outcome == "migration":
        return meant.legacy_help
    waits, issuer = begun.recovery.opens_at > run.tx.now, run.provider.settings.server.issuer
    template = {"delayed": "recovery_delayed" if waits else "recovery_open", "desk": "recovery_by_desk"}.get(
        meant.outcome, "recovery_link"
    )
    values: dict[str, dict[str, object]] = {
        "recovery_link": {
            **notices.times(begun, issuer),
            "by_desk": False,
            "sms_sent": run.policy.recovery.sms_at_request,
            "by_phone": bool(meant.phone),
            "code_minutes": notices.code_minutes(run.client),
        },
        "recovery_open": notices.times(begun, issuer),
        "recovery_delayed": {**notices.delay(begun, issuer), "by_desk": False},
        "recovery_by_desk": {"at": run.tx.now, "why": meant.why, "until": meant.until},
    }
    to = meant.address or _nobody(run, about)
    mail = _mail(run, to, template, values[template], begun.recovery, decoy=meant.outcome == "unknown")
    return replace(mail, person_id=meant.person_id)


def _for_later(run: Run, meant: RecoveryTarget, begun: StartedRecovery, about: str, *, is_due: bool) -> Message:
    """Return the link itself, mailed when it opens. It then lives for a day; nobody holds it while it waits (A-40)."""
    to = meant.address if is_due else _nobody(run, about)
    times = notices.times(begun, run.provider.settings.server.issuer)
    message = _mail(run, to, "recovery_open", times, begun.recovery, decoy=not is_due)
    return replace(message, not_before=begun.recovery.opens_at)


def _mail(
    run: Run, to: str, template: str, values: Mapping[str, object], recovery: Recovery, *, decoy: bool = False
) -> Message:
    return replace(notices.mail(recovery, to, template, values, language=run.language), decoy=decoy)


def _code(run: Run, recovery: Recovery, phone: str, *, about: str) -> None:
    """Send the SMS together with the mail; a decoy where no SMS may go (D-06)."""
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


def _nobody(run: Run, about: str) -> str:
    return f"{random_values.fingerprint(run.tx.sealer.digest(DECOY, about))}@example.invalid"


def _no_number(run: Run, about: str) -> str:
    """Return one fixed number for each typed identifier, so that its codes are counted like those of a person."""
    digest = random_values.fingerprint(run.tx.sealer.digest(DECOY, about))
    return NO_COUNTRY + str(int.from_bytes(digest.encode()[:8], "big"))[-11:]
