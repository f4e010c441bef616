"""Which redirect addresses a client's requests may name."""

import pytest

from idp.clients.client import Client

WEB = Client(client_id="web", client_name="Web", redirect_uris=("https://a.example.ch/callback?x=1",))
NATIVE = Client(
    client_id="native",
    client_name="Native",
    application_type="native",
    redirect_uris=("http://127.0.0.1/callback", "http://[::1]:4711/callback", "ch.example.app:/callback"),
)


@pytest.mark.parametrize(
    "uri",
    [
        "https://a.example.ch/callback",
        "https://a.example.ch/callback?x=1&y=2",
        "https://a.example.ch/callback?x=1#",
        "https://A.example.ch/callback?x=1",
        "https://a.example.ch:443/callback?x=1",
        "https://a.example.ch/callback/../callback?x=1",
        "",
        "\0",
    ],
)
def test_a_web_address_matches_exactly_or_not_at_all(uri: str) -> None:
    """RFC 9700 §2.1, oidcc-ensure-registered-redirect-uri"""
    assert WEB.accepts_redirect("https://a.example.ch/callback?x=1")
    assert not WEB.accepts_redirect(uri)


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1:50001/callback", "http://[::1]/callback", "http://127.0.0.1/callback"]
)
def test_the_port_of_a_native_loopback_address_is_free(uri: str) -> None:
    """RFC 8252 §7.3"""
    assert NATIVE.accepts_redirect(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:50001/other",
        "http://127.0.0.1:50001/callback?x=1",
        "http://127.0.0.1:50001/callback#x",
        "http://localhost:50001/callback",
        "https://127.0.0.1:50001/callback",
        "http://evil@127.0.0.1:50001/callback",
        "http://127.0.0.1:port/callback",
        "http://127.0.0.1.example.ch/callback",
        "http://[127.0.0.1/callback",
    ],
)
def test_nothing_but_the_port_is_free(uri: str) -> None:
    assert not NATIVE.accepts_redirect(uri)


def test_the_sector_of_pairwise_subjects_is_the_redirect_host() -> None:
    """OIDC Core §8.1"""
    assert WEB.sector == "a.example.ch"
