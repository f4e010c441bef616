"""What a portal asks of a person and does not have yet: one answer for the protocol and for the journey that asks."""

from idp.clients.policy import Policy
from idp.database import Transaction
from idp.people import person, phones, terms

NAME, HONORIFIC, BIRTH_DATE, PHONE, TERMS = "name", "honorific", "birth_date", "phone", "terms"


def missing(tx: Transaction, person_id: str, policy: Policy, *, portal: str) -> frozenset[str]:
    """Which of NAME, HONORIFIC, BIRTH_DATE, PHONE and TERMS this portal (its client id) still needs."""
    found = person.by_id(tx, person_id)
    if found is None:
        return frozenset({NAME})
    needed = {
        NAME: not found.full_name,
        HONORIFIC: policy.honorific == "required" and not found.honorific,
        BIRTH_DATE: policy.birth_date == "required" and found.birth_date is None,
        PHONE: policy.phone == "required" and not _has_proved_phone(tx, person_id),
        TERMS: not terms.has_accepted(tx, person_id, portal, policy.terms_version),
    }
    return frozenset(name for name, is_missing in needed.items() if is_missing)


def _has_proved_phone(tx: Transaction, person_id: str) -> bool:
    phone = phones.of_person(tx, person_id)
    return phone is not None and phone.verified_at is not None
