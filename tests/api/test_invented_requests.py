"""Requests that schemathesis invents from the OpenAPI document: no 5xx, and no answer outside of the schema.

`API_EXAMPLES=300 pytest tests/api/test_invented_requests.py` makes a longer run.
"""

import os
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from idp.organisations import memberships
from idp.provider import Provider
from tests.api.conftest import Neighbours
from tests.support.clock import MovableClock
from tests.support.programs import API, Program

EXAMPLES = int(os.environ.get("API_EXAMPLES", "2"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
LIVELY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize="API_EXAMPLES" not in os.environ,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"limits": {"api": {"times": 1_000_000, "window": 60}}}


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_invented_requests_are_answered_as_described(
    app: Flask, provider: Provider, clock: MovableClock, neighbours: Neighbours, mode: GenerationMode
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    program = Program(app, clock, bearer=True)
    headers = {"Authorization": f"Bearer {program.take_token()}"}
    known = places(provider, neighbours)
    schema = schemathesis.openapi.from_wsgi(f"{API}/openapi.json", app)
    for found in schema.get_all_operations():
        operation = found.ok()

        @LIVELY
        @given(case=operation.as_strategy(generation_mode=mode), lands=st.booleans())
        def try_one(case: schemathesis.Case, lands: bool) -> None:
            if lands:  # otherwise every address would be one of nothing
                case.path_parameters.update({name: known[name] for name in case.path_parameters if name in known})
            case.call_and_validate(headers=headers, checks=CHECKS)

        try_one()


def places(provider: Provider, neighbours: Neighbours) -> dict[str, str]:
    with provider.database.reading() as tx:
        (claire,) = memberships.of_organisation(tx, neighbours.company)
    return {
        "fund": "AK01",
        "portal": "connect-assures",
        "number": "10042",
        "person": neighbours.rosa,
        "member": claire.membership.id,
    }
