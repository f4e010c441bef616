"""Reading our own pages as a browser would: a form by the button that is pressed."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from werkzeug.test import TestResponse


@dataclass
class PageForm:
    """A form's address, its hidden and filled-in fields, and the ids of its buttons."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)


def form_of(page: TestResponse, *, button: str) -> PageForm:
    """The form that holds the button with this id."""
    found = [form for form in _Forms(page.text).forms if button in form.buttons]
    assert found, f"no form with a button {button!r} on the page"
    return found[0]


class _Forms(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(PageForm(found.get("action", "")))
        elif tag == "input" and self.forms and "name" in found:
            self.forms[-1].fields[found["name"]] = found.get("value", "")
        elif tag == "button" and self.forms:
            self.forms[-1].buttons.append(found.get("id", ""))
