"""« Éditer »: rights and deactivation, who is told, and that both are in effect at once."""

from urllib.parse import urlencode

import pytest
from flask import Flask

from idp.organisations import memberships
from idp.organisations.membership import Membership
from idp.organisations.memberships import Rights
from idp.people import phones
from idp.provider import Provider
from tests.flows.conftest import Account, give_code, give_password, make_account
from tests.flows.organisation.conftest import TOPICS, Firm, events, signed_in, stored
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.relying_party import RelyingParty
from tests.support.tokens import TokenClient, good

pytestmark = pytest.mark.both_databases

SCOPE = "openid organisations"


def membership(provider: Provider, membership_id: str) -> Membership:
    found = stored(provider, membership_id)
    assert found is not None
    return found


def edit(browser: Browser, firm: Firm, membership_id: str, **changes: str) -> None:
    browser.get(firm.edit(membership_id))
    browser.fill(**changes).press("save")


def second_administrator(provider: Provider, firm: Firm) -> None:
    with provider.database.transaction() as tx:
        memberships.change_rights(tx, firm.luca, Rights(is_administrator=True, topics=TOPICS))


def test_an_administrator_gives_rights_and_the_person_is_told(
    admin: Browser, provider: Provider, mailbox: Mailbox, luca: Account, firm: Firm
) -> None:
    """B-27, B-51"""
    page = admin.get(firm.edit(firm.luca))
    assert "Salaries and statements" in page.text
    assert "Income compensation" not in page.text  # not open to this company

    admin.fill(administrator="yes", topics="contributions allowances").press("save")

    assert admin.page.path == f"{firm.users}/{firm.luca}"
    assert "Saved." in admin.page.text
    changed = membership(provider, firm.luca)
    assert (changed.is_administrator, changed.topics) == (True, ["contributions", "allowances"])
    mail = mailbox.last(luca.address)
    assert mail.subject == "connect\u00a0: vos droits pour Menuiserie Favre SA ont été modifiés"
    assert "Claire Favre" in mail.text
    assert "Cotisations, Allocations familiales" in mail.text


def test_ticks_are_kept_when_the_page_comes_back(admin: Browser, firm: Firm) -> None:
    """B-27, X-10"""
    admin.get(firm.edit(firm.luca))

    admin.fill(administrator="yes", topics="contributions").press("FR")

    ticked = [box.get("value") for box in admin.page.all("input") if "checked" in box.attributes]
    assert ticked == ["yes", "contributions"]


def test_a_topic_that_is_not_open_to_the_company_is_refused(admin: Browser, provider: Provider, firm: Firm) -> None:
    """B-27"""
    edit(admin, firm, firm.luca, topics="income-compensation")

    assert admin.page.status == 422
    assert membership(provider, firm.luca).topics == ["salaries"]


def test_deactivating_asks_once_and_names_the_person(admin: Browser, provider: Provider, firm: Firm) -> None:
    """B-29"""
    edit(admin, firm, firm.luca, deactivated="yes")
    assert admin.page.heading == "Deactivate Luca Bernasconi?"
    assert "Menuiserie Favre SA" in admin.page.text
    assert membership(provider, firm.luca).state == "active"

    admin.press("deactivate")

    assert "Access deactivated." in admin.page.text
    assert membership(provider, firm.luca).state == "deactivated"


def test_rights_that_are_edited_together_with_a_deactivation_are_saved(
    admin: Browser, provider: Provider, mailbox: Mailbox, luca: Account, firm: Firm
) -> None:
    """B-27, B-29, B-51"""
    edit(admin, firm, firm.luca, administrator="yes", topics="allowances", deactivated="yes")
    admin.press("deactivate")

    left = membership(provider, firm.luca)
    assert (left.state, left.is_administrator, left.topics) == ("deactivated", True, ["allowances"])
    assert len(events(provider, "RightsChanged")) == 1
    assert len(mailbox.sent(luca.address)) == 2


def test_the_rights_of_a_deactivated_person_can_be_edited_and_stay_noted(
    admin: Browser, provider: Provider, firm: Firm
) -> None:
    """B-27, B-29"""
    edit(admin, firm, firm.otto, topics="allowances", deactivated="yes")

    left = membership(provider, firm.otto)
    assert (left.state, left.topics) == ("deactivated", ["allowances"])


def test_an_administrator_may_leave_and_give_up_the_own_right_at_once(
    admin: Browser, provider: Provider, firm: Firm
) -> None:
    """B-29, B-44"""
    second_administrator(provider, firm)

    edit(admin, firm, firm.claire, administrator="", deactivated="yes")
    admin.press("deactivate")

    left = membership(provider, firm.claire)
    assert (left.state, left.is_administrator) == ("deactivated", False)


def test_deactivation_ends_access_at_once(
    app: Flask, admin: Browser, provider: Provider, mailbox: Mailbox, luca: Account, firm: Firm
) -> None:
    """B-42, B-52"""
    portal, listening = TokenClient(app, "connect"), Mailbox(provider, "backchannel_logout")
    tokens = portal.tokens(luca.id, scope=SCOPE)
    assert good(portal.userinfo(tokens["access_token"]))["organisations"][0]["id"] == firm.id

    edit(admin, firm, firm.luca, deactivated="yes")
    admin.press("deactivate")

    listening.deliver()
    assert len(listening.calls) == 1
    assert portal.userinfo(tokens["access_token"]).status_code == 401
    assert portal.post("/introspect", token=tokens["access_token"]).get_json() == {"active": False}
    assert portal.refresh(tokens["refresh_token"]).status_code == 400
    assert "Menuiserie Favre SA" in mailbox.last(luca.address).subject


def test_who_was_deactivated_is_told_after_signing_in(app: Flask, admin: Browser, user: Browser, firm: Firm) -> None:
    """B-43"""
    edit(admin, firm, firm.luca, deactivated="yes")
    admin.press("deactivate")

    answer = RelyingParty(app, "connect").authorize(user.client, scope=SCOPE)

    assert answer.response.status_code == 403
    assert "Menuiserie Favre SA" in answer.response.text


@pytest.mark.parametrize("phone", ["own", "provisional"])
def test_whatever_their_phone_the_deactivated_read_that_their_company_did_it(
    app: Flask, admin: Browser, provider: Provider, mailbox: Mailbox, luca: Account, firm: Firm, phone: str
) -> None:
    """B-43: a number that only the company had proved serves no sign-in any more."""
    if phone == "provisional":
        with provider.database.transaction() as tx:
            phones.give(tx, luca.id, luca.phone, verified=True, provisional_for=firm.id)
    edit(admin, firm, firm.luca, deactivated="yes")
    admin.press("deactivate")
    browser = Browser(app, language="en")

    browser.get(f"/authorize?{urlencode(RelyingParty(app, 'connect').request(scope=SCOPE))}")
    give_password(browser, luca)
    if browser.page.by_id("code"):
        give_code(browser, mailbox, "sms")

    assert browser.page.heading == "You have no access to connect"
    assert "deactivated" in browser.page.text
    assert "Contact your company’s administrator." in browser.page.text


def test_a_person_of_another_portal_reads_that_and_nothing_of_second_steps(
    app: Flask, provider: Provider, firm: Firm
) -> None:
    """B-43"""
    anne = make_account(provider, Account("", "anne.rochat@example.ch", ""), portal="e-services")
    browser = Browser(app, language="en")

    browser.get(f"/authorize?{urlencode(RelyingParty(app, 'connect').request(scope=SCOPE))}")
    give_password(browser, anne)

    assert browser.page.heading == "You have no access to connect"
    assert "Your account does not give you access to this portal." in browser.page.text
    assert "second sign-in step" not in browser.page.text


def test_rights_reach_userinfo_and_introspection_at_once(app: Flask, admin: Browser, luca: Account, firm: Firm) -> None:
    """B-52"""
    portal = TokenClient(app, "connect")
    token = portal.tokens(luca.id, scope=SCOPE)["access_token"]

    edit(admin, firm, firm.luca, administrator="yes", topics="allowances")

    (entry,) = good(portal.userinfo(token))["organisations"]
    assert (entry["administrator"], entry["topics"]) == (True, ["allowances"])
    assert portal.post("/introspect", token=token).get_json()["active"]


def test_without_the_right_the_pages_end_at_once(
    admin: Browser, app: Flask, provider: Provider, luca: Account, firm: Firm
) -> None:
    """B-52"""
    second_administrator(provider, firm)
    other = signed_in(app, provider, luca.id)
    other.get(firm.edit(firm.otto))

    edit(admin, firm, firm.luca, topics="salaries", administrator="")

    assert other.press("save").status == 403
    assert other.get(firm.users).status == 403


@pytest.mark.parametrize("change", [{"administrator": ""}, {"deactivated": "yes"}])
def test_the_last_administrator_stays_and_the_page_says_how_to_go_on(
    admin: Browser, provider: Provider, firm: Firm, change: dict[str, str]
) -> None:
    """B-44"""
    edit(admin, firm, firm.claire, **change)

    assert admin.page.status == 422
    assert "You are the only active administrator. Choose another one first" in admin.page.errors[0]
    assert admin.page.text.count("only active administrator") == 1
    assert (membership(provider, firm.claire).state, membership(provider, firm.claire).is_administrator) == (
        "active",
        True,
    )


def test_of_two_administrators_who_deactivate_each_other_one_fails(
    admin: Browser, app: Flask, provider: Provider, luca: Account, firm: Firm
) -> None:
    """B-44"""
    second_administrator(provider, firm)
    other = signed_in(app, provider, luca.id)
    edit(admin, firm, firm.luca, deactivated="yes")
    edit(other, firm, firm.claire, deactivated="yes")

    admin.press("deactivate")
    other.press("deactivate")

    assert (admin.page.status, other.page.status) == (200, 403)
    assert (membership(provider, firm.luca).state, membership(provider, firm.claire).state) == ("deactivated", "active")


def test_who_gives_up_the_own_right_is_sent_to_the_portal(admin: Browser, provider: Provider, firm: Firm) -> None:
    """B-44"""
    second_administrator(provider, firm)

    edit(admin, firm, firm.claire, administrator="")

    assert admin.left_for.startswith("https://connect.example.ch/login")


def test_a_deactivated_person_gets_the_access_back(
    admin: Browser, provider: Provider, mailbox: Mailbox, firm: Firm
) -> None:
    """B-42"""
    edit(admin, firm, firm.otto, deactivated="", topics="salaries")

    assert membership(provider, firm.otto).state == "active"
    assert "Menuiserie Favre SA" in mailbox.last("otto.ammann@example.ch").subject
    assert len(events(provider, "MemberReactivated")) == 1


def test_editing_needs_a_recent_sign_in_and_keeps_what_was_ticked(
    admin: Browser, provider: Provider, mailbox: Mailbox, clock: MovableClock, claire: Account, firm: Firm
) -> None:
    """B-53"""
    admin.get(firm.edit(firm.luca))
    clock.forward(minutes=16)

    admin.fill(administrator="yes", topics="contributions").press("save")
    assert admin.page.path.startswith("/reauthentication")
    assert not membership(provider, firm.luca).is_administrator
    prove_again(admin, mailbox, claire)

    assert admin.page.heading == "Edit Luca Bernasconi"
    ticked = [box.get("value") for box in admin.page.all("input") if "checked" in box.attributes]
    assert ticked == ["yes", "contributions"]
    admin.press("save")
    assert membership(provider, firm.luca).is_administrator


def prove_again(browser: Browser, mailbox: Mailbox, account: Account) -> None:
    browser.fill(password=account.password).press("Continue")
    if not browser.page.by_id("code"):
        browser.press("Continue")
    browser.fill(code=mailbox.last(channel="sms").code).press("verify")
