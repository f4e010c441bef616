"""The company's journal: the author, time and object of each change (B-51)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Response, request

from flows.organisation.administration import Administration
from flows.shared.replacements import replaced
from idp.actions import actor
from idp.actions.actor import Actor, ActorKind
from idp.audit.authors import DIRECTORY
from idp.audit.log import AuditEvent
from idp.organisations import journal, memberships, scim_tokens
from idp.people import person
from idp.wording import Text, text

PAGE = 50
FUND, ERASED = text("Compensation fund or system"), text("Someone whose account was deleted")
WHAT: Mapping[str, Text] = {
    "OrganisationRegistered": text("Company registered"),
    "MemberInvited": text("Invitation sent"),
    "InvitationWithdrawn": text("Invitation cancelled"),
    "MemberJoined": text("Access created"),
    "RightsChanged": text("Rights changed"),
    "MemberDeactivated": text("Access deactivated"),
    "MemberReactivated": text("Access reactivated"),
    "PhoneChanged": text("Mobile number changed"),
    "ScimTokenCreated": text("Token for the company directory created"),
    "ScimTokenRevoked": text("Token for the company directory revoked"),
    "RegistrationCodeReplaced": text("Invitation replaced by a new one"),
}


@dataclass(frozen=True)
class JournalLine:
    """`whom` is empty where the person is not known any more."""

    at: datetime
    what: Text
    who: str
    whom: str
    details: tuple[Text, ...]
    reference: str


def show(admin: Administration) -> Response:
    before = request.args.get("before", "")[:64]
    events = journal.entries(admin.tx, admin.company.id, names=WHAT, before=before, limit=PAGE + 1)
    lines = [_line(admin, event) for event in events[:PAGE]]
    older = events[PAGE - 1].id if len(events) > PAGE else ""
    return admin.page("journal.html", lines=lines, older=older, newest=not before)


def _line(admin: Administration, event: AuditEvent) -> JournalLine:
    return JournalLine(
        at=event.at,
        what=WHAT[event.name],
        who=_who(admin, event),
        whom=_whom(admin, event),
        details=tuple(_details(admin, event.name, event.details)),
        reference=event.reference,
    )


def _who(admin: Administration, event: AuditEvent) -> str:
    """Name the author. An act of nobody who was signed in is that of the person concerned: clerks always have names."""
    author = actor.of_audit(event.actor) or Actor.person(event.person_id)
    words = admin.theme.translator
    if author.kind == ActorKind.DIRECTORY:
        return words(_directory(admin, author))
    return (person.name_of(admin.tx, author.person_id) or words(ERASED)) if author.person_id else words(FUND)


def _directory(admin: Administration, author: Actor) -> Text:
    """Name the directory by the name of its token."""
    token = scim_tokens.by_id(admin.tx, author.text.removeprefix(DIRECTORY))
    return text("Company directory (%(name)s)", name=token.name) if token is not None else text("Company directory")


def _whom(admin: Administration, event: AuditEvent) -> str:
    known = person.name_of(admin.tx, event.person_id)
    found = None if known else memberships.member(admin.tx, str(event.details.get("membership_id", "")))
    return known or (f"{found.given_name} {found.family_name}".strip() if found is not None else "")


def _details(admin: Administration, name: str, details: Mapping[str, object]) -> list[Text]:
    if name == "PhoneChanged":
        return [replaced(details)]
    if name in ("ScimTokenCreated", "ScimTokenRevoked"):
        return [text("Token: %(name)s", name=details["name"])]
    if name != "RightsChanged":
        return []
    said = []
    if details["was_administrator"] != details["is_administrator"]:
        given = details["is_administrator"]
        said.append(text("Administrator rights granted") if given else text("Administrator rights removed"))
    for label in _labels(admin, _topics(details, "new_topics") - _topics(details, "old_topics")):
        said.append(text("Topic granted: %(topic)s", topic=label))
    for label in _labels(admin, _topics(details, "old_topics") - _topics(details, "new_topics")):
        said.append(text("Topic removed: %(topic)s", topic=label))
    return said


def _topics(details: Mapping[str, object], name: str) -> set[str]:
    recorded = details[name]
    return set(recorded) if isinstance(recorded, list) else set()


def _labels(admin: Administration, ids: set[str]) -> list[str]:
    return admin.client.topic_labels(ids, admin.theme.language)
