"""A way to authenticate a client is added by one file and one row: done here on a copy of the project."""

from pathlib import Path

from tests.support.project_copy import ProjectCopy

FILE = """
from idp.oidc.errors import InvalidClient


def toy(provider, client, presented):
    if presented.secret != "sesame":
        raise InvalidClient("this is not the word")
"""

TABLE = "idp/oidc/client_authentication.py"
IMPORT = "from idp.oidc.authentication_methods.toy import toy\n"
ROW = '    "toy": ClientAuthenticationMethod("body", toy),\n'

TEST = """
from tests.clients.folders import Folders
from tests.support.clients import bend


def test_a_file_may_name_the_toy(tmp_path):
    folders = Folders(tmp_path)
    folders.client(
        "toy",
        'client_name = "Toy"\\ntoken_endpoint_auth_method = "toy"\\ngrant_types = ["client_credentials"]\\n'
        'audiences = ["https://api.example.ch"]\\n',
    )
    assert folders.read().problems == ()


def test_the_toy_is_published_and_admits_who_knows_the_word(app, provider):
    published = app.test_client().get("/.well-known/openid-configuration").get_json()
    assert "toy" in published["token_endpoint_auth_methods_supported"]
    bend(provider, "basic", token_endpoint_auth_method="toy", grant_types=("client_credentials",))
    form = {"client_id": "basic", "grant_type": "client_credentials"}
    refused = app.test_client().post("/token", data={**form, "client_secret": "open"})
    assert (refused.status_code, refused.get_json()["error"]) == (401, "invalid_client")
    admitted = app.test_client().post("/token", data={**form, "client_secret": "sesame"})
    assert admitted.get_json()["access_token"]
"""


def test_a_way_to_authenticate_a_client_is_added_by_one_file_and_one_row(tmp_path: Path) -> None:
    copy = ProjectCopy(tmp_path)
    copy.add("idp/oidc/authentication_methods/toy.py", FILE)
    copy.insert(TABLE, "from idp.oidc.authentication_methods.shared_secret import client_secret\n", IMPORT)
    copy.insert(TABLE, "CLIENT_AUTHENTICATION: Mapping[str, ClientAuthenticationMethod] = {\n", ROW)
    copy.add("tests/oidc/test_toy.py", TEST)

    assert copy.run("tests/oidc/test_toy.py") == ""
