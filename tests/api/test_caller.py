"""Who may call the API: programs of funds, in their own name, with what their file gives them."""

from typing import Any

import msgspec
import pytest
from flask import Flask

from idp.provider import Provider
from tests.api.conftest import Neighbours
from tests.support.clients import bend
from tests.support.clock import MovableClock
from tests.support.possession import Certificate, Prover
from tests.support.programs import API, Program, problem
from tests.support.tokens import TokenClient, delegated, good

PERSON = "/persons/{0.rosa}"


def test_a_program_reads_with_a_token_for_the_api(program: Program, neighbours: Neighbours) -> None:
    answer = program.get(PERSON.format(neighbours))

    assert good(answer)["given_name"] == "Rosa"
    assert "Set-Cookie" not in answer.headers


def test_the_token_is_for_the_api_alone(program: Program) -> None:
    claims = TokenClient(program.http.application, "basic").verified(program.take_token())

    assert (claims["aud"], claims["sub"]) == ("http://localhost/api/v1", "fund-software")


def test_a_program_with_services_of_its_own_asks_for_the_api_by_name(app: Flask, clock: MovableClock) -> None:
    """RFC 8707 §2"""
    program = Program(app, clock, audiences=("https://api.example.ch/",))

    unasked = good(program.ask_token())["access_token"]
    asked = good(program.ask_token(resource="http://localhost/api/v1"))["access_token"]

    verified = TokenClient(app, "basic").verified
    assert (verified(unasked)["aud"], verified(asked)["aud"]) == ("https://api.example.ch/", "http://localhost/api/v1")


def test_without_a_token_nothing_is_said(program: Program, neighbours: Neighbours) -> None:
    """RFC 6750 §3.1: a request without credentials gets no error code."""
    answer = program.http.get(API + PERSON.format(neighbours))

    problem(answer, "unauthorized", 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/persons/x", "/persons/search"])
def test_a_stranger_learns_nothing_from_addresses(program: Program, path: str) -> None:
    answer = program.http.get(API + path) if "search" not in path else program.http.post(API + path, json={})

    assert "detail" not in problem(answer, "unauthorized", 401)


def test_a_token_for_another_resource_is_refused(app: Flask, clock: MovableClock, neighbours: Neighbours) -> None:
    program = Program(app, clock, audiences=("https://api.example.ch/",))
    program.take_token()

    problem(program.get(PERSON.format(neighbours)), "unauthorized", 401)


def test_a_token_of_a_person_opens_nothing(
    app: Flask, provider: Provider, program: Program, neighbours: Neighbours
) -> None:
    """Staff and people sign in to portals; the API is for programs."""
    bend(provider, "basic", audiences=("http://localhost/api/v1",), policy={"access_token_format": "jwt"})
    portal = TokenClient(app, "basic")
    token = portal.tokens(neighbours.rosa, resources=("http://localhost/api/v1",))["access_token"]

    answer = portal.http.get(API + PERSON.format(neighbours), headers={"Authorization": f"Bearer {token}"})

    assert "http://localhost/api/v1" in portal.verified(token)["aud"]
    problem(answer, "unauthorized", 401)


def test_a_token_by_which_another_client_acts_for_the_program_opens_nothing(
    app: Flask, clock: MovableClock, provider: Provider, neighbours: Neighbours
) -> None:
    """RFC 8693 §4.1: a right of a program is not passed on."""
    program = Program(app, clock, bearer=True)
    own = program.take_token()
    path = API + PERSON.format(neighbours)

    by_itself = program.http.get(path, headers={"Authorization": f"Bearer {own}"})
    by_another = program.http.get(path, headers={"Authorization": f"Bearer {delegated(provider, own)}"})

    assert by_itself.status_code == 200
    problem(by_another, "unauthorized", 401)


def test_a_bound_token_is_no_bearer_token(program: Program, neighbours: Neighbours) -> None:
    """RFC 9449 §7.1"""
    headers = {"Authorization": f"Bearer {program.take_token()}"}

    problem(program.http.get(API + PERSON.format(neighbours), headers=headers), "unauthorized", 401)


def test_a_proof_of_another_key_is_refused(program: Program, neighbours: Neighbours, clock: MovableClock) -> None:
    path = API + PERSON.format(neighbours)
    token = program.take_token()
    headers = {"Authorization": f"DPoP {token}", **Prover(clock).header(path, "GET", token=token)}

    problem(program.http.get(path, headers=headers), "unauthorized", 401)


def test_a_proof_serves_once(program: Program, neighbours: Neighbours) -> None:
    """RFC 9449 §11.1"""
    path = PERSON.format(neighbours)
    headers = program.headers(path, "GET")

    first, second = (program.http.get(API + path, headers=headers) for _ in range(2))

    assert first.status_code == 200
    problem(second, "unauthorized", 401)
    assert second.headers["WWW-Authenticate"].startswith('DPoP error="invalid_dpop_proof"')


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {
        "server": {
            "trusted_proxies": ["127.0.0.1/32"],
            "client_certificate_header": "X-Client-Certificate",
            "client_verified_header": "X-Client-Verified",
        }
    }


def test_a_token_bound_to_a_certificate_works_with_it_alone(
    app: Flask, clock: MovableClock, neighbours: Neighbours
) -> None:
    """RFC 8705 §3"""
    certificate, other = Certificate("fund", clock.now()), Certificate("thief", clock.now())
    bound = {"dpop_bound_access_tokens": False, "tls_client_certificate_bound_access_tokens": True}
    program = Program(app, clock, **bound)
    method = {"token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": certificate.jwks}
    bend(program.provider, "fund-software", **method)
    asked = {"grant_type": "client_credentials", "client_id": "fund-software"}
    token = good(program.http.post("/token", data=asked, headers=certificate.headers()))["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    path = API + PERSON.format(neighbours)

    assert program.http.get(path, headers={**bearer, **certificate.headers()}).status_code == 200
    problem(program.http.get(path, headers={**bearer, **other.headers()}), "unauthorized", 401)
    problem(program.http.get(path, headers=bearer), "unauthorized", 401)


def test_each_operation_needs_its_scope(program: Program, neighbours: Neighbours) -> None:
    """RFC 6750 §3.1"""
    program.take_token("persons:read")
    path = PERSON.format(neighbours)

    answer = program.post(f"{path}/disable", {"reason": "case 1"})

    assert program.get(path).status_code == 200
    problem(answer, "missing-scope", 403)
    assert 'scope="persons:write"' in answer.headers["WWW-Authenticate"]


def test_a_right_that_leaves_the_file_is_gone_at_once(program: Program, neighbours: Neighbours) -> None:
    program.take_token()
    bend(program.provider, "fund-software", scope="letters:read")

    problem(program.get(PERSON.format(neighbours)), "missing-scope", 403)


def test_a_program_whose_file_no_longer_opens_the_api_is_refused(program: Program, neighbours: Neighbours) -> None:
    program.take_token()
    bend(program.provider, "fund-software", api=None)

    problem(program.get(PERSON.format(neighbours)), "unauthorized", 401)


def test_an_expired_token_is_refused(program: Program, neighbours: Neighbours, clock: MovableClock) -> None:
    token = program.take_token()
    clock.forward(minutes=6)

    problem(program.get(PERSON.format(neighbours)), "unauthorized", 401)
    assert token


def test_requests_of_one_program_are_counted_and_the_answers_say_how_many_are_left(
    program: Program, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch, clock: MovableClock
) -> None:
    limits = program.provider.limiter._limits
    monkeypatch.setitem(limits, "api", msgspec.structs.replace(limits["api"], times=2))
    path = PERSON.format(neighbours)

    answers = [program.get(path) for _ in range(3)]

    assert [answer.headers["RateLimit"] for answer in answers] == ['"api";r=1', '"api";r=0', '"api";r=0;t=60']
    assert answers[0].headers["RateLimit-Policy"] == '"api";q=2;w=60'
    problem(answers[2], "too-many-requests", 429)
    assert answers[2].headers["Retry-After"] == "60"
    clock.forward(seconds=61)
    assert program.get(path).status_code == 200
