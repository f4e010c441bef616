"""A client file that is gone for a moment: no new sign-in at once, and nothing is revoked before the grace is over."""

import io
import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idp.app import worker_of
from idp.clients import reconcile
from idp.events.transmission import PUSH
from idp.events.webhooks import KIND as WEBHOOK
from idp.grants.end_access import LOGOUT
from idp.grants.refresh_families import RefreshFamily
from idp.messages.delivery import NotNow, Parcel, Undeliverable
from idp.provider import Provider
from idp.upkeep import chores, diagnosis
from tests.support.clock import MovableClock
from tests.support.event_receiver import EventReceiver
from tests.support.programs import Program, problem
from tests.support.relying_party import RelyingParty
from tests.support.tokens import TokenClient, good

pytestmark = pytest.mark.both_databases


@pytest.fixture
def overrides(tmp_path: Path) -> dict[str, dict[str, str]]:
    shutil.copytree("tests/portals/clients", tmp_path / "clients")
    return {"files": {"clients": str(tmp_path / "clients")}}


@pytest.fixture
def file(tmp_path: Path, provider: Provider) -> Path:
    """The file of `basic`, which the database has heard of."""
    chores.follow_client_files(provider)
    return tmp_path / "clients" / "basic.toml"


def follow(provider: Provider, clock: MovableClock, **passed: float) -> None:
    """Let time pass, and the worker look at the files; then every process looks at what it found."""
    clock.forward(**passed)
    chores.follow_client_files(provider)
    clock.forward(seconds=provider.settings.files.reload)
    provider.registry.current()


def test_what_a_portal_holds_outlives_a_moment_without_its_file(
    app: Flask, provider: Provider, person: str, clock: MovableClock, file: Path
) -> None:
    """Rulings 20"""
    client = TokenClient(app, "basic")
    tokens = client.tokens(person, scope="openid offline_access")
    away = file.rename(file.with_suffix(".away"))
    follow(provider, clock, seconds=11)
    follow(provider, clock, minutes=59)

    away.rename(file)
    follow(provider, clock, seconds=11)

    assert good(client.refresh(tokens["refresh_token"]))


@pytest.mark.parametrize("kind", [LOGOUT, PUSH, WEBHOOK])
def test_what_a_portal_is_to_be_told_waits_for_its_file(
    provider: Provider, clock: MovableClock, file: Path, kind: str
) -> None:
    """Rulings 20: as long as it holds what it held, it hears of its end"""
    payload = {"sub": "s", "sid": "s", "id": "e"}
    parcel = Parcel("m1", kind, payload, "", "basic", 1, clock.now(), clock.now() + timedelta(days=3))
    file.unlink()
    follow(provider, clock, seconds=11)
    with worker_of(provider)._deliveries[kind]() as deliver:
        pauses = []
        for seconds in (0, 30, 600):
            clock.forward(seconds=seconds)
            with pytest.raises(NotNow, match="its client file is missing") as wait:
                deliver(parcel)
            pauses.append(wait.value.seconds)
        assert 10 <= pauses[0] < pauses[1] < pauses[2] == 300  # nobody takes thousands up again every few seconds
        follow(provider, clock, minutes=61)

        with pytest.raises(Undeliverable, match="any more"):
            deliver(parcel)


def test_new_sign_ins_are_refused_at_once(
    app: Flask, provider: Provider, visitor: FlaskClient, clock: MovableClock, file: Path
) -> None:
    """Rulings 20"""
    party = RelyingParty(app, "basic")
    file.unlink()
    follow(provider, clock, seconds=11)

    assert visitor.get("/authorize", query_string=party.request()).status_code == 400


def test_during_the_grace_a_portal_is_told_to_come_back_and_keeps_its_tokens(
    app: Flask, provider: Provider, person: str, clock: MovableClock, file: Path
) -> None:
    """Rulings 20: after `invalid_client` libraries throw the refresh token away"""
    client = TokenClient(app, "basic")
    credentials, _ = client.credentials()
    tokens = client.tokens(person, scope="openid offline_access")
    away = file.rename(file.with_suffix(".away"))
    follow(provider, clock, seconds=11)

    asked = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    answer = app.test_client().post("/token", data=asked, headers=credentials)

    assert (answer.status_code, answer.json) == (
        503,
        {"error": "temporarily_unavailable", "error_description": "this client cannot be served for the moment"},
    )
    assert answer.headers["Retry-After"] == str(provider.settings.files.reload)
    away.rename(file)
    follow(provider, clock, seconds=11)
    assert good(client.refresh(tokens["refresh_token"]))


def test_during_the_grace_userinfo_tells_a_portal_to_come_back(
    app: Flask, provider: Provider, person: str, clock: MovableClock, file: Path
) -> None:
    """Rulings 20: after `invalid_token` a portal would sign its people out"""
    tokens = TokenClient(app, "basic").tokens(person)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    away = file.rename(file.with_suffix(".away"))
    follow(provider, clock, seconds=11)

    comes_back(app.test_client().get("/userinfo", headers=bearer), provider)

    away.rename(file)
    follow(provider, clock, seconds=11)
    assert app.test_client().get("/userinfo", headers=bearer).status_code == 200


def test_during_the_grace_the_stream_of_events_tells_a_portal_to_come_back(
    app: Flask, provider: Provider, clock: MovableClock, file: Path
) -> None:
    """Rulings 20"""
    receiver = EventReceiver(app)
    token = good(receiver.tokens.post("/token", grant_type="client_credentials", scope="ssf.read"))["access_token"]
    file.unlink()
    follow(provider, clock, seconds=11)

    answer = app.test_client().get("/ssf/stream", headers={"Authorization": f"Bearer {token}"})

    comes_back(answer, provider)


def test_during_the_grace_the_api_tells_a_program_to_come_back(
    app: Flask, provider: Provider, clock: MovableClock, tmp_path: Path
) -> None:
    """Rulings 20"""
    program = Program(app, clock)
    chores.follow_client_files(provider)
    program.take_token()
    (tmp_path / "clients" / "fund-software.toml").unlink()
    follow(provider, clock, seconds=11)

    answer = program.get("/funds/AK01/letter-jobs")

    problem(answer, "unavailable", 503)
    assert answer.headers["Retry-After"] == str(provider.settings.files.reload)


def comes_back(answer: TestResponse, provider: Provider) -> None:
    """Assert that the caller is told to come back, and not that its token is bad."""
    assert (answer.status_code, answer.json["error"]) == (503, "temporarily_unavailable")
    assert answer.headers["Retry-After"] == str(provider.settings.files.reload)
    assert "WWW-Authenticate" not in answer.headers


def test_everything_ends_with_the_grace(
    app: Flask, provider: Provider, person: str, clock: MovableClock, file: Path
) -> None:
    """Rulings 20: and a file that comes back later brings nothing back"""
    client = TokenClient(app, "basic")
    tokens = client.tokens(person, scope="openid offline_access")
    away = file.rename(file.with_suffix(".away"))
    follow(provider, clock, seconds=11)
    follow(provider, clock, hours=1)

    away.rename(file)
    follow(provider, clock, seconds=11)

    assert client.refresh(tokens["refresh_token"]).status_code == 400


def test_a_portal_of_many_people_ends_batch_by_batch(
    app: Flask, provider: Provider, person: str, clock: MovableClock, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rulings 20: one long transaction would be cancelled by the database, again and again"""
    monkeypatch.setattr(chores, "BATCH", 2)
    monkeypatch.setattr(chores, "BATCHES", 1)
    client = TokenClient(app, "basic")
    tokens = [client.tokens(person, scope="openid offline_access")["refresh_token"] for _ in range(5)]
    away = file.rename(file.with_suffix(".away"))
    follow(provider, clock, seconds=11)

    left = []
    for passed in (3600, 11, 11):
        follow(provider, clock, seconds=passed)
        with provider.database.reading() as tx:
            live = sa.select(sa.func.count()).where(RefreshFamily.revoked_at.is_(None))
            left.append((tx.execute(live).scalar(), bool(reconcile.missing(tx))))

    assert left == [(3, True), (1, True), (0, False)]
    away.rename(file)
    follow(provider, clock, seconds=11)
    assert {client.refresh(token).status_code for token in tokens} == {400}


def test_a_file_that_goes_again_has_a_grace_of_its_own(
    app: Flask, provider: Provider, person: str, clock: MovableClock, file: Path
) -> None:
    client = TokenClient(app, "basic")
    tokens = client.tokens(person, scope="openid offline_access")
    for _ in range(2):
        away = file.rename(file.with_suffix(".away"))
        follow(provider, clock, seconds=11)
        follow(provider, clock, minutes=40)
        away.rename(file)
        follow(provider, clock, minutes=1)

    assert good(client.refresh(tokens["refresh_token"]))


def test_the_operator_hears_of_it_at_once(
    app: Flask, provider: Provider, clock: MovableClock, file: Path, log: io.StringIO
) -> None:
    file.unlink()
    follow(provider, clock, seconds=11)

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    metrics = app.test_client().get("/metrics").text
    (finding,) = diagnosis.missing_files(provider)

    assert [line["client"] for line in lines if line["event"] == "client_file_missing"] == ["basic"]
    assert 'idp_client_files_missing{client="basic"} 1.0' in metrics
    assert finding.reason == "basic: its file is gone; everything it holds ends at 2026-07-16 13:00 UTC"
    clock.forward(hours=1)
    chores.follow_client_files(provider)
    assert list(diagnosis.missing_files(provider)) == []
