"""No value under a key of `IDP_SECRETS` is forgotten, neither by `idp keys reseal` nor by `idp keys abandon`."""

import ast
import importlib
import re
from collections.abc import Iterator

from idp.credentials import hasher
from idp.upkeep.resealing import NOT_RESEALED, PEPPERED, SEALED, Stored
from tests.rules.source import Module, modules
from tools.security_inventories import ALL_TABLES

MAKING = re.compile(r"sealer\.(seal|digest|digests)$")
OF_ANY = "sealed.purpose"
"""Makes anew what stands in the lists already."""
NAMED_LIKE_ONE = re.compile(r"seal|digest|hash|payload|content|answer|private_key|secret|user_code|peppered")

BRIEF = {
    "one_time_codes.digest": "a code is asked for again",
    "one_time_codes.destination_digest": "as the code",
    "device_codes.user_code": "the device shows another code",
    "pushed_requests.sealed": "the portal sends the person again",
    "stored_requests.sealed": "the journey begins anew",
    "idempotent_requests.request": "the request is made again",
    "rate_limits.digest": "the limit counts from zero",
    "recoveries.asked_for": "of an unknown person only; the limit counts from zero",
    "flow_runs.begun_with": "a form that is sent twice begins two journeys",
    "flow_runs.scratch": "the page draws new codes",
    "legacy_accounts.line_digest": "an import writes the same line once more",
}
"""Columns that rest on a key and are not waited for, and what happens without it."""

KEYLESS = {
    "access_tokens.content": "found by the digest of a random token",
    "audit_chain.hash": "SHA-256 of the line",
    "registered_clients.secret_digest": "SHA-256 of a random secret",
    "scim_tokens.digest": "SHA-256 of a random token",
    "spent_identifiers.digest": "SHA-256 of a client and its identifier",
}
"""Columns that are called like one that rests on a key, and do not."""

PURPOSES_KEPT = {*(each.purpose for each in SEALED.values()), hasher.PEPPER}
PURPOSES = {
    "registration-code": "registration_codes.code_digest",
    "recovery code": "recovery_codes.digest",
    "letter-job": "letter_job_pieces.sealed",
    "outbox": "outbox.payload",
}
"""Purposes of what is counted and not sealed again, with its column."""

PURPOSES_BRIEF = {
    "one-time code", "code destination", "device-user-code", "pushed-request", "pending-authorization", "limit",
    "run-begun", "recovery codes not kept yet", "token of a directory not kept yet", "typed identifier", "legacy-line",
    "recovery asked for",
}  # fmt: skip

TRAVELLING = {
    "/deletion-planned": "an address",
    "callback": "a field of a form",
    "csrf": "a field of a form",
    "desk-search": "a field of a form",
    "dpop-nonce": "a header",
    "logout-request": "an address",
    "node": "a sign of life, which is written anew twice a minute",
    "not-me": "a link of a mail, good for three days",
    "passkey challenge": "a field of a form",
    "recovery decoy": "an address that nobody has",
    "refresh-token-successor": "a part of a token, which goes on by its fingerprint",
    "refresh-token-tag": "the same",
    "return-to": "an address",
    "stop-migration": "a link of a mail, good for thirty days",
}
"""Purposes of what no table keeps."""


def test_every_column_under_a_key_is_counted_or_known_to_be_brief() -> None:
    counted = {_name(column) for column in _counted()}
    called = {
        f"{name}.{column.name}"
        for name, table in ALL_TABLES.items()
        for column in table.columns
        if NAMED_LIKE_ONE.search(column.name)
    }

    assert called - counted - {*BRIEF} - {*KEYLESS} == set()
    assert ({*BRIEF} | {*KEYLESS}) & counted == set()
    assert _missing({*BRIEF} | {*KEYLESS}) == set()


def test_every_purpose_of_a_key_is_one_whose_values_are_accounted_for() -> None:
    known = {""} | PURPOSES_KEPT | {*PURPOSES} | PURPOSES_BRIEF | {*TRAVELLING}

    assert {purpose for module in modules() for purpose in _purposes(module)} == known
    assert {*PURPOSES.values()} == {_name(column) for column in NOT_RESEALED.values()}


def _name(column: Stored) -> str:
    return f"{column.class_.__tablename__}.{column.key}"


def _counted() -> Iterator[Stored]:
    yield from (sealed.column for sealed in SEALED.values())
    yield from NOT_RESEALED.values()
    yield from PEPPERED.values()


def _missing(names: set[str]) -> set[str]:
    return {name for name in names if name.partition(".")[2] not in ALL_TABLES[name.partition(".")[0]].columns}


def _purposes(module: Module) -> Iterator[str]:
    """Yield the first argument of every call that makes a value, as the text that it is."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and MAKING.search(ast.unparse(node.func)):
            first = ast.unparse(node.args[0]).removeprefix("*")
            found = "" if first == OF_ANY else eval(first, vars(importlib.import_module(module.name)))
            yield found[0] if isinstance(found, tuple) else found
