"""The security events of this provider: their types (CAEP 1.0, RISC 1.0), and the facts that they are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import get_args

from idp.audit.events.authenticators import (
    AuthenticatorAdded,
    AuthenticatorRemoved,
    RecoveryCodesIssued,
    RecoveryCodesRemoved,
)
from idp.audit.events.passkeys import PasskeyAdded, PasskeyRemoved
from idp.audit.events.people import PersonDisabled, PersonEnabled, PersonErased
from idp.audit.events.sign_in import PasswordRetired, PasswordSet, Reauthenticated
from idp.audit.facts import AddressReplaced, ClientSessionEnded, NumberReplaced
from idp.clients.subscriptions import SecurityEventName
from idp.methods import ORDER

NAMESPACE = "https://schemas.openid.net/secevent"
CAEP = frozenset({"session-revoked", "credential-change", "assurance-level-change"})
TYPES: Mapping[SecurityEventName, str] = {
    name: f"{NAMESPACE}/{'caep' if name in CAEP else 'risc'}/event-type/{name}" for name in get_args(SecurityEventName)
}
"""The URI of each event type."""
VERIFICATION = f"{NAMESPACE}/ssf/event-type/verification"

LEVELS = "urn:vestibule:acr"
"""The namespace of assurance levels: the `acr_values_supported` of discovery."""
NO_AAGUID = "00000000-0000-0000-0000-000000000000"

REASONS = {
    "logout": "The person signed out.",
    "replaced": "Someone else signed in with the same browser.",
    "disabled": "The account was disabled.",
    "erased": "The account was deleted.",
    "closing": "The person asked to delete the account.",
    "password-changed": "The password was changed.",
    "password-retired": "The password may be known to someone else.",
    "email-changed": "The login address was changed.",
    "email-change-undone": "The owner undid a change of the login address.",
    "phone-changed": "The phone number was changed.",
    "person": "The person ended the session.",
    "desk": "The helpdesk ended the session.",
    "administrator": "An administrator of the company ended the session.",
    "client": "A program of the fund ended the session.",
}
"""The reason of the end of a session, by the constant that ended it."""
ANY_REASON = "The session was ended."


@dataclass(frozen=True, kw_only=True)
class SecurityEvent:
    """One event about a person, before it is addressed to anybody.

    `session_id`: only clients of this session of the provider hear it. `ended`: only the client whose session this was.
    `identifier`: the old address or number is the subject, for clients that were told it by the scope `scope`.
    """

    name: SecurityEventName
    person_id: str
    claims: Mapping[str, object] = field(default_factory=dict)
    session_id: str = ""
    ended: ClientSessionEnded | None = None
    identifier: Mapping[str, str] = field(default_factory=dict)
    scope: str = ""


def of_fact(fact: object) -> tuple[SecurityEvent, ...]:
    """Return the security events that a fact is: none for most."""
    match fact:
        case ClientSessionEnded():
            reason = _in_english(REASONS.get(fact.reason, ANY_REASON))
            return (SecurityEvent(name="session-revoked", person_id=fact.person_id, claims=reason, ended=fact),)
        case Reauthenticated() if fact.acr != fact.previous_acr:
            return (_level(fact),)
        case PersonDisabled():
            return (SecurityEvent(name="account-disabled", person_id=fact.person_id),)
        case PersonEnabled():
            return (SecurityEvent(name="account-enabled", person_id=fact.person_id),)
        case PersonErased():
            return (SecurityEvent(name="account-purged", person_id=fact.person_id),)
        case AddressReplaced():
            return (_identifier(fact, "email", {"format": "email", "email": fact.old}),)
        case NumberReplaced():
            change = _change(fact.old, fact.new)
            told = {"format": "phone_number", "phone_number": fact.old}
            changed = (_identifier(fact, "phone", told),) if fact.old and fact.old != fact.new else ()
            return (*changed, _credential(fact.person_id, "phone-sms", change, "The phone number was changed."))
    return _of_credential(fact)


def _of_credential(fact: object) -> tuple[SecurityEvent, ...]:
    match fact:
        case PasswordSet():
            change = "create" if fact.version == 1 else "update"
            return (_credential(fact.person_id, "password", change, "A password was chosen."),)
        case PasswordRetired():
            why = "The password may be known to someone else."
            return (_credential(fact.person_id, "password", "revoke", why),)
        case PasskeyAdded():
            told = {"fido2_aaguid": fact.aaguid} if fact.aaguid not in ("", NO_AAGUID) else {}
            return (_credential(fact.person_id, "fido2", "create", "A passkey was added.", **told),)
        case PasskeyRemoved():
            return (_credential(fact.person_id, "fido2", "delete", "A passkey was removed."),)
        case AuthenticatorAdded():
            return (_credential(fact.person_id, "app", "create", "An authenticator app was added."),)
        case AuthenticatorRemoved():
            return (_credential(fact.person_id, "app", "delete", "An authenticator app was removed."),)
        case RecoveryCodesIssued():
            return (_credential(fact.person_id, "recovery-codes", "update", "A list of recovery codes was issued."),)
        case RecoveryCodesRemoved():
            return (_credential(fact.person_id, "recovery-codes", "delete", "The recovery codes were removed."),)
    return ()


def _credential(person_id: str, kind: str, change: str, why: str, **more: str) -> SecurityEvent:
    """CAEP §3.3. `fido2` and `recovery-codes` are ours: a passkey does not say whether it is built in."""
    claims = {"credential_type": kind, "change_type": change, **more, **_in_english(why)}
    return SecurityEvent(name="credential-change", person_id=person_id, claims=claims)


def _level(fact: Reauthenticated) -> SecurityEvent:
    """CAEP §3.4."""
    rose = ORDER.index(fact.acr) > ORDER.index(fact.previous_acr)
    claims = {
        "namespace": LEVELS,
        "current_level": fact.acr,
        "previous_level": fact.previous_acr,
        "change_direction": "increase" if rose else "decrease",
    }
    return SecurityEvent(
        name="assurance-level-change", person_id=fact.person_id, claims=claims, session_id=fact.session_id
    )


def _identifier(fact: AddressReplaced | NumberReplaced, scope: str, old: Mapping[str, str]) -> SecurityEvent:
    """RISC §2.5: the subject is the old value."""
    claims = {"new-value": fact.new} if fact.new else {}
    return SecurityEvent(
        name="identifier-changed", person_id=fact.person_id, claims=claims, identifier=old, scope=scope
    )


def _change(old: str, new: str) -> str:
    if not old:
        return "create"
    return "update" if new else "delete"


def _in_english(reason: str) -> Mapping[str, object]:
    return {"reason_admin": {"en": reason}}
