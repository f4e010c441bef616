"""docs/events.md is true: its file is accepted, its program reads our events, its list of events is complete."""

import re
import tomllib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from flask import Flask

from idp.actions import disabling
from idp.actions.actor import Actor
from idp.clients.subscriptions import EventStream
from idp.provider import Provider
from tests.rules.source import ROOT
from tests.support.event_receiver import EVERY, EventReceiver
from tests.support.worker import deliver

PAGE = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")


def block(language: str, holding: str) -> str:
    found = [text for text in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if holding in text]
    assert len(found) == 1
    return str(found[0])


def test_its_table_describes_a_stream() -> None:
    table = tomllib.loads(block("toml", "[events]"))["events"]

    assert msgspec.convert(table, EventStream).delivery == "push"


def test_it_names_every_event() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \|", PAGE.partition("## The events")[2], re.MULTILINE)

    assert set(listed) >= set(EVERY)


def test_its_program_reads_an_event(app: Flask, provider: Provider, receiver: EventReceiver, person: str) -> None:
    space: dict[str, Any] = {}
    exec(block("python", "def read_event"), space)
    space.update(ISSUER=provider.settings.server.issuer, CLIENT_ID="basic")
    read_event: Callable[[str, dict[str, object]], tuple[str, dict[str, Any], dict[str, Any]]] = space["read_event"]
    tokens = receiver.sign_in(person)
    deliver(app)
    with provider.database.transaction() as tx:
        disabling.disable(tx, person, by=Actor.clerk("anna"), reason="test")
    deliver(app)
    assert receiver.served is not None
    jwks = receiver.tokens.http.get("/jwks.json").get_json()

    found = {read_event(seen.body.decode(), jwks)[0] for seen in receiver.served.requests}

    assert found == {"verification", "account-disabled", "session-revoked"}
    with pytest.raises(ValueError, match="not an event"):
        read_event(tokens["id_token"], jwks)
