"""What a journey needs is away for a moment: the page says so, keeps what was typed, and nothing is counted."""

import msgspec
import pytest
import sqlalchemy as sa

from flows.engine.runner import Runner
from idp.database import DatabaseUnavailable
from idp.limits.counts import RateLimit
from idp.provider import Provider
from tests.flows import migrating
from tests.flows.conftest import Account
from tests.support.browser import Browser
from tests.support.clients import bend

pytestmark = pytest.mark.both_databases

PAGE = "/login?portal=e-services"


def hits(provider: Provider) -> list[int]:
    """How many tries are counted, per limit and keys."""
    with provider.database.reading() as tx:
        return [len(row) for row in tx.execute(sa.select(RateLimit.hits)).scalars()]


def test_an_outage_of_the_former_directory_costs_nobody_a_try(provider: Provider, visitor: Browser) -> None:
    """X-14, X-27, rulings 27"""
    migrating.former_account(provider)
    client = provider.registry.current().client("e-services")
    assert client is not None
    assert client.policy.legacy is not None
    away = msgspec.structs.replace(client.policy.legacy, source="a directory that is away")
    bend(provider, "e-services", policy={"legacy": away})

    for _ in range(7):  # five are free, then one waits
        migrating.begin(visitor)
        assert visitor.page.status == 503
        assert "Your answers have not been lost" in visitor.page.text
        assert visitor.page.response.headers["Retry-After"]
        assert visitor.page.value("identifier") == migrating.IDENTIFIER
        assert migrating.FORMER not in visitor.page.response.text

    assert set(hits(provider)) == {0}
    bend(provider, "e-services", policy={"legacy": client.policy.legacy})
    migrating.begin(visitor)
    assert visitor.page.heading.startswith("Update your account")


def test_a_database_that_goes_away_at_the_last_moment_costs_nobody_a_try(
    provider: Provider, visitor: Browser, anne: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X-14, X-27"""

    def locked(*_: object) -> None:
        raise DatabaseUnavailable("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(Runner, "_carry_out", locked)
        for _ in range(7):
            visitor.get(PAGE)
            visitor.fill(identifier=anne.address, password=anne.password).press("sign-in")
            assert visitor.page.status == 503

    assert set(hits(provider)) == {0}
    visitor.get(PAGE)
    visitor.fill(identifier=anne.address, password=anne.password).press("sign-in")
    assert visitor.page.heading == "Your sign-in code"
