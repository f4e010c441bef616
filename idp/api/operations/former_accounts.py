"""Accounts of a portal's former directory: whether they have migrated, and whether they may again."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from idp.actions.actor import acting
from idp.api import visibility
from idp.api.operation import Because, Call, Operation
from idp.api.paging import PageQuery, ResultPage, page_of
from idp.api.problem import NOT_FOUND, STATE, ApiProblem
from idp.api.rights import FORMER_ACCOUNTS_READ, FORMER_ACCOUNTS_WRITE
from idp.database import Transaction
from idp.people import legacy
from idp.people.legacy import LegacyAccount

State = Literal["", "open", "closed", "locked", "migrated", "contested"]


class FormerAccountRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A former account. `person` is who migrated it, as far as you see them."""

    identifier: str
    state: str
    imported_at: datetime
    migrated_at: datetime | None
    person: str | None


class FormerAccountQuery(PageQuery, frozen=True, kw_only=True):
    state: Annotated[State, msgspec.Meta(description="Only those in this state.")] = ""


def list_former_accounts(call: Call, tx: Transaction) -> ResultPage[FormerAccountRecord]:
    asked, portal = call.query(FormerAccountQuery), call.names["portal"]
    found = legacy.of_portal(tx, portal, state=asked.state, after=asked.cursor, limit=asked.limit + 1)
    return page_of(found, asked.limit, cursor=lambda each: each.key, shown=lambda each: _record(call, tx, each))


def read_former_account(call: Call, tx: Transaction) -> FormerAccountRecord:
    return _record(call, tx, _account(call, tx))


def reopen_former_account(call: Call, tx: Transaction) -> FormerAccountRecord:
    account = _account(call, tx)
    with acting(tx, call.caller.actor, reason=call.reason):
        if not legacy.reopen(tx, account.portal, account.identifier, reason=call.reason):
            raise ApiProblem(STATE, f"The account is {account.state}.")
    return _record(call, tx, account)


def _account(call: Call, tx: Transaction) -> LegacyAccount:
    found = legacy.find(tx, call.names["portal"], call.names["identifier"])
    if found is None:
        raise ApiProblem(NOT_FOUND)
    return found


def _record(call: Call, tx: Transaction, account: LegacyAccount) -> FormerAccountRecord:
    owner = visibility.find(tx, call.caller, account.person_id) if account.person_id else None
    return FormerAccountRecord(
        identifier=account.identifier,
        state=account.state,
        imported_at=account.imported_at,
        migrated_at=account.migrated_at,
        person=owner.id if owner is not None else None,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/portals/{portal}/former-accounts",
        scope=FORMER_ACCOUNTS_READ,
        summary="List former accounts",
        description="In the order of their identifiers.",
        query=FormerAccountQuery,
        answer=ResultPage[FormerAccountRecord],
        act=list_former_accounts,
        refusals=(NOT_FOUND,),
    ),
    Operation(
        method="GET",
        path="/portals/{portal}/former-accounts/{identifier}",
        scope=FORMER_ACCOUNTS_READ,
        summary="Read a former account",
        answer=FormerAccountRecord,
        act=read_former_account,
        refusals=(NOT_FOUND,),
    ),
    Operation(
        method="POST",
        path="/portals/{portal}/former-accounts/{identifier}/reopen",
        scope=FORMER_ACCOUNTS_WRITE,
        summary="Let a former account migrate again",
        description="After its migration was contested, and once its owner is known.",
        body=Because,
        answer=FormerAccountRecord,
        act=reopen_former_account,
        refusals=(NOT_FOUND, STATE),
    ),
)
