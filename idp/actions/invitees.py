"""The details of an invited person as a program types them, read by the rules of the form."""

from collections.abc import Sequence
from dataclasses import dataclass

from idp.actions.members import Invitee
from idp.clients.client import Client
from idp.organisations.memberships import Rights
from idp.organisations.organisation import Organisation
from idp.people.email_address import Email, normalise_email
from idp.people.person_name import read_name
from idp.wording import Text


@dataclass(frozen=True)
class MemberFault:
    """A fault of what was typed for one member: the JSON pointer into it, relative, and what is wrong in English."""

    place: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class TypedInvitee:
    """An invited person as typed."""

    email: str
    given_name: str
    family_name: str
    administrator: bool
    topics: Sequence[str]


def read_invitee(typed: TypedInvitee, portal: Client, company: Organisation) -> Invitee | list[MemberFault]:
    """Return the invited person, or every fault."""
    email, names = normalise_email(typed.email), (read_name(typed.given_name), read_name(typed.family_name))
    faults = [
        MemberFault(place, found.msgid % (found.values or {}))
        for place, found in zip(("email", "given_name", "family_name"), (email, *names), strict=True)
        if isinstance(found, Text)
    ]
    faults += faults_of_topics(typed.topics, portal, company)
    if faults or not isinstance(email, Email):
        return faults
    rights = Rights(is_administrator=typed.administrator, topics=tuple(typed.topics))
    return Invitee(email=email.address, given_name=str(names[0]), family_name=str(names[1]), rights=rights)


def faults_of_topics(topics: Sequence[str], portal: Client, company: Organisation) -> list[MemberFault]:
    """Return the topics that a member cannot get: those that the company itself does not have."""
    theirs = {topic.id for topic in portal.topics if not company.topics or topic.id in company.topics}
    detail = f"one of {', '.join(sorted(theirs)) or 'none at all'} is expected"
    return [MemberFault(f"topics/{index}", detail) for index, topic in enumerate(topics) if topic not in theirs]
