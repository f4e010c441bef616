"""A folder of client and brand files that a test may write to."""

from pathlib import Path

from idp.clients import files
from idp.clients.files import Circumstances, Contents
from idp.clients.registry import LiveRegistry
from idp.codes import rules as code_rules
from idp.jose import SIGNING_ALGORITHMS
from idp.oidc.served_client import ServedClient
from tests.support.clock import MovableClock

LANGUAGES = ("fr", "de", "it", "en")

PORTAL = """
client_id = "portal"
client_name = "Portal"
brand = "plain"
redirect_uris = ["https://portal.example.ch/callback"]
secret_digests = ["8gdOE1j5gh5Z1-REnRv6RYqsmzYXRU71EDQATK86fTQ"]
"""

PLAIN = """
name = { fr = "Portail", en = "Portal" }
colours = { brand = "#0B4F8A" }
"""


class Folders:
    """`client(name, text)` and `brand(name, text)` write a file, `read` and `live` read the whole."""

    def __init__(self, root: Path) -> None:
        self.clients = root / "clients"
        self.brands = root / "brands"
        self.clients.mkdir()
        self.brand("plain", PLAIN)
        self.client("portal", PORTAL)

    def client(self, name: str, text: str) -> Path:
        path = self.clients / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def brand(self, name: str, text: str) -> Path:
        folder = self.brands / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "brand.toml").write_text(text, encoding="utf-8")
        return folder

    def read(
        self,
        environment: str = "production",
        *,
        algorithms: tuple[str, ...] = SIGNING_ALGORITHMS,
        template: str = "",
        everywhere: bool = False,
        **environ: str,
    ) -> Contents:
        circumstances = Circumstances(
            environment,
            LANGUAGES,
            environ,
            algorithms=algorithms,
            kind=ServedClient,
            rules=(code_rules.faults,),
            template=template,
            everywhere=everywhere,
        )
        return files.read(self.clients, self.brands, circumstances)

    def live(self, clock: MovableClock, **environ: str) -> LiveRegistry:
        circumstances = Circumstances("production", LANGUAGES, environ)
        return LiveRegistry(self.clients, self.brands, clock, circumstances, reload=5)
