"""Companies of a fund: registered, changed, closed; their administrators replaced."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Protocol

import msgspec

from idp.actions import invitations
from idp.actions.actor import acting
from idp.actions.administrators import replace_administrators
from idp.actions.companies import close_company
from idp.actions.invitations import Sender
from idp.api.letters import MEANWHILE, Format, LetterDocument, at_once, document, letters_of
from idp.api.operation import Because, Call, Conclusion, Operation, Reason, Unfinished
from idp.api.paging import PageQuery, ResultPage, page_of
from idp.api.problem import CHANGED, INVALID, NOT_FOUND, STATE, ApiProblem, RequestFault
from idp.api.rights import COMPANIES_READ, COMPANIES_WRITE
from idp.database import Transaction
from idp.imports.companies import ADDRESS, Companies, CompanyLine
from idp.imports.lines import ImportLine
from idp.imports.run import Tally
from idp.imports.values import LONGEST_LINE, BadValue, settings_of_portal
from idp.invitations import issuing
from idp.invitations.issuing import IssuedRegistrationCode
from idp.invitations.letters import content, print_run
from idp.invitations.letters.fund_letters import FundLetters
from idp.organisations import organisation
from idp.organisations.organisation import Organisation
from idp.settings import Section
from idp.wording import SOURCE_LANGUAGE

Line = Annotated[str, msgspec.Meta(max_length=LONGEST_LINE)]


class CompanyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A company. `topics` are those open to it, all of the portal where there is none; `state` active or closed."""

    fund: str
    number: str
    name: str
    language: str
    topics: tuple[str, ...]
    address: tuple[str, ...]
    postal_code: str
    locality: str
    country: str
    state: str
    created_at: datetime
    updated_at: datetime


class CompanyData(Section, frozen=True, kw_only=True):
    """All that the fund says of a company. What is left out is emptied."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_LINE)]
    reason: Reason
    language: Annotated[str, msgspec.Meta(max_length=20, description="Of letters and mails; else the portal's.")] = ""
    topics: tuple[Line, ...] = ()
    address: Annotated[tuple[Line, ...], msgspec.Meta(max_length=len(ADDRESS))] = ()
    postal_code: Line = ""
    locality: Line = ""
    country: Annotated[str, msgspec.Meta(max_length=2)] = ""


class Replacement(Section, frozen=True, kw_only=True):
    reason: Reason
    format: Format = "pdf"


class AsksLetter(Protocol):
    """A body that asks for a letter."""

    @property
    def reason(self) -> str: ...

    @property
    def format(self) -> Format: ...


StoreCode = Callable[[Transaction, Organisation, Sender, IssuedRegistrationCode], object]
"""Store the code of a letter that is written, with everything that goes with it."""


class IssuedInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation under way. `document` is the letter, null where a mail was sent."""

    reference: str
    valid_until: datetime
    document: LetterDocument | None


def company_of(call: Call, tx: Transaction) -> Organisation:
    """Return the company in the address. Raises `ApiProblem`."""
    found = organisation.by_number(tx, call.names["fund"], call.names["number"])
    if found is None:
        raise ApiProblem(NOT_FOUND)
    return found


def active_company_of(call: Call, tx: Transaction) -> Organisation:
    """Return the same, if somebody can act for it."""
    found = company_of(call, tx)
    if found.state != organisation.ACTIVE:
        raise ApiProblem(STATE, f"The company is {found.state}.")
    return found


def sender_to(call: Call, company: Organisation, letters: FundLetters) -> Sender:
    return invitations.sender_to(company, letters, call.provider.settings.server.issuer)


def list_companies(call: Call, tx: Transaction) -> ResultPage[CompanyRecord]:
    asked = call.query(PageQuery)
    found = organisation.of_fund(tx, call.names["fund"], after=asked.cursor, limit=asked.limit + 1)
    return page_of(found, asked.limit, cursor=lambda each: each.number, shown=_record)


def read_company(call: Call, tx: Transaction) -> CompanyRecord:
    return _record(company_of(call, tx))


def put_company(call: Call, tx: Transaction) -> CompanyRecord:
    fund, number = call.names["fund"], call.names["number"]
    known = organisation.by_number(tx, fund, number)
    if call.match:
        if known is None:
            raise ApiProblem(CHANGED)
        organisation.lock(tx, known.id)  # of two changes of one version, the second sees the first
        tx.session.refresh(known)
        call.check_unchanged(_record(known))
    line = _understood(call, number)
    with acting(tx, call.caller.actor, reason=call.body(CompanyData).reason):
        changed = organisation.register(
            tx,
            fund=fund,
            number=line.number,
            name=line.name,
            address=line.address,
            language=line.language,
            topics=line.topics,
            reason=call.body(CompanyData).reason,
        )
    tx.flush()
    return _record(changed)


def close_one_company(call: Call, tx: Transaction) -> CompanyRecord:
    company = active_company_of(call, tx)
    close_company(tx, company, sender_to(call, company, letters_of(call)), by=call.caller.actor, reason=call.reason)
    tx.session.refresh(company)
    return _record(company)


def replace_company_administrators(call: Call, tx: Transaction) -> Unfinished:
    asked, company, letters = call.body(Replacement), active_company_of(call, tx), letters_of(call)

    def replace(tx: Transaction, company: Organisation, sender: Sender, drawn: IssuedRegistrationCode) -> None:
        replace_administrators(tx, company, sender, by=call.caller.actor, reason=asked.reason, drawn=drawn)

    return printing(call, letters, company, asked, replace)


def check_printable(letters: FundLetters, company: Organisation) -> None:
    """Raise `ApiProblem` if no letter can be written to the company's registered address."""
    if not content.address_lines(company):
        raise ApiProblem(STATE, "The company has no postal address.")
    words = letters.translator(company.language)
    letter = content.for_company(words, letters.letterhead, print_run.UNPRINTED, company)
    if reason := print_run.reason_not_to_print(letter):
        raise ApiProblem(STATE, letters.wording.translator(SOURCE_LANGUAGE)(reason))


def printing(
    call: Call, letters: FundLetters, company: Organisation, asked: AsksLetter, store: StoreCode
) -> Unfinished:
    """Write the letter to a company's administrator, then `store` its code with the answer.

    Raises `ApiProblem` if no letter can be written.
    """
    check_printable(letters, company)
    drawn = invitations.draw_administrator_unstored(
        company, sender_to(call, company, letters), call.provider.clock.now(), reason=asked.reason
    )
    words = letters.translator(company.language)
    letter = content.for_company(words, letters.letterhead, print_run.on_paper(drawn), company)
    before = _record(company)

    def work() -> Conclusion:
        printed = document([letter], asked.format)

        def conclude(tx: Transaction) -> IssuedInvitation:
            found = active_company_of(call, tx)
            if _record(found) != before:
                raise ApiProblem(STATE, MEANWHILE)
            with at_once(tx):
                store(tx, found, sender_to(call, found, letters), drawn)
                issuing.mark_sent(tx, [drawn.code_id])
            return IssuedInvitation(reference=drawn.reference, valid_until=drawn.expires_at, document=printed)

        return conclude

    return Unfinished(work)


def _understood(call: Call, number: str) -> CompanyLine:
    """Return the company as the fund's import reads it, so that both accept the same. Raises `ApiProblem`."""
    asked, provider, portal = call.body(CompanyData), call.provider, letters_of(call).client
    settings = settings_of_portal(provider.settings, provider.registry.current(), portal, provider.clock)
    topics = frozenset(topic.id for topic in portal.topics)
    lines = dict(zip(ADDRESS, asked.address, strict=False))
    given = {
        "number": number,
        "name": asked.name,
        "language": asked.language,
        "topics": " ".join(asked.topics),
        "postal_code": asked.postal_code,
        "locality": asked.locality,
        "country": asked.country,
        **lines,
    }
    stripped = {name: value.strip() for name, value in given.items()}
    try:
        company = Companies(settings, fund=call.names["fund"], topics=topics).understand(
            ImportLine(1, stripped), Tally()
        )
    except BadValue as error:
        column, _, detail = str(error).partition(": ")
        pointer = f"#/address/{ADDRESS.index(column)}" if column in ADDRESS else f"#/{column}"
        raise ApiProblem(INVALID, errors=[RequestFault(pointer=pointer, detail=detail)]) from error
    if not company.name or company.number != number:
        raise ApiProblem(INVALID, "A company has a number without blanks around it, and a name.")
    return company


def _record(company: Organisation) -> CompanyRecord:
    lines = company.address.get("lines")
    place = {name: str(company.address.get(name, "")) for name in ("postal_code", "locality", "country")}
    return CompanyRecord(
        fund=company.fund,
        number=company.number,
        name=company.name,
        language=company.language,
        topics=tuple(company.topics),
        address=tuple(map(str, lines)) if isinstance(lines, list) else (),
        state=company.state,
        created_at=company.created_at,
        updated_at=company.updated_at,
        **place,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/funds/{fund}/companies",
        scope=COMPANIES_READ,
        summary="List companies",
        description="In the order of their numbers.",
        query=PageQuery,
        answer=ResultPage[CompanyRecord],
        act=list_companies,
        refusals=(NOT_FOUND,),
    ),
    Operation(
        method="GET",
        path="/funds/{fund}/companies/{number}",
        scope=COMPANIES_READ,
        summary="Read a company",
        answer=CompanyRecord,
        act=read_company,
        refusals=(NOT_FOUND,),
    ),
    Operation(
        method="PUT",
        path="/funds/{fund}/companies/{number}",
        scope=COMPANIES_WRITE,
        summary="Register or change a company",
        description="The company is afterwards as the body says, and active.",
        body=CompanyData,
        answer=CompanyRecord,
        act=put_company,
        match="possible",
        refusals=(NOT_FOUND, CHANGED),
    ),
    Operation(
        method="POST",
        path="/funds/{fund}/companies/{number}/close",
        scope=COMPANIES_WRITE,
        summary="Close a company",
        description="Its users and administrators lose their access for it at once and are told; they keep their "
        "accounts. Invitations end.",
        body=Because,
        answer=CompanyRecord,
        act=close_one_company,
        refusals=(NOT_FOUND, STATE),
    ),
    Operation(
        method="POST",
        path="/funds/{fund}/companies/{number}/replace-administrators",
        scope=COMPANIES_WRITE,
        summary="Replace the administrators of a company",
        description="Takes the right from every administrator and writes the letter for the next one, to the "
        "registered address. The former administrators stay as users and are told.",
        body=Replacement,
        answer=IssuedInvitation,
        status=201,
        act=replace_company_administrators,
        begins_reading=True,
        refusals=(NOT_FOUND, STATE),
    ),
)
