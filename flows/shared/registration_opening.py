"""The registration that a code opens, and its person: the one lookup behind all pages of a registration."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flows.engine.facts import merged
from flows.engine.run import Run
from flows.shared.facts import Facts
from idp.database import Transaction
from idp.invitations import redemption
from idp.invitations.redemption import UnusableCode
from idp.invitations.registration_code import Channel, RegistrationCodeDetails, RegistrationCodeKind
from idp.organisations import membership, memberships, organisation
from idp.people import insured


@dataclass(frozen=True, kw_only=True)
class RegistrationOpening:
    """`email` is set if the code itself came to that mailbox, `phone` if an administrator had it proved.

    `owner` is the id of the insured person who has an account already: the letter is for that one only.
    `company` and `topics` are empty for insured persons.
    """

    code: RegistrationCodeDetails
    given_name: str = ""
    family_name: str = ""
    email: str = ""
    phone: str = ""
    owner: str = ""
    organisation_id: str = ""
    company: str = ""
    topics: tuple[str, ...] = ()


def of_run(run: Run) -> RegistrationOpening | None:
    """Return the registration that this run's code opens; None if it was used, replaced, withdrawn or expired."""
    found = redemption.by_id(run.tx, run.known(Facts).registration, client_id=run.client.client_id)
    return None if isinstance(found, UnusableCode) else of_code(run.tx, found.code)


def of_code(tx: Transaction, code: RegistrationCodeDetails) -> RegistrationOpening | None:
    """Return the registration that a usable code opens; None if its subject is gone or was served."""
    if code.kind == RegistrationCodeKind.INSURED:
        return _of_insured(tx, code)
    if code.kind == RegistrationCodeKind.ADMINISTRATOR:
        return _of_company(tx, code, code.subject_id)
    return _of_invited(tx, code)


def fund_that_wrote(tx: Transaction, results: Iterable[Mapping[str, object]]) -> str:
    """Return the fund that issued the code of these results, whatever became of it; empty before there is one."""
    code_id = merged(Facts, results).registration
    return redemption.fund_of(tx, code_id) if code_id else ""


def _of_insured(tx: Transaction, code: RegistrationCodeDetails) -> RegistrationOpening | None:
    found = insured.by_id(tx, code.subject_id)
    if found is None:
        return None
    particulars = found.particulars
    return RegistrationOpening(
        code=code, owner=found.person_id, given_name=particulars.given_name, family_name=particulars.family_name
    )


def _of_company(tx: Transaction, code: RegistrationCodeDetails, organisation_id: str) -> RegistrationOpening | None:
    company = organisation.by_id(tx, organisation_id)
    if company is None or company.state != organisation.ACTIVE:
        return None
    return RegistrationOpening(
        code=code, organisation_id=company.id, company=company.name, topics=tuple(company.topics)
    )


def _of_invited(tx: Transaction, code: RegistrationCodeDetails) -> RegistrationOpening | None:
    invited = memberships.by_id(tx, code.subject_id)
    if invited is None or invited.state != membership.INVITED:
        return None
    company = _of_company(tx, code, invited.organisation_id)
    if company is None:
        return None
    return RegistrationOpening(
        code=code,
        given_name=invited.invited_as_given_name,
        family_name=invited.invited_as_family_name,
        email=invited.invited_as_email if code.channel == Channel.EMAIL else "",
        phone=invited.invited_as_phone,
        organisation_id=company.organisation_id,
        company=company.company,
    )
