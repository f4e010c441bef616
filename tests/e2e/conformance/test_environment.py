"""The set-up that docs/conformance.md describes: the person who knows everything, the static clients, the answer no."""

from tests.e2e.conformance.conftest import Command
from tests.support.suite import PROTOCOL_CLAIMS, Suite

ALL_SCOPES = "openid profile email phone address"
SECRET = "OKj-nMGjZg1zfWEvq6Ucv0lp-OsSS91i64xCkx0m2-Q"  # of docs/integrate.md, whose digest both pages use


def test_the_person_knows_every_claim_that_is_advertised(suite: Suite) -> None:
    ours = {"organisations", "legacy_identifiers"}

    with suite.registered():
        person = suite.userinfo(suite.redeem(suite.authorize(scope=ALL_SCOPES)["code"])["access_token"])

    assert set(suite.metadata["claims_supported"]) - PROTOCOL_CLAIMS - ours == person.keys() - {"sub"}
    assert suite.metadata["claim_types_supported"] == ["normal"]  # no `_claim_names`: the claims themselves


def test_the_static_clients_of_the_page_are_served(suite: Suite, idp: Command) -> None:
    suite.client = {"client_id": "basic-1", "client_secret": SECRET}

    checked = idp("clients", "check")
    tokens = suite.redeem(suite.authorize()["code"])

    assert checked.returncode == 0, checked.stderr
    assert tokens["id_token"]


def test_the_person_can_say_no(suite: Suite) -> None:
    """fapi2-security-profile-final-user-rejects-authentication"""
    with suite.registered():
        denied = suite.authorize(press="deny")

    assert denied["error"] == "access_denied"
