"""The recipes of `docs/clients.md`, cut out for the tests that run them: they stand on that page only."""

import re
import tomllib
from collections.abc import Mapping
from types import MappingProxyType

from idp.settings import HOME

PAGE = (HOME / "docs" / "clients.md").read_text(encoding="utf-8")
SECRET = "OKj-nMGjZg1zfWEvq6Ucv0lp-OsSS91i64xCkx0m2-Q"
"""The secret of every client file on that page: `docs/integrate.md` shows it with its digest."""
POLICY = """
[policy]
second_step = "when-asked"
methods = ["sms"]
phone = "optional"
sso = "within"
entry = "anyone"
consent = "skip"
"""


def blocks(language: str) -> list[str]:
    """The texts of this language, in the order of the page."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def client_file(client_id: str, places: Mapping[str, str] = MappingProxyType({}), policy: str = POLICY) -> str:
    """The client file of the page, with the addresses of this machine and a policy."""
    found = next(text for text in blocks("toml") if tomllib.loads(text)["client_id"] == client_id)
    head, parted, development = found.partition("[environment.development]")
    return at(places, head + policy + parted + development)


def at(places: Mapping[str, str], text: str) -> str:
    """The text with other addresses, as a reader puts their own in."""
    for printed, own in places.items():
        assert printed in text, f"the page does not say {printed}"
        text = text.replace(printed, own)
    return text
