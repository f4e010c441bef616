"""The types of every setting. `config/defaults.toml` explains each one; `idp.settings_loader` reads them."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

PROJECT = Path(__file__).resolve().parent.parent
HOME = PROJECT if (PROJECT / "setup.cfg").exists() else Path.cwd()
"""The folder that relative paths in settings start from: the checkout, or where an installed program was started."""

Seconds = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Environment = Literal["production", "development", "testing", "conformance"]


class SettingsError(Exception):
    """The configuration cannot be used; the message says which setting, where, and what is expected."""


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table of the settings file."""


class Server(Section, frozen=True):
    issuer: str
    trusted_proxies: tuple[str, ...]
    monitoring: tuple[str, ...]
    workers: int
    threads: Positive
    read_timeout: Positive
    drain: Seconds
    max_body_bytes: Positive
    client_certificate_header: str
    client_verified_header: str
    mtls_address: str
    certificate: str
    certificate_key: str

    @property
    def host(self) -> str:
        return urlsplit(self.issuer).hostname or ""

    @property
    def origin(self) -> str:
        """Scheme, host and port of the issuer, as browsers write an origin."""
        return "{0.scheme}://{0.netloc}".format(urlsplit(self.issuer))

    @property
    def secure(self) -> bool:
        """Return whether people reach us over https: decides `__Host-` cookies and HSTS."""
        return self.issuer.startswith("https://")


class DatabaseSettings(Section, frozen=True):
    url: str
    direct_url: str
    replica: str
    pool_size: Positive
    sqlite_synchronous: Literal["full", "normal"]
    busy_timeout: Seconds
    statement_timeout: Seconds


class Files(Section, frozen=True):
    clients: str
    brands: str
    variable: str
    reload: Positive
    grace: Seconds


class PageSettings(Section, frozen=True):
    languages: tuple[str, ...]
    time_zone: str
    run_idle: Positive
    run_lifetime: Positive


class Sessions(Section, frozen=True):
    idle: Positive
    absolute: Positive
    touch: Positive


class Passwords(Section, frozen=True):
    memory_kib: Positive
    passes: Positive
    concurrency: Positive
    floor: Positive
    weak_hash_lifetime: Positive
    context_words: tuple[str, ...]
    breached_filter: str


class PasskeySettings(Section, frozen=True):
    """`rp_id`: the host that passkeys belong to, the issuer's if empty; `related_origins`: others that use them."""

    rp_id: str
    related_origins: tuple[str, ...]


class Limit(Section, frozen=True):
    """At most `times` in `window` seconds; after `delay_after` failures wait `delay`, doubling, at most the window."""

    times: Positive
    window: Positive
    delay_after: int = 0
    delay: int = 0


class MailSettings(Section, frozen=True):
    transport: Literal["smtp", "inbox"]
    host: str
    port: Positive
    security: Literal["starttls", "tls", "none"]
    username: str
    password_env: str
    sender: str
    timeout: Positive


class Sms(Section, frozen=True):
    transport: Literal["http", "inbox"]
    url: str
    method: Literal["POST", "PUT", "GET"]
    headers: dict[str, str]
    format: Literal["json", "form"]
    body: dict[str, str]
    success_status: tuple[int, ...]
    success_pattern: str
    timeout: Positive
    countries: tuple[str, ...]
    price: float
    currency: str


class Lane(Section, frozen=True):
    """`threads` per kind of delivery and worker process; `retry` is the first delay, doubling up to an hour."""

    threads: Positive
    batch: Positive
    lease: Positive
    retry: Positive


class Lanes(Section, frozen=True):
    codes: Lane
    logout: Lane
    notices: Lane
    bulk: Lane


class LegacyDirectory(Section, frozen=True):
    """A former directory that is asked over HTTPS at sign-in; a portal's `legacy.source` names it (rulings 27)."""

    url: str
    key_id: str
    secret_env: str
    timeout: Positive = 5
    concurrency: Positive = 2
    tolerated: Positive = 3
    pause: Positive = 15


class Outbox(Section, frozen=True):
    poll: float
    attempts: Positive
    lanes: Lanes


class AuditSettings(Section, frozen=True):
    """Where the worker writes the audit trail besides the database, as chained JSON lines; empty `file`: no file."""

    file: str
    stdout: bool


class Tracing(Section, frozen=True):
    """Where spans go, OTLP over HTTP, and which share of all traces is kept; empty `endpoint`: nothing is traced."""

    endpoint: str
    share: Annotated[float, msgspec.Meta(ge=0, le=1)]


class Keys(Section, frozen=True):
    algorithms: tuple[str, ...]
    announce: Positive
    active: Positive
    retire: Positive


class Registration(Section, frozen=True):
    """Dynamic client registration: off while `like` is empty. `open` (to everybody), `allow_private_addresses` and
    `errors_to_clients` exist for conformance runs."""

    like: str
    initial_access_tokens: tuple[str, ...]
    require_pkce: bool
    token_endpoint_audience: bool
    open: bool
    allow_private_addresses: bool
    errors_to_clients: bool


class Dpop(Section, frozen=True):
    """`nonces`: whether proofs must carry a nonce of ours (RFC 9449 §8)."""

    nonces: bool


class Desk(Section, frozen=True):
    """The desk's pages: their own `host` if there is one, the `networks` (CIDR) that reach them, everybody if empty,
    how long a session of staff lives, how many people an act may concern that one supervisor does alone, and how many
    bytes an uploaded register may have."""

    host: str
    networks: tuple[str, ...]
    idle: Positive
    absolute: Positive
    second_person_above: Annotated[int, msgspec.Meta(ge=0)]
    largest_upload: Positive


class Retention(Section, frozen=True):
    codes: Positive
    runs: Positive
    audit: Positive
    journal: Positive
    sessions: Positive
    inactive_reminder: Positive
    inactive: Positive
    closure_grace: Positive
    closure_reminder: Positive


class Secrets(Section, frozen=True):
    """Key id → key bytes, from `IDP_SECRETS` (`2026-11:<base64>,2026-05:<base64>`); the first one is active."""

    keys: dict[str, bytes]
    active: str

    def __repr__(self) -> str:
        return f"Secrets(active={self.active!r})"  # settings may be printed; keys never


class Settings(Section, frozen=True):
    environment: Environment
    server: Server
    database: DatabaseSettings
    files: Files
    pages: PageSettings
    sessions: Sessions
    passwords: Passwords
    passkeys: PasskeySettings
    limits: dict[str, Limit]
    mail: MailSettings
    sms: Sms
    legacy_directories: dict[str, LegacyDirectory]
    outbox: Outbox
    audit: AuditSettings
    tracing: Tracing
    keys: Keys
    dpop: Dpop
    registration: Registration
    desk: Desk
    retention: Retention
    secrets: Secrets

    @property
    def development(self) -> bool:
        return self.environment == "development"
