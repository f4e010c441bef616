"""What a server agrees to that is offered one version of TLS and some ciphers: the question of a conformance suite."""

import socket
import ssl
import warnings

RECOMMENDED = "ECDHE+AESGCM"
"""The four ciphers of TLS 1.2 that BCP 195 recommends (RFC 9325 §4.2)."""


def agreed(port: int, version: ssl.TLSVersion, ciphers: str = "ALL") -> str:
    """The cipher that is agreed on with the server on this port of this machine, empty if it refuses."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # versions before 1.2 are meant
        context.minimum_version = context.maximum_version = version
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    try:
        with (
            socket.create_connection(("127.0.0.1", port), 10) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            found = secure.cipher()
    except (ssl.SSLError, ConnectionError):
        return ""
    return found[0] if found else ""


def speaks_only_good_tls(port: int) -> bool:
    """Whether the server speaks TLS 1.3 and, of TLS 1.2, the recommended ciphers and no others; nothing older."""
    old = [agreed(port, version) for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)]
    others = agreed(port, ssl.TLSVersion.TLSv1_2, f"ALL:!{RECOMMENDED}")
    good = [agreed(port, ssl.TLSVersion.TLSv1_3), agreed(port, ssl.TLSVersion.TLSv1_2, RECOMMENDED)]
    return all(good) and not any((*old, others))
