"""The configuration that `python -m examples.conformance_plan` prints drives every page there is."""

import json
import re
import time
from typing import Any

import pytest

from examples.conformance_plan import ENDINGS, ERROR_PAGES, LOGIN_PAGES, QUESTIONS, SECOND_LOGIN_PAGES
from tests.criteria import module_names
from tests.e2e.conformance.conftest import PAGE
from tests.support.relying_party import ABSENT, LONG_STATE
from tests.support.suite import PATIENCE, Suite
from tests.support.suite_script import Script, ScriptFailed, matches


def script(suite: Suite, plan: dict[str, Any], module: str = "") -> Script:
    """The script of a module: the plan's own, unless something is said for this one."""
    return Script(suite, plan["override"].get(module, plan)["browser"])


def test_it_names_the_provider_and_only_modules_that_are_run(suite: Suite, plan: dict[str, Any]) -> None:
    found = suite.server.get(plan["server"]["discoveryUrl"], timeout=PATIENCE)

    assert found.json() == suite.metadata
    assert plan["override"].keys() <= set(module_names())


def test_the_page_shows_what_is_printed(issuer: str, plan: dict[str, Any]) -> None:
    shown = next(block for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL) if "sign-in" in block)

    assert json.loads(shown.replace("https://idp.test:9443", issuer)) in plan["browser"][0]["tasks"]


@pytest.mark.parametrize("mode", ["", "form_post"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_it_signs_in_and_allows(suite: Suite, plan: dict[str, Any], mode: str, method: str) -> None:
    suite.mode = mode

    with suite.registered():
        answer = script(suite, plan).visit(method, suite.metadata["authorization_endpoint"], suite.request())

        assert suite.redeem(suite.follow(answer)["code"])["access_token"]


@pytest.mark.parametrize("again", [{"prompt": "login"}, {"max_age": "1"}])
def test_it_signs_in_again(suite: Suite, plan: dict[str, Any], again: dict[str, str]) -> None:
    with suite.registered():
        for parameters in ({}, again):
            time.sleep(2 * ("max_age" in parameters))
            request = suite.request(**parameters)
            answer = script(suite, plan).visit("GET", suite.metadata["authorization_endpoint"], request)

        assert suite.redeem(suite.follow(answer)["code"])["access_token"]


def test_only_modules_that_want_the_second_sign_in_have_it_kept(plan: dict[str, Any]) -> None:
    """A module that expects an error would take the sign-in page for the page of the error"""
    usual = json.dumps(plan["browser"])
    kept = {
        module
        for module, said in plan["override"].items()
        if any(task["task"].startswith("sign in") and "placeholder" in json.dumps(task)
               for visit in said["browser"] for task in visit["tasks"])
    }  # fmt: skip

    assert "placeholder" not in usual
    assert kept == set(SECOND_LOGIN_PAGES)


def test_it_has_not_arrived_on_a_page_of_ours_that_quotes_the_callback(
    suite: Suite, issuer: str, plan: dict[str, Any]
) -> None:
    patterns = [
        task["match"]
        for said in (plan, *plan["override"].values())
        for visit in said["browser"]
        for task in visit["tasks"]
        if task["task"] == "arrived"
    ]

    assert patterns
    for pattern in patterns:
        for way_back in (suite.callback, suite.address("post_logout_redirect")):
            assert not matches(pattern, f"{issuer}/authorize?client_id=x&redirect_uri={way_back}&state=y")
    assert any(matches(pattern, f"{suite.callback}?code=x") for pattern in patterns)


@pytest.mark.parametrize("module", ERROR_PAGES)
def test_it_keeps_the_error_page(suite: Suite, plan: dict[str, Any], module: str) -> None:
    wrong = ABSENT if module.endswith("in-authorization-request") else f"{suite.callback}?foo=bar"
    driver = script(suite, plan, module)

    with suite.registered():
        driver.visit("GET", suite.metadata["authorization_endpoint"], suite.request(redirect_uri=wrong))

    assert ["redirect_uri" in text for text in driver.kept] == [True]


@pytest.mark.parametrize("module", LOGIN_PAGES)
def test_it_keeps_the_login_page(suite: Suite, plan: dict[str, Any], module: str) -> None:
    driver = script(suite, plan, module)

    with suite.registered():
        driver.visit("GET", suite.metadata["authorization_endpoint"], suite.request())

    assert ["Please sign in" in text for text in driver.kept] == [True]


@pytest.mark.parametrize("channel", ["", "backchannel", "frontchannel"])
def test_it_logs_out_and_comes_back(suite: Suite, plan: dict[str, Any], channel: str) -> None:
    way_back = suite.address("post_logout_redirect")
    told = {f"{channel}_logout_uri": suite.address(f"{channel}_logout")} if channel else {}

    with suite.registered(post_logout_redirect_uris=[way_back], **told):
        hint = suite.redeem(suite.authorize()["code"])["id_token"]
        leaving = {"id_token_hint": hint, "post_logout_redirect_uri": way_back, "state": LONG_STATE}
        answer = script(suite, plan).visit("GET", suite.metadata["end_session_endpoint"], leaving)

    assert answer.url == f"{way_back}?state={LONG_STATE}"


@pytest.mark.parametrize("module", [*QUESTIONS, *ENDINGS])
def test_it_keeps_the_page_of_logging_out(suite: Suite, plan: dict[str, Any], module: str) -> None:
    with suite.registered(post_logout_redirect_uris=[suite.address("post_logout_redirect")]):
        hint = suite.redeem(suite.authorize()["code"])["id_token"]
        leaving = {"id_token_hint": hint} if module == "oidcc-rp-initiated-logout-no-post-logout-redirect-uri" else {}
        driver = script(suite, plan, module)
        driver.visit("GET", suite.metadata["end_session_endpoint"], leaving)

    wanted = "You are signed out" if module in ENDINGS else "Do you want to sign out?"
    assert [wanted in text for text in driver.kept] == [True]


def test_a_page_that_nobody_expects_is_a_failure(suite: Suite, plan: dict[str, Any]) -> None:
    with suite.registered(), pytest.raises(ScriptFailed, match="callback"):
        script(suite, plan).visit("GET", suite.metadata["authorization_endpoint"], {"client_id": "unknown"})
