"""A browser without scripts: keeps its cookies, fills forms by label or name, presses buttons by id or words.

It follows redirects inside the provider and stops at the first that leads elsewhere (`browser.left_for`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from flask import Flask
from werkzeug.test import TestResponse

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
DESKTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
HOPS = 10


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        """The element and everything in it, in the order of the page."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(child for child in reversed(element.children) if isinstance(child, Element))

    @property
    def text(self) -> str:
        """What a person reads, blanks joined."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        if self.tag in {"script", "style"} or (self.tag == "button" and "hidden" in self.attributes):
            return
        for child in self.children:
            if isinstance(child, Element):
                yield from child._texts()
                yield "" if child.tag in {"a", "b", "span", "strong", "em", "code"} else " "
            else:
                yield child

    def get(self, name: str) -> str:
        return self.attributes.get(name, "")


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("document", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self._open) - 1, 0, -1):
            if self._open[depth].tag == tag:
                del self._open[depth:]
                return

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def tree_of(text: str) -> Element:
    """The elements of an HTML text, under one root."""
    tree = _Tree()
    tree.feed(text)
    return tree.root


class Page:
    """One answer of the provider, as a person sees it."""

    def __init__(self, url: str, response: TestResponse) -> None:
        self.url = url
        self.response = response
        self.status = response.status_code
        self.root = tree_of(response.get_data(as_text=True) if response.mimetype == "text/html" else "")
        self._filled: dict[str, str] = {}

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def title(self) -> str:
        return self.first("title").text

    @property
    def heading(self) -> str:
        return self.first("h1").text

    @property
    def text(self) -> str:
        return self.first("main").text

    @property
    def language(self) -> str:
        return self.first("html").get("lang")

    @property
    def summary(self) -> list[Element]:
        """The lines of the error summary."""
        summaries = [e for e in self.root.walk() if "summary" in e.get("class").split() and e.get("role") == "alert"]
        return [e for summary in summaries for e in summary.walk() if e.tag == "li"]

    @property
    def errors(self) -> list[str]:
        """What is wrong, in the order of the error summary, without the names of the fields there."""
        return [self._said(line) for line in self.summary]

    def _said(self, line: Element) -> str:
        """The words of a line of the summary, as they stand at its field where they do."""
        links = [e.get("href").removeprefix("#") for e in line.walk() if e.tag == "a"]
        own = self.by_id(f"{links[0]}-error") if links else None
        if own is None:
            return line.text
        unseen = next(e.text for e in own.walk() if e.get("class") == "unseen")
        said = own.text.removeprefix(unseen).strip()
        return said if line.text.endswith(said) else line.text

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.root.walk() if element.tag == tag]

    def first(self, tag: str) -> Element:
        return next((element for element in self.root.walk() if element.tag == tag), Element(tag, {}))

    def by_id(self, id_: str) -> Element | None:
        return next((element for element in self.root.walk() if element.get("id") == id_), None)

    def link(self, words: str) -> str:
        """The address behind a link with these words."""
        found = [a.get("href") for a in self.all("a") if _reads(a.text, words)]
        assert found, f"no link {words!r} on {self.url}: {[a.text for a in self.all('a')]}"
        return found[0]

    def field(self, wanted: str) -> Element:
        """A field by name, or by the words of its label."""
        fields = [e for e in self.root.walk() if e.tag in {"input", "select", "textarea"} and e.get("name")]
        named = [e for e in fields if e.get("name") == wanted]
        labelled = {label.get("for") for label in self.all("label") if _reads(label.text, wanted)}
        found = named or [e for e in fields if e.get("id") in labelled]
        assert found, f"no field {wanted!r} on {self.url}: {[e.get('name') for e in fields]} — {self.text[:400]}"
        return found[0]

    def value(self, wanted: str) -> str:
        return self.field(wanted).get("value")

    def fill(self, wanted: str, value: str) -> None:
        self._filled[self.field(wanted).get("name")] = value

    def button(self, wanted: str) -> Element:
        """A button by id, or by its words."""
        buttons = [*self.all("button"), *(e for e in self.all("input") if e.get("type") == "submit")]
        found = [b for b in buttons if b.get("id") == wanted] or [b for b in buttons if _reads(b.text, wanted)]
        assert found, (
            f"no button {wanted!r} on {self.url}: {[b.get('id') or b.text for b in buttons]} — {self.text[:400]}"
        )
        return found[0]

    def form_of(self, button: Element) -> Element:
        forms = self.all("form")
        if button.get("form"):
            return next(form for form in forms if form.get("id") == button.get("form"))
        return next(form for form in forms if any(element is button for element in form.walk()))

    def submission(self, button: Element) -> dict[str, Any]:
        """What pressing the button sends; a list where several boxes of one name are ticked."""
        sent: dict[str, Any] = {}
        for element in self.form_of(button).walk():
            if element.tag == "select":
                options = [e for e in element.walk() if e.tag == "option"]
                chosen = [o for o in options if "selected" in o.attributes] or options[:1]
                sent.update({element.get("name"): o.get("value") for o in chosen})
            elif element.tag == "textarea":
                sent[element.get("name")] = element.text
            elif element.tag == "input" and element.get("name"):
                ticks = element.get("type") in {"checkbox", "radio"}
                if "checked" in element.attributes and element.get("type") == "checkbox":
                    sent[element.get("name")] = [*sent.get(element.get("name"), []), element.get("value")]
                elif not ticks or "checked" in element.attributes:
                    sent[element.get("name")] = element.get("value")
        sent.update(self._filled)
        if button.get("name"):
            sent[button.get("name")] = button.get("value")
        return {name: value for name, value in sent.items() if name}


class Browser:
    """One person's browser. `left_for` is the address outside the provider where the last redirect led."""

    page: Page

    def __init__(self, app: Flask, *, address: str = "192.0.2.1", agent: str = DESKTOP, language: str = "fr") -> None:
        self.client = app.test_client()
        self.issuer = app.extensions["provider"].settings.server.issuer
        self.environ = {"REMOTE_ADDR": address}
        self.headers = {"User-Agent": agent, "Accept-Language": language, "Accept": "text/html"}
        self.left_for = ""

    def tab(self) -> Browser:
        """Another tab of the same browser: the same cookies as now, a page of its own. Also for other threads."""
        tab = copy(self)
        tab.client = self.client.application.test_client()
        tab.client._cookies = self.client._cookies  # type: ignore[attr-defined]
        return tab

    def get(self, address: str) -> Page:
        """Open an address, following redirects."""
        return self._follow("GET", urljoin(self.issuer + "/", address), {})

    def head(self, address: str) -> int:
        """The status that a scanner's HEAD gets."""
        url = urljoin(self.issuer + "/", address)
        return self.client.head(url, headers=self.headers, environ_overrides=self.environ).status_code

    def fill(self, **values: str) -> Browser:
        """Fill fields by name: `browser.fill(identifier="…", password="…")`."""
        for name, value in values.items():
            self.page.fill(name, value)
        return self

    def fill_in(self, label: str, value: str) -> Browser:
        """Fill the field under this label."""
        self.page.fill(label, value)
        return self

    def tick(self, wanted: str) -> Browser:
        self.page.fill(wanted, self.page.field(wanted).get("value") or "on")
        return self

    def press(self, wanted: str) -> Page:
        """Press a button, by id or words, and follow where it leads."""
        page = self.page
        button = page.button(wanted)
        form = page.form_of(button)
        action = urljoin(page.url, button.get("formaction") or form.get("action") or page.url)
        if form.get("method") != "post":
            return self._follow("GET", f"{action}?{urlencode(page.submission(button))}", {})
        return self._follow("POST", action, page.submission(button))

    def send(self, wanted: str) -> TestResponse:
        """Press a button without following: the bare response to the POST; the page stays open."""
        page = self.page
        button = page.button(wanted)
        action = urljoin(page.url, page.form_of(button).get("action") or page.url)
        return self._request("POST", action, page.submission(button))

    def post(self, address: str, sent: dict[str, Any]) -> Page:
        """A POST that no page offers."""
        return self._follow("POST", urljoin(self.issuer + "/", address), sent)

    def cookie(self, name: str) -> str:
        found = self.client.get_cookie(name, domain=urlsplit(self.issuer).hostname or "localhost")
        return found.value if found is not None else ""

    @property
    def cookies(self) -> dict[str, str]:
        return {cookie.key: cookie.value for cookie in self.client._cookies.values()}

    def _request(self, method: str, url: str, sent: dict[str, Any]) -> TestResponse:
        headers = self.headers if method == "GET" else {**self.headers, "Sec-Fetch-Site": "same-origin"}
        return self.client.open(url, method=method, data=sent or None, headers=headers, environ_overrides=self.environ)

    def _follow(self, method: str, url: str, sent: dict[str, Any]) -> Page:
        self.left_for = ""
        for _ in range(HOPS):
            response = self._request(method, url, sent)
            if not 300 <= response.status_code < 400:
                self.page = Page(url, response)
                return self.page
            url, method, sent = urljoin(url, response.headers["Location"]), "GET", {}
            if not url.startswith(self.issuer + "/"):
                self.left_for = url
                self.page = Page(url, response)
                return self.page
        raise AssertionError(f"more than {HOPS} redirects, the last to {url}")


def _reads(text: str, words: str) -> bool:
    """Whether a text contains the words, ignoring case, typographic apostrophes and no-break blanks."""
    return _plain(words) in _plain(text)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("’", "'").replace("\u00a0", " ")).strip().casefold()
