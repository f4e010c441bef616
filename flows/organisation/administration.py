"""Access to these pages: an active administrator of the company, checked with every request (B-30, B-52)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Self
from urllib.parse import urlencode

from flask import Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from flows.engine import signed_in
from flows.engine.guard import Guard
from flows.engine.outcomes import Ending
from flows.engine.page_request import CLIENT_PARAMETER
from flows.engine.run import Run
from flows.engine.subject import Subject
from flows.shared.facts import Facts
from idp import interaction
from idp.audit.events.organisations import AdministrationRefused
from idp.audit.log import record
from idp.clients.client import Client
from idp.database import Origin, Transaction
from idp.invitations import status
from idp.organisations import member_list, memberships, organisation, permissions
from idp.organisations.memberships import Member
from idp.organisations.organisation import Organisation
from idp.provider import Provider
from idp.sessions import cookie
from idp.sessions import session as sessions
from idp.web import branding
from idp.web.branding import Theme
from idp.web.error_pages import problem_page
from idp.web.origin import origin_of, path_of
from idp.web.problems import FORBIDDEN, fresh_sign_in
from idp.wording import Text

NOT_AN_ADMINISTRATOR = "not an administrator"


class NotAdministrator(Exception):
    """A signed-in person requested a page that only the company's administrators may see or use."""

    def __init__(self, client: Client, person_id: str, organisation_id: str) -> None:
        super().__init__(NOT_AN_ADMINISTRATOR)
        self.client = client
        self.person_id = person_id
        self.organisation_id = organisation_id


@dataclass(frozen=True)
class Administration:
    """The company of this request, and the administrator who manages its users."""

    tx: Transaction
    provider: Provider
    theme: Theme
    client: Client
    company: Organisation
    person_id: str
    administrator: str
    """The administrator's name."""

    @property
    def origin(self) -> Origin:
        return origin_of(request, actor=self.person_id, client_id=self.client.client_id)

    @property
    def portal(self) -> str:
        """The address of the way back."""
        return fresh_sign_in(self.provider, self.client)

    @property
    def users(self) -> str:
        """The path of the list."""
        return users_of(self.company.id)

    def user(self, membership_id: str) -> Member:
        """Return a user of this company; 404 for everybody else's."""
        found = memberships.member(self.tx, membership_id)
        if found is None or found.membership.organisation_id != self.company.id:
            raise NotFound
        return found

    def page(self, template: str, done: Text | None = None, **values: object) -> Response:
        """Return a page of `templates/organisation`; `done` is what to say of the act that led here."""
        leave = interaction.sign_out_url(self.client.client_id)
        template = f"organisation/{template}"
        frame = {"admin": self, "done": done, "sign_out": leave, "person_name": self.administrator}
        return self.provider.pages.render(self.theme, template, {**frame, **values})


View = Callable[..., AnyResponse]


def administrators_only(provider: Provider) -> Callable[[View], View]:
    """Give the view an `Administration` instead of the organisation's id; its transaction writes in a POST only.

    A person who is not signed in signs in and comes back; everyone else gets `NotAdministrator`.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def respond(organisation_id: str, **named: object) -> AnyResponse:
            with provider.database.reading() as tx:
                admitted = _admit(tx, provider, organisation_id)
                if not isinstance(admitted, Administration) or request.method != "POST":
                    return view(admitted, **named) if isinstance(admitted, Administration) else admitted
            with provider.database.transaction(admitted.origin) as tx:
                admitted = _admit(tx, provider, organisation_id)
                return view(admitted, **named) if isinstance(admitted, Administration) else admitted

        return respond

    return guard


def refuse(provider: Provider, refused: NotAdministrator) -> Response:
    """Return the 403 page, with its event."""
    origin = origin_of(request, actor=refused.person_id, client_id=refused.client.client_id)
    event = AdministrationRefused(
        person_id=refused.person_id, organisation_id=refused.organisation_id, reason=NOT_AN_ADMINISTRATOR
    )
    with provider.database.transaction(origin) as tx:
        record(tx, event)
    return problem_page(provider, branding.theme(provider, request, client=refused.client), FORBIDDEN, 403)


class AdministeredCompany(Subject, frozen=True):
    """A company, and the membership of the user who is changed; none where someone new is invited."""

    organisation_id: str
    membership_id: str = ""

    @classmethod
    def named(cls, run: Run, query: Mapping[str, str]) -> Self:
        """An unknown user belongs to no company, and nobody administers it."""
        if "user" not in query:
            return cls(organisation_id=query.get("organisation", ""))
        found = memberships.by_id(run.tx, query["user"])
        return cls(found.organisation_id, found.id) if found is not None else cls("")


class AdministratorsOnly(Guard):
    """Keeps everybody out but the active administrators of the company (B-30, B-52).

    Once everything is written it lets the run end: an administrator may have just given up their own right. Others get
    `NotAdministrator`, as on every page of the company.
    """

    name = "administrators-only"

    def stops(self, run: Run) -> Ending | None:
        if run.known(Facts).written or run.once(_company) is not None:
            return None
        asked_for = organisation.by_id(run.tx, run.about(AdministeredCompany).organisation_id)
        raise NotAdministrator(run.client, run.person_id, asked_for.id if asked_for is not None else "")


def company_of(run: Run) -> Organisation:
    """Return the company that a journey is about, which the person administered when this transaction first asked."""
    company = run.once(_company)
    if company is None:
        raise NotFound
    return company


def user_of(run: Run) -> Member:
    """Return the user of a journey, as first read in this transaction."""
    found = run.once(_user)
    if found is None:
        raise NotFound
    return found


def _company(run: Run) -> Organisation | None:
    return _administered(run.tx, run.client, run.person_id, run.about(AdministeredCompany).organisation_id)


def _user(run: Run) -> Member | None:
    return memberships.member(run.tx, run.about(AdministeredCompany).membership_id)


def second_administrator(tx: Transaction, organisation_id: str) -> str:
    """Return the name of a person who is invited with the administrator's right and has not accepted yet, or ""."""
    open_until = status.open_invitations(tx, organisation_id)
    awaited = (
        each for each in member_list.invited_administrators(tx, organisation_id) if each.membership.id in open_until
    )
    return next((f"{each.given_name} {each.family_name}".strip() or each.email for each in awaited), "")


def address(client: Client, journey: str, **named: str) -> str:
    """Return where a journey of this package begins, for a `user` or an `organisation`."""
    return f"/{journey}?{urlencode({CLIENT_PARAMETER: client.client_id, **named})}"


def users_of(organisation_id: str) -> str:
    return f"/organisations/{organisation_id}/users"


def _admit(tx: Transaction, provider: Provider, organisation_id: str) -> Administration | AnyResponse:
    company = organisation.by_id(tx, organisation_id)
    registry = provider.registry.current()
    client = registry.client_of_fund(company.fund) if company else branding.theme(provider, request).client
    if client is None:
        raise NotFound
    token = cookie.read(request, client.sso_group, secure=provider.settings.server.secure)
    session = sessions.find(tx, token, client.sso_group) if token else None
    if session is None:
        back_to = path_of(request) if request.method == "GET" else users_of(organisation_id)
        return redirect(signed_in.address(provider.sealer, signed_in.SIGN_IN, client.client_id, back_to), 303)
    if company is None:
        raise NotAdministrator(client, session.person_id, "")
    administrator = permissions.administrator(tx, session.person_id, company.id)
    if administrator is None:
        raise NotAdministrator(client, session.person_id, company.id)
    theme = branding.theme(provider, request, client=client, fund=registry.fund(company.fund))
    return Administration(tx, provider, theme, client, company, session.person_id, administrator.full_name)


def _administered(tx: Transaction, client: Client, person_id: str, organisation_id: str) -> Organisation | None:
    """Return the company, at the portal of its fund only: another portal may require less at sign-in."""
    company = permissions.administered(tx, person_id, organisation_id)
    return company if company is not None and any(fund.code == company.fund for fund in client.funds) else None
