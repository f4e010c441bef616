"""« Activité »: what happened to the account in the last twelve months, in plain words, from the audit trail (X-16)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Response, request

from flows.account.owner import AccountOwner
from flows.account.rooms import ACTIVITY
from flows.shared.replacements import replaced
from idp import user_agents
from idp.audit import timeline
from idp.audit.authors import DIRECTORY
from idp.audit.log import AuditEvent
from idp.limits.networks import shortened
from idp.people import person
from idp.wording import Text, text

PAGE = 25

WHAT: Mapping[str, Text] = {
    "PersonCreated": text("Account created"),
    "SignedIn": text("Signed in"),
    "Reauthenticated": text("Signed in again"),
    "SignInRefused": text("Sign-in refused: something typed was wrong"),
    "SignInDelayed": text("Sign-in delayed after wrong tries"),
    "SignInBlocked": text("Sign-in blocked after many wrong tries"),
    "SessionEnded": text("Signed out"),
    "MisuseReported": text("You reported that it was not you"),
    "PasswordSet": text("Password chosen"),
    "PasswordRetired": text("Password made invalid"),
    "RecoveryRequested": text("New password requested"),
    "RecoveryEnded": text("Request for a new password ended"),
    "PersonsMerged": text("Your two accounts were merged"),
    "ProfileChanged": text("Personal details changed"),
    "EmailChanged": text("Email address changed"),
    "EmailReplacementBegun": text("Replacement of a lost email account begun"),
    "EmailReplacementCancelled": text("Replacement of a lost email account cancelled"),
    "PhoneChanged": text("Mobile number changed"),
    "PhoneConfirmed": text("Mobile number confirmed"),
    "PhoneReplacementBegun": text("Replacement of a lost phone begun"),
    "PhoneReplacementCancelled": text("Replacement of a lost phone cancelled"),
    "PasskeyAdded": text("Passkey added"),
    "PasskeyRenamed": text("Passkey renamed"),
    "PasskeyRemoved": text("Passkey removed"),
    "PasskeyCountWentBack": text("Passkey may have been copied"),
    "AuthenticatorAdded": text("Authenticator app added"),
    "AuthenticatorRenamed": text("Authenticator app renamed"),
    "AuthenticatorRemoved": text("Authenticator app removed"),
    "RecoveryCodesIssued": text("Recovery codes issued"),
    "RecoveryCodeUsed": text("Recovery code used"),
    "RecoveryCodesRemoved": text("Recovery codes removed"),
    "IdentifierAttached": text("User ID of a portal added"),
    "IdentifierDetached": text("User ID of a portal removed"),
    "LegacyAccountMigrated": text("Old account updated"),
    "MigrationContested": text("Move of an old account disputed"),
    "LegacyAccountReopened": text("Old account can be moved again"),
    "Enrolled": text("Portal opened"),
    "EnrolmentEnded": text("Portal closed"),
    "TermsAccepted": text("Terms of use accepted"),
    "ConsentGiven": text("Access to your data allowed"),
    "ConsentWithdrawn": text("Access to your data withdrawn"),
    "DeviceAllowed": text("Device connected"),
    "DeviceDenied": text("Device refused"),
    "RefreshTokenReused": text("Access ended because it was used twice"),
    "CodeReplayed": text("Access ended because it was used twice"),
    "MemberJoined": text("Access for a company opened"),
    "RightsChanged": text("Rights in a company changed"),
    "MemberDeactivated": text("Access for a company deactivated"),
    "MemberReactivated": text("Access for a company reactivated"),
    "DataDownloaded": text("Personal data downloaded"),
    "ClosureAsked": text("Deletion of the account requested"),
    "ClosureStopped": text("Deletion of the account stopped"),
    "PersonDisabled": text("Account disabled"),
    "PersonEnabled": text("Account enabled again"),
    "PersonLookedUp": text("Our helpdesk looked at your account"),
    "DeskActed": text("Our helpdesk changed your account"),
}
"""The events that people understand; how a portal fetched its tokens is none of them."""
REPLACING = frozenset({"EmailChanged", "PhoneChanged"})
"""The events whose details are an old and a new value."""


@dataclass(frozen=True)
class ActivityLine:
    """`who` is empty where the person did it themselves, `device` and `network` where no browser did."""

    at: datetime
    what: Text
    detail: str
    portal: str
    who: Text | str
    device: str
    network: str
    reference: str


def show(owner: AccountOwner) -> Response:
    before = request.args.get("before", "")[:64]
    events = timeline.recent(owner.tx, owner.person_id, names=WHAT, before=before, limit=PAGE + 1)
    return owner.page(
        "activity.html",
        ACTIVITY,
        lines=[line_of(owner, event) for event in events[:PAGE]],
        older=events[PAGE - 1].id if len(events) > PAGE else "",
        newest=not before,
    )


def line_of(owner: AccountOwner, event: AuditEvent) -> ActivityLine:
    return ActivityLine(
        at=event.at,
        what=WHAT[event.name],
        detail=owner.theme.translator(replaced(event.details)) if event.name in REPLACING else "",
        portal=owner.portal_name(event.client_id) if event.client_id else "",
        who=_who(owner, event),
        device=user_agents.name_of(event.user_agent) if event.user_agent else "",
        network=shortened(event.address),
        reference=event.reference,
    )


def _who(owner: AccountOwner, event: AuditEvent) -> Text | str:
    """Return the author's name for the page: another person's own name, or a word for the desk and the system."""
    if event.actor in {"", owner.person_id}:
        return ""
    if event.actor.startswith(DIRECTORY):
        return text("Company directory")
    known = person.by_id(owner.tx, event.actor)
    return known.full_name if known is not None else text("Our helpdesk or the system")
