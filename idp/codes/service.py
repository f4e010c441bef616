"""Issue, redeem and cancel one-time codes. No function commits.

- At most `max_live` codes of one (purpose, bound_to) live at a time; all of them are accepted, and they share
  `attempts` wrong tries, after which they all die (A-34).
- A try is taken before anything is compared, so parallel guesses get no more looks than patient ones. Take it where
  a refusal cannot roll it back: `take_attempt` in the debit phase, or `redeem` outside a savepoint.
- Single use is one conditional UPDATE.
- Stored are keyed digests; a GET never calls anything here but `live`.
- Sends are counted per address or number, in a bucket per family of purposes, until the code is redeemed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from idp import random_values
from idp.audit.events.codes import CodeAccepted, CodeRefused, CodeSent
from idp.audit.log import record
from idp.clients.client import Client
from idp.codes import one_time_code as table
from idp.codes import sms_ceilings
from idp.codes.rules import ALPHABETS, RULES, CodeRules, grouped
from idp.codes.typed import read
from idp.database import Transaction
from idp.limits import rate_limit
from idp.limits.rate_limit import Limiter
from idp.messages import outbox
from idp.messages.outbox import Message
from idp.messages.recipient import masked
from idp.sealing import Sealer

Channel = Literal["email", "sms"]
Rows = Sequence[sa.Row[Any]]

RUN_LIMIT = "codes_run"
DIGEST = "one-time code"
DESTINATION = "code destination"


@dataclass(frozen=True)
class Destination:
    """The destination of a code: an e-mail address, or a number in E.164."""

    channel: Channel
    address: str

    def digest(self, sealer: Sealer) -> str:
        return sealer.digest(DESTINATION, self.channel, self.address.casefold())

    def is_behind(self, sealer: Sealer, digest: str) -> bool:
        """Return whether `digest` was made of this address or number, however it is spelt."""
        return sealer.matches(digest, DESTINATION, self.channel, self.address.casefold())


@dataclass(frozen=True, kw_only=True)
class CodeRequest:
    """A code to be made.

    `values` are the message's values in addition to the code and its times (`idp.messages.catalogue`); in a value named
    `link`, `{code}` is replaced by the code. `lifetime` (seconds) takes precedence over the portal's policy.
    """

    purpose: str
    bound_to: str
    destination: Destination
    language: str
    client: Client | None = None
    person_id: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    lifetime: int | None = None

    @property
    def client_id(self) -> str:
        return self.client.client_id if self.client is not None else ""

    @property
    def rules(self) -> CodeRules:
        rules = RULES[self.purpose].of_portal(self.client, self.purpose)
        return replace(rules, lifetime=min(self.lifetime, rules.longest)) if self.lifetime else rules


@dataclass(frozen=True)
class IssuedCode:
    code_id: str
    expires_at: datetime
    resend_at: datetime
    masked: str


@dataclass(frozen=True)
class UnsentCode:
    """`too_soon`: the live code was sent a moment ago. `limited`: this address or number got too many."""

    reason: Literal["too_soon", "limited"]
    retry_at: datetime


@dataclass(frozen=True)
class AcceptedCode:
    code_id: str
    channel: Channel
    destination_digest: str

    def proves(self, sealer: Sealer, address: str) -> bool:
        """Return whether the code had been sent to this very address or number."""
        return Destination(self.channel, address).is_behind(sealer, self.destination_digest)


@dataclass(frozen=True)
class RefusedCode:
    """`none`: no code was asked for, or it was used. `exhausted`: the last try was used up; no code lives."""

    reason: Literal["wrong", "expired", "exhausted", "none"]
    attempts_left: int = 0


@dataclass(frozen=True)
class Attempt:
    """One look at the live codes of (purpose, bound_to), already counted."""

    purpose: str
    bound_to: str
    left: int


@dataclass(frozen=True)
class LiveCode:
    """The newest live code, for rendering a page. Times are absolute."""

    code_id: str
    channel: Channel
    masked: str
    issued_at: datetime
    expires_at: datetime
    resend_at: datetime
    attempts_left: int
    destination_digest: str

    def went_to(self, sealer: Sealer, destination: Destination) -> bool:
        """Return whether it was sent to this address or number: Back to a code's page uses it again then."""
        return destination.is_behind(sealer, self.destination_digest)


def issue(tx: Transaction, limiter: Limiter, request: CodeRequest) -> IssuedCode | UnsentCode:
    """Make a code, queue its message and record the event; or say why not, counting nothing.

    A code for another address cancels the earlier ones of the same purpose and binding.
    """
    return _issue(tx, limiter, request, decoy=False)


def issue_decoy(tx: Transaction, limiter: Limiter, request: CodeRequest) -> IssuedCode | UnsentCode:
    """Do the same work as `issue` and return the same answer, but deliver nothing and accept no typed code."""
    return _issue(tx, limiter, request, decoy=True)


def take_attempt(tx: Transaction, *, purpose: str, bound_to: str) -> Attempt | RefusedCode:
    """Count one try against the live codes, or say why there is nothing to try."""
    allowed = RULES[purpose].attempts
    codes = _open(tx, purpose, bound_to, lock=True)
    used = max((code.attempts for code in codes), default=0)
    if not codes:
        return RefusedCode(why_none_lives(tx, purpose, bound_to))
    if used >= allowed:
        return RefusedCode("exhausted")
    tx.execute(table.COUNT_ATTEMPT, {"codes": [code.id for code in codes]})
    return Attempt(purpose, bound_to, allowed - used - 1)


def redeem(
    tx: Transaction, *, purpose: str, bound_to: str, typed: str, attempt: Attempt | None = None
) -> AcceptedCode | RefusedCode:
    """Spend the live code that was typed. Without an `attempt` taken before, one is taken first.

    Of any number of simultaneous calls with the right code, one is accepted.
    """
    taken = attempt or take_attempt(tx, purpose=purpose, bound_to=bound_to)
    if isinstance(taken, RefusedCode):
        return taken
    codes = _open(tx, purpose, bound_to, lock=True)
    right = [code for code in codes if _is_right(tx.sealer, code, typed)]
    if not codes:
        return RefusedCode(why_none_lives(tx, purpose, bound_to))
    if not right:
        return _refused(tx, codes[0], taken.left)
    return _spend(tx, right[0], codes)


def cancel(tx: Transaction, *, purpose: str, bound_to: str) -> None:
    """Let the live codes die: Back past the step, a changed address, an ended run."""
    _end(tx, _open(tx, purpose, bound_to, lock=True))


def live(tx: Transaction, *, purpose: str, bound_to: str) -> LiveCode | None:
    """Return the newest live code, as the page shows it. Reads only."""
    rules = RULES[purpose]
    code = next(iter(_open(tx, purpose, bound_to)), None)
    if code is None or code.attempts >= rules.attempts:
        return None
    return LiveCode(
        code_id=code.id,
        channel=code.channel,
        masked=code.masked,
        issued_at=code.issued_at,
        expires_at=code.expires_at,
        resend_at=_resend_at(code.issued_at, rules),
        attempts_left=rules.attempts - code.attempts,
        destination_digest=code.destination_digest,
    )


def undelivered(tx: Transaction, code_id: str) -> None:
    """Give the address its quota back: the message of this code could not be delivered (X-27).

    The code itself stays as it is, so that no page tells whether an address exists (rulings 18).
    """
    code = tx.execute(table.BY_ID, {"code_id": code_id}).first()
    if code is not None and code.ended_at is None:
        _give_back(tx, code)


def forget(tx: Transaction, person_id: str) -> None:
    """Delete every code of an erased person: it shows where it went."""
    tx.execute(sa.delete(table.OneTimeCode).where(table.OneTimeCode.person_id == person_id))


def _issue(tx: Transaction, limiter: Limiter, request: CodeRequest, *, decoy: bool) -> IssuedCode | UnsentCode:
    rules = request.rules
    destination = request.destination.digest(tx.sealer)
    # The count per run comes first: its row is locked, so simultaneous requests of one run queue up here.
    counted = limiter.debit(tx, RUN_LIMIT, request.purpose, request.bound_to)
    earlier = _open(tx, request.purpose, request.bound_to, lock=True)
    _end(tx, [code for code in earlier if code.destination_digest != destination])  # whether a new one is sent or not
    if isinstance(counted, rate_limit.LimitHit):
        return UnsentCode("limited", counted.retry_at)
    valid = [code for code in earlier if code.destination_digest == destination and code.attempts < rules.attempts]
    not_sent = _too_soon(tx, rules, valid) or _too_many(tx, limiter, request, decoy=decoy)
    if not_sent is not None:
        rate_limit.refund(tx, RUN_LIMIT, request.purpose, request.bound_to)
        return not_sent
    kept = valid[: rules.max_live - 1]
    _end(tx, [code for code in earlier if code not in kept])
    return _make(tx, request, rules, attempts=max((code.attempts for code in kept), default=0), decoy=decoy)


def _too_soon(tx: Transaction, rules: CodeRules, valid: Rows) -> UnsentCode | None:
    """Return the refusal of a second press of the button within the delay (X-02)."""
    resend_at = _resend_at(valid[0].issued_at, rules) if valid else tx.now
    return UnsentCode("too_soon", resend_at) if resend_at > tx.now else None


def _too_many(tx: Transaction, limiter: Limiter, request: CodeRequest, *, decoy: bool) -> UnsentCode | None:
    """Return the refusal of a limit. A decoy takes as many statements as a code, so that none reveals who is known."""
    destination, by_sms = request.destination.digest(tx.sealer), request.destination.channel == "sms"
    hits = [(name, destination) for name in request.rules.send_limits]
    ceilings = sms_ceilings.hits(request.destination.address) if by_sms else ()
    counted = limiter.debit_all(tx, hits if decoy else [*hits, *ceilings], decoys=ceilings if decoy else ())
    if isinstance(counted, rate_limit.LimitHit):
        return UnsentCode("limited", counted.retry_at)
    if by_sms:
        sms_ceilings.warn_if_near(tx, limiter)
    return None


def _make(tx: Transaction, request: CodeRequest, rules: CodeRules, *, attempts: int, decoy: bool) -> IssuedCode:
    code = random_values.code(rules.length, ALPHABETS[rules.alphabet])
    issued = IssuedCode(
        code_id=random_values.new_id(tx.now),
        expires_at=tx.now + timedelta(seconds=rules.lifetime),
        resend_at=_resend_at(tx.now, rules),
        masked=masked(request.destination.address),
    )
    row = {
        "id": issued.code_id,
        "purpose": request.purpose,
        "bound_to": request.bound_to,
        "channel": request.destination.channel,
        "destination_digest": request.destination.digest(tx.sealer),
        "masked": issued.masked,
        # The input of a decoy's digest is thrown away: no typed code can match it.
        "digest": tx.sealer.digest(DIGEST, request.purpose, request.bound_to, random_values.token() if decoy else code),
        "alphabet": rules.alphabet,
        "length": rules.length,
        "person_id": request.person_id,
        "client_id": request.client_id,
        "attempts": attempts,
        "issued_at": tx.now,
        "expires_at": issued.expires_at,
        "ended_at": None,
    }
    tx.execute(table.INSERT, row)
    outbox.enqueue(tx, _message(request, rules, issued, code, decoy=decoy))
    event = CodeSent(
        code_id=issued.code_id,
        purpose=request.purpose,
        channel=request.destination.channel,
        masked=issued.masked,
        person_id=request.person_id,
        client_id=request.client_id,
    )
    record(tx, event)
    return issued


def _message(request: CodeRequest, rules: CodeRules, issued: IssuedCode, code: str, *, decoy: bool) -> Message:
    values: dict[str, object] = {
        **request.values,
        "code": code,
        "grouped": grouped(code),
        "expires_at": issued.expires_at,
        "minutes": rules.minutes,
    }
    link = values.get("link")
    if isinstance(link, str):
        values["link"] = link.replace("{code}", code)
    return Message(
        kind=request.destination.channel,
        to=request.destination.address,
        template=rules.template,
        language=request.language,
        values=values,
        client_id=request.client_id,
        lane="codes",
        expires_at=issued.expires_at,
        person_id=request.person_id,
        about=issued.code_id,
        decoy=decoy,
    )


def _open(tx: Transaction, purpose: str, bound_to: str, *, lock: bool = False) -> Rows:
    """Return the codes that neither ended nor expired, newest first.

    With `lock`, nobody else changes them meanwhile.
    """
    pair = {"purpose": purpose, "bound_to": bound_to, "now": tx.now}
    return tx.execute(table.LOCK_OPEN if lock else table.OPEN, pair).all()


def why_none_lives(tx: Transaction, purpose: str, bound_to: str) -> Literal["expired", "exhausted", "none"]:
    """Return how the newest code ended, where `live` finds none."""
    newest = tx.execute(table.NEWEST, {"purpose": purpose, "bound_to": bound_to}).first()
    if newest is None or newest.ended_at is not None:
        return "none"
    return "exhausted" if newest.attempts >= RULES[purpose].attempts else "expired"


def _is_right(sealer: Sealer, code: sa.Row[Any], typed: str) -> bool:
    found = read(typed, ALPHABETS[code.alphabet], code.length)
    return sealer.matches(code.digest, DIGEST, code.purpose, code.bound_to, found)


def _refused(tx: Transaction, code: sa.Row[Any], left: int) -> RefusedCode:
    refused = RefusedCode("wrong", left) if left else RefusedCode("exhausted")
    event = CodeRefused(
        purpose=code.purpose,
        reason=refused.reason,
        attempts_left=left,
        person_id=code.person_id,
        client_id=code.client_id,
    )
    record(tx, event)
    return refused


def _spend(tx: Transaction, right: sa.Row[Any], codes: Rows) -> AcceptedCode | RefusedCode:
    if _end(tx, [right]) == 0:
        return RefusedCode("none")
    _end(tx, codes)
    for code in codes:
        _give_back(tx, code)
    event = CodeAccepted(code_id=right.id, purpose=right.purpose, person_id=right.person_id, client_id=right.client_id)
    record(tx, event)
    return AcceptedCode(right.id, right.channel, right.destination_digest)


def _end(tx: Transaction, codes: Rows) -> int:
    return tx.execute(table.END, {"codes": [code.id for code in codes], "now": tx.now}).rowcount


def _give_back(tx: Transaction, code: sa.Row[Any]) -> None:
    for name in RULES[code.purpose].send_limits:
        rate_limit.refund(tx, name, code.destination_digest)
    if code.channel == "sms":
        sms_ceilings.redeemed(tx)


def _resend_at(issued_at: datetime, rules: CodeRules) -> datetime:
    return issued_at + timedelta(seconds=rules.resend_after)
