"""Letters with activation codes: issued, issued again, withdrawn, followed; and their campaigns."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from idp import random_values
from idp.actions import invitations
from idp.actions import letters as actions
from idp.api.letters import MEANWHILE, Format, LetterDocument, at_once, document, letters_of
from idp.api.operation import Because, Call, Conclusion, Operation, Reason, Unfinished
from idp.api.paging import PageQuery, ResultPage, page_of
from idp.api.problem import NOT_FOUND, STATE, ApiProblem
from idp.api.rights import LETTERS_READ, LETTERS_WRITE
from idp.database import Transaction
from idp.invitations import campaigns, status
from idp.invitations.campaigns import Campaign
from idp.invitations.letters import print_run
from idp.invitations.letters.fund_letters import FundLetters
from idp.invitations.letters.print_run import SkippedNumber
from idp.invitations.status import CodeFilter, InsuredLetter
from idp.people.insured import InsuredDetails
from idp.settings import Section
from idp.wording import SOURCE_LANGUAGE

LARGEST = 100
"""Letters of one request: their codes are drawn in one transaction, and their pages made while the caller waits."""

State = Literal["", "created", "sent", "opened", "used", "expired", "withdrawn", "replaced"]
RegisterNumber = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class LetterRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A letter, without its code. `number` is the reader's in the fund's register."""

    reference: str
    number: str
    state: str
    campaign: str
    language: str
    issued_at: datetime
    valid_until: datetime
    sent_at: datetime | None
    opened_at: datetime | None
    used_at: datetime | None
    ended_at: datetime | None


class CampaignRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Letters that were ordered at once. `letters` counts them by state."""

    id: str
    fund: str
    reason: str
    created_at: datetime
    finished_at: datetime | None
    letters: dict[str, int]


class LetterQuery(PageQuery, frozen=True, kw_only=True):
    number: Annotated[str, msgspec.Meta(max_length=200, description="Only those to this number of the register.")] = ""
    campaign: Annotated[str, msgspec.Meta(max_length=40, description="Only those of this campaign.")] = ""
    state: Annotated[State, msgspec.Meta(description="Only those in this state now.")] = ""


class LetterOptions(Section, frozen=True, kw_only=True):
    """`replace`: also for people who hold a letter that is still valid; it dies. `format`: see the answer."""

    reason: Reason
    replace: bool = False
    format: Format = "pdf"


class NewLetters(LetterOptions, frozen=True, kw_only=True):
    numbers: Annotated[
        tuple[RegisterNumber, ...],
        msgspec.Meta(min_length=1, max_length=LARGEST, description="Numbers in the fund's register."),
    ]


class IssuedLetterRecord(msgspec.Struct, frozen=True, kw_only=True):
    number: str
    reference: str
    valid_until: datetime


class SkippedNumberRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A number that got no letter, and why."""

    number: str
    reason: str


class IssuedLetters(msgspec.Struct, frozen=True, kw_only=True):
    """`campaign` and `document` are null where nobody got a letter."""

    campaign: str | None
    letters: tuple[IssuedLetterRecord, ...]
    skipped: tuple[SkippedNumberRecord, ...]
    document: LetterDocument | None


def list_letters(call: Call, tx: Transaction) -> ResultPage[LetterRecord]:
    asked = call.query(LetterQuery)
    only = CodeFilter(state=asked.state, before=asked.cursor)
    named = {"number": asked.number, "campaign": asked.campaign}
    found = status.letters(tx, call.names["fund"], only, limit=asked.limit + 1, **named)
    return page_of(found, asked.limit, cursor=lambda each: each.code.id, shown=lambda each: _record(each, tx.now))


def read_letter(call: Call, tx: Transaction) -> LetterRecord:
    return _record(_letter(call, tx), tx.now)


def withdraw_letter(call: Call, tx: Transaction) -> LetterRecord:
    found = _letter(call, tx)
    if not invitations.withdraw_code(tx, found.code, by=call.caller.actor, reason=call.reason):
        raise ApiProblem(STATE, f"The letter is {found.code.state_at(tx.now)}.")
    return read_letter(call, tx)


def issue_letters(call: Call, tx: Transaction) -> IssuedLetters | Unfinished:
    """Choose the readers, draw their codes and make the pages; then store all of it with the answer."""
    asked, fund = call.body(NewLetters), letters_of(call)
    numbers = [number.strip() for number in asked.numbers]
    readers, skipped = print_run.select(tx, fund.order("", replace_live=asked.replace), numbers)
    left_out = _left_out(call, skipped)
    if not readers:
        return IssuedLetters(campaign=None, letters=(), skipped=left_out, document=None)
    return Unfinished(lambda: _print(call, asked, fund, readers, left_out))


def _print(
    call: Call,
    asked: NewLetters,
    fund: FundLetters,
    readers: Sequence[InsuredDetails],
    left_out: tuple[SkippedNumberRecord, ...],
) -> Conclusion:
    now = call.provider.clock.now()
    order = fund.order(random_values.new_id(now), replace_live=asked.replace)
    drawn = print_run.draw_unstored(order, readers, now=now, expires_at=print_run.expiry(order, now))
    printed = document(print_run.letters(order, drawn), asked.format)

    def conclude(tx: Transaction) -> IssuedLetters:
        with at_once(tx):
            if not actions.issue_printed(tx, order, drawn, by=call.caller.actor, reason=asked.reason):
                raise ApiProblem(STATE, MEANWHILE)
        issued = tuple(
            IssuedLetterRecord(
                number=each.reader.number, reference=each.issued.reference, valid_until=each.issued.expires_at
            )
            for each in drawn
        )
        return IssuedLetters(campaign=order.campaign_id, letters=issued, skipped=left_out, document=printed)

    return conclude


def list_campaigns(call: Call, tx: Transaction) -> ResultPage[CampaignRecord]:
    asked = call.query(PageQuery)
    found = campaigns.newest(tx, fund=call.names["fund"], limit=asked.limit + 1, before=asked.cursor)
    return page_of(found, asked.limit, cursor=lambda each: each.id, shown=_campaign)


def read_campaign(call: Call, tx: Transaction) -> CampaignRecord:
    found = campaigns.newest(tx, fund=call.names["fund"], limit=1, only=call.names["campaign"])
    if not found:
        raise ApiProblem(NOT_FOUND)
    return _campaign(found[0])


def _letter(call: Call, tx: Transaction) -> InsuredLetter:
    found = status.letters(tx, call.names["fund"], CodeFilter(reference=call.names["reference"]), limit=1)
    if not found:
        raise ApiProblem(NOT_FOUND)
    return found[0]


def _record(letter: InsuredLetter, now: datetime) -> LetterRecord:
    code = letter.code
    return LetterRecord(
        reference=code.reference,
        number=letter.number,
        state=code.state_at(now),
        campaign=code.campaign_id,
        language=code.language,
        issued_at=code.created_at,
        valid_until=code.expires_at,
        sent_at=code.sent_at,
        opened_at=code.opened_at,
        used_at=code.used_at,
        ended_at=code.ended_at,
    )


def _campaign(each: Campaign) -> CampaignRecord:
    return CampaignRecord(
        id=each.id,
        fund=each.fund,
        reason=each.reason,
        created_at=each.created_at,
        finished_at=each.finished_at,
        letters=each.states,
    )


def _left_out(call: Call, skipped: Sequence[SkippedNumber]) -> tuple[SkippedNumberRecord, ...]:
    words = call.provider.wording.translator(SOURCE_LANGUAGE)
    return tuple(SkippedNumberRecord(number=each.number, reason=words(each.reason)) for each in skipped)


OPERATIONS = (
    Operation(
        method="GET",
        path="/funds/{fund}/letters",
        scope=LETTERS_READ,
        summary="List letters",
        description="The newest first.",
        query=LetterQuery,
        answer=ResultPage[LetterRecord],
        act=list_letters,
        refusals=(NOT_FOUND,),
    ),
    Operation(
        method="POST",
        path="/funds/{fund}/letters",
        scope=LETTERS_WRITE,
        summary="Issue letters",
        description="People who have an account or hold a valid letter are left out, with the reason. With `replace` "
        "they get another letter, and the one they hold dies. The document holds codes in clear: print it, and "
        "delete it. Send an Idempotency-Key: a repeated request then brings the same document.",
        body=NewLetters,
        answer=IssuedLetters,
        status=201,
        act=issue_letters,
        begins_reading=True,
        refusals=(NOT_FOUND, STATE),
    ),
    Operation(
        method="GET",
        path="/funds/{fund}/letters/{reference}",
        scope=LETTERS_READ,
        summary="Read a letter",
        answer=LetterRecord,
        act=read_letter,
        refusals=(NOT_FOUND,),
    ),
    Operation(
        method="POST",
        path="/funds/{fund}/letters/{reference}/withdraw",
        scope=LETTERS_WRITE,
        summary="Withdraw a letter",
        description="Its code is refused from now on.",
        body=Because,
        answer=LetterRecord,
        act=withdraw_letter,
        refusals=(NOT_FOUND, STATE),
    ),
    Operation(
        method="GET",
        path="/funds/{fund}/campaigns",
        scope=LETTERS_READ,
        summary="List campaigns of letters",
        description="The newest first. A campaign is the letters of one request, or of one order at the desk.",
        query=PageQuery,
        answer=ResultPage[CampaignRecord],
        act=list_campaigns,
        refusals=(NOT_FOUND,),
    ),
    Operation(
        method="GET",
        path="/funds/{fund}/campaigns/{campaign}",
        scope=LETTERS_READ,
        summary="Read a campaign",
        answer=CampaignRecord,
        act=read_campaign,
        refusals=(NOT_FOUND,),
    ),
)
