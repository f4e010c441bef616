"""What is done at each page of a walk."""

from collections.abc import Iterator

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.walks.visitor import Visitor
from tests.support.chromium import overflows


def pages_of(walk: Iterator[str]) -> list[str]:
    """Walk to the end; the names of the pages on the way."""
    return list(walk)


def flaws_of(visitor: Visitor, walk: Iterator[str]) -> list[str]:
    """What axe finds on the provider's pages, and which of them are wider than their window (X-22, C-24)."""
    return [f"{name}: {flaw}" for name in walk if _is_ours(visitor) for flaw in flaws(visitor.page)]


def flaws(page: Page) -> list[str]:
    rules = Axe().run(page).response["violations"]
    found = [f"{rule['id']} {node['target']}" for rule in rules for node in rule["nodes"]]
    return [*found, "overflows"] if overflows(page) else found


def _is_ours(visitor: Visitor) -> bool:
    return visitor.page.url.startswith(visitor.sites.issuer)
