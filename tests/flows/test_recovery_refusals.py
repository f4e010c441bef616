"""A forgotten password, and every wrong turn: strangers, wrong codes, bad passwords, old links, two devices."""

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.credentials import passwords
from idp.messages import health
from idp.people import accounts, phones
from idp.provider import Provider
from idp.runs import FlowRun
from tests.flows.conftest import sign_in
from tests.flows.recovering import NEW, ask, customer, finish, open_link, wrong
from tests.flows.test_login_refusals import legacy_account, watched
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox
from tests.support.parallel import in_parallel

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize("portal", ["e-services", "espace-personnel"])
def test_everybody_gets_the_same_page_for_the_same_work(
    provider: Provider, visitor: Browser, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, portal: str
) -> None:
    """D-04, D-19, A-40: by counting statements, rows and hashes; only the mailbox tells"""
    legacy_account(provider, "CVCI00000042", "ancien mot de passe", "open")
    customer(provider, portal, "phone@example.ch")
    customer(provider, portal, "none@example.ch", phone="")
    disabled = customer(provider, portal, "disabled@example.ch")
    with provider.database.transaction() as tx:
        accounts.disable(tx, disabled.id, reason="test")
    ask(visitor, portal, "whoever comes first from a network@example.ch")
    pages, costs = set(), {}

    for typed in ("phone@example.ch", "none@example.ch", "disabled@example.ch", "nobody@example.ch", "CVCI00000042"):
        visitor.get(f"/recovery?portal={portal}")
        visitor.fill(identifier=typed, **({"birth_date": "16.07.1956"} if portal == "espace-personnel" else {}))
        with watched(provider, monkeypatch) as work:
            visitor.press("reset")
        pages.add((visitor.page.status, visitor.page.title, visitor.page.text.replace(typed, "…")))
        costs[typed] = work

    assert len(pages) == 1
    for typed, work in costs.items():
        assert (work.hashes, work.messages) == (0, 2), typed
        assert work.statements == costs["phone@example.ch"].statements, typed
    known = {"phone@example.ch", "none@example.ch", "disabled@example.ch"}
    assert {mail.to for mail in mailbox.sent(channel="email")} == known


def test_a_wrong_birth_date_is_told_to_the_mailbox_alone(
    provider: Provider, visitor: Browser, mailbox: Mailbox
) -> None:
    """D-03: who mistyped it does not wait for a link that never comes"""
    anne = customer(provider, "espace-personnel")

    ask(visitor, "espace-personnel", anne.address, born="17.07.1956")

    assert visitor.page.heading == "Check your email"
    (mail,) = mailbox.sent()
    assert "does not match our records" in mail.text
    assert "/reset" not in mail.text


def test_asking_changes_nothing_and_is_capped(
    provider: Provider, visitor: Browser, stranger: Browser, mailbox: Mailbox
) -> None:
    """D-20, D-06: the old password works after any number of requests; three links a day, then one mail an hour"""
    anne = customer(provider, "e-services")

    for _ in range(6):
        ask(stranger, "e-services", anne.address)

    assert stranger.page.heading == "Check your email"
    assert len(mailbox.sent(to=anne.address)) == 4
    sign_in(visitor, anne, mailbox)
    assert visitor.left_for


def test_who_used_up_the_count_is_sent_the_newest_link_again(
    provider: Provider, visitor: Browser, stranger: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """D-18: nobody keeps the owner from recovering by asking first"""
    anne = customer(provider, "espace-personnel")
    for _ in range(3):
        ask(stranger, "espace-personnel", anne.address)
        clock.forward(minutes=1)
    newest = mailbox.last(to=anne.address, channel="email").link

    clock.forward(hours=2)
    ask(visitor, "espace-personnel", anne.address)

    assert mailbox.last(to=anne.address, channel="email").link == newest
    open_link(visitor, mailbox)
    finish(visitor, mailbox)
    assert visitor.page.by_id("to-portal") is not None


def test_a_used_up_count_does_not_outlive_the_links(
    provider: Provider, visitor: Browser, stranger: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """Requests count only while a link lives"""
    anne = customer(provider, "e-services")
    for _ in range(3):
        ask(stranger, "e-services", anne.address)
    dead = mailbox.last(to=anne.address).link

    clock.forward(minutes=61)
    ask(visitor, "e-services", anne.address)

    assert mailbox.last(to=anne.address).link != dead
    open_link(visitor, mailbox)
    finish(visitor, mailbox)
    assert visitor.page.by_id("to-portal") is not None


@pytest.mark.parametrize("asked", [3, 4])
def test_who_is_unknown_is_answered_alike_after_any_number_of_requests(
    provider: Provider, visitor: Browser, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, asked: int
) -> None:
    """X-13, D-04: also where a link is sent again"""
    customer(provider, "e-services", "phone@example.ch")
    customer(provider, "e-services", "none@example.ch", phone="")
    people = ("phone@example.ch", "none@example.ch", "nobody@example.ch")
    for typed in people:
        for _ in range(asked):
            ask(visitor, "e-services", typed)
    pages, costs = set(), []

    for typed in people:
        visitor.get("/recovery?portal=e-services")
        visitor.fill(identifier=typed)
        with watched(provider, monkeypatch) as work:
            visitor.press("reset")
        said = visitor.page.text.replace(typed, "…")  # the page repeats what was typed
        pages.add((visitor.page.status, visitor.page.title, said))
        costs.append((work.statements, work.hashes, work.messages))

    assert len(pages) == 1
    assert costs == [costs[0]] * len(people)


def test_whoever_gets_no_link_is_told_why_and_until_when(
    provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """D-19: a number that is new receives no code for two days"""
    anne = customer(provider, "e-services")
    clock.forward(days=1)
    with provider.database.transaction() as tx:
        phones.give(tx, anne.id, "+41797654321", verified=True)

    ask(visitor, "e-services", anne.address)
    assert "Your phone number is new." in mailbox.last(to=anne.address).text
    clock.forward(hours=48, minutes=1)
    ask(visitor, "e-services", anne.address)

    open_link(visitor, mailbox)
    finish(visitor, mailbox)
    assert visitor.page.by_id("to-portal") is not None


def test_a_scanner_consumes_and_sends_nothing(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """D-13, X-30"""
    for portal, address in (("e-services", "a@example.ch"), ("espace-personnel", "b@example.ch")):
        ask(visitor, portal, customer(provider, portal, address).address)
        link = mailbox.last(to=address, channel="email").link
        before = len(mailbox.sent())

        for _ in range(3):
            visitor.get(link)
            assert visitor.head(link) == 200

        assert len(mailbox.sent()) == before
        open_link(visitor, mailbox, address)
        finish(visitor, mailbox)
        assert visitor.page.by_id("to-portal") is not None


@pytest.mark.parametrize("minutes", [719, 721])
def test_the_link_lives_twelve_hours(
    provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock, minutes: int
) -> None:
    """D-11, D-14: 11 h 59 and 12 h 01; a new code comes from the page; the way on from a dead link works"""
    anne = customer(provider, "espace-personnel")
    ask(visitor, "espace-personnel", anne.address)
    link = mailbox.last(to=anne.address).link
    clock.forward(minutes=minutes)

    visitor.get(link)

    if minutes < 720:
        visitor.press("resend")
        finish(visitor, mailbox)
    else:
        assert visitor.page.heading == "This link is no longer valid"
        visitor.get(visitor.page.link("Request a new link"))
        visitor.fill(identifier=anne.address, birth_date="16.07.1956").press("reset")
        assert mailbox.last(to=anne.address, channel="email").link != link
        open_link(visitor, mailbox)
        finish(visitor, mailbox)
    assert visitor.page.by_id("to-portal") is not None


def test_a_link_that_lost_its_end_is_not_called_too_old(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """D-11"""
    anne = customer(provider, "espace-personnel")
    ask(visitor, "espace-personnel", anne.address)

    visitor.get(mailbox.last(to=anne.address).link[:-5])

    assert visitor.page.heading == "This link does not work"
    assert "The address may be incomplete." in visitor.page.text


def test_success_ends_sessions_and_links_and_is_confirmed(
    provider: Provider, app: Flask, visitor: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """D-12, D-17, D-18, X-15"""
    anne = customer(provider, "espace-personnel")
    ask(visitor, "espace-personnel", anne.address)
    older = mailbox.last(to=anne.address).link
    clock.forward(minutes=2)
    ask(visitor, "espace-personnel", anne.address)
    newest = mailbox.last(to=anne.address).link

    visitor.get(older)
    assert "We sent a newer link on" in visitor.page.text
    assert "This one still works, with its own code." in visitor.page.text
    clock.forward(minutes=1)
    visitor.press("resend")
    finish(visitor, mailbox)

    assert visitor.page.by_id("to-portal") is not None
    visitor.get(older)
    assert visitor.page.heading == "This link has already been used"
    visitor.get(newest)
    assert visitor.page.heading == "This link is no longer valid"
    told = {(each.channel, each.to) for each in mailbox.sent()[-2:]}
    assert told == {("email", anne.address), ("sms", anne.phone)}


def test_a_bad_password_does_not_use_the_code_up(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """D-09, D-16"""
    anne = customer(provider, "espace-personnel")
    ask(visitor, "espace-personnel", anne.address)
    open_link(visitor, mailbox)
    code = mailbox.last(channel="sms").code

    for password, again in ((anne.password, ""), ("kurz", ""), (NEW, "something else entirely")):
        finish(visitor, mailbox, code, password, again)
        assert visitor.page.status == 422
        assert visitor.page.by_id("code-error") is None
        assert visitor.page.value("code") == code
    finish(visitor, mailbox, code)

    assert visitor.page.by_id("to-portal") is not None


def test_a_code_that_stands_there_again_is_stored_nowhere(
    provider: Provider, visitor: Browser, mailbox: Mailbox
) -> None:
    """D-16"""
    ask(visitor, "espace-personnel", customer(provider, "espace-personnel").address)
    open_link(visitor, mailbox)
    code = mailbox.last(channel="sms").code

    visitor.fill(code=code).press("resend")  # stores the run, with what was typed
    finish(visitor, mailbox, code, "kurz")
    finish(visitor, mailbox, code)

    with provider.database.reading() as tx:
        kept = [str(row.kept) for row in tx.session.scalars(sa.select(FlowRun))]
    assert kept
    assert not [each for each in kept if code in each]


def test_two_passwords_that_differ_are_marked_both_by_one_message(
    provider: Provider, visitor: Browser, mailbox: Mailbox
) -> None:
    """A-25, X-12"""
    ask(visitor, "espace-personnel", customer(provider, "espace-personnel").address)
    open_link(visitor, mailbox)

    finish(visitor, mailbox, "", NEW, "something else entirely")

    assert visitor.page.errors == ["The two access codes do not match."]
    fields = [visitor.page.field(name) for name in ("new_password", "new_password_again", "code")]
    assert [field.get("aria-invalid") for field in fields] == ["true", "true", ""]
    assert all("new_password-error" in field.get("aria-describedby") for field in fields[:2])


def test_the_page_afterwards_repeats_what_was_typed_and_asking_again_keeps_it(
    app: Flask, provider: Provider, visitor: Browser
) -> None:
    """D-04: in the browser that typed it, and in no other"""
    ask(visitor, "espace-personnel", "C 204518", "17.07.1956")
    assert "C 204518" in visitor.page.text
    assert "17.07.1956" in visitor.page.text
    again = visitor.page.link("Request again")

    visitor.get(again)
    stranger = Browser(app, language="en")
    stranger.get(again)

    names = ("identifier", "birth_date")
    assert [visitor.page.value(name) for name in names] == ["C 204518", "17.07.1956"]
    assert [stranger.page.value(name) for name in names] == ["", ""]


def test_without_the_code_the_page_judges_no_password(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """D-16: whoever only reads the mail cannot try out the present password"""
    anne = customer(provider, "espace-personnel")
    ask(visitor, "espace-personnel", anne.address)
    open_link(visitor, mailbox)

    finish(visitor, mailbox, wrong(mailbox.last(channel="sms").code), anne.password)

    assert visitor.page.by_id("code-error") is not None
    assert visitor.page.by_id("new_password-error") is None


def test_the_case_of_the_code_counts(provider: Provider, visitor: Browser, mailbox: Mailbox) -> None:
    """D-08, D-15, D-21"""
    ask(visitor, "espace-personnel", customer(provider, "espace-personnel").address)
    open_link(visitor, mailbox)
    field = visitor.page.field("code")
    assert (field.get("autocapitalize"), field.get("autocomplete")) == ("off", "one-time-code")
    assert field.get("maxlength") == ""
    code = mailbox.last(channel="sms").code

    if code.swapcase() != code:
        finish(visitor, mailbox, code.swapcase())
        different = "Upper and lower case letters are different."
        assert visitor.page.errors == [f"That code is not correct. {different} You have 4 tries left."]
        assert visitor.page.value("code") == code.swapcase()
    finish(visitor, mailbox, f" {code[:2]} {code[2:]} ")

    assert visitor.page.by_id("to-portal") is not None


def test_five_wrong_codes_kill_the_code_and_three_dead_codes_the_link(
    provider: Provider, visitor: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """D-14, D-15"""
    anne = customer(provider, "espace-personnel")
    ask(visitor, "espace-personnel", anne.address)
    link = open_link(visitor, mailbox)

    for death in range(3):
        code = mailbox.last(channel="sms").code
        for _ in range(5):
            finish(visitor, mailbox, wrong(code))
        if death < 2:
            assert visitor.page.errors == ["Too many wrong codes. Request a new one."]
            clock.forward(seconds=31)
            visitor.press("resend")

    assert visitor.page.heading == "This link is no longer valid"
    assert "trop de codes ou de dates erronés" in mailbox.last(to=anne.address).text
    visitor.get(link)
    assert visitor.page.heading == "This link is no longer valid"


def test_a_stopped_recovery_replaces_nothing(
    provider: Provider, visitor: Browser, stranger: Browser, mailbox: Mailbox, clock: MovableClock
) -> None:
    """A-40: the notice stops it, by a button; a scanner does not"""
    anne = customer(provider, "e-services", phone="")
    ask(stranger, "e-services", anne.address)
    mail = mailbox.last(to=anne.address)
    stop = next(word for word in mail.text.split() if "/stop-recovery" in word)
    visitor.head(stop)
    visitor.get(stop)

    visitor.press("stop")

    assert visitor.page.heading == "The password reset has been stopped"
    assert "bloquée" in mailbox.last(to=anne.address).subject
    visitor.get(stop)
    sent = len(mailbox.sent(to=anne.address))
    clock.forward(hours=24, minutes=1)
    assert len(mailbox.sent(to=anne.address)) == sent


def test_where_the_portal_refuses_the_mailbox_alone_the_mail_names_the_desk(
    provider: Provider, visitor: Browser, mailbox: Mailbox
) -> None:
    """D-19"""
    ask(visitor, "espace-personnel", customer(provider, "espace-personnel", phone="").address)

    assert "http" not in mailbox.last().text.replace("https://espace-personnel.example", "")
    assert "ontact our helpdesk" in mailbox.last().text


def test_two_devices_that_finish_at_once_replace_it_once(provider: Provider, app: Flask, mailbox: Mailbox) -> None:
    """D-12"""
    anne = customer(provider, "espace-personnel")
    devices = [Browser(app, language="en"), Browser(app, language="en")]
    ask(devices[0], "espace-personnel", anne.address)
    for device in devices:
        device.get(mailbox.last(to=anne.address).link)
    code = mailbox.last(channel="sms").code

    in_parallel(*(lambda device=device: finish(device, mailbox, code) for device in devices))

    assert [device.page.by_id("to-portal") is not None for device in devices].count(True) == 1
    with provider.database.reading() as tx:
        current = passwords.current(tx, anne.id)
    assert current is not None
    assert current.version == 2


@pytest.mark.parametrize("nonsense", ["", "x" * 100_000, "😀", "a%00b"])
def test_a_nonsense_link_is_explained(visitor: Browser, nonsense: str) -> None:
    visitor.get(f"/reset?portal=e-services&link={nonsense[:5000]}")

    assert visitor.page.status in {200, 400, 414}


def test_a_channel_that_is_down_is_said_to_everybody(provider: Provider, visitor: Browser) -> None:
    """X-27: before and after sending, whoever was typed"""
    with provider.database.transaction() as tx:
        for channel in ("email", "sms"):
            for _ in range(health.RULES.tolerated):
                health.failed(tx, channel, fault="test", began=tx.shared.now)

    ask(visitor, "espace-personnel", "nobody@example.ch")

    assert "Emails are delayed at the moment." in visitor.page.text
    assert "Text messages are delayed at the moment." in visitor.page.text
