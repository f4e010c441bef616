"""« Keep my account »: the link of the mails, with its button; and the page after a request to delete.

Nobody needs to sign in to keep an account.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from flows.account.delete_account import DUE, PLANNED, due_at
from flows.engine.page_request import CLIENT_PARAMETER
from flows.links.mailed_link import LinkPage, LinkVisit
from idp.actions.actor import Actor
from idp.actions.closing import LINK as BY_LINK
from idp.actions.closing import keep_account
from idp.database import Transaction
from idp.notices.closing import KEEP, LINK
from idp.people import closures
from idp.people.closures import Closure
from idp.provider import Provider
from idp.web import branding
from idp.web.error_pages import problem_page
from idp.web.problems import DEAD_LINK


class KeepAccount(LinkPage[Closure]):
    """Withdraws the request to delete the account."""

    name = "kept_account"
    path = KEEP
    parameter = LINK
    template = "pages/keep-account.html"

    def find(self, tx: Transaction, token: str) -> Closure | None:
        return closures.by_stop(tx, token)

    def client_id(self, named: Closure) -> str:
        return named.client_id

    def carry_out(self, visit: LinkVisit, named: Closure) -> None:
        keep_account(visit.tx, named.person_id, visit.occasion, by=Actor.person(named.person_id), why=BY_LINK)
        visit.tx.session.refresh(named)

    def values(self, visit: LinkVisit, named: Closure) -> Mapping[str, object]:
        return {
            "open": named.is_open,
            "due_at": named.due_at,
            "sign_in": _at_portal("/login", named.client_id),
            "recovery": _at_portal("/recovery", named.client_id),
        }


def blueprint(provider: Provider) -> Blueprint:
    """Return the addresses of both pages."""
    pages = KeepAccount().blueprint(provider)

    @pages.get(PLANNED)
    def planned() -> Response:
        named = request.args.get(CLIENT_PARAMETER, "")
        theme = branding.theme(provider, request, client=provider.registry.current().portal(named))
        due = due_at(provider, request.args.get(DUE, ""))
        if due is None:
            return problem_page(provider, theme, DEAD_LINK, 410)
        sign_in = _at_portal("/login", named)
        return provider.pages.page(theme, "pages/deletion-planned.html", due_at=due, sign_in=sign_in)

    return pages


def _at_portal(path: str, client_id: str) -> str:
    return f"{path}?{urlencode({CLIENT_PARAMETER: client_id})}"
