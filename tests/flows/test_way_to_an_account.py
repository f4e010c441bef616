"""`prompt=create` shows the way to an account that the portal offers."""

from urllib.parse import urlencode

import pytest
from flask import Flask

from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty


@pytest.mark.parametrize(
    ("portal", "words", "button", "leads_to"),
    [
        ("e-services", "You need to update it once", "migrate", "/migration"),
        ("connect", "the code from the letter or invitation", "enter-code", "/register"),
        ("connect-assures", "the code from the letter or invitation", "enter-code", "/register"),
        ("espace-personnel", "account online", "to-sign-in", "/login"),
    ],
)
def test_each_portal_says_how_its_accounts_begin(
    app: Flask, visitor: Browser, portal: str, words: str, button: str, leads_to: str
) -> None:
    """X-24, rulings 4"""
    asked = RelyingParty(app, portal).request(prompt="create")

    visitor.get("/authorize?" + urlencode(asked))

    assert words in visitor.page.text
    way = visitor.page.by_id(button)
    assert way is not None
    assert leads_to in way.get("href")
    assert visitor.get(way.get("href")).status == 200


def test_without_a_portal_the_list_of_portals_helps(visitor: Browser) -> None:
    assert visitor.get("/registration").status == 404
