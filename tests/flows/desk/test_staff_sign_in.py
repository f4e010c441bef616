"""Staff join by a mailed code, sign in with a passkey and nothing else, and leave."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from idp.provider import Provider
from idp.staff import passkeys as staff_passkeys
from idp.staff.appointments import Appointment, Role
from tests.flows import passkeys
from tests.flows.conftest import Account
from tests.flows.desk.conftest import Desk, new_passkey
from tests.support.authenticator import Authenticator
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

CLERK = Appointment(Role.CLERK, fund="AK01")


def join(browser: Browser, mailbox: Mailbox, to: str, device: Authenticator) -> None:
    """Follow the mail: the link, the code, the passkey."""
    mail = mailbox.last(to)
    browser.get(mail.link)
    browser.fill(code=mail.code).press("continue")
    passkeys.send(browser, device.create(passkeys.options(browser)))


def test_an_invitation_leads_to_a_passkey_and_to_work(desk: Desk, app: Flask, mailbox: Mailbox) -> None:
    desk.invited(CLERK)
    browser, device = Browser(app, language="en"), Authenticator()

    join(browser, mailbox, "chloe@fund.example.ch", device)

    assert browser.page.path == "/desk/me"
    assert "Chloé Clerc" in browser.page.text
    assert "passkey has been added" in mailbox.last("chloe@fund.example.ch").text
    assert "earlier passkeys" not in mailbox.last("chloe@fund.example.ch").text
    assert browser.get("/desk").heading == "Find"


def test_staff_are_sent_to_whoever_appointed_them_not_to_a_portal(desk: Desk, app: Flask) -> None:
    whom = "Ask your supervisor or the operator of these pages."
    outside = Browser(app, language="en").get("/desk/sign-in").response.text
    refused = desk.works(Role.CLERK, fund="AK01").get("/desk/staff").response.text

    assert whom in outside
    assert whom in refused
    assert "portal you came from" not in outside + refused
    assert "portal you came from" in Browser(app, language="en").get("/").response.text


def test_a_passkey_signs_in_again(desk: Desk) -> None:
    colleague = desk.employed(CLERK)
    browser = colleague.browser
    browser.get("/desk/staff")
    assert browser.page.path == "/desk/sign-in"

    passkeys.use(browser, colleague.device)

    assert browser.page.path == "/desk/staff"
    assert browser.page.status == 403  # a clerk manages nobody, and is told so
    assert [each.actor for each in desk.events("StaffSignedIn")] == [""]


@pytest.mark.parametrize(
    "bent",
    [{"verified": False}, {"signature": b"x" * 70}, {"origin": "https://evil.example"}, {"rp_id": "evil.example"}],
)
def test_a_wrong_answer_lets_nobody_in(desk: Desk, bent: dict[str, Any]) -> None:
    colleague = desk.employed(CLERK)
    browser = colleague.browser
    browser.get("/desk/sign-in")

    passkeys.use(browser, colleague.device, **bent)

    assert browser.page.status == 403
    assert browser.page.errors
    assert browser.get("/desk").path == "/desk/sign-in"
    assert [each.details["reason"] for each in desk.events("StaffSignInRefused")] == ["wrong"]


def test_an_answer_is_taken_once_and_in_its_own_browser(desk: Desk, app: Flask) -> None:
    colleague = desk.employed(CLERK)
    browser = colleague.browser
    browser.get("/desk/sign-in")
    answer = colleague.device.get(passkeys.options(browser))
    other = Browser(app, language="en")
    other.get("/desk/sign-in")

    assert passkeys.send(other, answer).status == 403
    assert passkeys.send(browser, answer).path == "/desk"
    browser.get("/desk/sign-in")
    assert passkeys.send(browser, answer).status == 403


def test_unknown_and_known_passkeys_are_refused_alike(desk: Desk) -> None:
    colleague = desk.employed(CLERK)
    browser = colleague.browser

    def refusal(device: Authenticator, **bent: Any) -> str:
        browser.get("/desk/sign-in")
        return passkeys.use(browser, device, **bent).text

    assert refusal(Authenticator(handle="x")) == refusal(colleague.device, signature=b"x" * 70)


def test_a_person_is_not_staff_and_staff_are_no_person(
    desk: Desk, anne: Account, provider: Provider, app: Flask
) -> None:
    """Rulings 40"""
    device = Authenticator()
    passkeys.give_passkey(provider, anne.id, device)
    browser = Browser(app, language="en")
    browser.get("/desk/sign-in")

    assert passkeys.use(browser, device).status == 403
    assert desk.works(fund="AK01").get("/account?portal=connect").path == "/login"


def test_the_wrong_code_is_refused_and_the_right_one_dies_after_five_tries(
    desk: Desk, app: Flask, mailbox: Mailbox
) -> None:
    desk.invited(CLERK)
    mail, browser = mailbox.last(), Browser(app, language="en")
    for _ in range(5):
        browser.get(mail.link)
        assert browser.fill(code="ABCD EFGH JKMN").press("continue").status == 403

    assert browser.fill(code=mail.code).press("continue").status == 403


def test_an_unknown_invitation_looks_like_a_known_one(desk: Desk, app: Flask, mailbox: Mailbox) -> None:
    desk.invited(CLERK)
    browser = Browser(app, language="en")

    def seen(link: str) -> tuple[str, str]:
        shown = browser.get(link).text
        return shown, browser.fill(code="ABCD EFGH JKMN").press("continue").text

    assert seen(mailbox.last().link) == seen("/desk/invitation/nobody")


def test_the_code_of_an_invitation_opens_one_page_only(desk: Desk, app: Flask, mailbox: Mailbox) -> None:
    desk.invited(CLERK)
    mail, browser = mailbox.last(), Browser(app, language="en")
    browser.get(mail.link)
    browser.fill(code=mail.code).press("continue")
    assert browser.page.path == "/desk/passkey"

    assert browser.get("/desk").path == "/desk/sign-in"
    browser.get(mail.link)
    assert browser.fill(code=mail.code).press("continue").status == 403


def test_whoever_lost_the_device_is_invited_again_and_the_old_passkey_ends(
    desk: Desk, app: Flask, mailbox: Mailbox, clock: MovableClock
) -> None:
    colleague = desk.employed(CLERK)
    before, clerk = colleague.browser, desk.signed_in(colleague)
    clock.forward(minutes=2)
    desk.invited(CLERK)
    assert clerk.get("/desk").status == 200  # a mail alone ends nothing

    join(Browser(app, language="en"), mailbox, colleague.email, Authenticator())
    assert "Your earlier passkeys do not work any more" in mailbox.last(colleague.email).text

    assert clerk.get("/desk").path == "/desk/sign-in"
    assert passkeys.use(before, colleague.device).status == 403


def test_a_session_ends_after_a_quarter_of_an_hour_without_use(desk: Desk, clock: MovableClock) -> None:
    clerk = desk.works(fund="AK01")
    for _ in range(3):
        clock.forward(minutes=14)
        assert clerk.get("/desk").path == "/desk"

    clock.forward(minutes=15)

    assert clerk.get("/desk").path == "/desk/sign-in"


def test_a_session_ends_after_eight_hours_in_any_case(desk: Desk, clock: MovableClock) -> None:
    clerk = desk.works(fund="AK01")
    for _ in range(47):
        clock.forward(minutes=10)
        assert clerk.get("/desk").path == "/desk"

    clock.forward(minutes=10)

    assert clerk.get("/desk").path == "/desk/sign-in"


def test_signing_out_ends_the_session_for_its_cookie_too(desk: Desk) -> None:
    clerk = desk.works(fund="AK01")
    stolen = clerk.tab()
    clerk.get("/desk")

    clerk.press("desk-sign-out")

    assert clerk.page.path == "/desk/sign-in"
    assert stolen.get("/desk").path == "/desk/sign-in"


def test_a_second_passkey_is_added_and_the_first_can_go(desk: Desk, mailbox: Mailbox) -> None:
    clerk = desk.works(fund="AK01")
    clerk.get("/desk/me")

    passkeys.send(clerk, Authenticator().create(passkeys.options(clerk)), name="Spare key")

    assert "Spare key" in clerk.page.text
    assert "passkey has been added" in mailbox.last().text
    clerk.press("Remove: YubiKey")
    assert "YubiKey" not in clerk.page.text
    assert "passkey has been removed" in mailbox.last().text
    assert "YubiKey" in mailbox.last().text


def test_whoever_works_with_a_passkey_that_is_removed_is_signed_out(desk: Desk, app: Flask, provider: Provider) -> None:
    colleague = desk.employed(CLERK)
    with provider.database.transaction() as tx:
        spare = new_passkey(Authenticator().id, colleague.device)
        assert staff_passkeys.add(tx, colleague.id, spare, name="Spare key", instead=False) is not None
    lost, here = replace(colleague, browser=Browser(app, language="en")), desk.signed_in(colleague)
    elsewhere = desk.signed_in(lost)
    here.get("/desk/me")

    here.press("Remove: YubiKey")

    assert here.page.path == "/desk/me"
    assert elsewhere.get("/desk").path == "/desk/sign-in"


def test_passkeys_change_only_shortly_after_a_sign_in(desk: Desk, clock: MovableClock) -> None:
    clerk = desk.works(fund="AK01")
    clerk.get("/desk/me")
    answer = Authenticator().create(passkeys.options(clerk))
    for _ in range(2):
        clock.forward(minutes=10)
        clerk.tab().get("/desk")

    assert passkeys.send(clerk, answer).path == "/desk/sign-in"


def test_a_foreign_address_after_the_sign_in_is_ignored(desk: Desk) -> None:
    colleague = desk.employed(CLERK)
    for wished in ("https://evil.example/desk", "//evil.example/desk", "/desk/../login", "/account"):
        colleague.browser.get(f"/desk/sign-in?next={wished}")
        assert passkeys.use(colleague.browser, colleague.device).path == "/desk"


class TestOwnPlace:
    """`desk.host` and `desk.networks`"""

    @pytest.fixture
    def overrides(self) -> dict[str, Any]:
        return {"desk": {"host": "desk.example.ch", "networks": ["192.0.2.0/24"]}}

    @pytest.mark.parametrize(
        ("host", "address", "status"),
        [
            ("desk.example.ch", "192.0.2.7", 200),
            ("desk.example.ch", "198.51.100.7", 404),
            ("localhost", "192.0.2.7", 404),
        ],
    )
    def test_elsewhere_the_desk_does_not_exist(self, app: Flask, host: str, address: str, status: int) -> None:
        answer = app.test_client().get(
            "/desk/sign-in", headers={"Host": host}, environ_overrides={"REMOTE_ADDR": address}
        )

        assert answer.status_code == status

    def test_the_invitation_leads_to_the_desks_own_host(self, desk: Desk, mailbox: Mailbox) -> None:
        staff_id = desk.invited(CLERK)

        assert mailbox.last().link == f"http://desk.example.ch/desk/invitation/{staff_id}"


def test_an_address_with_a_line_break_leads_to_the_sign_in_like_any_other(desk: Desk, app: Flask) -> None:
    stranger = Browser(app, language="en")

    assert stranger.get("/desk/people/a%0Ab").path == "/desk/sign-in"
    assert stranger.get("/desk/people/a&next=b").path == "/desk/sign-in"


@pytest.mark.both_databases
def test_of_two_passkeys_that_are_removed_at_the_same_moment_one_stays(desk: Desk, provider: Provider) -> None:
    colleague = desk.employed(CLERK)
    second = new_passkey("second", colleague.device)
    with provider.database.transaction() as tx:
        (first,) = [each.id for each in staff_passkeys.of_staff(tx, colleague.id)]
        added = staff_passkeys.add(tx, colleague.id, second, name="Phone", instead=False)
        assert added is not None
        ids = (first, added.id)

    def remove_second() -> str:
        with provider.database.transaction() as tx:
            return staff_passkeys.remove(tx, colleague.id, ids[1])

    with ThreadPoolExecutor(1) as pool:
        with provider.database.transaction() as tx:
            assert staff_passkeys.remove(tx, colleague.id, ids[0])
            later = pool.submit(remove_second)
            wait([later], timeout=0.3)
        assert not later.result()
