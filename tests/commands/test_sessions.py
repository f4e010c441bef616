"""Signing out many people from the command line."""

import pytest
import sqlalchemy as sa
from flask import Flask

from idp import random_values
from idp.actions import end_sessions_of_many as many
from idp.audit.log import AuditEvent
from idp.database import Database
from idp.messages.outbox import OutboxRow
from idp.organisations import memberships, organisation
from idp.organisations.memberships import Rights
from idp.provider import Provider
from tests.commands.conftest import CommandLine
from tests.support.clients import bend
from tests.support.signed_in import new_person
from tests.support.tokens import TokenClient

pytestmark = pytest.mark.both_databases

OFFLINE = "openid offline_access"
REASON = ("--reason", "server broken into, case 4720", "--yes")


class Seat:
    """Somebody at one portal, with a session and offline access."""

    def __init__(self, app: Flask, client_id: str, person: str) -> None:
        self.client, self.person = TokenClient(app, client_id), person
        self.bound = self.client.tokens(person)["refresh_token"]
        self.offline = self.client.tokens(person, scope=OFFLINE)["refresh_token"]

    @property
    def lives(self) -> tuple[bool, bool]:
        """Whether the session goes on, and offline access."""
        bound, offline = (self.client.refresh(token) for token in (self.bound, self.offline))
        if bound.status_code == 200:
            self.bound = bound.json["refresh_token"]
        if offline.status_code == 200:
            self.offline = offline.json["refresh_token"]
        return bound.status_code == 200, offline.status_code == 200


def somebody(app: Flask, provider: Provider, client_id: str) -> Seat:
    return Seat(app, client_id, new_person(provider, f"{random_values.token(8).lower()}@example.ch"))


def told(database: Database) -> list[str]:
    with database.reading() as tx:
        calls = sa.select(OutboxRow.client_id).where(OutboxRow.kind == "backchannel_logout").distinct()
        return sorted(tx.session.scalars(calls))


def acts(database: Database) -> list[tuple[str, str, str, str]]:
    with database.reading() as tx:
        events = tx.session.scalars(sa.select(AuditEvent).where(AuditEvent.name == "DeskActed"))
        return [(e.details["act"], e.details["reason"], e.client_id, e.actor.partition(":")[0]) for e in events]


def test_everybody_is_signed_out_and_the_portals_are_told(
    app: Flask, provider: Provider, idp: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ASVS 7.4.5"""
    monkeypatch.setattr(many, "WITH_ACCESS", many.WITH_ACCESS.limit(2))
    bend(provider, "post", backchannel_logout_uri="https://post.example.ch/logout")
    seats = [somebody(app, provider, each) for each in ("basic", "post", "basic", "post", "basic")]

    ended = idp("sessions", "end", "--all", *REASON)

    assert ended.exit_code == 0, ended.output
    assert "signed out everybody: 5" in ended.output
    assert [seat.lives for seat in seats] == [(False, False)] * 5
    assert told(provider.database) == ["basic", "post"]
    assert acts(provider.database) == [("end-sessions", REASON[1], "", "cli")]


def test_one_portal_is_left_by_everybody_and_the_others_by_nobody(
    app: Flask, provider: Provider, idp: CommandLine
) -> None:
    there, elsewhere = somebody(app, provider, "basic"), somebody(app, provider, "post")

    ended = idp("sessions", "end", "--portal", "basic", *REASON)

    assert ended.exit_code == 0, ended.output
    assert there.lives == (False, False)
    assert elsewhere.lives == (True, True)
    assert told(provider.database) == ["basic"]
    assert acts(provider.database) == [("end-sessions", REASON[1], "basic", "cli")]


def test_the_people_of_a_company_are_signed_out_and_nobody_else(
    app: Flask, provider: Provider, idp: CommandLine
) -> None:
    member, stranger = somebody(app, provider, "basic"), somebody(app, provider, "basic")
    with provider.database.transaction() as tx:
        company = organisation.register(tx, fund="AK01", number="10042", name="Menuiserie Favre SA").id
        memberships.join(tx, company, member.person, Rights())

    ended = idp("sessions", "end", "--organisation", "AK01", "10042", *REASON)

    assert ended.exit_code == 0, ended.output
    assert "the people of Menuiserie Favre SA: 1" in ended.output
    assert member.lives[0] is False
    assert stranger.lives == (True, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "exactly one of"),
        (("--all", "--portal", "basic"), "exactly one of"),
        (("--portal", "nowhere"), "there is no client 'nowhere'"),
        (("--organisation", "AK01", "999"), "has no company with the number 999"),
    ],
)
def test_nobody_is_signed_out_where_it_is_not_clear_who(idp: CommandLine, words: tuple[str, ...], said: str) -> None:
    refused = idp("sessions", "end", *words, *REASON)

    assert refused.exit_code != 0
    assert said in refused.output


def test_it_is_asked_first_and_needs_a_reason(app: Flask, provider: Provider, idp: CommandLine) -> None:
    seat = somebody(app, provider, "basic")

    assert idp("sessions", "end", "--all", "--reason", "test", stdin="n\n").exit_code == 1
    assert idp("sessions", "end", "--all", "--yes").exit_code == 2

    assert seat.lives == (True, True)
