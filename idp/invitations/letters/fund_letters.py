"""The part that all letters of a fund share: its portal, its letterhead, and the words of their readers."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from idp.clients.brand import Fund
from idp.clients.client import Client
from idp.clients.registry import Registry
from idp.invitations.letters.content import Letterhead
from idp.invitations.letters.letter import Design
from idp.invitations.letters.print_run import LetterOrder
from idp.settings import Settings
from idp.wording import Translator, Wording


@dataclass(frozen=True, kw_only=True)
class FundLetters:
    """A fund, its portal, and what its letters have in common."""

    client: Client
    fund: Fund
    letterhead: Letterhead
    wording: Wording
    languages: tuple[str, ...]
    zone: ZoneInfo

    def translator(self, language: str) -> Translator:
        """The words of a letter: the reader's language as far as the portal offers it, the portal's own wording."""
        brand = self.letterhead.brand
        chosen = language if language in self.languages else self.languages[0]
        return self.wording.translator(chosen, brand.wording, country=brand.country)

    def order(
        self, campaign_id: str, *, replace_live: bool, design: Design = "portal", language: str = ""
    ) -> LetterOrder:
        """Return an order of letters to insured persons, as part of this campaign."""
        client_id = self.client.client_id
        return LetterOrder(
            client_id, campaign_id, self.letterhead, self.translator, replace_live, design=design, language=language
        )


def register_url(settings: Settings, fund: Fund) -> str:
    """Return where a code of this fund is entered."""
    return f"{settings.server.issuer}/{fund.code}/register"


def of_fund(registry: Registry, settings: Settings, wording: Wording, now: datetime, code: str) -> FundLetters | None:
    """Return what the letters of the fund with this code share; None: no portal's file lists it."""
    fund, client = registry.fund(code), registry.client_of_fund(code)
    if fund is None or client is None:
        return None
    zone = ZoneInfo(settings.pages.time_zone)
    letterhead = Letterhead(
        brand=registry.brand_of(client),
        fund=fund,
        register_url=register_url(settings, fund),
        today=now.astimezone(zone).date(),
        lifetime_days=client.policy.letters.lifetime_days,
        asks_birth_date=client.policy.letters.second_knowledge == "birth_date",
    )
    return FundLetters(
        client=client,
        fund=fund,
        letterhead=letterhead,
        wording=wording,
        languages=client.policy.languages or settings.pages.languages,
        zone=zone,
    )
