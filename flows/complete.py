"""The journey for missing details of a signed-in person: profile, proved phone, current terms."""

from datetime import timedelta

from flows.engine.flow import Flow, SignInRequirement
from flows.engine.run import Run
from flows.guards.phone_by_desk import PhoneByDesk
from flows.shared import occasion
from flows.shared.facts import Facts
from flows.shared.first_phone import waits_for_mailbox
from flows.shared.sessions import give_cookie_again, renew_token, return_to_request
from flows.steps.acknowledgement import Acknowledgement
from flows.steps.code import CodeStep
from flows.steps.lost_phone import ProveMailbox
from flows.steps.phone_number import AskPhone
from flows.steps.profile import AskProfile, shown_birth_date
from flows.steps.terms import AcceptTerms
from idp import methods
from idp.actions.actor import Actor
from idp.actions.phones import change_phone
from idp.codes.rules import Purpose
from idp.codes.service import Destination
from idp.credentials import required_methods
from idp.people import accounts, completeness, person
from idp.people.birth_date import from_iso
from idp.wording import text

DETAILS = {completeness.NAME, completeness.HONORIFIC, completeness.BIRTH_DATE}


def lacks_details(run: Run) -> bool:
    return bool(DETAILS & _missing(run))


def lacks_phone(run: Run) -> bool:
    return completeness.PHONE in _missing(run)


def lacks_mailbox_proof(run: Run) -> bool:
    """Return whether a code from the mailbox is due in addition to the password; a sign-in with one has proved it."""
    return lacks_phone(run) and not _signed_in_by_mail(run) and waits_for_mailbox(run, run.person_id)


def _signed_in_by_mail(run: Run) -> bool:
    return run.session is not None and any(proof.method == methods.EMAIL for proof in run.session.proofs)


def known_details(run: Run) -> dict[str, str]:
    found = person.by_id(run.tx, run.person_id)
    if found is None:
        return {}
    return {
        "given_name": found.given_name,
        "family_name": found.family_name,
        "honorific": found.honorific,
        "birth_date": shown_birth_date(run.theme.translator, found.born),
    }


def store(run: Run) -> None:
    """Write what was given and proved, all at once; a new phone ends every other session (ASVS 7.4.3)."""
    facts = run.known(Facts)
    given = {
        "given_name": facts.given_name,
        "family_name": facts.family_name,
        "honorific": facts.honorific,
        "birth_date": from_iso(facts.birth_date),
    }
    changes = {name: value for name, value in given.items() if value}
    if changes:
        accounts.change_profile(run.tx, run.person_id, changes)
    if facts.phone_proved:
        own = run.session.id if run.session is not None else ""
        by = Actor.person(run.person_id)
        change_phone(run.tx, run.person_id, facts.phone, occasion.of_run(run), by=by, but=own)
        renew_token(run)


def _missing(run: Run) -> frozenset[str]:
    missing = completeness.missing(run.tx, run.person_id, run.policy, portal=run.client.client_id)
    return required_methods.spare_phone(run.tx, run.person_id, run.policy, missing)


COMPLETE = Flow(
    name="complete",
    guards=(PhoneByDesk(needed=lacks_phone),),
    steps=(
        AskProfile(needed=lacks_details, known=known_details),
        Acknowledgement(name="lost-phone", needed=lacks_mailbox_proof),  # its button sends the code (rulings 13)
        ProveMailbox(needed=lacks_mailbox_proof),
        AskPhone(needed=lacks_phone),
        CodeStep(
            name="phone-code",
            purpose=Purpose.PHONE_PROOF,
            title=text("Check your phone"),
            destination=lambda run: Destination("sms", run.known(Facts).phone),
            needed=lambda run: bool(run.known(Facts).phone),
            proved=Facts(phone_proved=True),
        ),
        AcceptTerms(),
    ),
    requires=SignInRequirement(
        within=timedelta(minutes=15), when=lacks_phone
    ),  # a new phone is a new factor (ASVS 7.5.1)
    complete=store,
    again=give_cookie_again,
    finish=return_to_request,
)
