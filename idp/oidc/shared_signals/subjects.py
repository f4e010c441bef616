"""The person that a receiver adds to its stream, or leaves out (Shared Signals Framework 1.0 §8.1.3).

The answer about a stranger is that about an acquaintance, and nothing is stored (§9.1, subject probing).
"""

from collections.abc import Mapping

import msgspec

from idp.database import Transaction
from idp.events import acquaintances
from idp.grants import subjects
from idp.oidc.errors import InvalidRequest
from idp.oidc.shared_signals.receiver import Receiver


class SubjectRequest(msgspec.Struct):
    """A subject and the stream it is about."""

    stream_id: str
    subject: dict[str, object]


def person_of(tx: Transaction, issuer: str, receiver: Receiver, subject: Mapping[str, object]) -> str:
    """Return the id of the person whom the client means; empty: it knows nobody of this `sub`.

    Raises `InvalidRequest` for a subject of another format than `iss_sub`.
    """
    sub = subject.get("sub")
    if subject.get("format") != "iss_sub" or subject.get("iss") != issuer or not isinstance(sub, str):
        raise InvalidRequest("a subject of the format iss_sub is expected, with this issuer and a sub of ours")
    person_id = subjects.person_behind(tx, sub, receiver.client)
    known = acquaintances.subjects_at(tx, person_id, [receiver.client]) if person_id else {}
    return person_id if known else ""
