"""A receiver fetches its events, and each until it says that it has it (RFC 8936)."""

import pytest
from flask import Flask

from idp.actions import disabling
from idp.actions.actor import Actor
from idp.provider import Provider
from tests.support.event_receiver import EventReceiver, name_of


@pytest.fixture
def told(provider: Provider, poller: EventReceiver, person: str) -> EventReceiver:
    """The receiver for which two events wait."""
    poller.sign_in(person)
    with provider.database.transaction() as tx:
        disabling.disable(tx, person, by=Actor.clerk("anna"), reason="test")
    return poller


@pytest.mark.both_databases
def test_events_are_fetched_until_they_are_acknowledged(told: EventReceiver) -> None:
    """RFC 8936 §2.4"""
    first = told.poll()

    again = told.poll()
    rest = told.poll(ack=[first[0]["jti"]])
    none = told.poll(ack=[rest[0]["jti"]])

    assert [name_of(claims) for claims in first] == ["account-disabled", "session-revoked"]
    assert again == first
    assert rest == first[1:]
    assert none == []


def test_a_receiver_takes_as_many_as_it_wants(told: EventReceiver) -> None:
    """RFC 8936 §2.2: maxEvents, moreAvailable"""
    answers = [
        told.call("POST", f"/ssf/poll/{told.stream_id}", {"maxEvents": most, "returnImmediately": True}).get_json()
        for most in (0, 1, 2)
    ]

    assert [(len(each["sets"]), each["moreAvailable"]) for each in answers] == [(0, True), (1, True), (2, False)]


def test_an_event_that_the_receiver_cannot_use_is_not_offered_again(told: EventReceiver) -> None:
    """RFC 8936 §2.4.4"""
    (first, second) = told.poll()

    rest = told.poll(setErrs={first["jti"]: {"err": "invalid_key", "description": "no"}})

    assert rest == [second]


def test_a_paused_stream_gives_nothing_and_loses_nothing(told: EventReceiver) -> None:
    told.call("POST", "/ssf/status", {"stream_id": told.stream_id, "status": "paused"})
    paused = told.poll()

    told.call("POST", "/ssf/status", {"stream_id": told.stream_id, "status": "enabled"})

    assert paused == []
    assert len(told.poll()) == 2


def test_its_address_is_in_the_configuration(app: Flask, poller: EventReceiver) -> None:
    """Shared Signals Framework §6.1.2"""
    (stream,) = poller.call("GET", "/ssf/stream").get_json()

    assert stream["delivery"] == {
        "method": "urn:ietf:rfc:8936",
        "endpoint_url": f"http://localhost/ssf/poll/{stream['stream_id']}",
    }


def test_events_that_wait_cannot_be_read_in_the_database(provider: Provider, told: EventReceiver, person: str) -> None:
    with provider.database.reading() as tx:
        rows = tx.connection.exec_driver_sql("SELECT * FROM kept_events").all()

    assert len(rows) == 2
    assert person not in str(rows)


def test_unusable_requests_are_refused(told: EventReceiver) -> None:
    stream = told.stream_id

    for asked in ({"ack": "x"}, {"maxEvents": -1}, {"maxEvents": "all"}, {"ack": ["x" * 101]}):
        assert told.call("POST", f"/ssf/poll/{stream}", asked).status_code == 400, asked

    assert len(told.poll()) == 2
