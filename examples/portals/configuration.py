"""The differences between portals: `configurations/<portal>.toml`."""

import tomllib
from pathlib import Path
from typing import Literal

import msgspec

FOLDER = Path(__file__).parent / "configurations"


class Tile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What awaits a person on the first page: a subject, its state, one detail."""

    subject: str
    state: str
    detail: str


class Portal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One portal. `account` is what it calls the person's own pages at the provider, `topics` are its words for the
    permissions in the `organisations` claim; with `live_claims` it asks at every page who the person is, not only at
    sign-in."""

    client_id: str
    client_secret: str
    port: int
    cookie: str
    scope: str
    name: str
    tagline: str
    welcome: str
    account: str = "Mon compte"
    colour: str
    tint: str
    pages: tuple[Literal["documents", "payments"], ...] = ()
    topics: dict[str, str] = {}
    tiles: tuple[Tile, ...] = ()
    live_claims: bool = False
    address: str = ""

    @property
    def url(self) -> str:
        """Where browsers reach this portal."""
        return self.address or f"http://localhost:{self.port}"


def portals() -> dict[str, Portal]:
    """Return every configured portal by its client id."""
    found = (msgspec.convert(tomllib.loads(path.read_text("utf-8")), Portal) for path in sorted(FOLDER.glob("*.toml")))
    return {portal.client_id: portal for portal in found}
