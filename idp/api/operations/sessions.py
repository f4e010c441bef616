"""Sessions of a person, as far as they reached the program's own portals."""

from datetime import datetime

import msgspec

from idp import user_agents
from idp.actions import end_sessions as ending
from idp.api import visibility
from idp.api.operation import Because, Call, Operation
from idp.api.problem import NOT_FOUND, ApiProblem
from idp.api.rights import PERSONS_READ, PERSONS_WRITE
from idp.database import Transaction
from idp.grants import client_sessions
from idp.sessions import session
from idp.sessions.session import Session


class SessionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A browser in which the person is signed in. `acr` says how strongly; `portals` are yours that it reached."""

    id: str
    acr: str
    started_at: datetime
    signed_in_at: datetime
    last_seen_at: datetime
    browser: str
    portals: tuple[str, ...]


class SessionList(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[SessionRecord, ...]


def list_sessions(call: Call, tx: Transaction) -> SessionList:
    found = visibility.get(tx, call.caller, call.names["person"])
    return SessionList(items=tuple(_visible(call, tx, found.id)))


def end_one_session(call: Call, tx: Transaction) -> None:
    found = visibility.get(tx, call.caller, call.names["person"])
    if call.names["session"] not in {each.id for each in _visible(call, tx, found.id)}:
        raise ApiProblem(NOT_FOUND)
    ending.end_session(tx, call.names["session"], by=call.caller.actor, reason=call.reason)


def _visible(call: Call, tx: Transaction, person_id: str) -> list[SessionRecord]:
    live = [(each, _reached(call, tx, each)) for each in session.of_person(tx, person_id)]
    return [_record(each, portals) for each, portals in live if portals]


def _reached(call: Call, tx: Transaction, live: Session) -> tuple[str, ...]:
    portals = {each.client_id for each in client_sessions.of_session(tx, live.id)}
    return tuple(sorted(portals.intersection(call.caller.access.portals)))


def _record(live: Session, portals: tuple[str, ...]) -> SessionRecord:
    return SessionRecord(
        id=live.id,
        acr=live.acr,
        started_at=live.started_at,
        signed_in_at=live.signed_in_at,
        last_seen_at=live.last_seen_at,
        browser=user_agents.name_of(live.user_agent),
        portals=portals,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/persons/{person}/sessions",
        scope=PERSONS_READ,
        summary="List the sessions of a person",
        description="Those that reached one of your portals, the last used first.",
        answer=SessionList,
        act=list_sessions,
        refusals=(NOT_FOUND,),
    ),
    Operation(
        method="POST",
        path="/persons/{person}/sessions/{session}/end",
        scope=PERSONS_WRITE,
        summary="End one session",
        description="The portals that it reached are told; offline access stays.",
        body=Because,
        status=204,
        act=end_one_session,
        refusals=(NOT_FOUND,),
    ),
)
