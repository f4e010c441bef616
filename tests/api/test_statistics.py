"""A program reads the figures of its own funds and portals, and of no others."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Flask

from idp.audit.events.people import LegacyAccountMigrated
from idp.audit.log import record
from idp.database import Origin
from idp.provider import Provider
from idp.statistics import keeping
from tests.support.clock import MovableClock
from tests.support.programs import Program


def test_figures_of_ones_own_portals_are_read_by_hour_and_by_day(
    app: Flask, provider: Provider, clock: MovableClock
) -> None:
    with provider.database.transaction() as tx:
        for portal in ("connect-assures", "connect-assures", "e-services"):
            record(tx, LegacyAccountMigrated(client_id=portal, legacy_account_id="x"))
    clock.forward(minutes=3)
    keeping.keep(provider.database, ZoneInfo("Europe/Zurich"), Origin(actor="worker"))
    program = Program(app, clock)

    for span, longest in (("hour", timedelta(hours=2)), ("day", timedelta(days=2))):
        answer = program.get(f"/statistics?span={span}").get_json()
        (figure,) = answer["items"]
        assert (figure["portal"], figure["fund"], figure["measure"], figure["count"]) == (
            "connect-assures",
            None,
            "migrations",
            2,
        )
        assert clock.now().isoformat() > figure["begins_at"] > (clock.now() - longest).isoformat()
    assert program.get("/statistics?measure=sign-ins").get_json()["items"] == []
    assert program.get("/statistics?span=minute").status_code == 422
