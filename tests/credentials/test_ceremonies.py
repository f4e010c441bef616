"""Answers of authenticators: right ones of every algorithm are taken, one bent in any point is refused."""

import json
from datetime import UTC, datetime
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from webauthn.helpers import bytes_to_base64url

from idp.credentials import ceremonies, challenges
from idp.credentials.ceremonies import RelyingParty, UserEntity
from idp.credentials.challenges import Challenge
from idp.credentials.passkeys import Passkey
from idp.sealing import Sealer
from tests.support.authenticator import Algorithm, Authenticator, Key

PARTY = RelyingParty("localhost", ("http://localhost", "https://login.example.fr"))
VAULT = Sealer({"test": bytes(32)}, "test")
NOW = datetime(2026, 11, 29, tzinfo=UTC)
HANDLE = bytes_to_base64url(bytes(range(32)))
OWNER = UserEntity(HANDLE, "anne@example.ch", "Anne Rochat")


def challenge() -> Challenge:
    found = challenges.opened(VAULT, NOW, "run 1", challenges.issue(VAULT, NOW, "run 1"))
    assert found is not None
    return found


def creation(asked: Challenge) -> str:
    return ceremonies.creation_options(PARTY, OWNER, title="Caisse", challenge=asked.value, known=())


def register(device: Authenticator) -> Passkey:
    asked = challenge()
    new = ceremonies.registered(PARTY, device.create(creation(asked)), asked)
    assert new is not None
    return Passkey(credential_id=new.credential_id, public_key=new.public_key, transports=list(new.transports))


def use(device: Authenticator, passkey: Passkey, *, discovered: bool = True, **bent: Any) -> bool:
    asked = challenge()
    answer = device.get(ceremonies.request_options(PARTY, challenge=asked.value), **bent)
    found = ceremonies.asserted(PARTY, answer, asked, passkey, handle=HANDLE, discovered=discovered)
    return found is not None


def test_a_passkey_is_asked_for_that_is_kept_and_unlocked_by_its_owner() -> None:
    """WebAuthn §5.4: resident key and user verification required, no attestation, nothing personal in the handle"""
    known = Passkey(credential_id="AQID", transports=["usb"])

    asked = json.loads(ceremonies.creation_options(PARTY, OWNER, title="Caisse", challenge=b"c", known=[known]))

    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["attestation"] == "none"
    assert asked["user"] == {"id": HANDLE, "name": "anne@example.ch", "displayName": "Anne Rochat"}
    assert asked["excludeCredentials"] == [{"id": "AQID", "type": "public-key", "transports": ["usb"]}]
    assert [each["alg"] for each in asked["pubKeyCredParams"]] == [-7, -8, -257]


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
def test_every_promised_algorithm_registers_and_signs_in(algorithm: Algorithm) -> None:
    device = Authenticator(algorithm)

    assert use(device, register(device))


def test_an_algorithm_that_was_not_offered_is_refused() -> None:
    asked = challenge()

    assert ceremonies.registered(PARTY, Authenticator("ES384").create(creation(asked)), asked) is None


def test_what_the_authenticator_says_of_itself_is_kept() -> None:
    asked, device = challenge(), Authenticator(aaguid="ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4")

    new = ceremonies.registered(PARTY, device.create(creation(asked), transports=["hybrid", "telepathy"]), asked)

    assert new is not None
    assert (new.aaguid, new.transports) == ("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4", ("hybrid",))
    assert (new.multi_device, new.backed_up) == (True, True)


BENT = [
    {"origin": "https://login.evil.example"},
    {"origin": "http://localhost:8000"},
    {"rp_id": "evil.example"},
    {"verified": False},
    {"challenge": bytes_to_base64url(b"another challenge")},
    {"client_data": {"crossOrigin": True}},
    {"client_data": {"crossOrigin": False, "topOrigin": "https://evil.example"}},
    {"kind": "payment.get"},
]


@pytest.mark.parametrize("bent", BENT, ids=str)
def test_a_registration_that_is_bent_is_refused(bent: dict[str, Any]) -> None:
    """WebAuthn §7.1"""
    asked = challenge()

    assert ceremonies.registered(PARTY, Authenticator().create(creation(asked), **bent), asked) is None


@pytest.mark.parametrize("bent", [*BENT, {"signature": bytes(70)}, {"brings": "AAAA"}, {"brings": None}], ids=str)
def test_a_use_that_is_bent_is_refused(bent: dict[str, Any]) -> None:
    """WebAuthn §7.2"""
    device = Authenticator()
    passkey = register(device)

    assert not use(device, passkey, **bent)


def test_pages_of_a_related_origin_use_the_same_passkeys() -> None:
    """WebAuthn §5.11"""
    device = Authenticator()

    assert use(device, register(device), origin="https://login.example.fr")


def test_a_security_key_may_leave_the_handle_out_where_the_person_is_known() -> None:
    """WebAuthn §7.2 step 6: a handle that is brought must be the right one all the same"""
    device = Authenticator()
    passkey = register(device)

    assert use(device, passkey, discovered=False, brings=None)
    assert not use(device, passkey, discovered=False, brings="AAAA")


def test_the_key_of_another_passkey_signs_nothing() -> None:
    device, other = Authenticator(), Authenticator()
    passkey = register(device)
    other.handle, other.credential = device.handle, device.credential

    assert not use(other, passkey)


CERTIFIED = {"alg": -7, "sig": b"", "x5c": [b"certificate"]}
STATEMENTS = [
    {"fmt": "packed", "statement": CERTIFIED},
    {"fmt": "tpm", "statement": {"ver": "2.0", **CERTIFIED, "certInfo": b"", "pubArea": b""}},
    {"fmt": "apple", "statement": {"x5c": [b"certificate"]}},
    {"fmt": "fido-u2f", "statement": CERTIFIED},
    {"fmt": "android-safetynet", "statement": {"ver": "1", "response": b"e30.e30.e30"}},
    {"fmt": "none", "statement": {"alg": -7}},
    {"fmt": 5},
    {"fmt": "packed", "statement": {"alg": -7, "sig": bytes(70)}},
    {"attestation": b""},
    {"attestation": b"\xff" * 40},
    {"attestation": b"\x81" * 5000},
    {"attestation": cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": b"short"})},
    {"attestation": cbor2.dumps({"fmt": "none", "attStmt": {}})},
    {"cose": b""},
    {"cose": cbor2.dumps({1: 2, 3: -7, -1: 1, -2: bytes(32), -3: bytes(32)})},
    {"cose": cbor2.dumps({1: 2, 3: -7})},
    {"cose": cbor2.dumps([1, 2])},
    {"id": "AAAA"},
    {"id": "é"},
]


@pytest.mark.parametrize("bent", STATEMENTS, ids=str)
def test_a_malformed_attestation_is_refused(bent: dict[str, Any]) -> None:
    """No exception leaves the ceremony; a key that is no point of its curve is none."""
    asked = challenge()

    assert ceremonies.registered(PARTY, Authenticator().create(creation(asked), **bent), asked) is None


@given(st.text() | st.binary().map(lambda raw: json.dumps({"id": "AA", "response": {"clientDataJSON": raw.hex()}})))
def test_whatever_is_sent_is_an_answer_or_none(sent: str) -> None:
    asked, passkey = challenge(), Passkey(credential_id="AA", public_key="AA", transports=[])

    assert ceremonies.registered(PARTY, sent, asked) is None
    assert ceremonies.asserted(PARTY, sent, asked, passkey, handle=HANDLE, discovered=True) is None
    assert ceremonies.challenge_of(sent) == b"" or ceremonies.credential_id(sent)


def test_a_stored_key_that_cannot_be_read_signs_nobody_in() -> None:
    device = Authenticator()
    broken = Passkey(credential_id=device.id, public_key=bytes_to_base64url(Key("ES256").cose[:-3]), transports=[])
    device.handle = HANDLE

    assert not use(device, broken)
