"""The parts of the file about the person: names, identifiers, portals, consents, companies, letters."""

from collections.abc import Iterator

import sqlalchemy as sa

from flows.account.export.section import DataLine, DataSubject
from idp.grants import consents
from idp.invitations.registration_code import RegistrationCode, read_code, select_codes
from idp.organisations import memberships, organisation
from idp.people import closures, email_replacements, emails, enrolments, insured, person, phones
from idp.people.email_changes import EmailChange
from idp.people.insured import InsuredPerson
from idp.people.legacy import LegacyAccount
from idp.people.portal_identifiers import PortalIdentifier
from idp.people.terms import TermsAcceptance
from idp.wording import text


def particulars(subject: DataSubject) -> Iterator[DataLine]:
    found = person.by_id(subject.tx, subject.person_id)
    if found is None:
        return
    yield {"what": text("Account number"), "value": found.id, "since": found.created_at}
    yield {"what": text("First name"), "value": found.given_name}
    yield {"what": text("Last name"), "value": found.family_name}
    yield {"what": text("Title"), "value": found.honorific}
    yield {"what": text("Date of birth"), "value": found.born.isoformat() if found.born is not None else ""}
    yield {"what": text("Language"), "value": found.language}
    yield {"what": text("Last sign-in"), "at": found.last_sign_in_at}
    for name, value in found.claims.items():
        yield {"what": name, "value": str(value)}
    closure = closures.of_person(subject.tx, subject.person_id)
    if closure is not None:
        yield {"what": text("Deletion of the account requested"), "at": closure.asked_at, "until": closure.due_at}


def identifiers(subject: DataSubject) -> Iterator[DataLine]:
    tx, person_id = subject.tx, subject.person_id
    address, phone = emails.of_person(tx, person_id), phones.of_person(tx, person_id)
    if address is not None:
        yield {"what": text("Email address"), "value": address.address, "since": address.changed_at}
    for change in tx.session.scalars(sa.select(EmailChange).where(EmailChange.person_id == person_id)):
        yield {"what": text("Email address"), "value": change.old, "until": change.changed_at}
    replacement = email_replacements.of_person(tx, person_id)
    if replacement is not None:
        yield {"what": text("Email address"), "value": replacement.address, "since": replacement.opens_at}
    if phone is not None:
        yield {"what": text("Mobile number"), "value": phone.number, "since": phone.changed_at}
    for own in tx.session.scalars(sa.select(PortalIdentifier).where(PortalIdentifier.person_id == person_id)):
        portal = subject.portal(own.portal)
        yield {"what": text("User ID"), "value": own.value, "portal": portal, "since": own.attached_at}
    for old in tx.session.scalars(sa.select(LegacyAccount).where(LegacyAccount.person_id == person_id)):
        portal = subject.portal(old.portal)
        yield {"what": text("Old user ID"), "value": old.identifier, "portal": portal, "until": old.migrated_at}


def portals(subject: DataSubject) -> Iterator[DataLine]:
    for each in enrolments.of_person(subject.tx, subject.person_id):
        yield {"what": text("Account at a portal"), "portal": subject.portal(each.portal), "since": each.enrolled_at}
    accepted = sa.select(TermsAcceptance).where(TermsAcceptance.person_id == subject.person_id)
    for terms in subject.tx.session.scalars(accepted.order_by(TermsAcceptance.accepted_at)):
        portal, what = subject.portal(terms.portal), text("Terms of use accepted")
        yield {"what": what, "value": terms.version, "portal": portal, "at": terms.accepted_at}
    for consent in consents.of_person(subject.tx, subject.person_id):
        portal, what = subject.portal(consent.client_id), text("Access to your data allowed")
        yield {"what": what, "value": " ".join(sorted(consent.scopes)), "portal": portal, "since": consent.granted_at}


def companies(subject: DataSubject) -> Iterator[DataLine]:
    for membership in memberships.of_person(subject.tx, subject.person_id):
        company = organisation.by_id(subject.tx, membership.organisation_id)
        rights = ["administrator"] if membership.is_administrator else []
        yield {
            "what": company.name if company is not None else membership.organisation_id,
            "value": ", ".join([*rights, *membership.topics]),
            "state": membership.state,
            "since": membership.created_at,
        }


def letters(subject: DataSubject) -> Iterator[DataLine]:
    """Yield the entries in the registers of funds, and the letters and invitations that were meant for the person."""
    tx, person_id = subject.tx, subject.person_id
    entries = tx.session.scalars(sa.select(InsuredPerson).where(InsuredPerson.person_id == person_id)).all()
    for entry in entries:
        found = insured.by_id(tx, entry.id)
        yield {"what": text("Register of the fund"), "value": f"{entry.fund} {entry.number}", "at": entry.imported_at}
        for name, value in _known(found.particulars) if found is not None else ():
            yield {"what": name, "value": value}
    theirs = sa.or_(
        RegistrationCode.person_id == person_id, RegistrationCode.subject_id.in_([entry.id for entry in entries])
    )
    for row in tx.execute(select_codes().where(theirs).order_by(RegistrationCode.created_at)):
        code = read_code(row)
        yield {
            "what": f"{code.kind}, {code.channel}",
            "portal": subject.portal(code.client_id),
            "reference": code.reference,
            "state": code.state_at(tx.now),
            "since": code.created_at,
            "until": code.used_at or code.expires_at,
        }


def _known(particulars: insured.Particulars) -> Iterator[tuple[str, str]]:
    for name in particulars.__struct_fields__:
        value = getattr(particulars, name)
        yield name, "\n".join(value) if isinstance(value, tuple | list) else str(value or "")
