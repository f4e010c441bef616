"""The switch of pages that have no form of their own."""

import pytest
from flask.testing import FlaskClient

from idp.web.language_switch import own_path


def test_a_chosen_language_stays_and_the_page_comes_back(client: FlaskClient, token: str) -> None:
    """X-10"""
    sent = {"csrf_token": token, "page_language": "de", "back": "/nowhere?a=b"}

    answer = client.post("/language", data=sent)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/nowhere?a=b")
    assert '<html lang="de"' in client.get("/nowhere", headers={"Accept": "text/html", "Accept-Language": "fr"}).text


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "", "/\r\nX: y", "/\t/evil.example"],
)
def test_it_leads_nowhere_else(address: str) -> None:
    assert own_path(address) == "/"


@pytest.mark.parametrize("address", ["//[", "//[::1", "http://[", "/x\u2028y"])
def test_an_address_that_cannot_be_read_leads_to_the_front_page(address: str) -> None:
    assert own_path(address) == "/"
