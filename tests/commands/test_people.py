"""What the desk can do for a person, always with a reason, never with a secret."""

from datetime import timedelta

import pytest

from idp.credentials import passwords, recovery_codes
from idp.database import Database
from idp.grants import consents
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.people import accounts, closures, emails, enrolments, phones
from idp.people.accounts import NewPerson
from idp.people.email_address import Email, normalise_email
from idp.people.person import Person, by_id
from idp.provider import Provider
from tests.actions.test_end_sessions import is_over, start
from tests.commands.conftest import CommandLine
from tests.support.authenticators import give_app
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases


@pytest.fixture
def anne(database: Database) -> str:
    email = normalise_email("anne.rochat@example.ch")
    assert isinstance(email, Email)
    with database.transaction() as tx:
        person = accounts.create(
            tx, NewPerson(email=email, given_name="Anne", family_name="Rochat", language="fr"), reason="test"
        )
        assert isinstance(person, Person)
        phones.give(tx, person.id, "+41791234567", verified=True)
        enrolments.enrol(tx, person.id, "e-services", reason="test")
        passwords.replace(tx, person.id, "not a hash", floor=12, reason="test")
        return person.id


def test_a_person_is_found_by_address_in_any_case_and_shown_masked(idp: CommandLine, anne: str) -> None:
    shown = idp("people", "show", " Anne.Rochat@EXAMPLE.ch ")

    assert shown.exit_code == 0, shown.output
    assert anne in shown.output
    assert "Anne Rochat" in shown.output
    assert "anne.rochat@example.ch" not in shown.output
    assert "+41791234567" not in shown.output


def test_a_person_who_asked_to_be_deleted_is_shown_with_the_day(
    idp: CommandLine, anne: str, provider: Provider
) -> None:
    with provider.database.transaction() as tx:
        begun = closures.begin(tx, anne, due_at=tx.now + timedelta(days=30), client_id="e-services")
    assert begun is not None

    assert f"active, to be deleted on {begun.due_at:%Y-%m-%d}" in idp("people", "show", anne).output


def test_the_desk_stops_a_deletion_that_was_asked_for(
    idp: CommandLine, anne: str, database: Database, mailbox: Mailbox
) -> None:
    """X-15, X-16: as the person's own link does, and they hear who did it"""
    with database.transaction() as tx:
        closures.begin(tx, anne, due_at=tx.now + timedelta(days=30), client_id="e-services")

    done = idp("people", "keep-account", anne, "--reason", "asked by phone, case 4719")
    again = idp("people", "keep-account", anne, "--reason", "once more")

    assert (done.exit_code, done.output.strip()) == (0, "the account stays")
    assert (again.exit_code, again.output.strip()) == (1, "Error: nobody asked to delete this account")
    with database.reading() as tx:
        assert closures.of_person(tx, anne) is None
    notice = mailbox.last(to="anne.rochat@example.ch").text
    assert "notre assistance" in notice
    assert "case 4719" not in notice
    assert "case 4719" in idp("people", "timeline", anne).output


def test_revealing_an_address_is_recorded(idp: CommandLine, anne: str) -> None:
    shown = idp("people", "show", anne, "--reveal")

    assert "anne.rochat@example.ch" in shown.output
    assert "person looked up" in idp("people", "timeline", anne).output


def test_an_unknown_person_is_one_sentence(idp: CommandLine) -> None:
    shown = idp("people", "show", "nobody@example.ch")

    assert shown.exit_code == 1
    assert "nobody has this" in shown.output


def test_disabling_needs_a_reason_and_keeps_it(idp: CommandLine, anne: str, database: Database) -> None:
    without = idp("people", "disable", anne)
    done = idp("people", "disable", anne, "--reason", "reported stolen, case 4711")

    assert without.exit_code == 2
    assert done.exit_code == 0, done.output
    with database.reading() as tx:
        person = by_id(tx, anne)
        assert person is not None
        assert not person.is_active
    assert "case 4711" in idp("people", "timeline", anne).output


def test_a_disabled_person_is_told_with_a_reference(idp: CommandLine, anne: str, mailbox: Mailbox) -> None:
    """X-15"""
    idp("people", "disable", anne, "--reason", "case 4711")

    notice = mailbox.last(to="anne.rochat@example.ch")
    assert "désactivé" in notice.text
    assert "case 4711" not in notice.text


def test_enabling_gives_sign_in_back(idp: CommandLine, anne: str, database: Database) -> None:
    idp("people", "disable", anne, "--reason", "case 1")

    done = idp("people", "enable", anne, "--reason", "case 1 closed")
    again = idp("people", "enable", anne, "--reason", "case 1 closed")

    assert done.exit_code == 0
    assert again.exit_code == 1
    with database.reading() as tx:
        person = by_id(tx, anne)
        assert person is not None
        assert person.is_active


def test_a_consent_is_seen_and_taken_back(idp: CommandLine, anne: str, database: Database) -> None:
    with database.transaction() as tx:
        consents.grant(tx, anne, "television", ["openid", "email"])
    assert "television" in idp("people", "show", anne).output

    withdrawn = idp("people", "withdraw-consent", anne, "television", "--reason", "asked by phone, case 4715")

    assert withdrawn.exit_code == 0, withdrawn.output
    with database.reading() as tx:
        assert consents.find(tx, anne, "television") is None
    again = idp("people", "withdraw-consent", anne, "television", "--reason", "once more")
    assert (again.exit_code, again.output.strip()) == (1, "Error: this person has allowed 'television' nothing")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("end-sessions",), "déconnecté tous vos appareils"),
        (("unlock",), "levé le blocage"),
        (("enable",), "réactivé votre compte"),
        (("withdraw-consent", "television"), "retiré à un portail"),
    ],
)
def test_each_act_of_the_desk_is_mailed_and_names_the_desk(
    idp: CommandLine, anne: str, database: Database, mailbox: Mailbox, command: tuple[str, ...], words: str
) -> None:
    """X-15: the reason stays with the desk"""
    with database.transaction() as tx:
        consents.grant(tx, anne, "television", ["openid", "email"])
    if command == ("enable",):
        idp("people", "disable", anne, "--reason", "case 1")

    done = idp("people", command[0], anne, *command[1:], "--reason", "case 4718")

    assert done.exit_code == 0, done.output
    notice = mailbox.last(to="anne.rochat@example.ch").text
    assert words in notice
    assert "Effectué par" in notice
    assert "notre assistance" in notice
    assert "case 4718" not in notice
    assert "/not-me" not in notice


def test_a_person_is_signed_out_everywhere(idp: CommandLine, anne: str, database: Database) -> None:
    with database.transaction() as tx:
        session = start(tx, anne)

    done = idp("people", "end-sessions", anne, "--reason", "phone lost, case 4712")

    assert (done.exit_code, done.output.strip()) == (0, "1 sessions ended")
    with database.reading() as tx:
        assert is_over(tx, session)


def test_unlocking_forgets_failed_tries(idp: CommandLine, anne: str, provider: Provider) -> None:
    with provider.database.transaction() as tx:
        for _ in range(25):
            provider.limiter.debit(tx, "second_step", anne)

    idp("people", "unlock", anne, "--reason", "identity checked, case 4713")

    with provider.database.transaction() as tx:
        allowed = provider.limiter.debit(tx, "second_step", anne)
    assert type(allowed).__name__ == "Allowance"


def test_a_person_is_erased_after_a_question(idp: CommandLine, anne: str, database: Database, mailbox: Mailbox) -> None:
    """Right to erasure: everything goes but the tombstone and the audit trail"""
    asked = idp("people", "erase", "anne.rochat@example.ch", "--reason", "case 4714", stdin="n\n")
    with database.reading() as tx:
        assert emails.of_person(tx, anne) is not None

    done = idp("people", "erase", "anne.rochat@example.ch", "--reason", "case 4714", stdin="y\n")

    assert (asked.exit_code, done.exit_code) == (1, 0), done.output
    assert "Anne Rochat" in done.output
    with database.reading() as tx:
        found = by_id(tx, anne)
        assert found is not None
        assert (found.state, found.full_name, emails.of_person(tx, anne)) == ("erased", "", None)
    assert mailbox.last("anne.rochat@example.ch").subject == "e-services CVCI\u00a0: votre compte a été supprimé"
    timeline = idp("people", "timeline", anne).output
    assert "case 4714" in timeline
    again = idp("people", "erase", anne, "--reason", "case 4714", "--yes")
    assert (again.exit_code, "erased already" in again.output) == (1, True)


def test_the_only_administrator_of_a_company_is_replaced_before_they_are_erased(
    idp: CommandLine, anne: str, database: Database
) -> None:
    """B-44, B-45"""
    with database.transaction() as tx:
        firm = organisation.register(tx, fund="AK01", number="10042", name="Menuiserie Favre SA")
        memberships.join(tx, firm.id, anne, Rights(is_administrator=True))

    refused = idp("people", "erase", anne, "--reason", "case 4714", "--yes")

    assert refused.exit_code == 1
    assert "Menuiserie Favre SA (AK01 10042)" in refused.output
    with database.reading() as tx:
        assert emails.of_person(tx, anne) is not None


def test_a_password_that_somebody_else_may_know_opens_nothing_any_more(
    idp: CommandLine, database: Database, anne: str, mailbox: Mailbox
) -> None:
    """ASVS 6.2.10: at once, with notice and audit"""
    with database.transaction() as tx:
        enrolments.enrol(tx, anne, "e-services", reason="test")
        passwords.replace(tx, anne, "stored form", floor=12, reason="test")

    done = idp("people", "require-new-password", "anne.rochat@example.ch", "--reason", "found in a leak")
    again = idp("people", "require-new-password", "anne.rochat@example.ch", "--reason", "found in a leak")

    assert done.exit_code == 0, done.output
    assert again.exit_code == 1
    assert {message.channel for message in mailbox.sent()} == {"email", "sms"}
    with database.reading() as tx:
        assert passwords.current(tx, anne) is None
        assert passwords.last_hash(tx, anne) == "stored form"
    assert "found in a leak" in idp("people", "timeline", anne).output


def test_the_desk_sees_methods_by_name_and_removes_a_lost_one(
    idp: CommandLine, anne: str, provider: Provider, clock: MovableClock, mailbox: Mailbox
) -> None:
    """X-18"""
    app = give_app(provider, clock, anne, name="Anne's old phone")
    with provider.database.transaction() as tx:
        recovery_codes.keep(tx, anne, recovery_codes.draw())
    shown = idp("people", "show", anne).output
    assert "Anne's old phone" in shown
    assert app.id in shown
    assert "10 left" in shown
    assert app.secret not in shown

    without_reason = idp("people", "remove-method", anne, app.id)
    removed = idp("people", "remove-method", anne, app.id, "--reason", "phone lost, case 4717")
    again = idp("people", "remove-method", anne, app.id, "--reason", "phone lost, case 4717")

    assert without_reason.exit_code != 0
    assert removed.exit_code == 0, removed.output
    assert again.exit_code == 1
    assert "Anne's old phone" not in idp("people", "show", anne).output
    assert mailbox.last(channel="email").subject.endswith("un moyen de connexion a été retiré")
    assert "phone lost, case 4717" in idp("people", "timeline", anne).output


@pytest.mark.parametrize("reason", ["", " \t"])
@pytest.mark.parametrize(
    "words", [("people", "disable", "anne.rochat@example.ch"), ("sessions", "end", "--all", "--yes")]
)
def test_a_reason_that_says_nothing_is_refused_in_a_sentence(
    idp: CommandLine, anne: str, words: tuple[str, ...], reason: str
) -> None:
    refused = idp(*words, "--reason", reason)

    assert (refused.exit_code, refused.exception.__class__) == (2, SystemExit)
    assert "--reason: say why" in refused.output


def test_everybody_of_a_company_is_signed_out_however_the_code_of_its_fund_is_typed(
    idp: CommandLine, database: Database
) -> None:
    with database.transaction() as tx:
        organisation.register(tx, fund="AK01", number="1", name="Firma")

    done = idp("sessions", "end", "--organisation", "ak01", "1", "--yes", "--reason", "case 1")

    assert done.exit_code == 0, done.output
