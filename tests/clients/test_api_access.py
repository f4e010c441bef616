"""What the file of a program that uses the API may say."""

import pytest

from idp.api import rights
from idp.clients import files
from idp.clients.files import Circumstances
from idp.oidc.served_client import ServedClient
from tests.clients.folders import LANGUAGES, PORTAL, Folders

PROGRAM = """
client_name = "Program"
grant_types = ["client_credentials"]
token_endpoint_auth_method = "private_key_jwt"
jwks_uri = "https://program.example.ch/jwks.json"
dpop_bound_access_tokens = true
scope = "letters:read"
api = { funds = ["AK00"], portals = ["portal"] }
"""
FUND = '[[funds]]\ncode = "AK00"\nname = { fr = "Caisse" }\n'
SECRET = "8gdOE1j5gh5Z1-REnRv6RYqsmzYXRU71EDQATK86fTQ"


def faults(folders: Folders, text: str) -> list[str]:
    folders.client("portal", PORTAL + FUND)
    folders.client("program", text)
    around = Circumstances("production", LANGUAGES, {}, kind=ServedClient, rules=(rights.faults,))
    contents = files.read(folders.clients, folders.brands, around)
    return [problem.path for problem in (*contents.problems, *contents.warnings) if "program" in problem.file]


def test_a_program_of_a_fund_is_accepted(folders: Folders) -> None:
    assert faults(folders, PROGRAM) == []


@pytest.mark.parametrize(
    ("written", "instead", "path"),
    [
        ('["client_credentials"]', '["client_credentials", "refresh_token"]', "grant_types"),
        ('"private_key_jwt"', f'"client_secret_basic"\nsecret_digests = ["{SECRET}"]', "token_endpoint_auth_method"),
        ('"AK00"', '"AK99"', "api.funds[0]"),
        ('["portal"]', '["program"]', "api.portals[0]"),
        ('["AK00"]', '["AK00", "AK00"]', "api.funds[1]"),
        ('funds = ["AK00"], portals = ["portal"]', "", "api"),
        ('"letters:read"', '"payroll"', "scope"),
        ("api =", "# api =", "api"),
        ("dpop_bound_access_tokens = true", "", "dpop_bound_access_tokens"),
    ],
)
def test_what_is_weak_or_leads_nowhere_is_told(folders: Folders, written: str, instead: str, path: str) -> None:
    assert path in faults(folders, PROGRAM.replace(written, instead))
