"""One rule for the times of assertions, request objects and DPoP proofs."""

import ast
from typing import Any

import pytest

from idp.oidc.jwt_times import time_fault
from tests.rules.source import modules

NOW = 1_800_000_000.0
LIMITS: dict[str, Any] = {"skew": 30, "required": ("exp",), "longest_life": 300, "oldest": 60}


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": NOW + 60},
        {"exp": NOW + 60, "iat": NOW, "nbf": NOW},
        {"exp": NOW - 29.5},
        {"exp": NOW + 330},
        {"exp": NOW + 60, "nbf": NOW + 30},
        {"exp": NOW + 60, "iat": NOW + 30},
        {"exp": NOW + 60, "iat": NOW - 90},
        {"exp": int(NOW) + 60},
    ],
)
def test_times_within_the_limits_hold(claims: dict[str, Any]) -> None:
    assert time_fault(claims, NOW, **LIMITS) == ""


@pytest.mark.parametrize(
    ("claims", "fault"),
    [
        ({}, "exp is missing"),
        ({"exp": NOW - 30}, "it has expired"),
        ({"exp": NOW + 331}, "it lives too long"),
        ({"exp": NOW + 60, "nbf": NOW + 31}, "it is not valid yet"),
        ({"exp": NOW + 60, "iat": NOW + 31}, "it is not valid yet"),
        ({"exp": NOW + 60, "iat": NOW - 91}, "it is too old"),
        *[({"exp": NOW + 60, name: value}, "a time is not a number")
          for name in ("exp", "nbf", "iat") for value in ("soon", True, None, [], 2**40, -(2**40), float("nan"))],
    ],
)  # fmt: skip
def test_a_time_outside_the_limits_is_a_fault(claims: dict[str, Any], fault: str) -> None:
    """RFC 7519 §4.1: what the times must satisfy; §4.1.4: on or after the expiration time it is not accepted; §4.1.5:
    not before nbf"""
    assert time_fault(claims, NOW, **LIMITS) == fault


def test_without_limits_absent_times_hold() -> None:
    assert time_fault({}, NOW, skew=30) == ""


def test_no_other_place_compares_the_times_of_a_token_of_a_client() -> None:
    users = {module.name for module in modules() if "idp.oidc.jwt_times.time_fault" in module.imports}
    doubles = [
        f"{module.name}.{node.name}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef) and node.name.strip("_") == "time_fault"
    ]

    assert users == {"idp.oidc.authentication_methods.assertion", "idp.oidc.authorize.object_checks", "idp.oidc.dpop"}
    assert doubles == ["idp.oidc.jwt_times.time_fault"]
