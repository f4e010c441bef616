"""The acts of staff for a person: one row each, with its words, its role and the action behind it.

Every act asks for a reason; one that gives access back, or takes a proof away, also for how the caller's identity was
checked. The person is told by the action itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from flows.desk import find, letters, rooms
from flows.desk.records import OpenRecord
from flows.desk.visit import AfterCommit, DeskVisit
from idp.actions import closing, disabling, erasure, lost_mailbox, lost_phones, passwords, unlocking
from idp.actions import end_sessions as ending
from idp.actions.lost_mailbox import NoReplacement
from idp.actions.remove_method import MethodRemoval, removable, remove_method
from idp.database import Transaction
from idp.notices.notice import Occasion, without_page
from idp.organisations import opened_portals
from idp.people import email_replacements, emails
from idp.people.email_address import Email, normalise_email
from idp.people.person import Person
from idp.provider import Provider
from idp.staff import looks, visibility
from idp.staff.appointments import Act
from idp.staff.situation import Situation
from idp.wording import Text, text

IDENTITIES: Mapping[str, Text] = {
    "document": text("Identity document seen"),
    "called-back": text("Called back on a number from our own file"),
    "questions": text("Questions about the file answered"),
    "in-person": text("Known in person at the counter"),
}
NO_IDENTITY = text("Select how you checked who is asking.")
NO_ADDRESS = text("Enter an email address, for example anne@example.ch.")
NO_REPLACEMENT: Mapping[str, Text] = {
    "inactive": text("The account is deactivated. Activate it first."),
    "no-portal": text("This account does not open any portal."),
    "same": text("The account already has this email address."),
    "taken": text("This address belongs to another account. Find it, or ask for another address."),
}
CHANGED_MEANWHILE = text("Nothing was changed: someone else was faster, or this is no longer possible.")


@dataclass(frozen=True)
class Given:
    """The words of the clerk: `reason` holds how identity was checked as well, `address` is the new email address."""

    visit: DeskVisit
    reason: str
    identity: str
    method_id: str
    address: str


Outcome = bool | Text | AfterCommit
"""False: nothing was there to do; a `Text` says why not; an `AfterCommit` hands a file over."""


@dataclass(frozen=True, kw_only=True)
class PersonAct:
    """`offered` says whether it makes sense now. `address`: the clerk types a new email address."""

    name: str
    label: Text
    explains: Text
    done: Text
    act: Act
    offered: Callable[[Situation], bool]
    carry_out: Callable[[Transaction, Provider, Person, Given], Outcome]
    identity: bool = False
    grave: bool = False
    address: bool = False


def _unlock(tx: Transaction, _provider: Provider, found: Person, given: Given) -> bool:
    unlocking.unlock(tx, found.id, by=given.visit.actor, reason=given.reason)
    return True


def _end_sessions(tx: Transaction, _provider: Provider, found: Person, given: Given) -> bool:
    ending.end_sessions(tx, found.id, by=given.visit.actor, reason=given.reason)
    return True


def _disable(tx: Transaction, _provider: Provider, found: Person, given: Given) -> bool:
    return disabling.disable(tx, found.id, by=given.visit.actor, reason=given.reason) is not None


def _enable(tx: Transaction, _provider: Provider, found: Person, given: Given) -> bool:
    return disabling.enable(tx, found.id, by=given.visit.actor, reason=given.reason)


def _require_password(tx: Transaction, provider: Provider, found: Person, given: Given) -> bool:
    at = _occasion(tx, provider, found)
    return passwords.require_new_password(tx, found.id, at, by=given.visit.actor, reason=given.reason) is not None


def _replace_phone(tx: Transaction, provider: Provider, found: Person, given: Given) -> bool:
    lost_phones.replace_phone(
        tx,
        provider.registry.current(),
        found.id,
        issuer=provider.settings.server.issuer,
        by=given.visit.actor,
        reason=given.reason,
        identity=given.identity,
    )
    return True


def _keep_phone(tx: Transaction, provider: Provider, found: Person, given: Given) -> bool:
    registry = provider.registry.current()
    return lost_phones.keep_phone(tx, registry, found.id, by=given.visit.actor, reason=given.reason)


def _replace_email(tx: Transaction, provider: Provider, found: Person, given: Given) -> Outcome:
    new = normalise_email(given.address)
    if not isinstance(new, Email):
        return NO_ADDRESS
    if email_replacements.of_person(tx, found.id) is not None:
        return False
    owner = emails.owner(tx, new)
    is_hidden = owner != "" and visibility.person(tx, given.visit.scope(), owner) is None
    begun = lost_mailbox.begin_email_replacement(
        tx,
        provider.registry.current(),
        found.id,
        new,
        provider.settings.server.issuer,
        by=given.visit.actor,
        reason=given.reason,
        identity=given.identity,
        even_taken=is_hidden,
    )
    return NO_REPLACEMENT[begun.why] if isinstance(begun, NoReplacement) else True


def _keep_email(tx: Transaction, provider: Provider, found: Person, given: Given) -> bool:
    at = without_page(tx, found.id, provider.settings.server.issuer)
    return lost_mailbox.keep_email(tx, found.id, at, by=given.visit.actor, why="desk", reason=given.reason)


def _letter(_tx: Transaction, _provider: Provider, found: Person, given: Given) -> Outcome:
    return letters.reissue_for(given.visit, found.id, reason=given.reason)


def _remove_method(tx: Transaction, provider: Provider, found: Person, given: Given) -> bool:
    at = without_page(tx, found.id, provider.settings.server.issuer)
    registry = provider.registry.current()
    removed = remove_method(tx, registry, found.id, given.method_id, by=given.visit.actor, at=at, reason=given.reason)
    return isinstance(removed, MethodRemoval)


def _keep_account(tx: Transaction, provider: Provider, found: Person, given: Given) -> bool:
    at = _occasion(tx, provider, found)
    return closing.keep_account(tx, found.id, at, by=given.visit.actor, why="desk", reason=given.reason)


def _erase(tx: Transaction, _provider: Provider, found: Person, given: Given) -> bool:
    return erasure.erase(tx, found.id, by=given.visit.actor, reason=given.reason) is True


def _occasion(tx: Transaction, provider: Provider, found: Person) -> Occasion:
    opened = opened_portals.portals_opened_by(tx, provider.registry.current(), found.id)
    portal = next((client.client_id for client in opened), "")
    return Occasion(client_id=portal, issuer=provider.settings.server.issuer)


ACTS: tuple[PersonAct, ...] = (
    PersonAct(
        name="unlock",
        label=text("Unlock"),
        explains=text("Failed tries are forgotten, and the person can try again immediately. They receive an email."),
        done=text("Unlocked. The person has been told."),
        act=Act.UNLOCK,
        offered=lambda seen: seen.person.is_active,
        carry_out=_unlock,
        identity=True,
    ),
    PersonAct(
        name="end-sessions",
        label=text("Sign out on all devices"),
        explains=text("All sessions end, at all portals. The person is told by email and can sign in again."),
        done=text("Signed out on all devices. The person has been told."),
        act=Act.END_SESSIONS,
        offered=lambda seen: seen.person.is_active,
        carry_out=_end_sessions,
    ),
    PersonAct(
        name="require-new-password",
        label=text("Make the password invalid"),
        explains=text("Someone else may know the password. It opens nothing any more, and all sessions end."),
        done=text("The password was made invalid. The person has been told how to choose a new one."),
        act=Act.RECOVER,
        offered=lambda seen: seen.person.is_active and seen.password is not None,
        carry_out=_require_password,
    ),
    PersonAct(
        name="replace-phone",
        label=text("Phone is lost"),
        explains=text(
            "After a waiting time, the person can give a new number. "
            "A notice goes to the email address and the old number."
        ),
        done=text("The replacement has begun. The person has been told from when a new number can be given."),
        act=Act.RECOVER,
        offered=lambda seen: seen.person.is_active and seen.phone is not None and seen.phone_opens_at is None,
        carry_out=_replace_phone,
        identity=True,
    ),
    PersonAct(
        name="keep-phone",
        label=text("Keep the phone after all"),
        explains=text("The phone was found, or someone else asked for its replacement. The number stays."),
        done=text("The number stays as it is. The person has been told."),
        act=Act.RECOVER,
        offered=lambda seen: seen.phone_opens_at is not None,
        carry_out=_keep_phone,
    ),
    PersonAct(
        name="replace-email",
        label=text("Email account is lost"),
        explains=text(
            "After a waiting time, the person can confirm a new email address. "
            "A notice goes to the old address and the mobile number."
        ),
        done=text("The replacement has begun. The person has been told from when the new address can be confirmed."),
        act=Act.RECOVER,
        offered=lambda seen: seen.person.is_active and bool(seen.opened) and seen.new_address is None,
        carry_out=_replace_email,
        identity=True,
        address=True,
    ),
    PersonAct(
        name="keep-email",
        label=text("Keep the email address after all"),
        explains=text(
            "The email account can be opened again, or someone else asked for its replacement. The address stays."
        ),
        done=text("The email address stays as it is. The person has been told."),
        act=Act.RECOVER,
        offered=lambda seen: seen.new_address is not None,
        carry_out=_keep_email,
    ),
    PersonAct(
        name="letter",
        label=text("Create the letter"),
        explains=text(
            "The person needs the code of a new letter to replace the phone or the email address. "
            "You receive the letter as a file, once. An earlier letter stops working immediately."
        ),
        done=text("The letter was created."),
        act=Act.LETTERS,
        offered=lambda seen: seen.is_registered and (seen.new_address is not None or seen.phone_opens_at is not None),
        carry_out=_letter,
        identity=True,
    ),
    PersonAct(
        name="keep-account",
        label=text("Stop the deletion"),
        explains=text("The person asked to delete the account. It stays after all, and they receive an email."),
        done=text("The account stays. The person has been told."),
        act=Act.RECOVER,
        offered=lambda seen: seen.closure is not None,
        carry_out=_keep_account,
        identity=True,
    ),
    PersonAct(
        name="disable",
        label=text("Deactivate the account"),
        explains=text("Nobody can sign in any more, and all sessions end. Use this if an account was reported stolen."),
        done=text("The account was deactivated. The person has been told."),
        act=Act.DISABLE,
        offered=lambda seen: seen.person.is_active,
        carry_out=_disable,
        grave=True,
    ),
    PersonAct(
        name="enable",
        label=text("Activate the account again"),
        explains=text("The person can sign in again. Nothing that was ended comes back."),
        done=text("The account is active again. The person has been told."),
        act=Act.DISABLE,
        offered=lambda seen: not seen.person.is_active,
        carry_out=_enable,
        identity=True,
    ),
    PersonAct(
        name="erase",
        label=text("Delete the account"),
        explains=text("All data of this person is deleted. This cannot be undone. The person is told by email."),
        done=text("The account was deleted. The person has been told."),
        act=Act.ERASE,
        offered=lambda _seen: True,
        carry_out=_erase,
        identity=True,
        grave=True,
    ),
)
METHOD = PersonAct(
    name="remove-method",
    label=text("Remove the sign-in method"),
    explains=text("The person lost it, or someone else has it. All sessions end, and the person is told by email."),
    done=text("The sign-in method was removed. The person has been told."),
    act=Act.METHODS,
    offered=lambda _seen: True,
    carry_out=_remove_method,
    identity=True,
    grave=True,
)
BY_NAME = {each.name: each for each in (*ACTS, METHOD)}


def is_within(open_: OpenRecord[Person], kind: Act) -> bool:
    """Return whether the staff's role allows this kind of act at a fund or portal through which they see the person."""
    scope = open_.visit.scope(kind)
    if scope == open_.visit.scope():
        return True
    return bool(scope) and visibility.person(open_.tx, scope, open_.row.id) is not None


def is_allowed(open_: OpenRecord[Person], act: PersonAct) -> bool:
    """Return whether the staff's role allows it for this person.

    Deleting concerns every fund and portal of the person, so the role must reach all of them.
    """
    if not is_within(open_, act.act):
        return False
    visit = open_.visit
    return act.act != Act.ERASE or visibility.is_only_seen_by(
        visit.tx, visit.scope(Act.ERASE), visit.registry, open_.row.id
    )


def act_named(open_: OpenRecord[Person], name: str) -> PersonAct:
    """Return the act; 404 for one that does not exist or is not allowed here."""
    act = BY_NAME.get(name)
    if act is None or not is_allowed(open_, act):
        raise NotFound
    return act


def ask(open_: OpenRecord[Person], name: str, errors: Mapping[str, Text] | None = None) -> AnyResponse:
    """The page that says what the act does, and asks for reason and identity."""
    act, method = act_named(open_, name), request.values.get("method", "")
    chosen = next((each for each in removable(open_.tx, open_.row.id) if each.id == method), None)
    if act is METHOD and chosen is None:
        raise NotFound
    return open_.visit.page(
        "act.html",
        rooms.FIND,
        status=422 if errors else 200,
        record=open_,
        act=act,
        chosen=chosen,
        identities=IDENTITIES,
        back=find.address(looks.PERSON, open_.row.id),
        errors=errors or {},
        typed=request.form if errors else {},
    )


def carry_out(open_: OpenRecord[Person], name: str) -> AnyResponse | AfterCommit:
    """Do it, and show the person's page with what was done; a file is handed over instead."""
    act, reason, identity = act_named(open_, name), find.reason_of(), request.form.get("identity", "")
    errors: dict[str, Text] = {}
    if not reason:
        errors["reason"] = find.NO_REASON
    if act.identity and identity not in IDENTITIES:
        errors["identity"] = NO_IDENTITY
    if errors:
        return ask(open_, name, errors)
    checked = IDENTITIES[identity].msgid if act.identity else ""
    whole = f"{reason} ({checked})" if checked else reason
    given = Given(open_.visit, whole, checked, request.form.get("method", ""), request.form.get("email", ""))
    outcome = act.carry_out(open_.tx, open_.visit.provider, open_.row, given)
    if isinstance(outcome, AfterCommit):
        return outcome
    if outcome is not True:
        refusal = outcome if isinstance(outcome, Text) else CHANGED_MEANWHILE
        return ask(open_, name, {"email" if act.address else "reason": refusal})
    if act.act == Act.ERASE:
        return redirect(f"{rooms.HOME}?done=erase", 303)
    return redirect(f"{find.address(looks.PERSON, open_.row.id)}?done={act.name}", 303)
