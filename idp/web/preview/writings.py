"""Mails, SMS and letters with the sample values of their catalogue."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from zoneinfo import ZoneInfo

from idp.clients.brand import Brand, Fund
from idp.clients.client import Client
from idp.invitations import validity
from idp.invitations.letters import content, page
from idp.invitations.letters.content import Letterhead
from idp.invitations.letters.document import TaggedDocument
from idp.invitations.letters.letter import CodeOnPaper, Letter
from idp.messages.catalogue import CATALOGUE
from idp.messages.composer import Composition
from idp.organisations.organisation import Organisation
from idp.people.insured import Particulars
from idp.provider import Provider

READER = Particulars(
    given_name="Anne", family_name="Rochat", honorific="mrs", address=("Chemin des Vignes 12", "1009 Pully")
)
COMPANY = {"lines": ["Route de la Gare 7"], "postal_code": "1530", "locality": "Payerne"}


@dataclass(frozen=True, kw_only=True)
class Writing:
    """A mail (`subject`, `text`, `html`), an SMS (`text`) or a letter (`pdf`)."""

    title: str
    subject: str = ""
    text: str = ""
    html: str = ""
    pdf: bytes = b""


def mails(provider: Provider, client: Client, language: str) -> Iterator[Writing]:
    for template in _of_kind("email"):
        mail = provider.composer.mail(_composition(template, client, language))
        yield Writing(title=_title(template), subject=mail.subject, text=mail.text, html=mail.html)


def text_messages(provider: Provider, client: Client, language: str) -> Iterator[Writing]:
    for template in _of_kind("sms"):
        yield Writing(title=_title(template), text=provider.composer.sms(_composition(template, client, language)))


def letters(provider: Provider, brand: Brand, client: Client, language: str) -> Iterator[Writing]:
    """Yield the letters of the portal's first fund; a portal without funds writes none."""
    if not client.funds:
        return
    translator = provider.wording.translator(language, brand.wording, country=brand.country)
    letterhead = _letterhead(provider, brand, client, client.funds[0])
    code = CodeOnPaper("4F7K-22QX", "K7M3 9QXA H4TB", validity.after_days(
        provider.clock.now(), letterhead.lifetime_days, ZoneInfo(provider.settings.pages.time_zone)
    ))  # fmt: skip
    if client.policy.entry == "membership":
        company = Organisation(name="Menuiserie Rochat SA", address=COMPANY)
        yield _letter("Letter to a company", content.for_company(translator, letterhead, code, company))
    else:
        yield _letter("Letter to an insured person", content.for_insured(translator, letterhead, code, READER))


def _of_kind(kind: str) -> list[str]:
    return [template for template, entry in CATALOGUE.items() if kind in entry.kinds]


def _title(template: str) -> str:
    return template.replace("_", " ").capitalize()


def _composition(template: str, client: Client, language: str) -> Composition:
    """Return the message's sample, with topics that the portal has, as its readers name them."""
    values = CATALOGUE[template].sample
    if "topics" in values and client.topics:
        values = {**values, "topics": client.topic_labels([topic.id for topic in client.topics[:2]], language)}
    return Composition(template=template, language=language, values=values, client_id=client.client_id)


def _letterhead(provider: Provider, brand: Brand, client: Client, fund: Fund) -> Letterhead:
    letters = client.policy.letters
    return Letterhead(
        brand=brand,
        fund=fund,
        register_url=f"{provider.settings.server.issuer}/{fund.code}/register",
        today=provider.clock.now().astimezone(ZoneInfo(provider.settings.pages.time_zone)).date(),
        lifetime_days=letters.lifetime_days,
        asks_birth_date=letters.second_knowledge == "birth_date",
    )


def _letter(title: str, letter: Letter) -> Writing:
    file = BytesIO()
    written = TaggedDocument(file, title=letter.subject, author=letter.portal, language=letter.language)
    page.add(written, letter)
    written.save()
    return Writing(title=title, pdf=file.getvalue())
