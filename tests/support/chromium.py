"""Pages as Chromium shows them: a served application, pictures at every width and scheme, and what axe finds.

with serving(app) as address, Chromium() as chromium:
    chromium.take(address + "/gallery/fields", folder)
    assert chromium.flaws(address + "/gallery/fields", *EVERY_LOOK) == []

`flaws(page, EVERY_LOOK)` looks at the page that is open as it is at each width and in each scheme.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from werkzeug.serving import make_server

Scheme = Literal["light", "dark"]
WIDTHS = (1280, 768, 320)
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
EXECUTABLE = "/usr/bin/chromium"
AXE = Axe().axe_script
FIND = """options => axe.run(document, options).then(found =>
    found.violations.flatMap(rule => rule.nodes.map(node => [rule.id, node.target])))"""
FORCED: Literal["active"] = "active"  # the value of forced-colors of a reader who has own colours (high contrast)


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    width: int
    scheme: Scheme = "light"
    forced_colours: Literal["none", "active"] = "none"

    @property
    def name(self) -> str:
        return f"{self.width}-{self.scheme if self.forced_colours == 'none' else 'forced'}"

    def wear(self, page: Page) -> None:
        """Show the page in this look."""
        page.set_viewport_size({"width": self.width, "height": 900 if self.width > 400 else 640})
        page.emulate_media(color_scheme=self.scheme, forced_colors=self.forced_colours)


EVERY_LOOK = (Look(1280), Look(1280, "dark"), Look(320), Look(320, "dark"))
WIDE_AND_NARROW = (Look(1280), Look(320))
RULES_OF_COLOURS = ("color-contrast", "link-in-text-block")
"""What a scheme decides: the style sheet changes nothing but colours with it, as `tests/web/test_looks.py` proves."""


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve the application on a free port of this machine; gives its address."""
    server = make_server("localhost", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Chromium(AbstractContextManager["Chromium"]):
    """One browser process; every page gets a context of its own."""

    def __enter__(self) -> "Chromium":
        self._playwright: Playwright = sync_playwright().start()
        self._browser: Browser = self._playwright.chromium.launch(executable_path=EXECUTABLE, args=["--no-sandbox"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._browser.close()
        self._playwright.stop()

    @contextmanager
    def page(self, width: int = 1280, scheme: Scheme = "light", **options: Any) -> Iterator[Page]:
        """A page in a fresh context. A fault of a script or a refusal by CSP fails the test."""
        faults: list[str] = []
        context = self._browser.new_context(
            viewport={"width": width, "height": 900 if width > 400 else 640},
            color_scheme=scheme,
            locale=options.pop("locale", "fr-CH"),
            **options,
        )
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if "Security Policy" in line.text else None)
        try:
            yield page
        finally:
            context.close()
        assert faults == []

    def take(self, url: str, folder: Path, name: str, *, locale: str = "fr-CH") -> list[Path]:
        """Pictures of the whole page, at every width and scheme."""
        return [
            self.shoot(url, folder / f"{name}-{width}-{scheme}.png", width, scheme, locale=locale)
            for width in WIDTHS
            for scheme in SCHEMES
        ]

    def shoot(self, url: str, path: Path, width: int, scheme: Scheme, **options: Any) -> Path:
        """One picture of the whole page."""
        with self.page(width, scheme, **options) as page:
            visit(page, url)
            page.screenshot(path=path, full_page=True)
        return path

    def flaws(self, url: str, *looks: Look) -> list[str]:
        """What is wrong with the page at this address in these looks. Its own CSP would keep axe out."""
        with self.page(bypass_csp=True) as page:
            visit(page, url)
            return flaws(page, looks)


def visit(page: Page, url: str) -> None:
    """Open a page that must be there: a picture of an error page proves nothing."""
    answer = page.goto(url)
    assert answer is not None
    assert answer.ok, f"{url}: {answer.status}"


def overflows(page: Page) -> bool:
    """Whether the page is wider than its window (WCAG 1.4.10)."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def violations(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """What axe finds on the page that is open, as `rule: selector`; by all its rules unless some are named."""
    if not page.evaluate("'axe' in window"):  # half a megabyte: once for each page
        page.evaluate(AXE)
    only = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    found = page.evaluate(FIND, {"resultTypes": ["violations"], **only})
    return [f"{rule}: {target}" for rule, target in found]


def flaws(page: Page, looks: Sequence[Look] = (), more: Callable[[Page], list[str]] = lambda page: []) -> list[str]:
    """What axe finds on the page that is open, whether it is wider than its window, and what `more` finds.

    As the page is, or in each of these looks, of which it keeps the last. A width decides which parts are there, so
    every rule is asked once at each; another scheme is another choice of colours.
    """
    if not looks:
        return [*violations(page), *_too_wide(page), *more(page)]
    found, widths = [], set()
    for look in looks:
        look.wear(page)
        rules = RULES_OF_COLOURS if look.width in widths else ()
        widths.add(look.width)
        found += [f"{look.name}: {flaw}" for flaw in (*violations(page, rules), *_too_wide(page), *more(page))]
    return found


def _too_wide(page: Page) -> list[str]:
    return ["overflows"] if overflows(page) else []
