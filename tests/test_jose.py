"""Signed JSON: every algorithm goes in and out, and a hostile token is a refusal and nothing else."""

import gc
import json
import warnings
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp import jose
from idp.jose import CannotEncrypt, CannotVerify
from tests.support.possession import sign_raw

KEYS = {algorithm: jose.generate(algorithm, f"kid-{algorithm}") for algorithm in jose.SIGNING_ALGORITHMS}


def encoded(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("algorithm", jose.SIGNING_ALGORITHMS)
def test_what_is_signed_verifies_and_names_its_key(algorithm: str) -> None:
    """oidcc-idtoken-signature, and fault 16 of the library survey: PS256 and EdDSA need no permission."""
    token = jose.sign({"sub": "p1"}, KEYS[algorithm], algorithm, typ="at+jwt")

    found = jose.verify(token, KEYS.values(), jose.SIGNING_ALGORITHMS)

    assert found.claims == {"sub": "p1"}
    assert found.header == {"alg": algorithm, "typ": "at+jwt", "kid": f"kid-{algorithm}"}


@pytest.mark.parametrize("algorithm", [*jose.SIGNING_ALGORITHMS, "HS256"])
@given(claims=st.dictionaries(st.text(max_size=8), st.text(max_size=20) | st.integers(-(2**53), 2**53), max_size=5))
@settings(max_examples=30, deadline=None)
def test_joserfc_reads_what_is_signed_here_and_the_other_way_round(algorithm: str, claims: dict[str, Any]) -> None:
    """RFC 7518 §3.3 to §3.5: the bytes of a signature are made here; another implementation judges them."""
    key = KEYS.get(algorithm) or jose.symmetric_key("a shared secret of 32 characters, or more")
    ours = jose.sign(claims, key, algorithm, typ="JWT")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # joserfc prefers another name for EdDSA
        read = jws.deserialize_compact(ours, key, [algorithm])
        theirs = jws.serialize_compact(read.protected, read.payload, key, [algorithm])

    assert json.loads(read.payload or b"") == claims
    assert jose.verify(theirs, [key], [algorithm]).claims == claims


def test_a_number_with_leading_zeros_fills_its_32_bytes() -> None:
    """RFC 7518 §3.4; one signature in 128 has one."""
    sizes = {len(jose.sign({"n": n}, KEYS["ES256"], "ES256", typ="JWT").rpartition(".")[2]) for n in range(1000)}

    assert sizes == {86}


def test_what_was_made_ready_for_a_key_is_forgotten_with_it() -> None:
    """Another key may come to lie where it was."""
    gc.collect()  # the keys of earlier tests
    before = len(jose._SIGNERS)
    key = jose.generate("ES256", "short-lived")
    jose.sign({}, key, "ES256", typ="JWT")
    assert len(jose._SIGNERS) == before + 1

    del key
    gc.collect()

    assert len(jose._SIGNERS) == before


@pytest.mark.parametrize(("name", "algorithm"), [("RS256", "ES256"), ("EdDSA", "RS256"), ("ES256", "EdDSA")])
def test_a_key_of_another_kind_signs_nothing(name: str, algorithm: str) -> None:
    with pytest.raises(JoseError):
        jose.sign({}, KEYS[name], algorithm, typ="JWT")


def test_an_algorithm_that_was_not_asked_for_is_refused() -> None:
    token = jose.sign({"sub": "p1"}, KEYS["ES256"], "ES256", typ="JWT")

    with pytest.raises(CannotVerify):
        jose.verify(token, KEYS.values(), ["RS256"])


def test_none_is_no_algorithm() -> None:
    """oidcc-rp-initiated-logout-modified-id-token-hint"""
    token = f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded({'sub': 'p1'})}."

    with pytest.raises(CannotVerify):
        jose.verify(token, KEYS.values(), [*jose.SIGNING_ALGORITHMS, "none"])


def test_an_rs256_key_does_not_verify_ps256() -> None:
    token = jose.sign({}, KEYS["PS256"], "PS256", typ="JWT")

    with pytest.raises(CannotVerify):
        jose.verify(token, [KEYS["RS256"]], ["PS256"])


def test_a_token_without_kid_is_tried_with_every_key_that_fits() -> None:
    """RFC 7515 §4.1.4: a kid is a hint"""
    unnamed = jose.read_key({k: v for k, v in KEYS["ES256"].as_dict(private=True).items() if k != "kid"})
    other = jose.generate("ES256", "other")
    token = jws.serialize_compact({"alg": "ES256"}, b'{"sub":"p1"}', unnamed)

    found = jose.verify(token, [other, unnamed], ["ES256"])

    assert found.claims == {"sub": "p1"}


def test_critical_headers_are_not_understood() -> None:
    """RFC 7515 §4.1.11"""
    token = f"{encoded({'alg': 'ES256', 'crit': ['exp'], 'exp': 1})}.{encoded({})}.AAAA"

    with pytest.raises(CannotVerify):
        jose.unverified(token)


def test_a_header_parameter_nobody_knows_is_ignored() -> None:
    """RFC 7515 §4"""
    header = {"alg": "ES256", "kid": "kid-ES256", "https://example.ch/unheard-of": {"any": "thing"}}
    token = sign_raw(header, {"sub": "p1"}, KEYS["ES256"])

    assert jose.verify(token, KEYS.values(), ["ES256"]).claims == {"sub": "p1"}


def test_weak_and_symmetric_keys_are_no_client_keys() -> None:
    """RFC 7518 §3.2, §3.3: no HMAC key under 256 bits, no RSA key under 2048; OIDC Core §10.1"""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        weak = RSAKey.generate_key(1024).as_dict(private=False)

    with pytest.raises(ValueError, match="2048"):
        jose.read_key(weak)
    with pytest.raises(ValueError):
        jose.read_key({"kty": "oct", "k": "c2VjcmV0"})
    with pytest.raises(ValueError):
        jose.symmetric_key("short")


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
def test_our_own_rsa_keys_are_as_strong_as_the_other_ones(algorithm: str) -> None:
    """ASVS 11.2.3: 128 bits of security need 3072 bits (NIST SP 800-57, table 2)"""
    key = jose.generate(algorithm, "kid")

    assert isinstance(key, RSAKey)
    assert key.raw_value.key_size == 3072


def test_a_key_set_leaves_out_what_it_does_not_know() -> None:
    """RFC 7517 §5"""
    known = KEYS["ES256"].as_dict(private=False)

    keys = jose.read_keys({"keys": [{"kty": "AKP"}, known, {"kty": "EC", "crv": "P-256", "x": 1, "y": []}, "text"]})

    assert [key.kid for key in keys] == ["kid-ES256"]


@given(st.text() | st.from_regex(r"[A-Za-z0-9_=-]*\.[A-Za-z0-9_=-]*\.[A-Za-z0-9_=-]*"))
def test_no_text_makes_it_fail_otherwise(text: str) -> None:
    with pytest.raises(CannotVerify):
        jose.verify(text, KEYS.values(), jose.SIGNING_ALGORITHMS)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["alg", "kid", "b64"]), inner),
)


@given(JSON)
def test_no_header_makes_it_fail_otherwise(header: object) -> None:
    with pytest.raises(CannotVerify):
        jose.verify(f"{encoded(header)}.{encoded({})}.AAAA", KEYS.values(), jose.SIGNING_ALGORITHMS)


def test_nested_json_is_refused_too() -> None:
    deep = urlsafe_b64encode(b'{"alg":' + b"[" * 4000).decode()

    with pytest.raises(CannotVerify):
        jose.unverified(f"{deep}.{encoded({})}.AAAA")


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"alg": ["RS256"]}, {}),
        ({"alg": None}, {}),
        ({"typ": "JWT"}, {}),
        (["RS256"], {}),
        ("RS256", {}),
        ({"alg": "RS256"}, ["sub"]),
        ({"alg": "RS256"}, "sub"),
        ({"alg": "RS256"}, None),
    ],
)
def test_a_token_whose_parts_are_of_another_type_is_refused_and_nothing_else(header: object, claims: object) -> None:
    """RFC 7515 §4.1.1, RFC 7519 §7.2"""
    with pytest.raises(CannotVerify):
        jose.unverified(f"{encoded(header)}.{encoded(claims)}.c2ln")


@pytest.mark.parametrize(
    ("algorithm", "curve"), [("ES256", ECKey.generate_key("P-384")), ("EdDSA", OKPKey.generate_key("X25519"))]
)
def test_a_key_that_cannot_make_the_signature_verifies_none(algorithm: str, curve: jose.Key) -> None:
    """RFC 8725 §3.1: an error inside a verification is a refusal"""
    token = jose.unverified(jose.sign({"sub": "p1"}, KEYS[algorithm], algorithm, typ="JWT"))

    assert not jose.is_signed_by(token, curve, [algorithm])


def test_a_key_is_used_with_its_own_algorithm_only() -> None:
    """RFC 7517 §4.4, RFC 8725 §3.1"""
    for_pss = RSAKey.import_key({**KEYS["PS256"].as_dict(private=True), "alg": "PS256"})
    token = jose.sign({"sub": "p1"}, KEYS["RS256"], "RS256", typ="JWT")
    same_key = RSAKey.import_key({**KEYS["RS256"].as_dict(private=False), "alg": "PS256"})

    for key in (for_pss, same_key):
        with pytest.raises(CannotVerify):
            jose.verify(token, [key], ["RS256"])


@pytest.mark.parametrize("header", [{"b64": False}, {"crit": ["exp"], "exp": 1}])
def test_an_extension_that_changes_the_meaning_is_refused(header: dict[str, object]) -> None:
    """RFC 7515 §4.1.11, RFC 7797 §3"""
    with pytest.raises(CannotVerify):
        jose.unverified(sign_raw({"alg": "ES256", **header}, {"sub": "p1"}, KEYS["ES256"]))


@pytest.mark.parametrize(
    ("algorithm", "key", "fits"),
    [
        ("RSA-OAEP-256", {"kty": "RSA"}, True),
        ("RSA-OAEP-256", {"kty": "RSA", "use": "enc", "alg": "RSA-OAEP-256"}, True),
        ("RSA-OAEP-256", {"kty": "RSA", "use": "sig"}, False),
        ("RSA-OAEP-256", {"kty": "RSA", "alg": "RSA-OAEP"}, False),
        ("RSA-OAEP-256", {"kty": "EC"}, False),
        ("ECDH-ES", {"kty": "EC"}, True),
        ("ECDH-ES", {"kty": "RSA"}, False),
    ],
)
def test_what_is_encrypted_is_encrypted_for_a_key_that_was_made_for_it(
    algorithm: str, key: dict[str, str], fits: bool
) -> None:
    """RFC 7517 §4.2, §4.4"""
    made = KEYS["RS256" if key["kty"] == "RSA" else "ES256"].as_dict(private=False)
    public = {name: value for name, value in made.items() if name not in {"use", "alg"}}

    assert (jose.encryption_key([jose.read_key({**public, **key})], algorithm) is not None) is fits


def as_json(key: jose.Key, **changes: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), **changes}


def padded(key: jose.Key) -> dict[str, Any]:
    """The same RSA key, its modulus written with zeros in front."""
    number = urlsafe_b64decode(str(key.as_dict(private=False)["n"]) + "==")
    return as_json(key, n=urlsafe_b64encode(bytes(256) + number).rstrip(b"=").decode())


def test_an_rsa_key_is_measured_by_its_modulus_and_not_by_its_text() -> None:
    """RFC 7518 §3.3: zeros in front make no key longer"""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        weak = RSAKey.generate_key(1024)

    with pytest.raises(ValueError, match="2048"):
        jose.read_key(padded(weak))


@pytest.mark.parametrize("crv", ["P-384", "P-521"])
def test_a_key_on_another_curve_signs_nothing_here(crv: str) -> None:
    other = ECKey.generate_key(crv, {"kid": "kid-ES256"})
    token = jose.sign({"sub": "p1"}, KEYS["ES256"], "ES256", typ="JWT")

    with pytest.raises(CannotVerify):
        jose.verify(token, [other], ["ES256"])


def test_a_key_for_agreement_is_no_key_for_signatures() -> None:
    agreement = OKPKey.generate_key("X25519")
    token = jose.unverified(jose.sign({"sub": "p1"}, KEYS["EdDSA"], "EdDSA", typ="JWT"))

    assert jose.is_signed_by(token, agreement, ["EdDSA"]) is False


@pytest.mark.parametrize("key", [KEYS["EdDSA"], KEYS["RS256"], OKPKey.generate_key("X448")])
def test_only_a_key_that_can_is_chosen_to_encrypt_for(key: jose.Key) -> None:
    """RFC 7518 §4.6: an Ed25519 key signs and agrees on nothing"""
    unfit = jose.read_key({name: value for name, value in as_json(key).items() if name not in {"use", "alg"}})

    assert jose.encryption_key([unfit], "ECDH-ES") is None


def test_a_key_that_its_owner_does_not_allow_to_be_used_so_is_a_refusal() -> None:
    """RFC 7517 §4.3"""
    key = jose.read_key(as_json(ECKey.generate_key("P-256"), key_ops=["verify"]))

    assert jose.encryption_key([key], "ECDH-ES") is None
    with pytest.raises(CannotEncrypt):
        jose.encrypt("text", key, "RSA-OAEP", "A128GCM", nested=False)


def test_a_kid_finds_the_key_in_a_set_without_kids() -> None:
    """RFC 7515 §4.1.4: kid is a hint; RFC 7517 §4.5: keys need not have one"""
    unnamed = jose.read_key({name: value for name, value in as_json(KEYS["ES256"]).items() if name != "kid"})
    named = jose.read_key(as_json(KEYS["ES256"], kid="another"))
    token = jose.sign({"sub": "p1"}, KEYS["ES256"], "ES256", typ="JWT")

    assert jose.verify(token, [unnamed], ["ES256"]).claims == {"sub": "p1"}
    with pytest.raises(CannotVerify):
        jose.verify(token, [named], ["ES256"])


@pytest.mark.parametrize("entry", [{"kty": "AKP", "alg": "ML-DSA-44"}, {"kty": "EC", "crv": "secp256k1"}, {"kty": []}])
def test_keys_of_an_unknown_kind_are_no_fault(entry: dict[str, Any]) -> None:
    """RFC 7517 §5"""
    assert jose.faults_of_keys([entry, as_json(KEYS["ES256"])]) == {}


def test_keys_that_cannot_be_used_are_named() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        weak = RSAKey.generate_key(1024).as_dict(private=False)
    broken = {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}

    faults = jose.faults_of_keys([as_json(KEYS["ES256"]), weak, broken, {"kty": "RSA"}])

    assert faults.keys() == {1, 2, 3}
    assert "2048" in faults[1]


KEY_MEMBERS = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "d", "kid", "use", "alg", "key_ops", "x5c", "oth"])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(entry=JSON | st.dictionaries(KEY_MEMBERS, JSON | st.sampled_from(["RSA", "EC", "OKP", "P-256", "Ed25519"])))
def test_no_entry_of_a_key_set_makes_it_fail_otherwise(entry: object) -> None:
    jose.faults_of_keys([entry])
    jose.read_keys({"keys": [entry]})
