"""« Portails et entreprises »: the portals that the account opens, consents, and companies (X-16)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask import Response, request

from flows.account.owner import AccountOwner
from flows.account.rooms import PORTALS
from flows.steps.consent import WORDS
from idp.grants import consents
from idp.organisations import memberships, organisation
from idp.organisations.membership import ACTIVE
from idp.people import enrolments
from idp.wording import Text, text

DONE: dict[str, Text] = {
    "withdrawn": text("Your consent has been withdrawn. Access to your data has ended."),
    "left": text("Your access for the company has ended. We have told the portals."),
}


@dataclass(frozen=True)
class Portal:
    name: str
    since: datetime


@dataclass(frozen=True)
class PortalConsent:
    """The person's consent for one client."""

    client_id: str
    name: str
    knows: tuple[Text, ...]
    since: datetime


@dataclass(frozen=True)
class CompanyAccess:
    membership: str
    name: str
    is_administrator: bool
    topics: tuple[str, ...]
    since: datetime


def show(owner: AccountOwner) -> Response:
    return owner.page(
        "portals.html",
        PORTALS,
        done=DONE.get(request.args.get("done", "")),
        portals=[
            Portal(owner.portal_name(each.portal), each.enrolled_at)
            for each in enrolments.of_person(owner.tx, owner.person_id)
        ],
        allowed=[_allowed(owner, each) for each in consents.of_person(owner.tx, owner.person_id)],
        companies=list(_companies(owner)),
    )


def known_by(scopes: Iterable[str]) -> tuple[Text, ...]:
    """Return the claims behind these scopes, in the words of the consent page."""
    asked = set(scopes)
    return tuple(words for scope, words in WORDS.items() if scope in asked)


def _allowed(owner: AccountOwner, consent: consents.GrantedConsent) -> PortalConsent:
    name = owner.portal_name(consent.client_id)
    return PortalConsent(consent.client_id, name, known_by(consent.scopes), consent.granted_at)


def _companies(owner: AccountOwner) -> Iterable[CompanyAccess]:
    registry = owner.provider.registry.current()
    for membership in memberships.of_person(owner.tx, owner.person_id):
        company = organisation.by_id(owner.tx, membership.organisation_id)
        if company is None or membership.state != ACTIVE:
            continue
        client = registry.client_of_fund(company.fund)
        held = client.topic_labels(membership.topics, owner.theme.language) if client is not None else []
        yield CompanyAccess(
            membership.id, company.name, membership.is_administrator, tuple(held), membership.created_at
        )
