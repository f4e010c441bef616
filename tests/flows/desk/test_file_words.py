"""Faults in the files of portals and brands, on the page of findings: in the language of the staff."""

import ast
import inspect
from collections.abc import Iterator
from types import ModuleType

import pytest

from flows.desk import file_words
from idp.api import rights
from idp.clients import (
    addresses,
    brand_checks,
    brand_images,
    client_checks,
    conversion,
    files,
    policy_checks,
    subscriptions,
    weaknesses,
)
from idp.codes import rules
from idp.provider import Provider
from idp.staff.appointments import Role
from idp.upkeep import nodes
from tests.flows.desk.conftest import Desk

FAULTS = {"FileFault", "PlacedFault", "FileProblem"}
AUTHORS = (addresses, brand_checks, client_checks, conversion, files, policy_checks, rights, rules, subscriptions)
SPEAKING = (brand_images, addresses)
"""Modules whose functions yield or return the sentences themselves."""
OF_THE_DOCTOR = {"policy_checks.warnings", "client_checks.warnings", "addresses.address_warnings"}
"""What is weak is no fault: `health_words` says it."""
MORE = (
    "one of ES256, PS256 is expected, not 'HS256'",
    "SECRET: whsec_ and the Base64 of 24 to 64 random bytes are expected",
    "there is no such field",
    "there is no such field; did you mean `scope`?",
    "there is no such field; did you mean `secret_env`, or `secret_digests` (`idp clients digest`)? A secret is"
    " never written in a file",
    "'ÿ' would make every SMS cost double: GSM-7 characters only",
    "an https address is expected (or http on a loopback host)",
    "6 of 0123456789 have 19.0 bits; 19.9 are needed, as many as six digits have",
)


def sentences(module: ModuleType) -> Iterator[str]:
    """Yield the sentences of a module about faults, with 5 for the values in them."""
    name = module.__name__.rpartition(".")[2]
    for function in ast.walk(ast.parse(inspect.getsource(module))):
        if not isinstance(function, ast.FunctionDef) or f"{name}.{function.name}" in OF_THE_DOCTOR:
            continue
        for node in ast.walk(function):
            yield from _of(node, speaks=module in SPEAKING)


def _of(node: ast.AST, *, speaks: bool) -> Iterator[str]:
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in FAULTS and len(node.args) > 1:
        yield from _text(node.args[-1])
    elif speaks and isinstance(node, ast.Yield | ast.Return) and node.value is not None:
        yield from _text(node.value)


def _text(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        said = "".join(str(part.value) if isinstance(part, ast.Constant) else "5" for part in node.values)
        if " " in said.replace("5: 5", "").replace("5; 5", ""):
            yield said


EVERY = sorted({*MORE, *(said for module in {*AUTHORS, *SPEAKING, weaknesses} for said in sentences(module))})


def test_the_sentences_are_found_in_the_code() -> None:
    assert {"an IP address is expected", "5 is no PNG", "a table is expected", "5 is listed twice"} <= set(EVERY)
    assert len(EVERY) > 90


@pytest.mark.parametrize("sentence", EVERY, ids=range(len(EVERY)))
def test_each_fault_has_words_in_every_language(provider: Provider, sentence: str) -> None:
    found = file_words.of_file(f"clients/e-services.toml: policy.codes.x[0]: {sentence}")

    assert found.where == "clients/e-services.toml: policy.codes.x[0]"
    assert found.why.said is not None
    assert len({provider.wording.translator(each)(found.why.said) for each in ("en", "fr", "de", "it")}) == 4


def test_a_fault_of_a_whole_file_names_the_file_alone() -> None:
    found = file_words.of_file("brands/e-services/brand.toml: Expected '=' after a key (at line 3, column 7)")

    assert found.where == "brands/e-services/brand.toml"
    assert (found.why.said, found.why.quoted) == (None, "Expected '=' after a key (at line 3, column 7)")


def test_a_german_operator_reads_which_field_of_which_file_is_wrong(desk: Desk, provider: Provider) -> None:
    """X-10"""
    faults = ["clients/x.toml: jwks.keys: no two keys share a kid"]
    with provider.database.transaction() as tx:
        row = {"id": "web2 worker 9", "keys": ["k"], "ahead": 0.0, "seen_at": tx.now, "faults": faults}
        tx.session.add(nodes.NodeRow(**row))

    page = desk.works(Role.OPERATOR, language="de").get("/desk/health")

    said = "clients/x.toml: jwks.keys: Zwei Schlüssel haben die gleiche kid. (web2)"
    assert said in " ".join(page.text.split())
