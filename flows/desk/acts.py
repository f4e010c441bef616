"""The acts of staff for a person: one row each, with its words, its role and the action behind it.

Every act asks for a reason; one that gives access back, or takes a proof away, also for how the caller's identity was
checked. The person is told by the action itself. `flows.desk.act_page` asks for the words, and `second_person` is for
the acts that need two members of staff.
"""

from functools import cache

from flows.desk import letters, own_data
from flows.desk.person_act import Given, Outcome, PersonAct
from flows.desk.records import OpenRecord
from flows.desk.refusals import NO_ADDRESS, NO_MERGE, NO_RECOVERY, NO_REPLACEMENT, ONLY_ADMINISTRATOR
from flows.desk.visit import DeskVisit
from idp.actions import closing, disabling, erasure, lost_mailbox, lost_phones, merging, passwords, recovery, unlocking
from idp.actions import end_sessions as ending
from idp.actions.erasure import OnlyAdministrator
from idp.actions.lost_mailbox import NoReplacement
from idp.actions.merging import NoMerge
from idp.actions.own_data import note_download
from idp.actions.recovery import NoRecovery
from idp.actions.remove_method import MethodRemoval, remove_method
from idp.database import Transaction
from idp.notices.notice import Occasion, without_page
from idp.organisations import opened_portals
from idp.people import email_replacements
from idp.people.email_address import Email, normalise_email
from idp.people.person import Person
from idp.provider import Provider
from idp.staff import visibility
from idp.staff.appointments import Act, Scope
from idp.staff.situation import Situation
from idp.wording import text


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
        return NO_ADDRESS  # the page has said so already
    if email_replacements.of_person(tx, found.id) is not None:
        return False
    begun = lost_mailbox.begin_email_replacement(
        tx,
        provider.registry.current(),
        found.id,
        new,
        provider.settings.server.issuer,
        by=given.visit.actor,
        reason=given.reason,
        identity=given.identity,
        even_taken=visibility.is_owned_unseen(tx, given.visit.scope(), new),
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


def _export(tx: Transaction, provider: Provider, found: Person, given: Given) -> Outcome:
    at = _occasion(tx, provider, found)
    note_download(tx, found.id, at, by=given.visit.actor, reason=given.reason)
    return own_data.handed_over(given.visit, found)


def _keep_account(tx: Transaction, provider: Provider, found: Person, given: Given) -> bool:
    at = _occasion(tx, provider, found)
    return closing.keep_account(tx, found.id, at, by=given.visit.actor, why="desk", reason=given.reason)


def _start_recovery(tx: Transaction, provider: Provider, found: Person, given: Given) -> Outcome:
    registry, visit = provider.registry.current(), given.visit
    sent = recovery.send_recovery(
        tx,
        registry,
        provider.limiter,
        found.id,
        issuer=provider.settings.server.issuer,
        seen_at=visibility.portals_of(visit.scope(), registry),
        by=visit.actor,
        reason=given.reason,
    )
    return NO_RECOVERY[sent.why] if isinstance(sent, NoRecovery) else True


def _merge(tx: Transaction, provider: Provider, found: Person, given: Given) -> Outcome:
    registry, issuer = provider.registry.current(), provider.settings.server.issuer
    by, reason = given.visit.actor, given.reason
    refused = merging.merge(tx, registry, found.id, given.other_id, issuer=issuer, by=by, reason=reason)
    return NO_MERGE[refused.why] if isinstance(refused, NoMerge) else True


def _erase(tx: Transaction, _provider: Provider, found: Person, given: Given) -> Outcome:
    erased = erasure.erase(tx, found.id, by=given.visit.actor, reason=given.reason)
    return ONLY_ADMINISTRATOR if isinstance(erased, OnlyAdministrator) else erased


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
        name="start-recovery",
        label=text("Send the link for a new password"),
        explains=text("The person gets the link at the email address on file, and proves themselves as usual."),
        done=text("The email for a new password has been sent."),
        act=Act.RECOVER,
        offered=lambda seen: seen.person.is_active and bool(seen.opened) and seen.address is not None,
        carry_out=_start_recovery,
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
        label=text("Replace the lost phone"),
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
        label=text("Replace the lost email account"),
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
        name="export",
        label=text("Make a copy of the data"),
        explains=text(
            "The person asked for everything that is held about them. You receive it as a file. "
            "Give it to them alone. They receive an email."
        ),
        act=Act.EXPORT,
        offered=lambda _seen: True,
        carry_out=_export,
        identity=True,
    ),
    PersonAct(
        name="merge",
        label=text("Merge with another account"),
        explains=text("The same person has two accounts. This one stays and takes over everything from the other one."),
        done=text("The accounts were merged. The person has been told at both addresses."),
        act=Act.MERGE,
        offered=lambda seen: seen.person.is_active,
        carry_out=_merge,
        identity=True,
        grave=True,
        by_two=True,
        other=True,
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
        by_two=True,
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
OF_ALL = frozenset({Act.ERASE, Act.EXPORT, Act.MERGE})
BY_NAME = {each.name: each for each in (*ACTS, METHOD)}


def is_within(open_: OpenRecord[Person], kind: Act) -> bool:
    """Return whether the staff's role allows this kind of act at a fund or portal through which they see the person."""
    scope = open_.visit.scope(kind)
    if scope == open_.visit.scope():
        return True
    return bool(scope) and visibility.person(open_.tx, scope, open_.row.id) is not None


def is_allowed(open_: OpenRecord[Person], act: PersonAct) -> bool:
    """Return whether the staff's role allows it for this person.

    Deleting, merging and a copy concern every fund and portal of the person, so the role must reach all of them.
    """
    return is_within(open_, act.act) and (act.act not in OF_ALL or reaches_all_of(open_.visit, act.act, open_.row.id))


def is_for_supervisors(visit: DeskVisit, act: PersonAct) -> bool:
    """Return whether the staff has to ask a supervisor for it, wherever they work."""
    return act.act in OF_ALL and not visit.may(act.act)


def allowed(open_: OpenRecord[Person], seen: Situation) -> list[PersonAct]:
    """Return the acts that make sense now and that the staff's role allows; what many of them need is asked once."""
    visit, person_id = open_.visit, open_.row.id

    @cache
    def reaches_all(scope: Scope) -> bool:
        return visibility.is_only_seen_by(visit.tx, scope, visit.registry, person_id)

    within = (act for act in ACTS if act.offered(seen) and is_within(open_, act.act))
    return [act for act in within if act.act not in OF_ALL or reaches_all(visit.scope(act.act))]


def is_within_scope(visit: DeskVisit, act: PersonAct, scope: Scope, person_id: str) -> bool:
    """Return whether somebody who may do such acts in this scope may do this one to the person."""
    if visibility.person(visit.tx, scope, person_id) is None:
        return False
    return act.act not in OF_ALL or visibility.is_only_seen_by(visit.tx, scope, visit.registry, person_id)


def reaches_all_of(visit: DeskVisit, kind: Act, person_id: str) -> bool:
    """Return whether the staff's role allows this kind of act at every fund and portal of the person."""
    return visibility.is_only_seen_by(visit.tx, visit.scope(kind), visit.registry, person_id)
