"""« Appareils »: where the person is signed in, and the way to sign out there (X-16)."""

from dataclasses import dataclass
from datetime import datetime

from flask import Response, request

from flows.account.device_names import name_of
from flows.account.owner import AccountOwner
from flows.account.rooms import DEVICES
from idp.grants import client_sessions
from idp.limits.networks import shortened
from idp.sessions import session as sessions
from idp.sessions.session import Session
from idp.wording import Text, text

OTHERS = text("All other devices have been signed out. We have told the portals they used.")


@dataclass(frozen=True)
class Device:
    """One session as its owner recognises it. `network` is the beginning of its address; no service is asked where
    that is."""

    id: str
    name: str
    network: str
    portals: tuple[str, ...]
    signed_in_at: datetime
    last_seen_at: datetime
    is_this: bool


def show(owner: AccountOwner) -> Response:
    found = [device_of(owner, session) for session in sessions.of_person(owner.tx, owner.person_id)]
    return owner.page(
        "devices.html",
        DEVICES,
        devices=sorted(found, key=lambda device: not device.is_this),
        done=_said(owner),
    )


def device_of(owner: AccountOwner, session: Session) -> Device:
    visited = client_sessions.of_session(owner.tx, session.id)
    return Device(
        id=session.id,
        name=name_of(session.user_agent, owner.theme.translator),
        network=shortened(session.address),
        portals=tuple(dict.fromkeys(owner.portal_name(each.client_id) for each in visited)),
        signed_in_at=session.signed_in_at,
        last_seen_at=session.last_seen_at,
        is_this=session.id == owner.session.id,
    )


def _said(owner: AccountOwner) -> Text | None:
    """Return what was signed out just now. An address names a session of the owner; the words come from here."""
    if request.args.get("done", "") == "others":
        return OTHERS
    agent = sessions.ended_user_agent(owner.tx, owner.person_id, request.args.get("ended", ""))
    if agent is None:
        return None
    name = name_of(agent, owner.theme.translator)
    return text("%(device)s has been signed out. We have told the portals it used.", device=name)
