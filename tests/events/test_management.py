"""A receiver manages its own stream with its own token (Shared Signals Framework §7, §8, §8.1), and nothing else."""

from typing import Any

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp.actions import disabling
from idp.actions.actor import Actor
from idp.provider import Provider
from tests.support.clients import bend
from tests.support.event_receiver import EVERY, EventReceiver, name_of, receiving
from tests.support.signed_in import new_person
from tests.support.tokens import delegated, good
from tests.support.worker import deliver

CAEP = "https://schemas.openid.net/secevent/caep/event-type/"
RISC = "https://schemas.openid.net/secevent/risc/event-type/"
ISSUER = "http://localhost"


def user(sub: str) -> dict[str, str]:
    return {"format": "iss_sub", "iss": ISSUER, "sub": sub}


def disable(provider: Provider, person_id: str) -> None:
    with provider.database.transaction() as tx:
        disabling.disable(tx, person_id, by=Actor.clerk("anna"), reason="test")


def test_the_transmitter_describes_itself(app: Flask) -> None:
    """Shared Signals Framework §7.1, CAEP Interoperability Profile §2.3"""
    visitor = app.test_client()

    found = visitor.get("/.well-known/ssf-configuration").get_json()

    assert (found["spec_version"], found["issuer"]) == ("1_0", ISSUER)
    assert found["delivery_methods_supported"] == ["urn:ietf:rfc:8935", "urn:ietf:rfc:8936"]
    assert found["authorization_schemes"] == [{"spec_urn": "urn:ietf:rfc:6749"}]
    assert visitor.get(found["jwks_uri"].removeprefix(ISSUER)).status_code == 200
    for name, address in found.items():
        if name.endswith("_endpoint"):
            assert visitor.post(address.removeprefix(ISSUER)).status_code == 401


def test_a_stream_is_read(receiver: EventReceiver) -> None:
    """Shared Signals Framework §8.1.1.2"""
    (listed,) = receiver.call("GET", "/ssf/stream", scope="ssf.read").get_json()

    one = receiver.call("GET", f"/ssf/stream?stream_id={listed['stream_id']}").get_json()

    assert one == listed
    assert receiver.served is not None
    assert one["delivery"] == {"method": "urn:ietf:rfc:8935", "endpoint_url": f"{receiver.served.url}/events"}
    assert (one["iss"], one["aud"]) == (ISSUER, "basic")
    assert len(one["events_delivered"]) == len(EVERY)


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_fewer_events_may_be_asked_for_and_no_others(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str, method: str
) -> None:
    """Shared Signals Framework §8.1.1.3, §8.1.1.4"""
    receiver.sign_in(person)
    wanted = [f"{RISC}account-disabled", "https://example.ch/unknown"]
    body = {"stream_id": receiver.stream_id, "events_requested": wanted, "description": "ours"}

    changed = receiver.call(method, "/ssf/stream", body).get_json()
    disable(provider, person)
    deliver(app)

    assert changed["events_requested"] == wanted
    assert changed["events_delivered"] == wanted[:1]
    assert changed["description"] == "ours"
    assert [name_of(claims) for claims in receiver.heard()] == ["account-disabled"]


def test_replacing_a_stream_forgets_what_is_not_named(receiver: EventReceiver) -> None:
    """Shared Signals Framework §8.1.1.4"""
    stream = receiver.stream_id
    receiver.call("PATCH", "/ssf/stream", {"stream_id": stream, "events_requested": [CAEP], "description": "ours"})

    replaced = receiver.call("PUT", "/ssf/stream", {"stream_id": stream}).get_json()

    assert len(replaced["events_requested"]) == len(EVERY)
    assert "description" not in replaced


FORBIDDEN: tuple[dict[str, Any], ...] = (
    {"aud": "another"},
    {"events_delivered": []},
    {"events_requested": []},
    {"events_requested": "all"},
    {"description": 7},
    {"description": "\0"},
    {"delivery": {"method": "urn:ietf:rfc:8936"}},
    {"delivery": {"method": "urn:ietf:rfc:8935", "endpoint_url": "https://thief.example/"}},
    {"delivery": {"method": "urn:ietf:rfc:8935", "authorization_header": "Bearer x"}},
)


def test_what_is_not_for_the_receiver_to_change_is_refused(receiver: EventReceiver) -> None:
    """A stolen token sends no events elsewhere"""
    before = receiver.call("GET", "/ssf/stream").get_json()

    for change in FORBIDDEN:
        refused = receiver.call("PATCH", "/ssf/stream", {"stream_id": before[0]["stream_id"], **change})
        assert (refused.status_code, refused.get_json()["error"]) == (400, "invalid_request"), change

    assert receiver.call("GET", "/ssf/stream").get_json() == before


def test_a_deleted_stream_begins_anew_at_its_receivers_wish_only(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str
) -> None:
    """Shared Signals Framework §8.1.1.1, §8.1.1.5"""
    receiver.sign_in(person)
    first = receiver.stream_id
    assert receiver.served is not None
    delivery = {"method": "urn:ietf:rfc:8935", "endpoint_url": f"{receiver.served.url}/events"}
    exists = receiver.call("POST", "/ssf/stream", {"delivery": delivery})

    deleted = receiver.call("DELETE", f"/ssf/stream?stream_id={first}")
    disable(provider, person)
    deliver(app)
    none = receiver.call("GET", "/ssf/stream").get_json()
    created = receiver.call("POST", "/ssf/stream", {"delivery": delivery})

    assert [exists.status_code, deleted.status_code, created.status_code] == [409, 204, 201]
    assert none == []
    assert receiver.heard() == []
    assert created.get_json()["stream_id"] == receiver.stream_id != first


def test_creating_a_stream_without_delivery_asks_for_polling(receiver: EventReceiver) -> None:
    """Shared Signals Framework §8.1.1.1"""
    receiver.call("DELETE", f"/ssf/stream?stream_id={receiver.stream_id}")

    assert receiver.call("POST", "/ssf/stream", {}).status_code == 400


def test_the_status_says_what_was_set_and_why(receiver: EventReceiver) -> None:
    """Shared Signals Framework §8.1.2, §8.1.2.2"""
    stream = receiver.stream_id
    receiver.call("POST", "/ssf/status", {"stream_id": stream, "status": "paused", "reason": "holidays"})

    found = receiver.call("GET", f"/ssf/status?stream_id={stream}", scope="ssf.read").get_json()

    assert found == {"stream_id": stream, "status": "paused", "reason": "holidays"}
    assert receiver.call("POST", "/ssf/status", {"stream_id": stream, "status": "asleep"}).status_code == 400


def test_a_person_who_is_left_out_is_told_of_no_more(
    app: Flask, provider: Provider, receiver: EventReceiver, person: str
) -> None:
    """Shared Signals Framework §8.1.3"""
    receiver.sign_in(person)
    body = {"stream_id": receiver.stream_id, "subject": user(person)}

    removed = receiver.call("POST", "/ssf/subjects/remove", body)
    disable(provider, person)
    deliver(app)
    silent = receiver.heard()
    added = receiver.call("POST", "/ssf/subjects/add", body)
    with provider.database.transaction() as tx:
        disabling.enable(tx, person, by=Actor.clerk("anna"), reason="test")
    deliver(app)

    assert [removed.status_code, added.status_code] == [204, 200]
    assert silent == []
    assert [name_of(claims) for claims in receiver.heard()] == ["account-enabled"]


def test_nobody_learns_who_exists_by_adding_subjects(provider: Provider, receiver: EventReceiver, person: str) -> None:
    """Shared Signals Framework §9.1: neither does an invented subject leave anything behind"""
    stranger = new_person(provider, "carla@example.ch")
    receiver.sign_in(person)
    answers = [
        receiver.call("POST", "/ssf/subjects/remove", {"stream_id": receiver.stream_id, "subject": user(sub)})
        for sub in (person, stranger, "nobody")
    ]

    assert {(each.status_code, each.data) for each in answers} == {(204, b"")}
    with provider.database.reading() as tx:
        stored = tx.connection.exec_driver_sql("SELECT person_id FROM event_stream_exclusions").scalars().all()
    assert stored == [person]


def test_only_our_own_subjects_are_understood(receiver: EventReceiver) -> None:
    stream = receiver.stream_id

    for subject in ({"format": "email", "email": "a@example.ch"}, {"format": "iss_sub"}, {}):
        body = {"stream_id": stream, "subject": subject}
        assert receiver.call("POST", "/ssf/subjects/add", body).status_code == 400, subject


def test_reading_does_not_manage(receiver: EventReceiver) -> None:
    """RFC 6750 §3.1, CAEP Interoperability Profile §2.7.2"""
    body = {"stream_id": receiver.stream_id, "status": "disabled"}

    refused = receiver.call("POST", "/ssf/status", body, scope="ssf.read")

    assert refused.status_code == 403
    assert 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"]


def test_a_person_does_not_manage_the_stream_of_a_portal(receiver: EventReceiver, person: str) -> None:
    token = receiver.tokens.tokens(person, scope="openid ssf.manage")["access_token"]

    refused = receiver.tokens.http.get("/ssf/stream", headers={"Authorization": f"Bearer {token}"})

    assert refused.status_code == 401


def test_a_token_by_which_another_client_acts_manages_no_stream(provider: Provider, receiver: EventReceiver) -> None:
    """RFC 8693 §4.1: a right of a receiver is not passed on."""
    own = good(receiver.tokens.post("/token", grant_type="client_credentials", scope="ssf.manage"))["access_token"]

    by_itself = receiver.tokens.http.get("/ssf/stream", headers={"Authorization": f"Bearer {own}"})
    by_another = receiver.tokens.http.get(
        "/ssf/stream", headers={"Authorization": f"Bearer {delegated(provider, own)}"}
    )

    assert by_itself.status_code == 200
    assert by_another.status_code == 401


def test_a_right_that_was_taken_out_of_the_file_is_gone(provider: Provider, receiver: EventReceiver) -> None:
    token = receiver.tokens.post("/token", grant_type="client_credentials", scope="ssf.manage").get_json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert receiver.tokens.http.get("/ssf/stream", headers=headers).status_code == 200

    bend(provider, "basic", scope="openid")

    assert receiver.tokens.http.get("/ssf/stream", headers=headers).status_code == 403


def test_nobody_reaches_the_stream_of_another(app: Flask, receiver: EventReceiver) -> None:
    with receiving(app, "post") as other:
        stream = other.stream_id

        for method, path, body in (
            ("GET", f"/ssf/stream?stream_id={stream}", None),
            ("DELETE", f"/ssf/stream?stream_id={stream}", None),
            ("PATCH", "/ssf/stream", {"stream_id": stream}),
            ("GET", f"/ssf/status?stream_id={stream}", None),
            ("POST", "/ssf/status", {"stream_id": stream, "status": "disabled"}),
            ("POST", "/ssf/verification", {"stream_id": stream}),
            ("POST", "/ssf/subjects/remove", {"stream_id": stream, "subject": user("x")}),
            ("POST", f"/ssf/poll/{stream}", {}),
        ):
            assert receiver.call(method, path, body).status_code == 404, path


def test_a_receiver_that_asks_too_often_is_told_when_to_come_again(
    provider: Provider, receiver: EventReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = provider.limiter._limits
    monkeypatch.setitem(limits, "api", msgspec.structs.replace(limits["api"], times=2))

    answers = [receiver.call("GET", "/ssf/stream", scope="ssf.read") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) > 0


DEEP = b'{"stream_id": "x", "subject": ' + b"[" * 600 + b"]" * 600 + b"}"
"""It can be read, and it is deeper than a function can call itself twice a level."""
NUL = b'{"stream_id": "\\u0000", "description": "\\u0000"}'


def test_unreadable_bodies_are_refused(receiver: EventReceiver) -> None:
    visitor: FlaskClient = receiver.tokens.http
    token = receiver.tokens.post("/token", grant_type="client_credentials", scope="ssf.manage").get_json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}

    for path in ("/ssf/stream", "/ssf/status", "/ssf/subjects/add", "/ssf/subjects/remove", "/ssf/verification"):
        for body in (b"", b"[]", b"\xff", b'{"stream_id": 1}', b"[" * 5000, DEEP, NUL):
            answer = visitor.post(path, data=body, headers=headers, content_type="application/json")
            assert answer.status_code in {400, 404, 409}, (path, body[:20], answer.text)
