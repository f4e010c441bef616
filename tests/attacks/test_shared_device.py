"""Who comes to a device after somebody else inherits nothing that was proved there."""

import pytest
from flask import Flask

from idp.provider import Provider
from tests.flows.registrations import Letters, give_letter, up_to_sms_code
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

pytestmark = pytest.mark.both_databases


def test_a_letter_typed_again_after_hours_brings_back_no_proved_mailbox(
    app: Flask, provider: Provider, mailbox: Mailbox, clock: MovableClock
) -> None:
    """C-15: it resumes; but proofs lapse as on the run's own pages"""
    letter = Letters(provider).insured()
    browser = Browser(app, language="en")
    up_to_sms_code(browser, mailbox, letter.code)
    clock.forward(hours=3)

    give_letter(browser, letter.code)

    assert browser.page.heading == "Enter the access code from the email"
    assert "You were away for a while" in browser.page.text
