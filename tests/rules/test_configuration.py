"""`config/defaults.toml` is the reference of the settings: complete, commented, and safe to start from."""

import re
import tomllib
from typing import Any

import msgspec
import pytest

import idp.clients.policy
import idp.settings
from idp.settings import Section, Settings, SettingsError
from idp.settings_loader import load_settings
from tests.rules.attributes import read_attributes
from tests.rules.source import ROOT

SECRETS = "test:" + "QUFB" * 16
REMOTE = "postgresql+psycopg://idp@db.example.ch/idp"
LOCAL = "postgresql+psycopg:///idp"
CERTIFICATE = {"certificate": "idp.pem", "certificate_key": "idp.key"}
DEFAULTS = (ROOT / "config" / "defaults.toml").read_text(encoding="utf-8")


def test_every_setting_has_its_default() -> None:
    tree = tomllib.loads(DEFAULTS)

    missing = [
        f"{section.name}.{field.name}"
        for section in msgspec.structs.fields(Settings)
        if isinstance(section.type, type) and issubclass(section.type, Section) and section.name != "secrets"
        for field in msgspec.structs.fields(section.type)
        if field.name not in tree.get(section.name, {})
    ]

    assert missing == []


def test_every_section_explains_itself() -> None:
    lines = DEFAULTS.splitlines()

    silent = [
        line
        for number, line in enumerate(lines)
        if re.match(r"\[[a-z_]+\]", line) and "#" not in "\n".join(lines[number - 2 : number + 12])
    ]

    assert silent == []


def test_every_setting_and_policy_is_read() -> None:
    """What an operator writes has an effect, or is refused."""
    sections = [*vars(idp.settings).values(), *vars(idp.clients.policy).values()]
    structs = [
        each for each in sections if isinstance(each, type) and issubclass(each, Section) and each is not Section
    ]
    read = read_attributes()

    unread = [
        f"{struct.__name__}.{name}"
        for struct in structs
        for name in struct.__struct_fields__
        if (f"{struct.__module__}.{struct.__name__}", name) not in read
    ]

    assert len(structs) > 10
    assert unread == []


def test_the_environment_defaults_to_production() -> None:
    """A forgotten variable must not open the inbox (rulings 23)."""
    assert load_settings({"IDP_SECRETS": SECRETS}).environment == "production"


@pytest.mark.parametrize(
    ("environ", "overrides", "reason"),
    [
        ({}, {}, "IDP_SECRETS"),
        ({"IDP_SECRETS": "a:short"}, {}, "base64|fewer"),
        ({"IDP_SECRETS": SECRETS}, {"server": {"issuer": "http://login.example.ch"}}, "https"),
        ({"IDP_SECRETS": SECRETS}, {"server": {"issuer": "https://login.example.ch/"}}, "issuer"),
        ({"IDP_SECRETS": SECRETS}, {"server": {"issuer": "https://login.example.ch/idp"}}, "issuer"),
        ({"IDP_SECRETS": SECRETS}, {"server": {"issuer": "https://login.example.ch?"}}, "issuer"),
        ({"IDP_SECRETS": SECRETS}, {"server": {"issuer": "https://login.example.ch#idp"}}, "issuer"),
        ({"IDP_SECRETS": SECRETS}, {"server": {"issuer": "https://user@login.example.ch"}}, "issuer"),
        ({"IDP_SECRETS": SECRETS}, {"mail": {"transport": "inbox"}}, "inbox"),
        ({"IDP_SECRETS": SECRETS}, {"sms": {"transport": "inbox"}}, "inbox"),
        ({"IDP_SECRETS": SECRETS}, {"registration": {"open": True}}, "registration.open"),
        ({"IDP_SECRETS": SECRETS}, {"registration": {"allow_private_addresses": True}}, "allow_private_addresses"),
        (
            {"IDP_SECRETS": SECRETS, "IDP_ENVIRONMENT": "development"},
            {"registration": {"open": True}},
            "conformance environment",
        ),
        ({"IDP_SECRETS": SECRETS}, {"sms": {"url": "http://gateway.example.ch/send"}}, r"sms\.url"),
        (
            {"IDP_SECRETS": SECRETS},
            {"legacy_directories": {"old": {"url": "http://10.0.0.5/", "key_id": "1", "secret_env": "X"}}},
            r"legacy_directories\.old\.url",
        ),
        ({"IDP_SECRETS": SECRETS}, {"mail": {"host": "mail.example.ch", "security": "none"}}, r"mail\.security"),
        ({"IDP_SECRETS": SECRETS}, {"mail": {"host": "10.0.0.5", "security": "none"}}, r"mail\.security"),
        ({"IDP_SECRETS": SECRETS}, {"database": {"url": f"{REMOTE}"}}, r"database\.url.*sslmode"),
        ({"IDP_SECRETS": SECRETS}, {"database": {"url": f"{REMOTE}?sslmode=prefer"}}, r"database\.url"),
        ({"IDP_SECRETS": SECRETS}, {"database": {"url": f"{LOCAL}?host=db.example.ch"}}, r"database\.url"),
        ({"IDP_SECRETS": SECRETS}, {"database": {"url": f"{LOCAL}?host=/run/pg,db.example.ch"}}, r"database\.url"),
        ({"IDP_SECRETS": SECRETS}, {"database": {"url": f"{LOCAL}?hostaddr=10.0.0.5"}}, r"database\.url"),
        ({"IDP_SECRETS": SECRETS}, {"database": {"url": "my database"}}, r"database\.url"),
        (
            {"IDP_SECRETS": SECRETS},
            {"database": {"url": LOCAL, "direct_url": REMOTE}},
            r"database\.direct_url.*sslmode",
        ),
        (
            {"IDP_SECRETS": SECRETS},
            {"database": {"url": LOCAL, "replica": REMOTE}},
            r"database\.replica.*sslmode",
        ),
        ({"IDP_SECRETS": SECRETS}, {"database": {"url": LOCAL, "replica": "the other one"}}, r"database\.replica"),
        (
            {"IDP_SECRETS": SECRETS},
            {"database": {"url": "sqlite:///var/idp.sqlite3", "replica": LOCAL}},
            r"database\.replica: only PostgreSQL",
        ),
        (
            {"IDP_SECRETS": SECRETS},
            {"database": {"url": LOCAL, "replica": "sqlite:///var/copy.sqlite3"}},
            r"database\.replica: only PostgreSQL",
        ),
        ({"IDP_SECRETS": SECRETS}, {"server": {"trusted_proxies": ["0.0.0.0/0"]}}, "trusted_proxies"),
        ({"IDP_SECRETS": SECRETS}, {"server": CERTIFICATE}, r"server\.certificate: slow clients.*trusted_proxies"),
        ({"IDP_SECRETS": SECRETS}, {"server": {"colour": "blue"}}, "colour"),
        ({"IDP_SECRETS": SECRETS}, {"sessions": {"idle": "soon"}}, "idle"),
        ({"IDP_SECRETS": SECRETS, "IDP_SETTINGS": "/nowhere.toml"}, {}, "nowhere"),
    ],
)
def test_an_unsafe_or_unreadable_setting_is_refused_by_name(
    environ: dict[str, str], overrides: dict[str, Any], reason: str
) -> None:
    """RFC 8414 §2: an issuer has neither query nor fragment; here it is a host that serves both discoveries"""
    with pytest.raises(SettingsError, match=reason):
        load_settings(environ, overrides=overrides)


@pytest.mark.parametrize(
    "overrides",
    [
        {"mail": {"host": "localhost", "security": "none"}},
        {"mail": {"host": "127.0.0.1", "security": "none"}},
        {"mail": {"host": "mail.example.ch", "security": "starttls"}},
        {"database": {"url": "postgresql+psycopg://idp@localhost/idp"}},
        {"database": {"url": "postgresql+psycopg://idp@[::1]/idp"}},
        {"database": {"url": LOCAL}},
        {"database": {"url": f"{LOCAL}?host=/run/postgresql"}},
        {"database": {"url": f"{REMOTE}?sslmode=require"}},
        {"database": {"url": f"{LOCAL}?host=db.example.ch&sslmode=verify-full"}},
        {"database": {"url": "sqlite:///var/idp.sqlite3"}},
    ],
)
def test_mail_and_database_need_tls_only_where_they_leave_this_machine(overrides: dict[str, Any]) -> None:
    """ASVS 12.3.1"""
    assert load_settings({"IDP_SECRETS": SECRETS}, overrides=overrides).environment == "production"


def test_gunicorn_may_end_tls_behind_a_proxy_that_reads_requests_first() -> None:
    """ASVS 12.3.1: encrypted inside the network as well"""
    server = {**CERTIFICATE, "trusted_proxies": ["10.0.0.0/8"]}

    assert load_settings({"IDP_SECRETS": SECRETS}, overrides={"server": server}).server.certificate == "idp.pem"


def test_other_environments_may_use_a_database_in_clear() -> None:
    environ = {"IDP_SECRETS": SECRETS, "IDP_ENVIRONMENT": "testing"}

    assert load_settings(environ, overrides={"database": {"url": REMOTE}}).database.url == REMOTE


def test_a_variable_overrides_a_file() -> None:
    settings = load_settings({"IDP_SECRETS": SECRETS, "IDP_SESSIONS__IDLE": "600"})

    assert settings.sessions.idle == 600


def test_a_gateway_on_the_same_machine_may_speak_http() -> None:
    settings = load_settings({"IDP_SECRETS": SECRETS}, overrides={"sms": {"url": "http://127.0.0.1:8025/send"}})

    assert settings.sms.url.startswith("http:")
