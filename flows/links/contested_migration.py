"""« Ce n’est pas vous ? »: the page behind the link of a notice, and the button that stops a migration (A-38).

A GET only shows. The button stops an open migration, or takes the identifier back from who finished it and ends their
access to the portal; only the desk lets it begin again (`idp legacy reopen`).
"""

from flask import Blueprint, Response, request

from flows.shared import occasion
from idp.actions.migrations import contest_migration
from idp.notices import contest_link
from idp.notices.notice import Occasion
from idp.people import legacy
from idp.people.legacy import LegacyAccount
from idp.provider import Provider
from idp.web import branding
from idp.web.branding import Theme
from idp.web.error_pages import problem_page
from idp.web.origin import origin_of
from idp.web.problems import DEAD_LINK

TEMPLATE = "pages/stop-migration.html"


def blueprint(provider: Provider) -> Blueprint:
    """The address that notices about migrations carry."""
    pages = Blueprint("contested_migration", __name__)

    @pages.get(contest_link.ADDRESS)
    def ask() -> Response:
        with provider.database.reading() as tx:
            found = contest_link.opened(tx, _sealed())
        return _page(provider, found[1]) if found is not None else _dead_link(provider)

    @pages.post(contest_link.ADDRESS)
    def stop() -> Response:
        with provider.database.transaction(origin_of(request)) as tx:
            found = contest_link.opened(tx, _sealed())
            if found is not None:
                contest_migration(tx, found[1], _occasion(provider, found[1]))
        return _page(provider, found[1]) if found is not None else _dead_link(provider)

    return pages


def _occasion(provider: Provider, account: LegacyAccount) -> Occasion:
    return occasion.of_theme(provider, _theme(provider, account), account.portal)


def _theme(provider: Provider, account: LegacyAccount) -> Theme:
    return branding.theme(provider, request, client=provider.registry.current().client(account.portal))


def _sealed() -> str:
    return request.args.get(contest_link.PARAMETER, "")


def _page(provider: Provider, account: LegacyAccount) -> Response:
    theme = _theme(provider, account)
    identifier = legacy.masked(account.identifier)
    return provider.pages.page(theme, TEMPLATE, state=account.state, identifier=identifier, path=theme.path)


def _dead_link(provider: Provider) -> Response:
    return problem_page(provider, branding.theme(provider, request), DEAD_LINK, 410)
