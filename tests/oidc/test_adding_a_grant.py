"""A grant is added by one file and one row: done here on a copy of the project."""

from pathlib import Path

from tests.support.project_copy import ProjectCopy

FILE = """
from idp.oidc.errors import InvalidGrant
from idp.oidc.token.request import GrantResult


def toy(request):
    if request.form.required("word") != "sesame":
        raise InvalidGrant("this is not the word")
    return GrantResult(scope=("openid",), identifies=False)
"""

TABLE = "idp/oidc/token/endpoint.py"
IMPORT = "from idp.oidc.token.grants.toy import toy\n"
ROW = '    "toy": toy,\n'

TEST = """
from tests.clients.folders import Folders
from tests.support.clients import bend
from tests.support.tokens import TokenClient


def test_a_file_may_name_the_toy(tmp_path):
    folders = Folders(tmp_path)
    folders.client("toy", 'client_name = "Toy"\\ntoken_endpoint_auth_method = "none"\\ngrant_types = ["toy"]\\n')
    assert folders.read().problems == ()


def test_the_toy_is_published_and_gives_tokens(app, provider):
    assert "toy" in app.test_client().get("/.well-known/openid-configuration").get_json()["grant_types_supported"]
    bend(provider, "basic", grant_types=("toy",))
    client = TokenClient(app, "basic")
    assert client.post("/token", grant_type="toy", word="open").get_json()["error"] == "invalid_grant"
    assert client.post("/token", grant_type="toy", word="sesame").get_json()["access_token"]
"""


def test_a_grant_is_added_by_one_file_and_one_row(tmp_path: Path) -> None:
    copy = ProjectCopy(tmp_path)
    copy.add("idp/oidc/token/grants/toy.py", FILE)
    copy.insert(TABLE, "from idp.oidc.token.grants.token_exchange import token_exchange\n", IMPORT)
    copy.insert(TABLE, "GRANTS: Mapping[str, Grant] = {\n", ROW)
    copy.add("tests/oidc/test_toy.py", TEST)

    assert copy.run("tests/oidc/test_toy.py") == ""
