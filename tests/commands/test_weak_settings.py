"""`idp doctor` and what is configured too weakly: as shipped nothing is, and every weak value is named."""

from typing import Any

import msgspec
import pytest

from idp.provider import Provider
from idp.settings import Settings
from idp.settings_loader import load_settings
from idp.upkeep import diagnosis, weak_settings
from tests.support.clients import bend

SECRETS = {"keys": {"a": b"x" * 32}, "active": "a"}


def production(**overrides: Any) -> Settings:
    return load_settings({}, overrides={"secrets": SECRETS, **overrides})


def test_nothing_is_weak_as_it_ships() -> None:
    assert list(weak_settings.reasons(production())) == []


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        ({"passwords": {"memory_kib": 1024}}, "passwords: Argon2id"),
        ({"passwords": {"memory_kib": 65536, "passes": 1}}, "passwords: Argon2id"),
        ({"passwords": {"floor": 6}}, "passwords.floor"),
        ({"sms": {"transport": "http", "url": "http://localhost/send"}}, "sms.url"),
        (
            {"legacy_directories": {"old": {"url": "http://localhost/", "key_id": "1", "secret_env": "X"}}},
            "legacy_directories.old.url",
        ),
        ({"limits": {"password": {"times": 1000, "window": 86400}}}, "limits.password"),
        ({"limits": {"second_step": {"times": 26, "window": 86400}}}, "limits.second_step"),
        ({"limits": {"second_step": {"times": 25, "window": 3600}}}, "limits.second_step"),
        ({"limits": {"second_knowledge": {"delay": 1}}}, "limits.second_knowledge"),
        ({"sessions": {"idle": 3600}}, "sessions.idle"),
        ({"sessions": {"absolute": 86400}}, "sessions.absolute"),
        ({"pages": {"run_idle": 86400}}, "pages.run_idle"),
        ({"server": {"monitoring": ["0.0.0.0/0"]}}, "server.monitoring"),
        ({"database": {"url": "postgresql+psycopg://idp@db.example.ch/idp?sslmode=require"}}, "database.url"),
        ({"database": {"url": "postgresql+psycopg://idp@db.example.ch/idp?sslmode=verify-ca"}}, "database.url"),
        ({"retention": {"audit": 86400}}, "retention.audit"),
        ({"audit": {"stdout": False}}, "audit.file"),
    ],
)
def test_a_weak_setting_is_named(overrides: dict[str, Any], named: str) -> None:
    """NIST SP 800-63B-4 §2.2.3: lengths of sessions; §3.1.1.2: the password floor"""
    (reason,) = weak_settings.reasons(production(**overrides))

    assert reason.startswith(named)


@pytest.mark.parametrize(("proxies", "weak"), [([], True), (["10.0.0.0/8"], False)])
def test_tls_without_a_proxy_in_front_is_weak_where_production_would_refuse_it(proxies: list[str], weak: bool) -> None:
    server = {"certificate": "idp.pem", "certificate_key": "idp.key", "trusted_proxies": proxies}
    settings = load_settings({"IDP_ENVIRONMENT": "conformance"}, overrides={"secrets": SECRETS, "server": server})

    assert any(reason.startswith("server.certificate") for reason in weak_settings.reasons(settings)) is weak


def test_mail_in_clear_is_weak_where_production_would_refuse_it() -> None:
    settings = load_settings(
        {"IDP_ENVIRONMENT": "conformance"},
        overrides={"secrets": SECRETS, "mail": {"transport": "smtp", "host": "mail.example.ch", "security": "none"}},
    )

    assert any(reason.startswith("mail.security") for reason in weak_settings.reasons(settings))


@pytest.mark.parametrize(("issuer", "is_weak"), [("http://localhost:8000", False), ("https://login.example.ch", True)])
def test_a_development_environment_is_weak_once_other_machines_reach_it(issuer: str, is_weak: bool) -> None:
    settings = load_settings(
        {"IDP_ENVIRONMENT": "development"}, overrides={"secrets": SECRETS, "server": {"issuer": issuer}}
    )

    assert any("environment is development" in reason for reason in weak_settings.reasons(settings)) is is_weak


@pytest.mark.parametrize(
    "overrides",
    [
        {"limits": {"password": {"times": 10}}},
        {"mail": {"transport": "smtp", "host": "localhost", "security": "none"}},
        {"database": {"url": "postgresql+psycopg://idp@db.example.ch/idp?sslmode=verify-full"}},
        {"database": {"url": "postgresql+psycopg://idp@localhost/idp"}},
        {"database": {"url": "postgresql+psycopg:///idp?host=/run/postgresql"}},
    ],
)
def test_what_is_stricter_or_never_leaves_the_machine_is_not_weak(overrides: dict[str, Any]) -> None:
    assert list(weak_settings.reasons(production(**overrides))) == []


def test_the_doctor_names_a_portal_whose_former_directory_is_not_configured(provider: Provider) -> None:
    """rulings 27: people would see « not available for a moment » for ever"""
    client = provider.registry.current().client("e-services")
    assert client is not None
    assert client.policy.legacy is not None
    bend(provider, "e-services", policy={"legacy": msgspec.structs.replace(client.policy.legacy, source="the-old-one")})

    found = [finding for finding in diagnosis.examine(provider, ()) if "the-old-one" in finding.reason]

    assert [(finding.check, finding.verdict) for finding in found] == [("policies", diagnosis.BAD)]
