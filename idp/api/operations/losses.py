"""Help for persons who lost something: a link for a new password, a method removed, a phone or mailbox replaced.

And their wishes: an account deleted or kept, a consent taken back.
"""

from datetime import datetime
from typing import Annotated

import msgspec

from idp.actions import closing, consents, erasure, lost_mailbox, lost_phones, recovery
from idp.actions.erasure import OnlyAdministrator
from idp.actions.lost_mailbox import NoReplacement
from idp.actions.recovery import NoRecovery
from idp.actions.remove_method import MethodRemoval, removable, remove_method
from idp.api import visibility
from idp.api.operation import Because, Call, Operation, Reason
from idp.api.operations.members import TypedEmail
from idp.api.operations.persons import PersonRecord, after, person_act, unchanged
from idp.api.problem import (
    CHANGED,
    ELSEWHERE,
    INVALID,
    LAST_ADMINISTRATOR,
    NOT_FOUND,
    STATE,
    TOO_MANY,
    ApiProblem,
    RequestFault,
)
from idp.api.rights import PERSONS_ERASE, PERSONS_READ, PERSONS_WRITE
from idp.database import Transaction
from idp.notices.notice import without_page
from idp.people import email_replacements, phone_replacements, phones
from idp.people.email_address import Email, normalise_email
from idp.settings import Section
from idp.staff import visibility as desk


class MethodRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A way to sign in. `kind` is as in `methods` of the person; `name` is masked for a phone."""

    id: str
    kind: str
    name: str
    added_at: datetime
    last_used_at: datetime | None


class MethodList(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[MethodRecord, ...]


Identity = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S", examples=["passport seen"])]


class PhoneLoss(Section, frozen=True, kw_only=True):
    """A lost phone. `identity` says how you know who told you."""

    reason: Reason
    identity: Identity


class MailboxLoss(Section, frozen=True, kw_only=True):
    """A lost mailbox, and the address of the person's new one. `identity` says how you know who told you."""

    email: TypedEmail
    reason: Reason
    identity: Identity


class StartedWait(msgspec.Struct, frozen=True, kw_only=True):
    """`opens_at` is from when on the person can go on; it may have come already."""

    opens_at: datetime


def list_methods(call: Call, tx: Transaction) -> MethodList:
    found = visibility.get(tx, call.caller, call.names["person"])
    return MethodList(
        items=tuple(
            MethodRecord(
                id=each.id,
                kind=each.method,
                name=each.name,
                added_at=each.added_at,
                last_used_at=each.last_used_at,
            )
            for each in removable(tx, found.id)
        )
    )


def remove_method_of_person(call: Call, tx: Transaction) -> PersonRecord:
    found, provider = unchanged(call, tx), call.provider
    at, by = without_page(tx, found.id, provider.settings.server.issuer), call.caller.actor
    registry, method = provider.registry.current(), call.names["method"]
    removed = remove_method(tx, registry, found.id, method, by=by, at=at, reason=call.reason)
    if not isinstance(removed, MethodRemoval):
        raise ApiProblem(NOT_FOUND)
    return after(call, tx, found)


def replace_phone_of_person(call: Call, tx: Transaction) -> StartedWait:
    found, asked, provider = visibility.get(tx, call.caller, call.names["person"]), call.body(PhoneLoss), call.provider
    tx.session.refresh(found, with_for_update=True)
    if not found.is_active or phones.of_person(tx, found.id) is None:
        raise ApiProblem(STATE, "The account is not active, or has no phone.")
    if phone_replacements.is_begun(tx, found.id):
        raise ApiProblem(STATE, "A replacement is under way already.")
    opens_at = lost_phones.replace_phone(
        tx,
        provider.registry.current(),
        found.id,
        issuer=provider.settings.server.issuer,
        by=call.caller.actor,
        reason=f"{asked.reason} ({asked.identity})",
        identity=asked.identity,
    )
    return StartedWait(opens_at=opens_at)


def keep_phone_of_person(call: Call, tx: Transaction) -> PersonRecord:
    found = unchanged(call, tx)
    registry = call.provider.registry.current()
    if not lost_phones.keep_phone(tx, registry, found.id, by=call.caller.actor, reason=call.reason):
        raise ApiProblem(STATE, "No replacement is under way.")
    return after(call, tx, found)


def replace_email_of_person(call: Call, tx: Transaction) -> StartedWait:
    """An address of someone whom the program does not see is taken like a free one: only its reader learns of it."""
    found, asked, provider = (
        visibility.get(tx, call.caller, call.names["person"]),
        call.body(MailboxLoss),
        call.provider,
    )
    new = normalise_email(asked.email)
    if not isinstance(new, Email):
        fault = RequestFault(pointer="#/email", detail=new.msgid % (new.values or {}))
        raise ApiProblem(INVALID, errors=[fault])
    tx.session.refresh(found, with_for_update=True)
    if email_replacements.of_person(tx, found.id) is not None:
        raise ApiProblem(STATE, "A replacement is under way already.")
    begun = lost_mailbox.begin_email_replacement(
        tx,
        provider.registry.current(),
        found.id,
        new,
        provider.settings.server.issuer,
        by=call.caller.actor,
        reason=f"{asked.reason} ({asked.identity})",
        identity=asked.identity,
        even_taken=desk.is_owned_unseen(tx, visibility.reach_of(call.caller), new),
    )
    if isinstance(begun, NoReplacement):
        raise ApiProblem(STATE, f"The mailbox cannot be replaced: {begun.why}.")
    return StartedWait(opens_at=begun.opens_at)


def keep_email_of_person(call: Call, tx: Transaction) -> PersonRecord:
    found, by = unchanged(call, tx), call.caller.actor
    at = without_page(tx, found.id, call.provider.settings.server.issuer)
    if not lost_mailbox.keep_email(tx, found.id, at, by=by, why="desk", reason=call.reason):
        raise ApiProblem(STATE, "No replacement is under way.")
    return after(call, tx, found)


def keep_account_of_person(call: Call, tx: Transaction) -> PersonRecord:
    found, by = unchanged(call, tx), call.caller.actor
    at = without_page(tx, found.id, call.provider.settings.server.issuer)
    if not closing.keep_account(tx, found.id, at, by=by, why=closing.DESK, reason=call.reason):
        raise ApiProblem(STATE, "Nobody asked to delete the account.")
    return after(call, tx, found)


def withdraw_consent_of_person(call: Call, tx: Transaction) -> PersonRecord:
    found, by, portal = unchanged(call, tx), call.caller.actor, call.names["portal"]
    if not consents.withdraw_consent(tx, found.id, portal, by=by, reason=call.reason):
        raise ApiProblem(STATE, "The person has allowed the portal nothing.")
    return after(call, tx, found)


def start_recovery(call: Call, tx: Transaction) -> StartedWait:
    found, provider = visibility.get(tx, call.caller, call.names["person"]), call.provider
    sent = recovery.send_recovery(
        tx,
        provider.registry.current(),
        provider.limiter,
        found.id,
        issuer=provider.settings.server.issuer,
        seen_at=call.caller.access.portals,
        by=call.caller.actor,
        reason=call.reason,
    )
    if isinstance(sent, NoRecovery):
        raise ApiProblem(TOO_MANY if sent.why == "too-many" else STATE, f"No link can be sent: {sent.why}.")
    return StartedWait(opens_at=sent.opens_at)


def erase_person(call: Call, tx: Transaction) -> None:
    """Like the desk, a program deletes only people whom nobody else has."""
    found, registry = unchanged(call, tx), call.provider.registry.current()
    if not desk.is_only_seen_by(tx, visibility.reach_of(call.caller), registry, found.id):
        raise ApiProblem(ELSEWHERE, "The person belongs to other funds or portals too: ask the helpdesk.")
    if isinstance(erasure.erase(tx, found.id, by=call.caller.actor, reason=call.reason), OnlyAdministrator):
        raise ApiProblem(LAST_ADMINISTRATOR)


OPERATIONS = (
    Operation(
        method="GET",
        path="/persons/{person}/methods",
        scope=PERSONS_READ,
        summary="List the sign-in methods of a person",
        description="Passkeys, authenticator apps, the list of recovery codes, and the phone.",
        answer=MethodList,
        act=list_methods,
        refusals=(NOT_FOUND,),
    ),
    person_act(
        "methods/{method}/remove",
        remove_method_of_person,
        "Remove a sign-in method",
        "Also the last one that a portal demands: arrange a new start. All sessions end, and the person is told.",
    ),
    Operation(
        method="POST",
        path="/persons/{person}/replace-phone",
        scope=PERSONS_WRITE,
        summary="Begin to replace a lost phone",
        description="After the waiting time of the person's portals they can give a new number. Mailbox and old number "
        "are told, and whoever signs in with the old phone meanwhile stops it.",
        body=PhoneLoss,
        answer=StartedWait,
        act=replace_phone_of_person,
        refusals=(NOT_FOUND, STATE),
    ),
    Operation(
        method="POST",
        path="/persons/{person}/replace-email",
        scope=PERSONS_WRITE,
        summary="Begin to replace a lost mailbox",
        description="After the waiting time the reader of the new mailbox confirms it. The old one and the phone are "
        "told.",
        body=MailboxLoss,
        answer=StartedWait,
        act=replace_email_of_person,
        refusals=(NOT_FOUND, STATE),
    ),
    person_act(
        "keep-email", keep_email_of_person, "Keep a mailbox after all", "The address stays. The person is told."
    ),
    person_act(
        "keep-account",
        keep_account_of_person,
        "Stop a deletion",
        "The person asked to delete the account, and is told.",
    ),
    person_act(
        "consents/{portal}/withdraw",
        withdraw_consent_of_person,
        "Take back a consent",
        "What the portal holds for the person ends. They are told, and asked again at the next sign-in there.",
    ),
    person_act("keep-phone", keep_phone_of_person, "Keep a phone after all", "The number stays. The person is told."),
    Operation(
        method="POST",
        path="/persons/{person}/start-recovery",
        scope=PERSONS_WRITE,
        summary="Send the link for a new password",
        description="To the address on file. The second proof and the waiting time are those of the person's own "
        "request; nobody but the person sees the link or a code.",
        body=Because,
        answer=StartedWait,
        act=start_recovery,
        refusals=(NOT_FOUND, STATE),
    ),
    Operation(
        method="POST",
        path="/persons/{person}/erase",
        scope=PERSONS_ERASE,
        summary="Delete an account",
        description="All data of the person are deleted, which cannot be undone. Only for people who belong to none "
        "but your funds and portals. The person is told.",
        body=Because,
        status=204,
        act=erase_person,
        match="possible",
        refusals=(NOT_FOUND, ELSEWHERE, LAST_ADMINISTRATOR, CHANGED),
    ),
)
