"""What is over is deleted; what can still be used, or be used against us, stays."""

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.database import Base
from idp.provider import Provider
from idp.upkeep import retention
from tests.support.clock import MovableClock
from tests.support.tokens import TokenClient, good, refused

pytestmark = pytest.mark.both_databases

TABLES = (
    "authorization_codes",
    "refresh_families",
    "client_sessions",
    "access_tokens",
    "revoked_access_tokens",
    "spent_identifiers",
)


def counts(provider: Provider) -> dict[str, int]:
    with provider.database.reading() as tx:
        tables = {name: Base.metadata.tables[name] for name in TABLES}
        return {
            name: tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in tables.items()
        }


def test_live_access_survives_every_purge(app: Flask, provider: Provider, person: str, clock: MovableClock) -> None:
    client = TokenClient(app, "post")
    token = client.tokens(person, scope="openid offline_access")["refresh_token"]

    for _ in range(3):
        clock.forward(days=29)
        retention.purge(provider)
        token = good(client.refresh(token))["refresh_token"]


def test_a_replayed_code_is_recognised_for_a_day(
    app: Flask, provider: Provider, person: str, clock: MovableClock
) -> None:
    client = TokenClient(app, "basic")
    code = client.code(person, scope="openid offline_access")
    token = good(client.redeem(code))["refresh_token"]
    clock.forward(hours=23)
    retention.purge(provider)

    refused(client.redeem(code), "invalid_grant")

    refused(client.refresh(token), "invalid_grant")


def test_everything_that_is_over_is_deleted(app: Flask, provider: Provider, person: str, clock: MovableClock) -> None:
    post, basic = TokenClient(app, "post"), TokenClient(app, "basic")
    post.tokens(person)
    basic.post("/revoke", token=basic.tokens(person)["access_token"])
    assert all(count for name, count in counts(provider).items() if name != "spent_identifiers")
    clock.forward(days=200)

    retention.purge(provider)

    assert counts(provider) == dict.fromkeys(TABLES, 0)
