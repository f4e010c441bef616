"""Give a person another phone number."""

from idp.actions.actor import Actor, acting
from idp.database import Transaction
from idp.notices import account
from idp.notices.notice import Occasion
from idp.organisations import organisation
from idp.people import person, phones
from idp.sessions import ending

CHANGED = "phone-changed"


def change_phone(
    tx: Transaction,
    person_id: str,
    e164: str,
    at: Occasion,
    *,
    by: Actor,
    reason: str = "",
    provisional_for: str = "",
    but: str = "",
) -> int:
    """Store a number that was proved, end every session but the one with id `but`, and tell mailbox and old number.

    `provisional_for` is the company whose administrator proved it (B-40). Returns how many sessions ended: a new number
    is a new factor (ASVS 7.4.3).
    """
    with acting(tx, by, reason=reason):
        person.hold(tx, person_id)
        change = phones.give(tx, person_id, e164, verified=True, provisional_for=provisional_for)
        company = organisation.by_id(tx, provisional_for) if provisional_for else None
        if company is None:
            account.phone_changed(tx, person_id, at, change, new=e164)
        else:
            account.phone_changed_by_company(
                tx, person_id, at, change, new=e164, company=company.name, by=person.name_of(tx, by.person_id)
            )
        return ending.end_all(tx, person_id, reason=CHANGED, but=but)


def confirm_phone(tx: Transaction, person_id: str, e164: str) -> None:
    """Mark the number as the person's own, no longer provisional: they signed in with a code sent to it."""
    with acting(tx, Actor.person(person_id)):
        person.hold(tx, person_id)
        phones.confirm(tx, person_id, e164)
