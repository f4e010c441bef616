"""« Keep my account »: the page behind the links of the mails, and its button; and the page after a request to delete.

A GET only shows, so no scanner of mails stops anything. Nobody needs to sign in to keep an account.
"""

from datetime import timedelta

from flask import Blueprint, Response, request

from flows.account.delete_account import PLANNED
from flows.engine.page_request import CLIENT_PARAMETER
from idp.actions.actor import Actor
from idp.actions.closing import LINK as BY_LINK
from idp.actions.closing import keep_account
from idp.database import Transaction
from idp.notices.closing import KEEP, LINK
from idp.notices.notice import Occasion
from idp.people import closures
from idp.people.closures import Closure
from idp.provider import Provider
from idp.web import branding
from idp.web.branding import Theme
from idp.web.error_pages import problem_page
from idp.web.origin import origin_of
from idp.web.problems import DEAD_LINK


def blueprint(provider: Provider) -> Blueprint:
    """The addresses of both pages."""
    pages = Blueprint("kept_account", __name__)

    @pages.get(PLANNED)
    def planned() -> Response:
        client = provider.registry.current().portal(request.args.get(CLIENT_PARAMETER, ""))
        days = timedelta(seconds=provider.settings.retention.closure_grace).days
        theme = branding.theme(provider, request, client=client)
        return provider.pages.page(theme, "pages/deletion-planned.html", days=days)

    @pages.get(KEEP)
    def ask() -> Response:
        with provider.database.reading() as tx:
            return _page(provider, _found(tx))

    @pages.post(KEEP)
    def keep() -> Response:
        with provider.database.transaction(origin_of(request)) as tx:
            found = _found(tx)
            if found is not None:
                by = Actor.person(found.person_id)
                keep_account(tx, found.person_id, _occasion(provider, found), by=by, why=BY_LINK)
                tx.session.refresh(found)
            return _page(provider, found)

    return pages


def _found(tx: Transaction) -> Closure | None:
    return closures.by_stop(tx, request.args.get(LINK, ""))


def _theme(provider: Provider, found: Closure) -> Theme:
    return branding.theme(provider, request, client=provider.registry.current().client(found.client_id))


def _occasion(provider: Provider, found: Closure) -> Occasion:
    theme, issuer = _theme(provider, found), provider.settings.server.issuer
    return Occasion(client_id=found.client_id, issuer=issuer, reference=theme.reference, language=theme.language)


def _page(provider: Provider, found: Closure | None) -> Response:
    if found is None:
        return problem_page(provider, branding.theme(provider, request), DEAD_LINK, 410)
    theme = _theme(provider, found)
    template = "pages/keep-account.html"
    return provider.pages.page(theme, template, open=found.is_open, path=theme.path, due_at=found.due_at)
