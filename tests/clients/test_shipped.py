"""The files that are shipped: they load in every environment, and the tests run under their policies."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from idp.clients import files
from idp.clients.brand_checks import GSM_7
from idp.clients.files import Circumstances, Contents
from idp.resources import CONFIG
from idp.settings import HOME
from idp.settings_loader import load_settings
from idp.wording import Text, Wording
from tests.support.application import TEST_SECRETS
from tests.support.clients import SECRET_VARIABLE
from tools import translations

TEST_CLIENTS = Path(__file__).parent.parent / "portals" / "clients"
PLACEHOLDER = re.compile(r"%\((\w+)\)")
PASSWORD = re.compile("mots? de passe|pass ?w|Passwort", re.IGNORECASE)
TEXT_MESSAGES = (
    "%(portal)s: to confirm your new password, enter the code %(code)s (%(minutes)d min). Do not share it with anyone.",
    "%(portal)s: your password was changed on %(day)s at %(time)s. Not you? %(desk)s",
)
PORTALS = ("e-services", "connect", "connect-assures", "espace-personnel")


def toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def shipped(environment: str) -> Contents:
    variables = {
        toml(path)["secret_env"]: "hX2vN8qL5tR1wY7kD4mZ9pB3cF6gJ0sA" for path in (CONFIG / "clients").glob("*.toml")
    }
    languages = load_settings({"IDP_ENVIRONMENT": "testing"}, overrides={"secrets": TEST_SECRETS}).pages.languages
    return files.read(CONFIG / "clients", CONFIG / "brands", Circumstances(environment, languages, variables))


@pytest.mark.parametrize("environment", ["production", "development"])
def test_the_shipped_files_are_valid_without_a_warning(environment: str) -> None:
    contents = shipped(environment)

    assert contents.problems == ()
    assert contents.warnings == ()
    assert {client.client_id for client in contents.clients.values()} >= set(PORTALS)


def test_development_needs_no_secret_in_the_environment() -> None:
    circumstances = Circumstances("development", ("fr", "de", "it", "en"), {})

    assert files.read(CONFIG / "clients", CONFIG / "brands", circumstances).problems == ()


def test_production_knows_no_development_secret() -> None:
    assert all(len(client.secret_digests) == 1 for client in shipped("production").clients.values())
    assert "localhost" not in str(shipped("production").clients)


@pytest.mark.parametrize("portal", PORTALS)
def test_a_shipped_portal_asks_for_id_tokens_that_are_quick_to_sign(portal: str) -> None:
    """ASVS 11.2.3, 11.6.1: P-256 where the default would be RSASSA-PKCS1-v1_5, whose keys of 3072 bits are slow"""
    clients = {client.client_id: client for client in shipped("production").clients.values()}

    assert clients[portal].id_token_signed_response_alg == "ES256"


@pytest.mark.parametrize("portal", PORTALS)
def test_the_journeys_are_tested_under_the_shipped_policies(portal: str) -> None:
    ours, theirs = toml(CONFIG / "clients" / f"{portal}.toml"), toml(TEST_CLIENTS / f"{portal}.toml")

    for name in ("policy", "funds", "topics", "scope", "brand", "grant_types"):
        assert theirs.get(name) == ours.get(name), name


def test_the_test_clients_are_valid() -> None:
    circumstances = Circumstances("testing", ("fr", "de", "it", "en"), {SECRET_VARIABLE: "x" * 43})

    assert files.read(TEST_CLIENTS, CONFIG / "brands", circumstances).problems == ()


def test_the_shipped_password_floors_are_those_of_the_rulings() -> None:
    """rulings 6"""
    floors = {client.client_id: client.policy.password_floor for client in shipped("production").clients.values()}

    assert {portal: floors[portal] for portal in PORTALS} == {
        "e-services": 12,
        "connect": 8,
        "connect-assures": 8,
        "espace-personnel": 12,
    }


def test_the_shipped_portals_share_sessions_as_the_rulings_say() -> None:
    """rulings 1"""
    groups = {
        client.client_id: (client.sso_group, client.policy.sso) for client in shipped("production").clients.values()
    }

    assert groups["e-services"] == ("e-services", "never")
    assert groups["connect"] == groups["connect-assures"] == ("connect", "within")
    assert groups["espace-personnel"] == ("espace-personnel", "within")


def test_a_brand_replaces_only_words_that_are_in_use() -> None:
    """Vocabulary belongs to the portal; a misspelt message id would silently change nothing."""
    messages = translations.extract()
    used = {*messages, *(found.plural for found in messages.values())}

    unused = [
        msgid
        for brand in shipped("production").brands.values()
        for texts in brand.wording.values()
        for msgid in texts
        if msgid not in used
    ]

    assert unused == []


def test_replaced_words_ask_for_no_other_values() -> None:
    for brand in shipped("production").brands.values():
        for texts in brand.wording.values():
            for msgid, words in texts.items():
                assert set(PLACEHOLDER.findall(words)) <= set(PLACEHOLDER.findall(msgid)), msgid


def test_replaced_text_messages_stay_in_gsm7() -> None:
    """X-20, D-06"""
    wording = next(brand.wording for brand in shipped("production").brands.values() if brand.id == "espace-personnel")

    for msgid in TEXT_MESSAGES:
        assert set(wording["fr"][msgid]) <= GSM_7


def test_a_portal_names_its_password_one_way_in_every_language() -> None:
    """What the guide of espace-personnel calls « code d’accès » is never a password there; a mailbox still has one."""
    brand = next(brand for brand in shipped("production").brands.values() if brand.id == "espace-personnel")
    wording = Wording(HOME / "templates" / "translations", tuple(brand.wording), "Europe/Paris")
    renamed = {msgid for texts in brand.wording.values() for msgid in texts if "assword" in msgid}

    said = {
        (language, msgid): wording.translator(language, brand.wording)(Text(msgid))
        for language in brand.wording
        for msgid in renamed
        if "email password" not in msgid
    }

    assert len(renamed) > 40
    assert [key for key, words in said.items() if PASSWORD.search(words)] == []
