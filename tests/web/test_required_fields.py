"""Fields that must be filled in are told to browsers and screen readers, and starred where a guide stars them."""

import pytest
from flask import Flask

from idp.provider import Provider
from tests.flows.registrations import Letters, give_address, give_letter, give_mail_code
from tests.support.browser import Browser
from tests.support.inbox import Mailbox


@pytest.mark.parametrize("portal", ["e-services", "connect", "connect-assures", "espace-personnel"])
def test_the_fields_of_signing_in_and_recovery_are_required_at_every_portal(app: Flask, portal: str) -> None:
    """X-22"""
    browser = Browser(app)
    for path in ("/login", "/recovery"):
        browser.get(f"{path}?portal={portal}")
        shown = [each for each in browser.page.all("input") if each.get("type") in {"text", "password", "email"}]

        assert shown
        assert [each.get("name") for each in shown if "required" not in each.attributes] == []


def test_the_pages_of_the_letter_star_what_their_guide_stars(app: Flask, provider: Provider, mailbox: Mailbox) -> None:
    """C-03, C-04, C-06: the address is fixed there and has no star"""
    rosa, starred = Browser(app, language="fr"), []

    give_letter(rosa, "")
    starred.append(stars(rosa))
    give_letter(rosa, Letters(provider).insured().code)
    starred.append(stars(rosa))
    give_address(rosa)
    give_mail_code(rosa, mailbox)
    starred.append(stars(rosa))

    assert starred == [["code"], ["email"], ["given_name", "family_name", "language", "terms"]]


def test_a_box_that_must_be_ticked_is_required(app: Flask, provider: Provider, mailbox: Mailbox) -> None:
    """C-06, X-22"""
    rosa = Browser(app, language="fr")
    give_letter(rosa, Letters(provider).insured().code)
    give_address(rosa)
    give_mail_code(rosa, mailbox)

    assert "required" in rosa.page.field("terms").attributes


def stars(browser: Browser) -> list[str]:
    return [each.get("for") for each in browser.page.all("label") if each.text.strip().endswith("*")]
