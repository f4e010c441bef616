"""The details that a portal requires of a person and that are missing, for the protocol and for the journey that asks.

Asked at every authorization, so it is one Core statement.
"""

from typing import Any

import sqlalchemy as sa

from idp.clients.policy import Policy
from idp.database import Transaction
from idp.people.person import Person
from idp.people.phone_replacements import STAYS_OPEN, PhoneReplacement
from idp.people.phones import Phone
from idp.people.terms import TermsAcceptance

NAME, HONORIFIC, BIRTH_DATE, PHONE, TERMS = "name", "honorific", "birth_date", "phone", "terms"

_REPLACED = sa.exists().where(
    PhoneReplacement.person_id == Person.id,
    PhoneReplacement.opens_at <= sa.bindparam("now"),
    PhoneReplacement.opens_at > sa.bindparam("closed"),
)
COLUMNS = (
    Person.given_name,
    Person.family_name,
    Person.honorific,
    Person.birth_date,
    Person.birth_date_in_part,
    sa.exists().where(Phone.person_id == Person.id, Phone.verified_at.is_not(None), ~_REPLACED).label("has_phone"),
    sa.exists()
    .where(
        TermsAcceptance.person_id == Person.id,
        TermsAcceptance.portal == sa.bindparam("at"),
        TermsAcceptance.version == sa.bindparam("terms"),
    )
    .label("has_accepted"),
)
"""Of a row of people; `asked` has the parameters."""
KNOWN = sa.select(*COLUMNS).where(Person.id == sa.bindparam("person"))


def missing(tx: Transaction, person_id: str, policy: Policy, *, portal: str) -> frozenset[str]:
    """Return which of NAME, HONORIFIC, BIRTH_DATE, PHONE and TERMS this portal (its client id) still needs."""
    known = tx.execute(KNOWN, {"person": person_id, **asked(tx, policy, portal=portal)}).first()
    return missing_of(known, policy) if known is not None else frozenset({NAME})


def asked(tx: Transaction, policy: Policy, *, portal: str) -> dict[str, object]:
    """Return the parameters of `COLUMNS`."""
    return {"at": portal, "terms": policy.terms_version, "now": tx.now, "closed": tx.now - STAYS_OPEN}


def missing_of(known: sa.Row[Any], policy: Policy) -> frozenset[str]:
    """Return the same of a row with `COLUMNS` that was read already."""
    needed = {
        NAME: not (known.given_name or known.family_name),
        HONORIFIC: policy.honorific == "required" and not known.honorific,
        BIRTH_DATE: policy.birth_date == "required" and not (known.birth_date or known.birth_date_in_part),
        PHONE: policy.phone == "required" and not known.has_phone,
        TERMS: bool(policy.terms_version) and not known.has_accepted,
    }
    return frozenset(name for name, is_missing in needed.items() if is_missing)
