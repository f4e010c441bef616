"""The pages beside the journeys in a real browser: accessible, no wider than a small phone, and none a dead end."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PORTALS
from tests.e2e.sites import Sites, serving
from tests.e2e.walks import aside
from tests.e2e.walks.looking import flaws_of, pages_of
from tests.e2e.walks.visitor import Visitor
from tests.support.chromium import Chromium

pytestmark = pytest.mark.e2e

WALKS: dict[str, Callable[[Visitor], Iterator[str]]] = {
    "leaving": lambda visitor: aside.leave(visitor, "leaving@example.ch"),
    "devices": lambda visitor: aside.connect_devices(visitor, "devices@example.ch"),
    "consent": lambda visitor: aside.consent(visitor, "consent@example.ch"),
    "companies": lambda visitor: aside.choose_company(visitor, "companies@example.ch", "30001"),
    "details": lambda visitor: aside.complete(visitor, "details@example.ch"),
    "stopped migration": lambda visitor: aside.stop_migration(visitor, "CVCI00007777", "stopped1@example.ch"),
    "stopped recovery": lambda visitor: aside.stop_recovery(visitor, "stopped2@example.ch"),
    "announced recovery": lambda visitor: aside.announced_recovery(visitor, "announced@example.ch"),
    "inbox": lambda visitor: aside.read_the_inbox(visitor, "inbox@example.ch"),
    "ways to an account": aside.ways_to_an_account,
    "administration": lambda visitor: aside.look_after_users(visitor, "administration@example.ch", "30002"),
    "trouble": lambda visitor: aside.go_wrong(visitor, "trouble@example.ch", "30003"),
}
CLOSING_IS_THE_WAY_ON = {"device-connected", "device-not-connected", "inbox"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Sites]:
    """With a portal more that asks for consent and serves devices."""
    folder = tmp_path_factory.mktemp("aside")
    shutil.copyfile(sqlite_template, folder / "idp.sqlite3")
    more = {"television": aside.TELEVISION}
    with serving(folder, f"sqlite:///{folder / 'idp.sqlite3'}", *PORTALS, more_clients=more) as running:
        yield running


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS.keys())
def test_the_pages_beside_the_journeys_are_accessible_at_320_pixels_and_lead_on(
    town: Sites, chromium: Chromium, walk: Callable[[Visitor], Iterator[str]]
) -> None:
    """X-12, X-22, C-24, B-31: with and without errors; every page has a button or a link that goes on."""
    with chromium.page(320, "dark", bypass_csp=True) as page:
        visitor = Visitor(page, town, stumbles=True)
        dead_ends = []

        def looked_at() -> Iterator[str]:
            for name in walk(visitor):
                if not page.locator("main :is(a, button):visible").count() and name not in CLOSING_IS_THE_WAY_ON:
                    dead_ends.append(name)
                yield name

        found = flaws_of(visitor, looked_at())

    assert found == []
    assert dead_ends == []


def test_who_stopped_a_migration_is_helped_to_call_the_desk(town: Sites, chromium: Chromium) -> None:
    """A-38, X-11"""
    with chromium.page(320) as page:
        visitor = Visitor(page, town)
        pages_of(aside.stop_migration(visitor, "CVCI00008888", "stopped3@example.ch"))

        expect(page.locator("#call-desk")).to_have_attribute("href", "tel:+41216133567")
        expect(page.locator("#extend")).to_have_count(0)
