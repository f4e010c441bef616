"""The client certificate of a TLS connection that a trusted proxy ended (RFC 8705).

The proxy asks for a certificate, checks what it can, and writes two headers, named in the settings: the certificate
as URL-encoded PEM (`$ssl_client_escaped_cert` of nginx) and the result (`$ssl_client_verify`). They are removed unread
unless a trusted proxy sent them. A proxy must always set both, so that no client's own headers pass through it.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import unquote
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Request

from idp.web.proxies import Network, within

CERTIFICATE = "idp.client_certificate"
VERIFIED = "idp.client_certificate_verified"
SUCCESS = "SUCCESS"
LONGEST = 16 * 1024
UNREADABLE = (ValueError, TypeError, OverflowError, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension,
              x509.UnsupportedGeneralNameType)  # fmt: skip


@dataclass(frozen=True)
class ClientCertificate:
    """A certificate that could be read to its end; `key` is its public key in DER (SubjectPublicKeyInfo)."""

    thumbprint: str
    """`x5t#S256` (RFC 8705 §3.1)."""
    valid_from: datetime
    valid_until: datetime
    key: bytes
    subject: x509.Name
    alternatives: x509.SubjectAlternativeName


class ClientCertificates:
    """WSGI layer in front of everything that changes the peer's address."""

    def __init__(
        self, application: WSGIApplication, trusted: tuple[Network, ...], certificate: str, verified: str
    ) -> None:
        self._application = application
        self._trusted = trusted
        self._certificate = _environ_name(certificate)
        self._verified = _environ_name(verified)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        certificate, verified = environ.pop(self._certificate, ""), environ.pop(self._verified, "")
        if certificate and within(environ.get("REMOTE_ADDR", ""), self._trusted):
            environ[CERTIFICATE] = certificate
            environ[VERIFIED] = verified == SUCCESS
        return self._application(environ, start_response)


def presented_certificate(request: Request) -> ClientCertificate | None:
    """Return the certificate of this connection; None: there is none, or it cannot be read."""
    escaped = request.environ.get(CERTIFICATE, "")
    return _parsed(escaped) if escaped and len(escaped) <= LONGEST else None


def chain_is_verified(request: Request) -> bool:
    """Return whether the proxy found the certificate issued by an authority it trusts."""
    return bool(request.environ.get(VERIFIED, False))


def thumbprint_of(request: Request) -> str:
    """Return the thumbprint of the certificate, or an empty text."""
    certificate = presented_certificate(request)
    return certificate.thumbprint if certificate is not None else ""


@lru_cache(maxsize=256)
def _parsed(escaped: str) -> ClientCertificate | None:
    """Parse every part immediately, because cryptography parses a certificate lazily."""
    try:
        certificate = x509.load_pem_x509_certificate(unquote(escaped).encode("ascii"))
        return ClientCertificate(
            thumbprint=urlsafe_b64encode(certificate.fingerprint(SHA256())).rstrip(b"=").decode(),
            valid_from=certificate.not_valid_before_utc,
            valid_until=certificate.not_valid_after_utc,
            key=certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            subject=certificate.subject,
            alternatives=_alternatives(certificate),
        )
    except UNREADABLE:
        return None


def _alternatives(certificate: x509.Certificate) -> x509.SubjectAlternativeName:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return x509.SubjectAlternativeName([])


def _environ_name(header: str) -> str:
    return "HTTP_" + header.upper().replace("-", "_")
