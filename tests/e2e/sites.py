"""The provider, its worker and the sample portals as real servers on free ports of this machine.

The people are signed in through the domain where the journey is not what is tested; everything else is HTTP.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import msgspec
import requests
from flask import Flask
from werkzeug.serving import make_server

import flows
from examples.portals.application import create_portal
from examples.portals.configuration import Portal, portals
from examples.portals.store import Store
from idp.app import create_app
from idp.provider import Provider
from idp.resources import CONFIG
from idp.sessions import signing_in
from idp.settings import Settings
from idp.settings_loader import load_settings
from tests.support.application import TEST_SECRETS
from tests.support.ports import free_port
from tests.support.proofs import proved


@dataclass
class Sites:
    """The configured portals by client id; `provider` to look into, `stop_provider` to take it off the network."""

    issuer: str
    provider: Provider
    portals: dict[str, Portal]
    client_files: Path
    stop_provider: Callable[[], None]

    def url(self, client_id: str) -> str:
        return self.portals[client_id].url

    def sign_in(self, browser: requests.Session, person_id: str, client_id: str, *proofs: str) -> str:
        """Sign the person in at the provider, in this browser; returns the session's id."""
        client = self.provider.registry.current().client(client_id)
        assert client is not None
        with self.provider.database.transaction() as tx:
            started = signing_in.start(
                tx,
                self.provider.settings.sessions,
                person_id=person_id,
                group=client.sso_group,
                proofs=proved(tx.now, *proofs),
                browser="",
                replacing=None,
            )
        browser.cookies.set(f"session-{client.sso_group}", started.token, domain="localhost.local", path="/")
        return started.session.id


@contextmanager
def serving(
    folder: Path, database_url: str, *client_ids: str, more_clients: Mapping[str, str] | None = None
) -> Iterator[Sites]:
    """Everything that is needed for these portals, until the block ends. `more_clients`: texts of client files."""
    chosen = {
        name: msgspec.structs.replace(portal, port=free_port())
        for name, portal in portals().items()
        if name in client_ids
    }
    issuer_port = free_port()
    issuer = f"http://localhost:{issuer_port}"
    with ExitStack() as running:
        app = create_app(
            _settings(folder, database_url, issuer, {**_client_files(chosen), **(more_clients or {})}), flows=flows.ALL
        )
        provider: Provider = app.extensions["provider"]
        running.callback(provider.database.dispose)
        on_the_network = running.enter_context(ExitStack())
        on_the_network.enter_context(listening(app, issuer_port))
        for name, portal in chosen.items():
            site = create_portal(portal, issuer, Store(folder / f"{name}.sqlite3"))
            running.enter_context(listening(site, portal.port))
        yield Sites(issuer, provider, chosen, folder / "clients", on_the_network.close)


@contextmanager
def listening(app: Flask, port: int) -> Iterator[None]:
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _client_files(chosen: Mapping[str, Portal]) -> dict[str, str]:
    """The shipped client files, with the ports that the portals got."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in (CONFIG / "clients").glob("*.toml")}
    for name, portal in chosen.items():
        usual = f"http://localhost:{portals()[name].port}/"
        texts[name] = texts[name].replace(usual, f"{portal.url}/")
    return texts


def _settings(folder: Path, database_url: str, issuer: str, client_files: Mapping[str, str]) -> Settings:
    clients = folder / "clients"
    clients.mkdir()
    for name, text in client_files.items():
        (clients / f"{name}.toml").write_text(text, encoding="utf-8")
    overrides = {
        "server": {"issuer": issuer},
        "database": {"url": database_url},
        "files": {"clients": str(clients), "variable": str(folder / "var"), "reload": 1, "grace": 0},
        "secrets": TEST_SECRETS,
    }
    return load_settings({"IDP_ENVIRONMENT": "development"}, overrides=overrides)
