"""What is done at each page of a walk."""

from collections.abc import Iterator, Sequence

from playwright.sync_api import Page

from tests.e2e.walks.visitor import Visitor
from tests.support import chromium
from tests.support.chromium import Look

BUTTONS = """kind => [...document.querySelectorAll("main ." + kind)]
    .filter(each => each.checkVisibility())
    .filter(each => !each.closest("details, dialog, .things, .empty, .keep, .tools, .pager, .notice, table"))
    .map(each => each.textContent.trim())"""
"""The buttons that lead on from a page; those of a line in a list, of a toolbar or of help that is open are others."""


def pages_of(walk: Iterator[str]) -> list[str]:
    """Walk to the end; the names of the pages on the way."""
    return list(walk)


def flaws_of(visitor: Visitor, walk: Iterator[str], looks: Sequence[Look] = ()) -> list[str]:
    """What axe finds on the provider's pages, which are wider than their window, which have too many buttons.

    Every page is looked at as it is, or in all of these looks; the walk goes on in the last of them.
    """
    return [f"{name}: {flaw}" for name in walk if _is_ours(visitor) for flaw in flaws(visitor.page, looks)]


def flaws(page: Page, looks: Sequence[Look] = ()) -> list[str]:
    """X-22, C-24, and one primary button with at most one beside it."""
    page.wait_for_load_state()  # a click returns before the page that it leads to has a document
    return chromium.flaws(page, looks, _too_many_buttons)


def _too_many_buttons(page: Page) -> list[str]:
    primary, quiet = (page.evaluate(BUTTONS, kind) for kind in ("primary", "quiet"))
    most = 1 if primary else 2  # two equal ways on need no first one
    too_many = [primary] if len(primary) > 1 else []
    too_many += [quiet] if len(quiet) > most else []
    return [f"too many buttons: {', '.join(each)}" for each in too_many]


def _is_ours(visitor: Visitor) -> bool:
    return visitor.page.url.startswith(visitor.sites.issuer)
