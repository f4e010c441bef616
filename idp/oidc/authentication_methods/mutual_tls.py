"""`tls_client_auth` and `self_signed_tls_client_auth`: the certificate of the TLS connection (RFC 8705 §2).

The proxy that ended the connection says whether an authority it trusts issued the certificate; whose it is, is decided
here: by the one registered name, or by the client's own key set.
"""

from collections.abc import Callable, Collection
from ipaddress import ip_address

from cryptography import x509

from idp.clients.client import Client
from idp.oidc.authentication_methods.presented import PresentedCredentials
from idp.oidc.errors import InvalidClient
from idp.provider import Provider
from idp.web.client_certificate import ClientCertificate

NameCheck = Callable[[ClientCertificate, str], bool]


def tls_client_auth(provider: Provider, client: Client, presented: PresentedCredentials) -> None:
    """Issued by a trusted authority, and bearing the registered name (§2.1)."""
    certificate = _valid(provider, presented)
    if not presented.chain_is_verified:
        raise InvalidClient("client authentication failed", detail="the certificate's authority is not trusted")
    if not any(value and bears(certificate, value) for bears, value in _registered_names(client)):
        raise InvalidClient("client authentication failed", detail="the certificate bears another name")


def self_signed_tls_client_auth(provider: Provider, client: Client, presented: PresentedCredentials) -> None:
    """Verify that the certificate's key is one of the client's, whatever its issuer (§2.2)."""
    shown = _valid(provider, presented).key
    if shown not in _known(provider, client, None) and shown not in _known(provider, client, "a new one"):
        raise InvalidClient("client authentication failed", detail="the certificate's key is not registered")


def _valid(provider: Provider, presented: PresentedCredentials) -> ClientCertificate:
    certificate = presented.certificate
    if certificate is None:
        raise InvalidClient("this client must show a client certificate")
    if not certificate.valid_from <= provider.clock.now() <= certificate.valid_until:
        raise InvalidClient("client authentication failed", detail="the certificate is not valid now")
    return certificate


def _known(provider: Provider, client: Client, kid: str | None) -> Collection[bytes]:
    """Return the client's public keys; a kid that no key has makes us look whether the client has new ones."""
    return {key.as_der(private=False) for key in provider.client_keys.of(client, kid)}  # type: ignore[union-attr]


def _registered_names(client: Client) -> tuple[tuple[NameCheck, str], ...]:
    """§2.1.2: a client registers exactly one of them."""
    return (
        (_bears_subject, client.tls_client_auth_subject_dn),
        (_bears_dns, client.tls_client_auth_san_dns),
        (_bears_uri, client.tls_client_auth_san_uri),
        (_bears_ip, client.tls_client_auth_san_ip),
        (_bears_email, client.tls_client_auth_san_email),
    )


def _bears_subject(certificate: ClientCertificate, registered: str) -> bool:
    """Return whether the subject is this one, compared as names: RFC 4514 writes one name in several ways."""
    try:
        return certificate.subject == x509.Name.from_rfc4514_string(registered)
    except ValueError:
        return False


def _bears_dns(certificate: ClientCertificate, registered: str) -> bool:
    names = (name.lower() for name in certificate.alternatives.get_values_for_type(x509.DNSName))
    return registered.lower() in names


def _bears_uri(certificate: ClientCertificate, registered: str) -> bool:
    return registered in certificate.alternatives.get_values_for_type(x509.UniformResourceIdentifier)


def _bears_ip(certificate: ClientCertificate, registered: str) -> bool:
    try:
        return ip_address(registered) in certificate.alternatives.get_values_for_type(x509.IPAddress)
    except ValueError:
        return False


def _bears_email(certificate: ClientCertificate, registered: str) -> bool:
    return registered in certificate.alternatives.get_values_for_type(x509.RFC822Name)
