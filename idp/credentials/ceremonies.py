"""The two ceremonies of WebAuthn Level 3: the options for the browser, and the check of its answer.

Pure: given the relying party, a challenge that was opened, and what is stored. User verification is always required,
attestation never asked for. The checks that the library leaves to its caller are here: that the page stood in no
foreign frame (§7.1 step 10, §7.2 step 13), and that an assertion names the person's handle (§7.2 step 6).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
import webauthn
from cryptography.exceptions import UnsupportedAlgorithm
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    parse_attestation_object,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AttestationFormat,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from idp.credentials.challenges import LIFETIME, Challenge
from idp.credentials.stored_passkey import NewPasskey, StoredPasskey
from idp.settings import Settings

LONGEST = 16_384
"""Characters of an answer; real ones have about 1500."""
ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
TIMEOUT = int(LIFETIME.total_seconds() * 1000)
TRANSPORTS = {each.value for each in AuthenticatorTransport}
MALFORMED = (
    WebAuthnException,
    UnsupportedAlgorithm,
    msgspec.MsgspecError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""The exceptions of the JSON, CBOR, COSE and key parsers for hostile bytes."""


@dataclass(frozen=True)
class RelyingParty:
    """`id` is the host that passkeys belong to; `origins` are where pages may use them."""

    id: str
    origins: tuple[str, ...]


@dataclass(frozen=True)
class UserEntity:
    """The person as an authenticator keeps them: `handle` is opaque, the others are shown on the device."""

    handle: str
    name: str
    display_name: str


@dataclass(frozen=True)
class Assertion:
    """A verified use of a passkey."""

    sign_count: int
    backed_up: bool


class _ClientData(msgspec.Struct):
    challenge: str
    crossOrigin: bool = False  # noqa: N815 (WebAuthn §5.8.1)
    topOrigin: str | None = None  # noqa: N815


class _Response(msgspec.Struct):
    clientDataJSON: str  # noqa: N815 (WebAuthn §5.1)
    userHandle: str | None = None  # noqa: N815
    transports: list[str] = []
    attestationObject: str = ""  # noqa: N815


class _Answer(msgspec.Struct):
    id: str
    response: _Response


def relying_party(settings: Settings) -> RelyingParty:
    """Return the relying party: usually the issuer's host, whose pages are those of the issuer and related origins."""
    known = settings.passkeys
    return RelyingParty(known.rp_id or settings.server.host, (settings.server.origin, *known.related_origins))


def creation_options(
    party: RelyingParty, owner: UserEntity, *, title: str, challenge: bytes, known: Iterable[StoredPasskey]
) -> str:
    """Return the JSON of `navigator.credentials.create`; an authenticator with a `known` passkey makes none."""
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=title,
        user_id=base64url_to_bytes(owner.handle),
        user_name=owner.name,
        user_display_name=owner.display_name,
        challenge=challenge,
        timeout=TIMEOUT,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_descriptors(known),
        supported_pub_key_algs=ALGORITHMS,
    )
    return webauthn.options_to_json(options)


def request_options(party: RelyingParty, *, challenge: bytes, known: Iterable[StoredPasskey] = ()) -> str:
    """Return the JSON of `navigator.credentials.get`; without `known` passkeys the person chooses among theirs."""
    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=TIMEOUT,
        allow_credentials=_descriptors(known) or None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def credential_id(answer: str) -> str:
    """Return which credential an answer says it comes from; empty: it cannot be read."""
    read = _read(answer)
    return read[0].id if read is not None else ""


def challenge_of(answer: str) -> bytes:
    """Return the challenge that an answer names, not verified yet; empty if it cannot be read."""
    read = _read(answer)
    return base64url_to_bytes(read[1].challenge) if read is not None else b""


def registered(party: RelyingParty, answer: str, challenge: Challenge) -> NewPasskey | None:
    """Return the new passkey of an answer; None: it is not right (WebAuthn §7.1)."""
    read = _read(answer)
    if read is None or not _is_in_no_frame(read[1]):
        return None
    try:
        if not _is_without_certificate(read[0].response.attestationObject):
            return None
        verified = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge.value,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
        decoded_public_key_to_cryptography(decode_credential_public_key(verified.credential_public_key))
    except MALFORMED:
        return None
    if bytes_to_base64url(verified.credential_id) != read[0].id:
        return None
    return NewPasskey(
        credential_id=read[0].id,
        public_key=bytes_to_base64url(verified.credential_public_key),
        sign_count=verified.sign_count,
        transports=tuple(each for each in dict.fromkeys(read[0].response.transports) if each in TRANSPORTS),
        aaguid=verified.aaguid,
        multi_device=verified.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
        backed_up=verified.credential_backed_up,
    )


def asserted(
    party: RelyingParty, answer: str, challenge: Challenge, passkey: StoredPasskey, *, handle: str, discovered: bool
) -> Assertion | None:
    """Return the use of this passkey of the person with this handle; None: the answer is not right (WebAuthn §7.2).

    `discovered`: nobody said before who comes, so that the answer must bring the handle.
    """
    read = _read(answer)
    if read is None or not _is_in_no_frame(read[1]):
        return None
    brought = read[0].response.userHandle
    if (discovered or brought) and (not handle or brought != handle):
        return None
    try:
        verified = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge.value,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=0,  # a count that goes back is told, not refused (`passkeys.use`)
            require_user_verification=True,
        )
    except MALFORMED:
        return None
    return Assertion(verified.new_sign_count, verified.credential_backed_up)


def _read(answer: str) -> tuple[_Answer, _ClientData] | None:
    if len(answer) > LONGEST:
        return None
    try:
        read = msgspec.json.decode(answer, type=_Answer)
        client_data = msgspec.json.decode(base64url_to_bytes(read.response.clientDataJSON), type=_ClientData)
        base64url_to_bytes(client_data.challenge)
    except MALFORMED:
        return None
    return read, client_data


def _is_in_no_frame(client_data: _ClientData) -> bool:
    return not client_data.crossOrigin and not client_data.topOrigin


def _is_without_certificate(attestation: str) -> bool:
    """Return whether the attestation names no maker: none, or one that the passkey signs itself (§8.7, §8.2)."""
    stated = parse_attestation_object(base64url_to_bytes(attestation))
    return stated.fmt == AttestationFormat.NONE or (stated.fmt == AttestationFormat.PACKED and not stated.att_stmt.x5c)


def _descriptors(known: Iterable[StoredPasskey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(each.credential_id),
            transports=[AuthenticatorTransport(name) for name in each.transports],
        )
        for each in known
    ]
