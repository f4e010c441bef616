"""Access to these pages: a person who is signed in at the portal sees their own account and no other."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from flows.account import rooms
from flows.account.rooms import ROOMS, Room
from flows.engine import rendering, signed_in
from flows.engine.page_request import CLIENT_PARAMETER
from idp.clients.client import Client
from idp.database import Origin, Transaction
from idp.interaction import ACCOUNT, sign_out_url
from idp.people import person
from idp.people.person import Person
from idp.provider import Provider
from idp.sessions import cookie
from idp.sessions import session as sessions
from idp.sessions.session import Session
from idp.web import branding
from idp.web.branding import Theme
from idp.web.error_pages import problem_page
from idp.web.origin import origin_of, path_of
from idp.web.problems import fresh_sign_in
from idp.wording import Text

RECENT = timedelta(minutes=5)
"""How old the sign-in may be for a change that a thief of the session would make."""


@dataclass(frozen=True)
class AccountOwner:
    """The person whose account this is, and the session in which they look at it."""

    tx: Transaction
    provider: Provider
    theme: Theme
    client: Client
    session: Session

    @property
    def person_id(self) -> str:
        return self.session.person_id

    @property
    def person(self) -> Person:
        found = person.by_id(self.tx, self.person_id)
        if found is None:
            raise LookupError("a live session belongs to nobody")
        return found

    @property
    def origin(self) -> Origin:
        return origin_of(request, actor=self.person_id, client_id=self.client.client_id)

    def address(self, path: str = ACCOUNT, **named: str) -> str:
        """Return where a page or journey is, at this portal."""
        return rooms.address(self.client, path, **named)

    def journey(self, flow: str, back_to: Room, **named: str) -> str:
        """Return where a journey of others begins that comes back to this page."""
        back = self.address(back_to.path)
        return signed_in.address(self.provider.sealer, flow, self.client.client_id, back, **named)

    def portal_name(self, client_id: str) -> str:
        """Return the portal's name for people, or the client's id if the client is gone."""
        return self.provider.registry.current().name_of(client_id, self.theme.language)

    def page(self, template: str, here: Room, done: Text | None = None, **values: object) -> Response:
        """Return a page of `templates/account`; `done` is what to say of the act that led here."""
        frame = {
            "owner": self,
            "rooms": ROOMS,
            "here": here,
            "done": done,
            "portal": fresh_sign_in(self.provider, self.client),
            "sign_out": sign_out_url(self.client.client_id),
            "person_name": self.person.full_name,
        }
        return self.provider.pages.render(self.theme, f"account/{template}", {**frame, **values})


View = Callable[..., AnyResponse]


def owner_only(provider: Provider, *, within: timedelta | None = None) -> Callable[[View], View]:
    """Give the view an `AccountOwner`; its transaction writes in a POST only. Others sign in first and come back.

    `within`: a person who signed in longer ago signs in again before a POST is carried out.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def respond(**named: object) -> AnyResponse:
            with provider.database.reading() as tx:
                admitted = _admit(tx, provider, within)
                if not isinstance(admitted, AccountOwner) or request.method != "POST":
                    return view(admitted, **named) if isinstance(admitted, AccountOwner) else admitted
            with provider.database.transaction(admitted.origin) as tx:
                admitted = _admit(tx, provider, within)
                return view(admitted, **named) if isinstance(admitted, AccountOwner) else admitted

        return respond

    return guard


def _admit(tx: Transaction, provider: Provider, within: timedelta | None) -> AccountOwner | AnyResponse:
    client = _portal(provider)
    theme = branding.theme(provider, request, client=client)
    if client is None:
        return problem_page(provider, theme, rendering.PROBLEMS["no-portal"][1], 400)
    token = cookie.read(request, client.sso_group, secure=provider.settings.server.secure)
    session = sessions.find(tx, token, client.sso_group) if token else None
    if session is None:
        return _detour(provider, client, signed_in.SIGN_IN)
    if within is not None and request.method == "POST" and tx.now - session.signed_in_at > within:
        return _detour(provider, client, signed_in.SIGN_IN_AGAIN)
    return AccountOwner(tx, provider, theme, client, session)


def _portal(provider: Provider) -> Client | None:
    """Return the portal of the address, otherwise this browser's last one."""
    wished = request.args.get(CLIENT_PARAMETER, "")
    known = provider.registry.current().portal(wished) if wished else None
    return known or branding.theme(provider, request).client


def _detour(provider: Provider, client: Client, flow: str) -> AnyResponse:
    """Redirect to the sign-in, and from there back to this page. A POST is not repeated; its page is shown."""
    here = path_of(request) if request.method == "GET" else rooms.address(client, request.path)
    return redirect(signed_in.address(provider.sealer, flow, client.client_id, here), 303)
