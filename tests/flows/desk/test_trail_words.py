"""The details of a person's history are in the language of the staff; what a clerk wrote stays as it was written."""

import pytest

from flows.desk import trail_words
from idp.actions import administrators, closing, companies, emails, emergency, lost_mailbox, members, passwords, phones
from idp.actions.actor import ActorKind
from idp.audit.events.codes import CodeRefused
from idp.audit.events.desk import DeskActed
from idp.audit.events.sign_in import SignInRefused
from idp.audit.log import record
from idp.credentials import recoveries
from idp.database import Origin
from idp.people import email_replacements, legacy, phone_replacements
from idp.provider import Provider
from idp.staff.appointments import Appointment, Role
from tests.flows.conftest import Account
from tests.flows.desk.conftest import Desk
from tests.flows.desk.world import open_record

GIVEN = (
    *(kind.value for kind in ActorKind),
    *(f"legacy-{state}" for state in (legacy.LOCKED, legacy.CLOSED, legacy.MIGRATED, legacy.CONTESTED)),
    *(recoveries.STOPPED, recoveries.GUESSED, recoveries.USED, recoveries.SUPERSEDED),
    *(closing.SIGNED_IN, closing.LINK, closing.MISUSE, closing.HINDERED, closing.DESK, closing.OWN_WISH),
    *(email_replacements.OLD_MAILBOX, email_replacements.LINK, email_replacements.USED, phone_replacements.OLD_PHONE),
    *(passwords.CHANGED, passwords.RETIRED, passwords.RECOVERY, emails.CHANGED, emails.UNDONE, phones.CHANGED),
    *(members.DEACTIVATED, members.LEFT, emergency.REASON, lost_mailbox.REASON, companies.CLOSED),
    administrators.DISMISSED,
)


@pytest.mark.parametrize("reason", sorted(set(GIVEN)))
def test_every_reason_of_the_program_has_words(provider: Provider, reason: str) -> None:
    words = [provider.wording.translator(each)(trail_words.REASONS[reason]) for each in ("fr", "de", "it")]

    assert reason not in words


def test_a_german_clerk_reads_german_details(desk: Desk, provider: Provider, anne: Account) -> None:
    """X-10"""
    colleague = desk.employed(Appointment(Role.CLERK, portal="e-services"))
    with provider.database.transaction(Origin(client_id="e-services")) as tx:
        record(tx, SignInRefused(person_id=anne.id, factor="password", reason="legacy-locked"))
        record(tx, CodeRefused(person_id=anne.id, purpose="sign-in", reason="exhausted", attempts_left=0))
    with provider.database.transaction(Origin(actor=f"clerk:{colleague.id}")) as tx:
        record(tx, DeskActed(person_id=anne.id, act="unlock", reason="appel 4711 (Identity document seen)"))

    page = open_record(desk.works(Role.CLERK, portal="e-services", language="de"), f"/desk/people/{anne.id}")

    assert "Altes Benutzerkonto gesperrt" in page.text
    assert "Zu viele Versuche" in page.text
    assert "Entsperren, appel 4711 (Ausweis gesehen)" in page.text
