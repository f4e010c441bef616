"""`python -m examples.conformance_plan`: what the conformance suite must know of this provider, as JSON.

One configuration serves Config, Basic, Form Post, Dynamic, 3rd-party-initiated login and the logout plans, and with
static clients those of FAPI 2.0 (docs/conformance.md). It says where the provider is and how a script answers its
pages: by the names of fields and the ids of buttons, in the English that the suite's browsers ask for.
"""

import argparse
import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from examples.conformance import PERSON

WAIT = 10  # seconds
FILL, FILL_IF_ANY = "update-image-placeholder", "update-image-placeholder-optional"
ANYTHING = "."
SUITE = "https://localhost.emobix.co.uk:8443"  # where the suite is served unless someone says otherwise

ERROR_PAGES = (
    "oidcc-ensure-registered-redirect-uri",
    "oidcc-ensure-redirect-uri-in-authorization-request",
    "oidcc-redirect-uri-query-added",
    "oidcc-redirect-uri-query-mismatch",
)
LOGIN_PAGES = ("oidcc-registration-logo-uri", "oidcc-registration-policy-uri", "oidcc-registration-tos-uri")
SECOND_LOGIN_PAGES = ("oidcc-prompt-login", "oidcc-max-age-1")
QUESTIONS = (
    "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri",
    "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri",
    "oidcc-rp-initiated-logout-modified-id-token-hint",
    "oidcc-rp-initiated-logout-bad-id-token-hint",
    "oidcc-rp-initiated-logout-no-id-token-hint",
)
ENDINGS = (
    "oidcc-rp-initiated-logout-no-params",
    "oidcc-rp-initiated-logout-only-state",
    "oidcc-rp-initiated-logout-no-post-logout-redirect-uri",
)

FAPI = "fapi2-security-profile-final"
REFUSED_REFERENCES = (
    f"{FAPI}-par-attempt-reuse-request_uri",
    f"{FAPI}-par-attempt-to-use-expired-request_uri",
    f"{FAPI}-par-attempt-to-use-request_uri-for-different-client",
)
DENIALS = (f"{FAPI}-user-rejects-authentication",)

Json = dict[str, Any]


def configuration(issuer: str, suite: str, alias: str) -> Json:
    """Return the whole configuration.

    `override` replaces the `browser` section in the modules that end on a page of ours.
    """
    person = tomllib.loads(PERSON.read_text(encoding="utf-8"))["people"][0]
    pages = Pages(issuer, f"{suite}/test/a/{alias}", person)
    return {
        "alias": alias,
        "description": f"Vestibule at {issuer}",
        "server": {"discoveryUrl": f"{issuer}/.well-known/openid-configuration"},
        "client": {"client_name": "Vestibule conformance 1"},
        "client2": {"client_name": "Vestibule conformance 2"},
        "browser": [pages.authorize(), pages.log_out()],
        "override": {
            **{module: {"browser": [pages.stays("authorize", "authorize", "is not valid")]} for module in ERROR_PAGES},
            **{module: {"browser": [pages.stays("authorize", "login", "sign in")]} for module in LOGIN_PAGES},
            **{module: {"browser": [pages.authorize(keep=True)]} for module in SECOND_LOGIN_PAGES},
            **{module: {"browser": [pages.authorize(), pages.asks()]} for module in QUESTIONS},
            **{module: {"browser": [pages.authorize(), pages.ends()]} for module in ENDINGS},
            **{module: {"browser": [pages.authorize_or_show()]} for module in REFUSED_REFERENCES},
            **{module: {"browser": [pages.deny()]} for module in DENIALS},
        },
    }


class Pages:
    """The scripts for the pages of one provider. A task is skipped where its page does not come.

    `suite` is the whole address under which the suite is called back: an address of ours may quote it, and must not be
    taken for it.
    """

    def __init__(self, issuer: str, suite: str, person: Mapping[str, str]) -> None:
        self.issuer = issuer
        self.suite = suite
        self.person = person

    def authorize(self, *, keep: bool = False) -> Json:
        """Sign in, also a second time, allow, and wait until the suite has what it was sent.

        With `keep` the suite keeps the page of the second sign-in; nowhere else, since a module that expects an error
        would take it for the page of that error.
        """
        back = f"{self.suite}/callback"
        return self._visit(
            "authorize",
            *self._sign_in(keep=keep),
            self._page("allow", "consent", ["click", "id", "allow"]),
            self._page("the answer posts itself", "authorize", ["wait", "contains", back, WAIT]),
            self._arrives(),
        )

    def authorize_or_show(self) -> Json:
        """The same, or the page that says why not, for the suite to keep."""
        refusal = {**self._shows("authorize", "is not valid"), "optional": True}
        allow = self._page("allow", "consent", ["click", "id", "allow"])
        return self._visit("authorize", *self._sign_in(), allow, refusal, {**self._arrives(), "optional": True})

    def deny(self) -> Json:
        """Sign in and say no."""
        consent = _task("deny", f"{self.issuer}/consent*", ["click", "id", "deny"])
        return self._visit("authorize", *self._sign_in(), consent, self._arrives())

    def log_out(self) -> Json:
        """Leave the page with the frames of front-channel logout, if it comes, and arrive at the suite."""
        back = f"{self.suite}/post_logout_redirect"
        return self._visit(
            "end-session",
            self._page("clients are told in frames", "end-session", ["wait", "contains", back, WAIT]),
            _task("arrived", f"{back}*"),
        )

    def stays(self, address: str, page: str, words: str) -> Json:
        """A visit that ends on a page of ours with these words, for the suite to keep."""
        return self._visit(address, self._shows(page, words))

    def asks(self) -> Json:
        """Expect the question whether to sign out, without a redirect, for a person who may not be sent back."""
        return self.stays("end-session", "end-session", "Do you want to sign out")

    def ends(self) -> Json:
        """Press the button where the hint is missing, and read that it is done."""
        return self._visit(
            "end-session",
            self._page("sign out", "end-session", ["click", "id", "log-out", "optional"]),
            self._shows("end-session/done", "You are signed out"),
        )

    def _sign_in(self, *, keep: bool = False) -> tuple[Json, Json]:
        password = ["text", "name", "password", self.person["password"]]
        look: list[Any] = ["wait", "id", "sign-in", WAIT]
        again = [*look, ANYTHING, FILL_IF_ANY] if keep else look
        press = ["click", "id", "sign-in"]
        return (
            self._page("sign in", "login", look, ["text", "name", "identifier", self.person["email"]], password, press),
            self._page("sign in again", "reauthentication", again, password, press),
        )

    def _arrives(self) -> Json:
        return _task("arrived", f"{self.suite}/callback*", ["wait", "id", "submission_complete", WAIT])

    def _visit(self, address: str, *tasks: Json) -> Json:
        return {"match": f"{self.issuer}/{address}*", "tasks": list(tasks)}

    def _page(self, name: str, page: str, *commands: list[Any]) -> Json:
        return {**_task(name, f"{self.issuer}/{page}*", *commands), "optional": True}

    def _shows(self, page: str, words: str) -> Json:
        return _task("our page", f"{self.issuer}/{page}*", ["wait", "id", "content", WAIT, words, FILL])


def _task(name: str, match: str, *commands: list[Any]) -> Json:
    return {"task": name, "match": match, **({"commands": list(commands)} if commands else {})}


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m examples.conformance_plan", description=__doc__)
    parser.add_argument("--issuer", required=True, help="the https address under which the suite finds the provider")
    parser.add_argument("--suite", default=SUITE, help="the https address under which the suite is served")
    parser.add_argument("--alias", default="vestibule", help="the alias that is part of the suite's addresses")
    given = parser.parse_args(words)
    print(json.dumps(configuration(given.issuer, given.suite, given.alias), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
