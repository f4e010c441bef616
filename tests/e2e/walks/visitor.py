"""Hands and eyes: the few things a person does with a page, by mouse, by keyboard alone, or without scripts."""

from collections.abc import Iterator
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from tests.e2e.sites import Sites
from tests.support.inbox import Mailbox

REACH = 80  # presses of Tab after which a person would give up


@dataclass
class Visitor:
    """Somebody at one page of a browser. Fields go by their names, buttons and links by their ids."""

    page: Page
    sites: Sites
    stumbles: bool = False

    @property
    def mailbox(self) -> Mailbox:
        return Mailbox(self.sites.provider)

    @property
    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def open(self, address: str) -> None:
        """Open an address, with the issuer before it if it has none."""
        self.page.goto(address if "://" in address else self.sites.issuer + address)

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            self.write(self.page.locator(f"[name={name}]:not([type=hidden])").first, value)

    def write(self, field: Locator, value: str) -> None:
        field.fill(value)

    def tick(self, name: str) -> None:
        self.page.check(f"[name={name}]")

    def choose(self, name: str) -> None:
        """Take the first of a few answers."""
        self.page.locator(f"[name={name}]").first.check()

    def press(self, id_: str) -> None:
        """Press a button, or follow a link, and wait for the page it leads to."""
        with self.page.expect_navigation():
            self.activate(self.page.locator(f"#{id_}"))

    def follow(self, words: str) -> None:
        """As `press`, by the words on it, which are the same in every language."""
        with self.page.expect_navigation():
            self.activate(self.page.locator("a, button", has_text=words).first)

    def follow_link(self, part: str) -> None:
        """Follow the first link in `main` or in an open menu whose address contains these characters."""
        with self.page.expect_navigation():
            self.activate(self.page.locator(f"main a[href*='{part}'], .menu[open] a[href*='{part}']").first)

    def activate(self, target: Locator) -> None:
        target.click()

    def unfold(self, id_: str) -> None:
        """Open a `details` element."""
        details = self.page.locator(f"#{id_}")
        if details.get_attribute("open") is None:
            self.activate(details.locator("summary"))

    def type_code(self, to: str = "", channel: str = "", button: str = "verify") -> None:
        """Type the code of the newest message to this address or number, and go on."""
        self.fill(code=self.mailbox.last(to, channel).code)
        self.press(button)

    def stumble(self, name: str, button: str, /, **fields: str) -> Iterator[str]:
        """Who stumbles presses the button with these fields, and sees what is wrong."""
        if self.stumbles:
            self.fill(**fields)
            self.press(button)
            expect(self.page.locator(".error, .summary").first).to_be_visible()
            yield f"{name}-error"


class KeyboardVisitor(Visitor):
    """Has no mouse: gets everywhere by Tab, so what Tab does not reach is not there (WCAG 2.1.1)."""

    def write(self, field: Locator, value: str) -> None:
        self._reach(field)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(value)

    def tick(self, name: str) -> None:
        box = self.page.locator(f"[name={name}]")
        self._reach(box)
        self.page.keyboard.press("Space")
        expect(box).to_be_checked()

    def choose(self, name: str) -> None:
        self._reach(self.page.locator(f"[name={name}]").first)
        self.page.keyboard.press("Space")

    def activate(self, target: Locator) -> None:
        self._reach(target)
        self.page.keyboard.press("Enter")

    def _reach(self, target: Locator) -> None:
        for _ in range(REACH):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not reach {target}")
