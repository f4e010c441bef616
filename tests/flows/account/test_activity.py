"""What happened to an account, told in plain words to its owner."""

import pytest
from flask import Flask

from flows.shared.replacements import replaced
from idp.audit import timeline
from idp.database import Origin
from idp.people import accounts, phones
from idp.provider import Provider
from tests.flows.account.conftest import AWAY, TELEPHONE, elsewhere
from tests.flows.conftest import Account, make_account
from tests.support.browser import Browser
from tests.support.clock import MovableClock

pytestmark = pytest.mark.both_databases

PAGE = "/account/activity?portal=e-services"


def headings(browser: Browser) -> list[str]:
    return [heading.text for heading in browser.page.all("h2") if heading.text != "Help"]


def change_name(provider: Provider, person_id: str, name: str, actor: str = "") -> None:
    origin = Origin(actor=actor or person_id, address=AWAY, user_agent=TELEPHONE)
    with provider.database.transaction(origin) as tx:
        accounts.change_profile(tx, person_id, {"given_name": name})


def test_sign_ins_and_changes_are_told_newest_first(home: Browser, provider: Provider, anne: Account) -> None:
    """X-16"""
    change_name(provider, anne.id, "Annie")

    home.get(PAGE)

    assert headings(home)[:2] == ["Personal details changed", "Signed in"]
    assert "Safari, iPhone · 203.0.113.x" in home.page.text
    assert AWAY not in home.page.text


def test_every_line_has_its_reference_and_the_way_to_the_emergency(
    home: Browser, provider: Provider, anne: Account
) -> None:
    """X-15, P64"""
    with provider.database.reading() as tx:
        [newest] = timeline.recent(tx, anne.id, names={"SignedIn"}, limit=1)

    page = home.get(PAGE)

    assert newest.reference in page.text
    ways = [a for a in page.all("a") if a.text == "It was not me"]
    assert f"event={newest.reference}" in ways[0].get("href")
    assert len(ways) == len(headings(home))
    assert len({a.get("aria-label") for a in ways}) > 1


def test_a_changed_number_is_shown_masked(home: Browser, provider: Provider, anne: Account) -> None:
    with provider.database.transaction(Origin(actor=anne.id)) as tx:
        phones.give(tx, anne.id, "+41799998877", verified=True)

    text = home.get(PAGE).text.replace("\u00a0", " ")

    assert "+41 79 ••• •• 67 → +41 79 ••• •• 77" in text


def test_acts_of_others_name_their_author(home: Browser, provider: Provider, anne: Account) -> None:
    claire = make_account(provider, Account("", "claire@example.ch", ""), names=("Claire", "Favre"))
    change_name(provider, anne.id, "Annie", actor=claire.id)
    assert "Done by: Claire Favre" in home.get(PAGE).text

    change_name(provider, anne.id, "Anna", actor="cli:root")
    text = home.get(PAGE).text

    assert "Done by: Our helpdesk or the system" in text
    assert "root" not in text


def test_nobody_reads_about_somebody_else(home: Browser, app: Flask, provider: Provider) -> None:
    luc = make_account(provider, Account("", "luc@example.ch", ""), names=("Luc", "Perrin"))
    change_name(provider, luc.id, "Lucas")
    with provider.database.reading() as tx:
        [theirs] = timeline.recent(tx, luc.id, names={"ProfileChanged"}, limit=1)

    assert "Personal details changed" not in home.get(PAGE).text
    assert theirs.reference not in home.get(f"/emergency?portal=e-services&event={theirs.reference}").text


def test_long_lists_have_pages(home: Browser, provider: Provider, anne: Account) -> None:
    for number in range(30):
        change_name(provider, anne.id, f"Anne{number}")

    first = headings(home) if home.get(PAGE) else []
    home.get(home.page.link("Older"))

    assert len(first) == 25
    assert headings(home)[-1] == "Account created"
    assert home.get(home.page.link("Newest")).path == "/account/activity"


def test_what_is_older_than_a_year_is_not_shown(
    home: Browser, provider: Provider, anne: Account, clock: MovableClock
) -> None:
    change_name(provider, anne.id, "Annie")
    clock.forward(days=366)
    elsewhere(provider, anne.id)

    with provider.database.reading() as tx:
        told = timeline.recent(tx, anne.id, names={"ProfileChanged", "SignedIn"}, limit=9)

    assert [event.name for event in told] == ["SignedIn"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("+41 79 ••• •• 67", "+41 79 ••• •• 77", "+41 79 ••• •• 67 → +41 79 ••• •• 77"),
        (None, "+41 79 ••• •• 67", "New: +41 79 ••• •• 67"),
        ("", "+41 79 ••• •• 67", "New: +41 79 ••• •• 67"),
        ("+41 79 ••• •• 67", "+41 79 ••• •• 67", "New: +41 79 ••• •• 67"),
        ("+41 79 ••• •• 67", None, "Until then: +41 79 ••• •• 67"),
    ],
)
def test_a_change_says_no_empty_value_and_none_twice(
    provider: Provider, old: str | None, new: str | None, said: str
) -> None:
    assert provider.wording.translator("en")(replaced({"old": old, "new": new})) == said
