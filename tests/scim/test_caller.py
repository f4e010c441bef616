"""A directory is let in by a token that its company made, as long as it lasts."""

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.actions.actor import Actor
from idp.actions.scim_tokens import revoke_token
from idp.organisations import organisation, scim_tokens
from idp.organisations.scim_tokens import ScimToken
from idp.provider import Provider
from tests.scim.conftest import SCIM, DirectoryClient, Staff, refused, token_for
from tests.support.clock import MovableClock


def own(provider: Provider, company: str) -> ScimToken:
    with provider.database.reading() as tx:
        return tx.session.scalars(sa.select(ScimToken).filter_by(organisation_id=company)).one()


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer x", "Basic YTpi", f"Bearer {scim_tokens.draw()}", f"Bearer {'x' * 5000}"],
    ids=["none", "no token", "a short token", "another scheme", "an unknown token", "a long token"],
)
def test_without_a_live_token_nobody_is_let_in(app: Flask, directory: DirectoryClient, header: str) -> None:
    """RFC 7644 §2, RFC 6750 §3"""
    answer = app.test_client().get(f"{SCIM}/Users", headers={"Authorization": header} if header else {})

    refused(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_is_good_until_it_expires(app: Flask, provider: Provider, staff: Staff, clock: MovableClock) -> None:
    directory = DirectoryClient(app, token_for(provider, staff.company, by=staff.claire_person, days=90))
    clock.forward(days=89)
    assert directory.get("/Users").status_code == 200

    clock.forward(days=1, seconds=1)

    refused(directory.get("/Users"), 401)


def test_a_revoked_token_is_refused_with_the_next_request(provider: Provider, directory: DirectoryClient) -> None:
    assert directory.get("/Users").status_code == 200
    token = own(provider, directory.company).id

    with provider.database.transaction() as tx:
        assert revoke_token(tx, token, by=Actor.administrator("x"))
        assert not revoke_token(tx, token, by=Actor.administrator("x"))

    refused(directory.get("/Users"), 401)


def test_the_directory_of_a_closed_company_is_shut_out(provider: Provider, directory: DirectoryClient) -> None:
    with provider.database.transaction() as tx:
        organisation.close(tx, directory.company)

    refused(directory.get("/Users"), 401)


def test_the_database_holds_no_token(provider: Provider, directory: DirectoryClient) -> None:
    with provider.database.reading() as tx:
        assert directory.token not in str(tx.execute(sa.select(ScimToken.__table__)).all())


def test_the_last_use_is_known(provider: Provider, directory: DirectoryClient, clock: MovableClock) -> None:
    clock.forward(days=3)

    directory.get("/Users")

    assert own(provider, directory.company).last_used_at == clock.now()


def test_requests_are_counted(
    provider: Provider, directory: DirectoryClient, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = provider.limiter._limits
    import_limit = type(limits["scim"])
    monkeypatch.setitem(limits, "scim", import_limit(times=2, window=60))

    answers = [directory.get("/Users") for _ in range(3)]

    assert [answer.headers["RateLimit"] for answer in answers] == ['"scim";r=1', '"scim";r=0', '"scim";r=0;t=60']
    refused(answers[2], 429)
    assert answers[2].headers["Retry-After"] == "60"
    clock.forward(minutes=2)
    assert directory.get("/Users").status_code == 200
