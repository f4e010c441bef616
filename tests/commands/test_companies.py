"""The fund's clerk adds companies, follows invitations, and replaces a company's administrators."""

import json
from pathlib import Path

import pytest
from flask import Flask

from idp.audit.log import AuditEvent
from idp.database import Database
from idp.invitations import redemption
from idp.invitations.redemption import UnusableCode
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.provider import Provider
from tests.commands.conftest import CommandLine
from tests.flows.registrations import Letters
from tests.support import people
from tests.support.inbox import Mailbox
from tests.support.tokens import TokenClient, good

pytestmark = pytest.mark.both_databases

FAVRE = ("10042", "--fund", "AK01")
REASON = ("--reason", "case 99")
SCOPE = "openid organisations"


@pytest.fixture
def favre(idp: CommandLine, database: Database) -> str:
    """The id of a company with a postal address."""
    words = ("--address", "Rue du Lac 12", "--postal-code", "1800", "--locality", "Vevey", "--topic", "salaries")
    added = idp("companies", "add", "10042", "Menuiserie Favre SA", "--fund", "ak01", *words, *REASON)
    assert added.exit_code == 0, added.output
    with database.reading() as tx:
        company = organisation.by_number(tx, "AK01", "10042")
        assert company is not None
        return company.id


def seat(provider: Provider, company: str, email: str, *, administrator: bool) -> tuple[str, str]:
    """A member's person id and membership id."""
    with provider.database.transaction() as tx:
        member = people.person(tx, email)
        rights = Rights(is_administrator=administrator, topics=("salaries",))
        return member.id, memberships.join(tx, company, member.id, rights).id


def listed(idp: CommandLine, *words: str) -> list[tuple[str, str, str]]:
    """Company, kind and state of the listed invitations."""
    shown = idp("invitations", "list", "--fund", "AK01", "--json", *words)
    return [(each["company"], each["kind"], each["state"]) for each in json.loads(shown.stdout)]


def test_a_company_is_added_once_with_the_clerks_reason(idp: CommandLine, database: Database, favre: str) -> None:
    """B-01"""
    again = idp("companies", "add", "10042", "Favre", "--fund", "AK01", *REASON)

    assert (again.exit_code, "import updates it" in again.output) == (1, True)
    with database.reading() as tx:
        company = organisation.by_id(tx, favre)
        assert company is not None
        assert (company.name, company.topics, company.language) == ("Menuiserie Favre SA", ["salaries"], "fr")
        assert company.address["lines"] == ["Rue du Lac 12"]
        (event,) = tx.session.query(AuditEvent).filter_by(name="OrganisationRegistered")
        assert event.details["reason"] == "case 99"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--language", "xx"), "language: not one of"),
        (("--topic", "gardening"), "topics: not all among"),
        (("--address", "1", "--address", "2", "--address", "3", "--address", "4"), "three lines at most"),
    ],
)
def test_a_companys_particulars_are_judged_like_a_lists(
    idp: CommandLine, words: tuple[str, ...], sentence: str
) -> None:
    shown = idp("companies", "add", "1", "Firm", "--fund", "AK01", *words, *REASON)

    assert shown.exit_code != 0
    assert sentence in shown.output


@pytest.mark.usefixtures("favre")
def test_invitations_are_listed_by_company_and_state(idp: CommandLine, provider: Provider) -> None:
    """B-48"""
    idp("companies", "add", "10077", "Boulangerie", "--fund", "AK01", *REASON)
    idp("invitations", "send", "10077", "--fund", "AK01", "--email", "chef@example.ch", *REASON)
    idp("invitations", "send", "10077", "--fund", "AK01", "--email", "chef@example.ch", *REASON)
    Letters(provider).member()

    user, live = ("10042", "member", "sent"), ("10077", "administrator", "sent")
    dead = ("10077", "administrator", "replaced")
    assert sorted(listed(idp)) == sorted([user, live, dead])
    assert listed(idp, "--company", "10042") == [user]
    assert listed(idp, "--state", "replaced") == [dead]
    assert "10077    " in idp("invitations", "list", "--fund", "AK01").stdout


def test_an_invitation_is_shown_by_its_reference(idp: CommandLine, provider: Provider) -> None:
    issued = Letters(provider).member()

    (shown,) = json.loads(idp("invitations", "show", issued.reference, "--json").stdout)
    unknown = idp("invitations", "show", "0000-0000")

    assert (shown["reference"], shown["state"]) == (issued.reference, "sent")
    assert (unknown.exit_code, "no letter or invitation has this reference" in unknown.output) == (1, True)


def test_a_cancelled_user_leaves_the_list_of_the_company(
    idp: CommandLine, provider: Provider, database: Database, favre: str
) -> None:
    """B-48"""
    issued = Letters(provider).member()

    shown = idp("invitations", "cancel", issued.reference, *REASON)

    assert (shown.exit_code, shown.output) == (0, "cancelled\n")
    assert listed(idp) == [("", "member", "withdrawn")]
    with database.reading() as tx:
        assert memberships.of_organisation(tx, favre) == []


def test_administrators_are_replaced_by_a_letter(
    idp: CommandLine, provider: Provider, mailbox: Mailbox, favre: str, tmp_path: Path
) -> None:
    """B-45, B-51"""
    _, chief = seat(provider, favre, "claire@example.ch", administrator=True)
    _, user = seat(provider, favre, "luca@example.ch", administrator=False)
    idp("invitations", "send", *FAVRE, "--email", "chef@example.ch", *REASON)
    live = mailbox.last("chef@example.ch").code

    shown = idp("companies", "replace-admin", *FAVRE, "--letter", str(tmp_path / "out"), *REASON)

    assert shown.exit_code == 0, shown.output
    assert "administrators who lost the right: 1" in shown.output
    assert len(list((tmp_path / "out").glob("AK01-*.pdf"))) == 1
    with provider.database.transaction() as tx:
        assert memberships.count_administrators(tx, favre) == 0
        rows = [memberships.by_id(tx, each) for each in (chief, user)]
        assert [(row.state, row.is_administrator, row.topics) for row in rows if row] == [
            ("active", False, ["salaries"]),
            ("active", False, ["salaries"]),
        ]
        assert isinstance(redemption.open_code(tx, live, client_id="connect"), UnusableCode)
        (event,) = tx.session.query(AuditEvent).filter_by(name="RightsChanged")
        assert (event.details["reason"], event.actor[:4]) == ("case 99", "cli:")
    (told,) = mailbox.sent("claire@example.ch")
    assert event.reference in told.text
    assert mailbox.sent("luca@example.ch") == []


def test_the_access_of_former_administrators_ends_and_of_users_goes_on(
    idp: CommandLine, app: Flask, provider: Provider, favre: str, tmp_path: Path
) -> None:
    """B-45, B-52"""
    portal = TokenClient(app, "connect")
    chief, _ = seat(provider, favre, "claire@example.ch", administrator=True)
    user, _ = seat(provider, favre, "luca@example.ch", administrator=False)
    former, kept = (portal.tokens(each, scope=SCOPE)["access_token"] for each in (chief, user))

    idp("companies", "replace-admin", *FAVRE, "--letter", str(tmp_path), *REASON)

    assert portal.userinfo(former).status_code == 401
    assert good(portal.userinfo(kept))["organisations"][0]["id"] == favre


def test_an_administrator_who_was_invited_cannot_come_any_more(
    idp: CommandLine, provider: Provider, favre: str, tmp_path: Path
) -> None:
    """B-45"""
    issued = Letters(provider).member()
    with provider.database.transaction() as tx:
        address = {"lines": ["Rue du Lac 12"], "postal_code": "1800", "locality": "Vevey"}
        organisation.register(tx, fund="AK01", number="10042", name="Menuiserie Favre SA", address=address)
        (line,) = memberships.of_organisation(tx, favre)
        memberships.change_rights(tx, line.membership.id, Rights(is_administrator=True))

    shown = idp("companies", "replace-admin", *FAVRE, "--letter", str(tmp_path), *REASON)

    assert shown.exit_code == 0, shown.output
    with provider.database.transaction() as tx:
        assert memberships.of_organisation(tx, favre) == []
        assert isinstance(redemption.open_code(tx, issued.code, client_id="connect"), UnusableCode)


def test_without_an_address_for_the_letter_nothing_changes(
    idp: CommandLine, provider: Provider, database: Database, tmp_path: Path
) -> None:
    """B-45"""
    idp("companies", "add", "7", "Sans adresse", "--fund", "AK01", *REASON)
    with database.reading() as tx:
        company = organisation.by_number(tx, "AK01", "7")
        assert company is not None
    seat(provider, company.id, "claire@example.ch", administrator=True)

    shown = idp("companies", "replace-admin", "7", "--fund", "AK01", "--letter", str(tmp_path), *REASON)

    assert "this company has no postal address" in shown.output
    with database.reading() as tx:
        assert memberships.count_administrators(tx, company.id) == 1


def test_nobody_acts_for_a_company_that_was_closed(
    idp: CommandLine, app: Flask, provider: Provider, mailbox: Mailbox, favre: str
) -> None:
    """B-42, B-45"""
    portal = TokenClient(app, "connect")
    chief, _ = seat(provider, favre, "claire@example.ch", administrator=True)
    token = portal.tokens(chief, scope=SCOPE)["access_token"]
    invited = Letters(provider).member()
    idp("invitations", "send", *FAVRE, "--email", "chef@example.ch", *REASON)
    sent = mailbox.last("chef@example.ch").code

    shown = idp("companies", "close", *FAVRE, *REASON)

    assert (shown.exit_code, shown.output) == (0, "closed; members who lost their access: 1\n")
    assert portal.userinfo(token).status_code == 401
    assert "Menuiserie Favre SA" in mailbox.last("claire@example.ch").text
    with provider.database.transaction() as tx:
        for code in (invited.code, sent):
            assert isinstance(redemption.open_code(tx, code, client_id="connect"), UnusableCode)
        events = tx.session.query(AuditEvent).filter_by(name="OrganisationChanged").all()
        assert [each.actor[:4] for each in events if each.details["changed"] == ["state"]] == ["cli:"]


def test_a_closed_company_is_not_closed_again(idp: CommandLine, favre: str) -> None:
    """B-45"""
    idp("companies", "close", *FAVRE, *REASON)

    again = idp("companies", "close", *FAVRE, *REASON)

    assert "the company 10042 is closed" in again.output
