"""What the steps of a run have proved or learnt, in one typed value that is merged from their results.

Each fact is set by exactly one step of a flow, proofs by any, and is dropped with that step's result. Secrets are never
facts.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from idp.sessions.assurance import Proof


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Everything a journey may know. Only JSON types; an empty value means "not known"."""

    person_id: str = ""
    """Who gave the right password, or whose session this is."""
    proofs: tuple[Proof, ...] = ()
    """The methods used so far; those of all steps together."""
    legacy_account: str = ""
    """Id of the legacy account whose password was given."""
    registration: str = ""
    """Id of the registration code (letter or invitation) that was typed."""
    email: str = ""
    """The address to be proved."""
    mailbox_proved: bool = False
    phone: str = ""
    """The number to be proved, E.164."""
    phone_declined: bool = False
    phone_proved: bool = False
    agreed: bool = False
    """The person read an acknowledgement page, or allowed what was asked."""
    given_name: str = ""
    family_name: str = ""
    honorific: str = ""
    birth_date: str = ""
    """ISO 8601."""
    language: str = ""
    terms_version: str = ""
    organisation_id: str = ""
    written: bool = False
    """The one step that writes everything has done so: what forbids to begin no longer counts."""


JOINED = frozenset({"proofs"})
"""Facts that several steps add to."""
FIELDS = frozenset(field.name for field in msgspec.structs.fields(Facts))


def stored(facts: Facts) -> dict[str, Any]:
    """What is kept of a step's facts: those it set."""
    found: dict[str, Any] = msgspec.to_builtins(facts)
    return found


def merged(results: Iterable[Mapping[str, Any]]) -> Facts:
    """The facts of all results together."""
    together: dict[str, Any] = {}
    for result in results:
        joined = {fact: [*together.get(fact, []), *result[fact]] for fact in JOINED & result.keys()}
        together |= {**result, **joined}
    return msgspec.convert(together, Facts)
