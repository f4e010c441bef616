"""Access to the desk: from its host and networks, with a live session of staff, checked with every request."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from urllib.parse import quote

from flask import Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import rooms
from flows.desk.rooms import ROOMS, DeskRoom
from idp.actions.actor import Actor
from idp.clients.registry import Registry
from idp.database import Origin, Transaction
from idp.provider import Provider
from idp.sessions import cookie
from idp.staff import appointments, sessions
from idp.staff.accounts import StaffMember
from idp.staff.appointments import Act, Scope
from idp.staff.sessions import StaffSession
from idp.web import branding, proxies
from idp.web.branding import Theme
from idp.web.error_pages import problem_page
from idp.web.origin import origin_of
from idp.web.problems import PageLink, Problem
from idp.wording import Text, text

NOT_ALLOWED = Problem(
    text("You do not have access to this page"),
    text("Your role does not include this. A supervisor of your fund or an operator can change it."),
    [PageLink(text("Back to the search"), rooms.HOME)],
)


@dataclass(frozen=True)
class DeskVisit:
    """One request of a member of staff."""

    tx: Transaction
    provider: Provider
    theme: Theme
    session: StaffSession

    @property
    def staff(self) -> StaffMember:
        return self.session.staff

    @property
    def actor(self) -> Actor:
        return Actor.clerk(self.staff.id)

    @property
    def origin(self) -> Origin:
        return origin_of(request, actor=self.actor.text)

    @property
    def registry(self) -> Registry:
        return self.provider.registry.current()

    def fund_name(self, code: str) -> str:
        """Return the name of a fund, for the staff; its code where no file lists it any more."""
        fund = self.registry.fund(code)
        return fund.name_in(self.theme.language) if fund is not None else code

    def fund_and_code(self, code: str) -> str:
        """Return a fund as a list shows it: `Caisse Exemple (AK01)`; its code where no file lists it any more."""
        name = self.fund_name(code)
        return f"{name} ({code})" if name != code else code

    def portal_name(self, client_id: str) -> str:
        """Return the name of a portal or program, for the staff; its id where it has no file any more."""
        return self.registry.name_of(client_id, self.theme.language)

    def portal_name_and_id(self, client_id: str) -> str:
        """Return the name with the id after it, for staff who look for the file: `e-services CVCI (e-services)`."""
        name = self.portal_name(client_id)
        return name if name == client_id else f"{name} ({client_id})"

    def scope(self, act: Act = Act.SEE) -> Scope:
        """Return where this member of staff may do that."""
        return appointments.scope_of(self.staff.appointments, act, self.registry)

    def may(self, act: Act, *, fund: str = "", portal: str = "") -> bool:
        return appointments.may(self.staff.appointments, act, self.registry, fund=fund, portal=portal)

    @property
    def rooms(self) -> tuple[DeskRoom, ...]:
        """Return what of the menu is theirs."""
        return tuple(room for room in ROOMS if room.act is None or self.may(room.act))

    def page(
        self, template: str, here: DeskRoom | None = None, done: Text | None = None, status: int = 200, **values: object
    ) -> Response:
        """Return a page of `templates/desk`; `done` is what to say of the act that led here."""
        frame = {"visit": self, "here": here, "done": done}
        return self.provider.pages.render(self.theme, f"desk/{template}", {**frame, **values}, status)

    def file(self, name: str, body: bytes) -> Response:
        """Return a PDF that is handed over once and kept nowhere."""
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(body, mimetype="application/pdf", headers=headers)


@dataclass(frozen=True)
class AfterCommit:
    """A response that is made once the transaction is over: nothing slow holds a lock."""

    make: Callable[[], AnyResponse]


View = Callable[..., AnyResponse | AfterCommit]
Served = Callable[..., AnyResponse]


def refuse_strangers(provider: Provider) -> Callable[[], None]:
    """Return a check of every request to the desk: elsewhere and for others it does not exist."""
    desk = provider.settings.desk
    allowed = proxies.networks(desk.networks)

    def check() -> None:
        forwarded = request.environ.get(proxies.STRANGER, False)
        if desk.host and request.host != desk.host:
            raise NotFound
        if allowed and (forwarded or not proxies.within(request.remote_addr or "", allowed)):
            raise NotFound

    return check


def theme_of(provider: Provider, member: StaffMember | None = None) -> Theme:
    """Return the theme of the desk: it belongs to no portal, and speaks the language of its staff."""
    brand = provider.registry.current().neutral_brand
    locales = [member.language] if member is not None else ()
    return replace(branding.theme(provider, request, brand=brand, ui_locales=locales), for_staff=True)


def staff_only(provider: Provider, act: Act | None = None) -> Callable[[View], Served]:
    """Give the view a `DeskVisit`; its transaction writes in a POST only.

    Whoever is not signed in signs in first; a member of staff whom no appointment allows the `act` is refused.
    """

    def guard(view: View) -> Served:
        @wraps(view)
        def respond(**named: object) -> AnyResponse:
            answer = visited(**named)
            return answer.make() if isinstance(answer, AfterCommit) else answer

        def visited(**named: object) -> AnyResponse | AfterCommit:
            with provider.database.reading() as tx:
                admitted = _admit(tx, provider, act)
                if not isinstance(admitted, DeskVisit):
                    return admitted
                stale = sessions.needs_touch(admitted.session, tx.now)
                if request.method != "POST" and not stale:
                    return view(admitted, **named)
            with provider.database.transaction(admitted.origin) as tx:
                admitted = _admit(tx, provider, act)
                if not isinstance(admitted, DeskVisit):
                    return admitted
                sessions.touch(tx, admitted.session, provider.settings.desk)
                if request.method == "POST":
                    return view(admitted, **named)
            with provider.database.reading() as tx:
                admitted = _admit(tx, provider, act)
                return view(admitted, **named) if isinstance(admitted, DeskVisit) else admitted

        return respond

    return guard


def _admit(tx: Transaction, provider: Provider, act: Act | None) -> DeskVisit | AnyResponse:
    token = cookie.staff(request, secure=provider.settings.server.secure)
    session = sessions.find(tx, token, purpose=sessions.WORK) if token else None
    if session is None:
        path = request.path if request.method == "GET" else rooms.HOME
        return redirect(f"{rooms.SIGN_IN}?next={quote(path)}", 303)
    theme = theme_of(provider, session.staff)
    visit = DeskVisit(tx, provider, theme, session)
    if act is not None and not visit.may(act):
        return problem_page(provider, theme, NOT_ALLOWED, 403)
    return visit
