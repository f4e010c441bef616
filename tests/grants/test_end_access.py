"""One way to end access: what each scope ends, what it leaves, and that the portals are told."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.audit.log import AuditEvent
from idp.database import Database
from idp.grants import client_sessions
from idp.grants.end_access import (
    AllAccess,
    EndedAccess,
    OrganisationAccess,
    PortalAccess,
    Scope,
    SessionAccess,
    end_access,
)
from idp.messages.outbox import OutboxRow
from idp.provider import Provider
from tests.support.clients import bend
from tests.support.signed_in import new_person
from tests.support.tokens import TokenClient

pytestmark = pytest.mark.both_databases

OFFLINE = "openid offline_access"

End = Callable[[Scope], EndedAccess]


@pytest.fixture
def anna(provider: Provider) -> str:
    return new_person(provider)


@pytest.fixture
def end(database: Database, anna: str) -> End:
    def end_for_anna(scope: Scope) -> EndedAccess:
        with database.transaction() as tx:
            return end_access(tx, person_id=anna, scope=scope, reason="test")

    return end_for_anna


def works(client: TokenClient, token: str) -> bool:
    return client.refresh(token).status_code == 200


def calls(database: Database) -> list[str]:
    with database.reading() as tx:
        return list(tx.session.scalars(sa.select(OutboxRow.client_id).where(OutboxRow.kind == "backchannel_logout")))


def test_everything_ends_offline_access_too(app: Flask, anna: str, end: End, database: Database) -> None:
    basic, post = TokenClient(app, "basic"), TokenClient(app, "post")
    bound, offline = basic.tokens(anna)["refresh_token"], post.tokens(anna, scope=OFFLINE)["refresh_token"]

    ended = end(AllAccess())

    assert ended == EndedAccess(client_sessions=2, families=2)
    assert not works(basic, bound)
    assert not works(post, offline)
    assert calls(database) == ["basic"]


def test_only_portals_with_a_logout_address_are_told(app: Flask, provider: Provider, anna: str, end: End) -> None:
    bend(provider, "post", backchannel_logout_uri="https://post.example.ch/logout")
    TokenClient(app, "post").tokens(anna)
    TokenClient(app, "pairwise").tokens(anna)

    end(AllAccess())

    assert calls(provider.database) == ["post"]


def test_everything_but_one_session_keeps_what_belongs_to_it(app: Flask, anna: str, end: End) -> None:
    """A changed password ends every other session, and all offline access."""
    kept, other = TokenClient(app, "basic"), TokenClient(app, "basic")
    kept_token, other_token = kept.tokens(anna)["refresh_token"], other.tokens(anna)["refresh_token"]
    offline = kept.tokens(anna, scope=OFFLINE)["refresh_token"]
    assert kept.session is not None

    end(AllAccess(keep_session=kept.session.id))

    assert works(kept, kept_token)
    assert not works(other, other_token)
    assert not works(kept, offline)


def test_a_session_ends_with_its_portals_and_leaves_offline_access(
    app: Flask, anna: str, end: End, database: Database
) -> None:
    """Back-Channel Logout §2.7"""
    here, there = TokenClient(app, "basic"), TokenClient(app, "basic")
    bound, offline = here.tokens(anna)["refresh_token"], here.tokens(anna, scope=OFFLINE)["refresh_token"]
    elsewhere = there.tokens(anna)["refresh_token"]
    assert here.session is not None

    ended = end(SessionAccess(here.session.id))

    assert ended == EndedAccess(client_sessions=1, families=1)
    assert not works(here, bound)
    assert works(here, offline)
    assert works(there, elsewhere)
    assert calls(database) == ["basic"]


def test_a_portal_loses_everything_and_the_others_nothing(app: Flask, anna: str, end: End) -> None:
    basic, post = TokenClient(app, "basic"), TokenClient(app, "post")
    offline, other = basic.tokens(anna, scope=OFFLINE)["refresh_token"], post.tokens(anna)["refresh_token"]

    end(PortalAccess("basic"))

    assert not works(basic, offline)
    assert works(post, other)


def test_a_client_that_disappeared_loses_everybody(app: Flask, provider: Provider, anna: str) -> None:
    bert = new_person(provider, "bert@example.ch")
    tokens = {person: TokenClient(app, "basic").tokens(person)["refresh_token"] for person in (anna, bert)}

    with provider.database.transaction() as tx:
        ended = end_access(tx, person_id=None, scope=PortalAccess("basic"), reason="client-gone")

    assert ended == EndedAccess(client_sessions=2, families=2)
    assert not any(works(TokenClient(app, "basic"), token) for token in tokens.values())


def test_nothing_but_a_client_can_be_ended_for_everybody(database: Database) -> None:
    with pytest.raises(ValueError, match="everybody"), database.transaction() as tx:
        end_access(tx, person_id=None, scope=AllAccess(), reason="mistake")


def test_leaving_a_company_ends_access_where_companies_are_known(app: Flask, anna: str, end: End) -> None:
    """B-42"""
    knows, does_not = TokenClient(app, "basic"), TokenClient(app, "post")
    told = knows.tokens(anna, scope="openid organisations")["refresh_token"]
    untold = does_not.tokens(anna)["refresh_token"]

    end(OrganisationAccess("some-company"))

    assert not works(knows, told)
    assert works(does_not, untold)


def test_ending_twice_tells_nobody_twice(app: Flask, anna: str, end: End, database: Database) -> None:
    TokenClient(app, "basic").tokens(anna)
    end(AllAccess())

    assert end(AllAccess()) == EndedAccess(client_sessions=0, families=0)
    assert len(calls(database)) == 1


def test_the_audit_says_how_far_and_why(app: Flask, anna: str, end: End, database: Database) -> None:
    TokenClient(app, "basic").tokens(anna)
    end(PortalAccess("basic"))

    with database.reading() as tx:
        event = tx.session.scalars(sa.select(AuditEvent).where(AuditEvent.name == "AccessEnded")).one()
    assert (event.person_id, event.client_id) == (anna, "basic")
    assert event.details == {"scope": "portal", "reason": "test", "client_sessions": 1, "families": 1}


def test_the_audit_names_the_company_that_was_left(app: Flask, anna: str, end: End, database: Database) -> None:
    """B-42, B-51"""
    TokenClient(app, "basic").tokens(anna, scope="openid organisations")
    end(OrganisationAccess("some-company"))

    with database.reading() as tx:
        event = tx.session.scalars(sa.select(AuditEvent).where(AuditEvent.name == "AccessEnded")).one()
    assert (event.person_id, event.organisation_id, event.client_id) == (anna, "some-company", "")


def test_an_end_is_in_the_audit_also_where_no_token_was_fetched_yet(
    app: Flask, anna: str, end: End, database: Database
) -> None:
    TokenClient(app, "basic").authorization(anna)

    assert end(AllAccess()) == EndedAccess(client_sessions=1, families=0)

    with database.reading() as tx:
        event = tx.session.scalars(sa.select(AuditEvent).where(AuditEvent.name == "AccessEnded")).one()
    assert event.details["client_sessions"] == 1


def test_coming_back_after_the_end_gives_a_new_sid(app: Flask, anna: str, end: End, database: Database) -> None:
    """Back-Channel Logout §2.1: another session has another sid;
    A late logout token for the old sid cannot end the new one."""
    basic = TokenClient(app, "basic")
    old = basic.authorization(anna).sid
    end(PortalAccess("basic"))

    new = basic.authorization(anna).sid

    assert new != old
    with database.reading() as tx:
        assert client_sessions.find(tx, old) is None
        assert client_sessions.find(tx, new) is not None
