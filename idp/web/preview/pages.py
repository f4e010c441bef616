"""Which pages a preview shows, and what each of them is given.

Every template of a folder in `CHAPTERS` is shown at least once, so a new page is in the preview as soon as it exists;
values that it needs go to `values`, its states to `states`, the errors of its form to `mistakes`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from idp.clients.client import Client
from idp.web.branding import Theme
from idp.web.preview import states, values
from idp.web.preview.mistakes import CODE, DIFFER, FAILED, MISTAKES, REGISTRATION, TERMS
from idp.wording import text

CHAPTERS = {
    "steps": "Journeys",
    "methods": "Second steps",
    "guards": "Journeys that cannot go on",
    "pages": "Other pages",
    "account": "Own account",
    "organisation": "User management",
}
COMMON = "The pages that people see most"
NOT_SHOWN = {
    "account/frame.html",
    "organisation/frame.html",
    "account/export.html",  # a file without a brand
    "pages/inbox.html",  # for developers
    "pages/callback.html",  # the three are shown for the blink of a redirect
    "pages/form-post.html",
    "pages/front-channel-logout.html",
    "methods/opening/passkey.html",  # a part of the sign-in page
    "steps/second-step.html",  # shows one of `methods/`
}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One page: where it stands in the preview, its template and all its values."""

    chapter: str
    title: str
    template: str
    values: Mapping[str, object]

    @property
    def is_common(self) -> bool:
        return self.chapter == COMMON


def samples(theme: Theme, client: Client, templates: Iterable[str]) -> Iterator[Sample]:
    """Yield the pages that people see most, then every other of these templates, folder by folder."""
    shared = values.shared(theme, client)
    for title, template, own in _common(theme):
        yield Sample(chapter=COMMON, title=title, template=template, values={**shared, **own})
    shown = {template for _title, template, _own in _common(theme)} | NOT_SHOWN
    for folder, chapter in CHAPTERS.items():
        for template in templates:
            if template.startswith(f"{folder}/") and template not in shown:
                yield from _variants(chapter, template, shared, theme, client)


def _variants(
    chapter: str, template: str, shared: Mapping[str, object], theme: Theme, client: Client
) -> Iterator[Sample]:
    title = template.partition("/")[2].removesuffix(".html").replace("-", " ").capitalize()
    for number, own in enumerate(states.of_pages(theme, client).get(template, [{}])):
        more = f" ({number + 1})" if number else ""
        yield Sample(chapter=chapter, title=title + more, template=template, values={**shared, **own})
    if template in MISTAKES:
        first = states.of_pages(theme, client).get(template, [{}])[0]
        mistaken = {**shared, **first, "errors": MISTAKES[template]}
        yield Sample(chapter=chapter, title=f"{title}, with errors", template=template, values=mistaken)


def _common(theme: Theme) -> Iterator[tuple[str, str, dict[str, object]]]:
    code: dict[str, object] = {"title": text("Code from the email"), "stage": 0}
    expired = {"live": None, "ended": text("That code has expired. Request a new one.")}
    password: dict[str, object] = {"title": text("Choose a new password")}
    yield "Signing in", "steps/credentials.html", {}
    yield "A sign-in refused", "steps/credentials.html", {"errors": {"": FAILED}}
    yield "A letter’s code", "steps/registration-code.html", {}
    yield "A letter’s code mistyped", "steps/registration-code.html", {"errors": {"code": REGISTRATION}}
    yield "A code from an email", "steps/code.html", code
    yield "A wrong code", "steps/code.html", {**code, "errors": {"code": CODE}}
    yield "A code that expired", "steps/code.html", {**code, **expired}
    yield "A new password", "steps/new-password.html", password
    yield "A password mistyped", "steps/new-password.html", {**password, "errors": {"new_password": DIFFER}}
    yield "Terms of use", "steps/terms.html", {}
    yield "Terms of use not accepted", "steps/terms.html", {"errors": {"terms": TERMS}}
    yield "Success", "pages/password-replaced.html", {}
    yield "Signed out", "pages/logged-out.html", {"portals": (theme.name,)}
    yield "A dead end", "pages/problem.html", {}
