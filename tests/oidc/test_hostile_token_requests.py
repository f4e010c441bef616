"""Whatever is sent where tokens are shown, looked at or given back, the answer is the RFC's; never a 500."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.clock import MovableClock
from tests.support.tokens import TokenClient

often = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
HEADER = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=200)


@pytest.fixture
def real_token(basic: TokenClient, person: str) -> str:
    return str(basic.tokens(person)["access_token"])


@often
@given(text=st.text(max_size=300), path=st.sampled_from(["/introspect", "/revoke"]), hint=st.text(max_size=30))
def test_tokens_in_a_form(basic: TokenClient, text: str, path: str, hint: str) -> None:
    response = basic.post(path, token=text, token_type_hint=hint)

    assert response.status_code in {200, 400}


@often
@given(cut=st.integers(0, 2000), inserted=st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=5))
def test_real_tokens_bent(basic: TokenClient, real_token: str, cut: int, inserted: str) -> None:
    place = cut % len(real_token)
    bent = real_token[:place] + inserted + real_token[place + 1 :]

    response = basic.userinfo(bent)

    assert response.status_code == (200 if bent.strip() == real_token else 401)


@often
@given(authorization=HEADER, proof=HEADER)
def test_headers_at_a_resource(basic: TokenClient, clock: MovableClock, authorization: str, proof: str) -> None:
    for scheme in ("", "Bearer ", "DPoP "):
        headers = {"HTTP_AUTHORIZATION": scheme + authorization, "HTTP_DPOP": proof}
        response = basic.http.get("/userinfo", environ_overrides=headers)

        assert response.status_code in {400, 401}
        assert response.headers["WWW-Authenticate"].isprintable()


@often
@given(proof=HEADER)
def test_proofs_at_the_token_endpoint(basic: TokenClient, proof: str) -> None:
    response = basic.http.post(
        "/token",
        data={"grant_type": "refresh_token", "refresh_token": "x"},
        headers=basic.credentials()[0],
        environ_overrides={"HTTP_DPOP": proof},
    )

    assert response.status_code == 400
    assert response.get_json()["error"] == "invalid_dpop_proof"
