"""Find: one field, exact hits first, then near ones. Nothing outside the scope is found or counted.

The shape of what was typed decides which statements run, never what they find: an address, a name with a birth date,
a reference, a number.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa

from idp.audit.events.desk import DeskSearched
from idp.audit.log import AuditEvent, record
from idp.clients.registry import Registry
from idp.database import Transaction
from idp.invitations.registration_code import RegistrationCode, RegistrationCodeKind
from idp.messages.recipient import mask_email
from idp.organisations.membership import IS_INVITED, Membership
from idp.organisations.organisation import SORTED_NAME, Organisation, name_begins
from idp.people import birth_date, likely_address
from idp.people.email_address import email_key
from idp.people.emails import EmailAddress
from idp.people.insured import InsuredPerson
from idp.people.legacy import LegacyAccount
from idp.people.person import Person
from idp.people.portal_identifiers import CUSTOMER, LEGACY, PortalIdentifier, identifier_key
from idp.staff import looks, visibility
from idp.staff.appointments import Scope
from idp.staff.looks import Kind

LONGEST = 200
MOST = 20
"""Hits of each kind; whoever sees more types more."""
REFERENCE = re.compile(r"[2-9A-HJ-NP-Z]{4}[- ]?[2-9A-HJ-NP-Z]{4}", re.IGNORECASE)
DATED = re.compile(r"(?P<name>.*?)[\s,;]*(?P<date>\d{1,4}[./-]\d{1,2}[./-]\d{1,4})\s*")


@dataclass(frozen=True)
class FoundRecord:
    """A record that was found.

    `born`, `says` and the masked `email` tell hits of one name apart; `since`, when the account was created, those that
    are alike even so. `fund` and `portal` are where it belongs, by code and id.
    """

    kind: Kind
    id: str
    title: str
    says: str = ""
    born: date | None = None
    email: str = ""
    since: datetime | None = None
    fund: str = ""
    portal: str = ""


@dataclass(frozen=True)
class SearchResult:
    """`near` are hits that resemble what was typed; a hit is in one of the two only. `shape`: of what was typed."""

    exact: tuple[FoundRecord, ...]
    near: tuple[FoundRecord, ...]
    shape: str = ""

    @property
    def alike(self) -> frozenset[str]:
        """The ids of the hits that nothing but `since` tells apart."""
        hits = {hit.id: replace(hit, id="", since=None) for hit in (*self.exact, *self.near)}
        often = Counter(hits.values())
        return frozenset(id_ for id_, shown in hits.items() if often[shown] > 1)


@dataclass(frozen=True)
class Search:
    """One search of one member of staff."""

    tx: Transaction
    scope: Scope
    registry: Registry

    def people(self, *which: sa.ColumnElement[bool]) -> Iterator[FoundRecord]:
        """Yield the persons that are seen and match."""
        found = sa.select(Person, EmailAddress.address).outerjoin(EmailAddress)
        seen = found.where(*which, visibility.is_seen(self.scope)).order_by(Person.id).limit(MOST)
        for each, address in self.tx.session.execute(seen):
            yield _person(each, address or "")

    def companies(self, *which: sa.ColumnElement[bool]) -> Iterator[FoundRecord]:
        """Yield the companies that are seen and match."""
        seen = sa.select(Organisation).where(*which, visibility.company_is_seen(self.scope))
        for each in self.tx.session.scalars(seen.order_by(SORTED_NAME, Organisation.fund).limit(MOST)):
            yield FoundRecord(looks.COMPANY, each.id, each.name, each.number, fund=each.fund)

    def register(self, *which: sa.ColumnElement[bool]) -> Iterator[FoundRecord]:
        """Yield the entries of registers that are seen and match; those with an account as their person."""
        seen = sa.select(InsuredPerson).where(*which, visibility.insured_is_seen(self.scope))
        for each in self.tx.session.scalars(seen.order_by(InsuredPerson.id).limit(MOST)):
            if each.person_id:
                yield from self.people(Person.id == each.person_id)
            else:
                yield FoundRecord(looks.INSURED, each.id, each.number, fund=each.fund)

    def former(self, *which: sa.ColumnElement[bool]) -> Iterator[FoundRecord]:
        """Yield the accounts of former directories that are seen and match; those that migrated as their person."""
        seen = sa.select(LegacyAccount).where(*which, visibility.former_is_seen(self.scope))
        for each in self.tx.session.scalars(seen.order_by(LegacyAccount.id).limit(MOST)):
            if each.person_id:
                yield from self.people(Person.id == each.person_id)
            else:
                yield FoundRecord(looks.FORMER, each.id, each.identifier, portal=each.portal)


def find(tx: Transaction, scope: Scope, registry: Registry, typed: str) -> SearchResult:
    """Return what this text finds; an empty or overlong one finds nothing. The search is recorded, not the text."""
    result = find_again(tx, scope, registry, typed)
    if result.shape:
        record(tx, DeskSearched(shape=result.shape, exact=len(result.exact), near=len(result.near)))
    return result


def find_again(tx: Transaction, scope: Scope, registry: Registry, typed: str) -> SearchResult:
    """Return what the text of a recorded search finds now."""
    text = " ".join(typed.split())
    if not text or len(text) > LONGEST:
        return SearchResult((), ())
    shape, exact, near = _hits(Search(tx, scope, registry), text)
    first = tuple(dict.fromkeys(exact))
    return SearchResult(first, tuple(hit for hit in dict.fromkeys(near) if hit not in first), shape)


def _hits(search: Search, text: str) -> tuple[str, list[FoundRecord], list[FoundRecord]]:
    dated = DATED.fullmatch(text)
    born = birth_date.read(dated["date"], today=search.tx.now.date()) if dated is not None else None
    if dated is not None and isinstance(born, date):
        return "birth-date", *_by_birth_date(search, dated["name"], born)
    if "@" in text:
        likely = likely_address.likely_meant(text)
        return "address", list(_by_address(search, text)), list(_by_address(search, likely) if likely else ())
    exact = [*_by_number(search, text)]
    if REFERENCE.fullmatch(text):
        exact += _by_reference(search, text)
        return "reference", exact, []
    named, near = _by_name(search, text)
    return "name", [*exact, *named], near


def _by_address(search: Search, text: str) -> Iterator[FoundRecord]:
    key = email_key(text)
    mailbox = sa.select(EmailAddress.person_id).where(EmailAddress.key == key, EmailAddress.key != "")
    yield from search.people(Person.id.in_(mailbox))
    yield from search.former(LegacyAccount.email_key == key, LegacyAccount.email_key != "")
    invited = sa.select(Membership.organisation_id).where(IS_INVITED, Membership.invited_as_key == key)
    yield from search.companies(Organisation.id.in_(invited))


def _by_number(search: Search, text: str) -> Iterator[FoundRecord]:
    """A customer number, a former identifier, a number in a register or of a company."""
    key = identifier_key(text)
    known = sa.select(PortalIdentifier.person_id).where(
        PortalIdentifier.key == key,
        PortalIdentifier.kind.in_([CUSTOMER, LEGACY]),
        PortalIdentifier.portal.in_(sorted(search.scope.portals)),
    )
    yield from search.people(Person.id.in_(known))
    yield from search.former(LegacyAccount.key == key)
    yield from search.register(InsuredPerson.number == text)
    yield from search.companies(Organisation.number == text)


def _by_reference(search: Search, text: str) -> Iterator[FoundRecord]:
    """Of a letter or invitation, of an event in a notice, or of a page: all three have the same form."""
    bare = text.upper().replace(" ", "").replace("-", "")
    reference = f"{bare[:4]}-{bare[4:]}"
    codes = sa.select(RegistrationCode).where(
        RegistrationCode.reference == reference, visibility.code_is_seen(search.scope)
    )
    for code in search.tx.session.scalars(codes):
        yield from _of_code(search, code)
    for events in (AuditEvent.reference == reference, AuditEvent.request_id == reference):
        seen = visibility.event_is_seen(search.scope, search.registry)
        newest = sa.select(AuditEvent.person_id, AuditEvent.organisation_id).where(events, seen).limit(MOST)
        for event in search.tx.execute(newest).all():
            yield from search.people(Person.id == event.person_id)
            yield from search.companies(Organisation.id == event.organisation_id)


def _of_code(search: Search, code: RegistrationCode) -> Iterator[FoundRecord]:
    if code.person_id:
        yield from search.people(Person.id == code.person_id)
    elif code.kind == RegistrationCodeKind.INSURED:
        yield from search.register(InsuredPerson.id == code.subject_id)
    elif code.kind == RegistrationCodeKind.ADMINISTRATOR:
        yield from search.companies(Organisation.id == code.subject_id)
    else:
        of_member = sa.select(Membership.organisation_id).where(Membership.id == code.subject_id)
        yield from search.companies(Organisation.id.in_(of_member))


def born_on(tx: Transaction, scope: Scope, name: str, born: date) -> tuple[list[Person], list[Person]]:
    """Return the persons who are seen and were born on this day, at most `MOST` of each kind.

    Exact: every word of the name is one of theirs. Near: one of them begins like one of the words.
    """
    words = _folded(name).replace("-", " ").split()
    of_day = sa.select(Person).where(Person.birth_date == born, visibility.is_seen(scope)).order_by(Person.id)
    exact, near = [], []
    for each in tx.session.scalars(of_day):
        theirs = _folded(each.full_name).replace("-", " ").split()
        if words and all(word in theirs for word in words):
            exact.append(each)
        elif not words or any(_alike(word, theirs) for word in words):
            near.append(each)
    return exact[:MOST], near[:MOST]


def _by_birth_date(search: Search, name: str, born: date) -> tuple[list[FoundRecord], list[FoundRecord]]:
    exact, near = (
        list(search.people(Person.id.in_([each.id for each in found])))
        for found in born_on(search.tx, search.scope, name, born)
    )
    return exact, near


def _by_name(search: Search, text: str) -> tuple[list[FoundRecord], list[FoundRecord]]:
    """Exact: first and last name, or the company's. Near: the same last name, or a company that begins like it."""
    words = text.split()
    families = {form for word in {*words, " ".join(words[1:]), text} for form in _spellings(word)}
    found = list(search.people(Person.family_name.in_(sorted(families))))
    wanted = _folded(text).split()
    exact = [hit for hit in found if sorted(_folded(hit.title).split()) == sorted(wanted)]
    companies = list(search.companies(name_begins(text)))
    exact += [hit for hit in companies if _folded(hit.title) == _folded(text)]
    return exact, [*found, *companies]


def _person(found: Person, address: str) -> FoundRecord:
    return FoundRecord(
        looks.PERSON,
        found.id,
        found.full_name,
        found.birth_date_in_part or "",
        found.birth_date,
        mask_email(address),
        found.created_at,
    )


def _spellings(word: str) -> Iterable[str]:
    return {word, word.lower(), word.upper(), word.title()} - {""}


def _folded(text: str) -> str:
    """Return a name without accents and case."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()


def _alike(word: str, theirs: Iterable[str]) -> bool:
    return any(each[:3] == word[:3] for each in theirs)
