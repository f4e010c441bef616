"""Facts of the journeys that several steps set or read.

A fact that belongs to one step alone is declared beside it, as a kind of its own.
"""

from typing import ClassVar

from flows.engine.facts import StepFacts
from idp.sessions.assurance import Proof


class Facts(StepFacts, frozen=True):
    """Everything that journeys share."""

    joined: ClassVar[frozenset[str]] = frozenset({"proofs"})

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
    written: bool = False
    """The one step that writes everything has done so: what forbids to begin no longer counts."""
