"""The settings that are never safe to start with, each with the reason for its refusal (rulings 23)."""

from collections.abc import Iterator
from ipaddress import ip_network
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from idp.reach import is_encrypted, is_local, is_on_this_machine
from idp.settings import DatabaseSettings, Desk, Settings


def reasons(settings: Settings) -> Iterator[str]:
    """Yield why these settings are refused, by the setting's name; nothing for settings that are safe enough."""
    yield from _of_addresses(settings)
    if settings.environment == "production":
        yield from _of_clear_text(settings)
        if settings.server.certificate and not settings.server.trusted_proxies:
            yield (
                "server.certificate: slow clients would hold the threads of gunicorn: let a proxy read whole requests "
                "first, and list it in server.trusted_proxies"
            )
    yield from _of_replica(settings.database)
    yield from _of_passkeys(settings)
    yield from _of_desk(settings.desk)
    if any(cidr.endswith("/0") for cidr in settings.server.trusted_proxies):
        yield "server.trusted_proxies: with everybody trusted, anybody writes the address they come from"
    registration = settings.registration
    unguarded = registration.open or registration.allow_private_addresses or registration.errors_to_clients
    if unguarded and settings.environment != "conformance":
        yield (
            "registration.open, registration.allow_private_addresses, registration.errors_to_clients: "
            "they exist in the conformance environment only"
        )
    uses_inbox = "inbox" in {settings.mail.transport, settings.sms.transport}
    if uses_inbox and settings.environment not in {"development", "testing"}:
        yield "mail.transport, sms.transport: the inbox exists in the development environment only"


def _of_addresses(settings: Settings) -> Iterator[str]:
    issuer = urlsplit(settings.server.issuer)
    if (
        issuer.scheme not in {"http", "https"}
        or not issuer.hostname
        or issuer.username is not None
        or settings.server.issuer != settings.server.origin
    ):
        yield "server.issuer: the http(s) address of a host is expected, no path, query or final slash"
    if settings.environment == "production" and issuer.scheme != "https":
        yield "server.issuer: production needs an https issuer"
    if settings.mail.username and settings.mail.security == "none":
        yield "mail.username: credentials need mail.security starttls or tls"


def _of_passkeys(settings: Settings) -> Iterator[str]:
    """Browsers use passkeys of their own host or of one above it; for others they ask `/.well-known/webauthn`."""
    host, rp_id = settings.server.host, settings.passkeys.rp_id
    if rp_id and host != rp_id and not host.endswith("." + rp_id):
        yield "passkeys.rp_id: the host of server.issuer is expected, or a domain above it"
    for origin in settings.passkeys.related_origins:
        parts = urlsplit(origin)
        if origin != f"{parts.scheme}://{parts.netloc}" or parts.scheme != "https" or not parts.hostname:
            yield f"passkeys.related_origins: {origin!r} is no https address of a host"


def _of_desk(desk: Desk) -> Iterator[str]:
    """A network that cannot be read would open the desk to nobody, a mistyped host hide it."""
    parts = urlsplit(f"//{desk.host}")
    if desk.host and (parts.netloc != desk.host or not parts.hostname or parts.username is not None):
        yield "desk.host: a host is expected, with its port if it has one: desk.example.ch"
    for cidr in desk.networks:
        try:
            ip_network(cidr, strict=False)
        except ValueError:
            yield f"desk.networks: {cidr!r} is no network (CIDR)"


def _of_clear_text(settings: Settings) -> Iterator[str]:
    """Passwords, codes and personal data do not leave this machine unencrypted."""
    addresses = {f"legacy_directories.{name}.url": each.url for name, each in settings.legacy_directories.items()}
    if settings.sms.transport == "http":
        addresses["sms.url"] = settings.sms.url
    addresses["tracing.endpoint"] = settings.tracing.endpoint
    for name, address in addresses.items():
        parts = urlsplit(address)
        if parts.scheme == "http" and not is_local(parts.hostname or ""):
            yield f"{name}: production needs https to another machine"
    if settings.mail.security == "none" and not is_local(settings.mail.host):
        yield "mail.security: production needs starttls or tls to a mail server on another machine"
    yield from _of_database("database.url", settings.database.url)
    if settings.database.direct_url:
        yield from _of_database("database.direct_url", settings.database.direct_url)
    if settings.database.replica:
        yield from _of_database("database.replica", settings.database.replica)


def _of_replica(database: DatabaseSettings) -> Iterator[str]:
    try:
        kinds = {make_url(each).get_backend_name() for each in (database.url, database.replica) if database.replica}
    except ArgumentError:
        yield "database.replica: an address is expected: postgresql+psycopg://…"
        return
    if kinds - {"postgresql"}:
        yield "database.replica: only PostgreSQL has replicas"


def _of_database(name: str, address: str) -> Iterator[str]:
    try:
        in_clear = not is_encrypted(address) and not is_on_this_machine(address)
    except ArgumentError:
        yield f"{name}: an address is expected: postgresql+psycopg://… or sqlite:///…"
        return
    if in_clear:
        yield (
            f"{name}: production needs TLS to a server on another machine: add sslmode=verify-full "
            "(and sslrootcert=…) to the address"
        )
