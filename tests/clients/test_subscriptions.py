"""What a client's file may say of the events that the client wants: the tables [events] and [webhook]."""

from base64 import b64encode

import pytest

from tests.clients.folders import PORTAL, Folders
from tests.clients.test_api_access import FUND, PROGRAM

STREAM = """
[events]
types = ["session-revoked", "account-disabled"]
delivery = "push"
endpoint = "https://portal.example.ch/events"
authorization_env = "EVENTS_PORTAL"
"""
POLLED = """
grant_types = ["authorization_code", "client_credentials"]
scope = "openid ssf.manage"
[events]
types = ["session-revoked"]
delivery = "poll"
"""
HOOK = """
[webhook]
types = ["letter.used", "phone.changed"]
url = "https://program.example.ch/hooks"
secret_env = "HOOK"
previous_secret_env = "HOOK_BEFORE"
"""
SECRET = "whsec_" + b64encode(bytes(range(32))).decode()
ENVIRON = {"EVENTS_PORTAL": "Bearer x", "HOOK": SECRET, "HOOK_BEFORE": SECRET}


def told(folders: Folders, name: str, text: str, **environ: str) -> set[str]:
    """The fields of this file that have a fault."""
    folders.client("portal", PORTAL + FUND)
    folders.client(name, text)
    problems = folders.read(**{**ENVIRON, **environ}).problems
    return {problem.path for problem in problems if f"/{name}." in problem.file}


@pytest.mark.parametrize(
    ("name", "text"),
    [("portal", PORTAL + STREAM), ("portal", PORTAL + POLLED), ("program", PROGRAM + HOOK)],
    ids=["push", "poll", "web-hook"],
)
def test_the_described_tables_are_accepted(folders: Folders, name: str, text: str) -> None:
    assert told(folders, name, text) == set()


@pytest.mark.parametrize(
    ("written", "instead", "path"),
    [
        ('"account-disabled"', '"session-revoked"', "events.types[1]"),
        ('"account-disabled"', '"account-hijacked"', "events.types[1]"),
        ('["session-revoked", "account-disabled"]', "[]", "events.types"),
        ('"push"', '"pull"', "events.delivery"),
        ('endpoint = "https://portal.example.ch/events"', "", "events.endpoint"),
        ("https://portal", "http://portal", "events.endpoint"),
        ('"push"', '"poll"', "events.endpoint"),
        ('"EVENTS_PORTAL"', '"EVENTS_OTHER"', "events.authorization_env"),
        ('"EVENTS_PORTAL"', '"Bearer secret"', "events.authorization_env"),
        ("types =", "kinds =", "events.kinds"),
    ],
)
def test_a_stream_that_cannot_work_is_refused(folders: Folders, written: str, instead: str, path: str) -> None:
    assert path in told(folders, "portal", PORTAL + STREAM.replace(written, instead))


@pytest.mark.parametrize(
    ("written", "instead", "path"),
    [
        ('scope = "openid ssf.manage"', "", "scope"),
        (', "client_credentials"]', "]", "grant_types"),
        ('[events]\ntypes = ["session-revoked"]\ndelivery = "poll"', "", "events"),
    ],
)
def test_a_receiver_that_polls_needs_its_rights(folders: Folders, written: str, instead: str, path: str) -> None:
    assert path in told(folders, "portal", PORTAL + POLLED.replace(written, instead))


def test_a_program_that_nobody_signs_in_to_has_no_stream(folders: Folders) -> None:
    assert "events" in told(folders, "program", PROGRAM + STREAM)


@pytest.mark.parametrize(
    ("written", "instead", "path"),
    [
        ('"phone.changed"', '"letter.used"', "webhook.types[1]"),
        ('"phone.changed"', '"letter.lost"', "webhook.types[1]"),
        ('["letter.used", "phone.changed"]', "[]", "webhook.types"),
        ("https://program.example.ch/hooks", "http://program.example.ch/hooks", "webhook.url"),
        ("https://program.example.ch/hooks", "https://program.example.ch/hooks#part", "webhook.url"),
        ('"HOOK"', f'"{SECRET}"', "webhook.secret_env"),
        ('"HOOK"', '"HOOK_OTHER"', "webhook.secret_env"),
        ('"HOOK_BEFORE"', '"HOOK"', "webhook.previous_secret_env"),
        ("url =", "address =", "webhook.address"),
    ],
)
def test_a_web_hook_that_cannot_work_is_refused(folders: Folders, written: str, instead: str, path: str) -> None:
    assert path in told(folders, "program", PROGRAM + HOOK.replace(written, instead))


def test_a_web_hook_has_a_secret_of_standard_webhooks(folders: Folders) -> None:
    assert told(folders, "program", PROGRAM + HOOK, HOOK="secret") == {"webhook.secret_env"}


def test_a_web_hook_belongs_to_a_program_of_a_fund(folders: Folders) -> None:
    assert "webhook" in told(folders, "portal", PORTAL + HOOK)
