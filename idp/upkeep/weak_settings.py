"""Settings that are allowed but weak. `load_settings` refuses the dangerous ones.

A limit is measured by the one that the program ships with (`config/defaults.toml`), the rest by the standard named.
"""

from collections.abc import Callable, Iterator
from ipaddress import ip_network

from idp.reach import is_local, is_on_this_machine, is_verified
from idp.settings import Limit, Settings
from idp.settings_loader import shipped_limits

LEAST_ARGON2 = (19456, 2)  # OWASP Password Storage
LEAST_FLOOR = 8  # NIST SP 800-63B-4 §3.1.1.2, with a second factor
LONGEST_IDLE, LONGEST_SESSION = 30 * 60, 12 * 3600  # as shipped; NIST SP 800-63B-4 §2.2.3 allows twice as long
LONGEST_UNWATCHED = 3600
LEAST_AUDIT = 365 * 86400  # OPDo art. 4

Check = Callable[[Settings], Iterator[str]]


def reasons(settings: Settings) -> Iterator[str]:
    """Yield every weak setting in one sentence that names it."""
    for check in CHECKS:
        yield from check(settings)


def passwords(settings: Settings) -> Iterator[str]:
    if min(settings.passwords.memory_kib - LEAST_ARGON2[0], settings.passwords.passes - LEAST_ARGON2[1]) < 0:
        yield "passwords: Argon2id below 19456 KiB and 2 passes"
    if settings.passwords.floor < LEAST_FLOOR:
        yield f"passwords.floor is below {LEAST_FLOOR}"


def messages(settings: Settings) -> Iterator[str]:
    in_clear = settings.mail.security == "none" and not is_local(settings.mail.host)
    if settings.mail.transport == "smtp" and in_clear:
        yield "mail.security is none: mails travel unencrypted, codes and links in them"
    if settings.sms.transport == "http" and settings.sms.url.startswith("http:"):
        yield "sms.url is http: codes travel unencrypted"
    for name, directory in settings.legacy_directories.items():
        if directory.url.startswith("http:"):
            yield f"legacy_directories.{name}.url is http: passwords travel unencrypted"


def limits(settings: Settings) -> Iterator[str]:
    for name, shipped in shipped_limits().items():
        chosen = settings.limits[name]
        if _is_looser(chosen, shipped):
            yield f"limits.{name} allows more than the {shipped.times} in {shipped.window} s that it ships with"


def sessions(settings: Settings) -> Iterator[str]:
    if settings.sessions.idle > LONGEST_IDLE:
        yield "sessions.idle is longer than 30 minutes"
    if settings.sessions.absolute > LONGEST_SESSION:
        yield "sessions.absolute is longer than 12 hours"
    if settings.pages.run_idle > LONGEST_UNWATCHED:
        yield "pages.run_idle is longer than an hour"


def network(settings: Settings) -> Iterator[str]:
    if any(ip_network(cidr, strict=False).prefixlen == 0 for cidr in settings.server.monitoring):
        yield "server.monitoring lets everybody read the metrics"
    if settings.server.certificate and not settings.server.trusted_proxies:
        yield "server.certificate: no proxy reads slow requests first, so that few clients can hold every thread"
    if not is_on_this_machine(settings.database.url) and not is_verified(settings.database.url):
        yield "database.url does not check the certificate (sslmode=verify-full) of a server on another machine"


def records(settings: Settings) -> Iterator[str]:
    if settings.retention.audit < LEAST_AUDIT:
        yield "retention.audit is shorter than a year"
    if not settings.audit.file and not settings.audit.stdout and settings.environment != "development":
        yield "audit.file and audit.stdout are both off: security events stay in the database alone"
    if settings.environment != "production" and not is_local(settings.server.host):
        yield f"the environment is {settings.environment}, not production, and others reach {settings.server.issuer}"


def _is_looser(chosen: Limit, shipped: Limit) -> bool:
    more = chosen.times * shipped.window > shipped.times * chosen.window
    undelayed = bool(shipped.delay) and (
        not chosen.delay or chosen.delay_after > shipped.delay_after or chosen.delay < shipped.delay
    )
    return more or undelayed


CHECKS: tuple[Check, ...] = (passwords, messages, limits, sessions, network, records)
