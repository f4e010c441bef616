"""`python -m examples.demonstration`: everybody that `load` makes is shown, and can do what the note says."""

import json
from typing import Any

from click.testing import CliRunner
from flask import Flask

from examples.demonstration import codes, people
from idp.commands.context import Context
from idp.organisations import memberships, organisation
from idp.provider import Provider
from tests.flows.migrating import begin
from tests.support.browser import Browser
from tests.support.inbox import Mailbox


class Here(Context):
    """The commands' context, on the provider under test."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.settings = provider.settings


def show(provider: Provider) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = json.loads(
        CliRunner().invoke(people.group, ["show", "--json"], obj=Here(provider)).output
    )
    return shown


def test_former_accounts_are_shown_like_people(provider: Provider) -> None:
    shown = show(provider)

    assert {"CVCI00000000", "CVCI00001234", "CVCI00005678"} <= {row["identifier"] for row in shown}
    assert all(row.keys() == {"portal", "identifier", "password", "second_step", "note"} for row in shown)


def test_former_accounts_are_made_once_and_start_the_migration(provider: Provider, app: Flask) -> None:
    """A-04: bcrypt, and a salted SHA-1 that is not wrapped yet"""
    context, former = Here(provider), people._cast(people.PEOPLE).legacy

    assert [people._wait(context, each) for each in former] == [True] * len(former)
    assert [people._wait(context, each) for each in former] == [False] * len(former)

    for each in former:
        browser = Browser(app, language="en")
        begin(browser, each.identifier, each.password)
        assert browser.page.heading == "Update your account"


def test_codes_are_drawn_once_shown_and_begin_a_registration(provider: Provider, app: Flask) -> None:
    """C-01, B-01"""
    context, cast_ = Here(provider), people._cast(people.PEOPLE)

    assert codes.draw(context, cast_.letters, cast_.invitations) == 2
    first = show(provider)
    assert codes.draw(context, cast_.letters, cast_.invitations) == 0

    rows = [row for row in first if row["second_step"].startswith("registration")]
    assert {row["portal"] for row in rows} == {"connect", "connect-assures"}
    assert show(provider) == first
    for row in rows:
        browser = Browser(app, language="en")
        browser.get(row["second_step"].removeprefix("registration: "))
        browser.fill(code=row["identifier"]).press("continue")
        assert browser.page.errors == []


def test_an_invited_user_waits_in_the_list_with_a_mail_in_the_inbox(provider: Provider, mailbox: Mailbox) -> None:
    """B-25, B-48"""
    cast = people._cast(people.PEOPLE)
    (guest,) = cast.guests

    assert [people._invite(Here(provider), cast, guest) for _ in range(2)] == [True, False]

    with provider.database.reading() as tx:
        company = organisation.by_number(tx, "AK01", guest.number)
        assert company is not None
        assert [member.membership.state for member in memberships.of_organisation(tx, company.id)] == ["invited"]
    (mail,) = mailbox.sent(guest.email)
    assert mail.link.endswith("/AK01/register")
