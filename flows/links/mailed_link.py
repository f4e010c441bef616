"""The page behind a link of a mail, and its one button: what the kinds of links share.

A GET only shows, so no scanner of mails stops anything. The button does it, once.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import Blueprint, Response, request

from flows.shared import occasion
from idp.database import Transaction
from idp.notices.notice import Occasion
from idp.provider import Provider
from idp.web import branding
from idp.web.branding import Theme
from idp.web.error_pages import problem_page
from idp.web.origin import origin_of
from idp.web.problems import DEAD_LINK

NamedT = TypeVar("NamedT")


@dataclass(frozen=True)
class LinkVisit:
    """One request to the address of a link that leads somewhere, at the portal it was sent for."""

    provider: Provider
    tx: Transaction
    client_id: str
    theme: Theme

    @property
    def occasion(self) -> Occasion:
        return occasion.of_theme(self.provider, self.theme, self.client_id)


class LinkPage(ABC, Generic[NamedT]):
    """A kind of link, and what it names: a row that its token leads to."""

    name: str
    path: str
    parameter: str
    template: str

    @abstractmethod
    def find(self, tx: Transaction, token: str) -> NamedT | None:
        """Return what the link names, used or not; None: the link is unknown or was deleted."""

    @abstractmethod
    def client_id(self, named: NamedT) -> str:
        """Return the portal that the link was sent for."""

    @abstractmethod
    def carry_out(self, visit: LinkVisit, named: NamedT) -> None:
        """Do what the button says. A link that was used already changes nothing."""

    @abstractmethod
    def values(self, visit: LinkVisit, named: NamedT) -> Mapping[str, object]:
        """Return the values of the template, for the current state of what the link names."""

    def blueprint(self, provider: Provider) -> Blueprint:
        """Return the routes of the address that the link leads to."""
        pages = Blueprint(self.name, __name__)

        @pages.get(self.path)
        def show() -> Response:
            with provider.database.reading() as tx:
                return self._answer(provider, tx)

        @pages.post(self.path)
        def press() -> Response:
            with provider.database.transaction(origin_of(request)) as tx:
                return self._answer(provider, tx, pressed=True)

        return pages

    def _answer(self, provider: Provider, tx: Transaction, *, pressed: bool = False) -> Response:
        named = self.find(tx, request.args.get(self.parameter, ""))
        if named is None:
            return problem_page(provider, branding.theme(provider, request), DEAD_LINK, 410)
        client_id = self.client_id(named)
        theme = branding.theme(provider, request, client=provider.registry.current().client(client_id))
        visit = LinkVisit(provider, tx, client_id, theme)
        if pressed:
            self.carry_out(visit, named)
        return provider.pages.render(theme, self.template, {"path": theme.path, **self.values(visit, named)})
