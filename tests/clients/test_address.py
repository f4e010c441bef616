"""Addresses that clients register: read once, never rewritten, and only such that lead somewhere."""

import re

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from idp.clients import address
from idp.clients.client import Client

NATIVE = Client(
    client_id="native",
    client_name="Native",
    application_type="native",
    redirect_uris=("http://127.0.0.1/callback", "com.example.app:/callback"),
)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Portal.Example.CH/Callback", "https://portal.example.ch"),
        ("https://portal.example.ch:00443/callback?x={t}", "https://portal.example.ch:443"),
        ("http://[::1]:4711/callback", "http://[::1]:4711"),
        ("http://my_app.internal./", "http://my_app.internal."),
        ("com.example.app:/callback", "com.example.app:"),
        ("com.example.app:///callback", "com.example.app:"),
        ("com.example.app://callback", "com.example.app:"),
        ("https://portal.example.ch", "https://portal.example.ch"),
    ],
)
def test_an_address_keeps_its_text_and_knows_where_it_leads(text: str, origin: str) -> None:
    found = address.read(text)

    assert found is not None
    assert str(found) == text
    assert found.origin == origin


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/callback",
        "callback",
        "//portal.example.ch/callback",
        "https:/callback",
        "https:///callback",
        "https://portal.example.ch:65536/callback",
        "https://portal.example.ch:/callback",
        "https://portal.example.ch:port/callback",
        "https://portal.example.ch\\@evil.example/",
        "https://portal.example.ch;script-src *",
        "https://a,b.example.ch/",
        "https://'self'/",
        "https://*.example.ch/",
        "https://-a.example.ch/",
        "https://%65xample.ch/",
        "https://portal.exämple.ch/",
        "https://[::1/callback",
        "https://[v1.a]/callback",
        "https://[1::2::3]/callback",
        "https://portal.example.ch/call back",
        "https://portal.example.ch/call\nback",
        "com.example.app:",
        "com.example.app://",
        "com.example.app:callback",
        "com.example.app://[bad/cb",
        "com.example.app://host:99999/cb",
        ".com.example:/cb",
        "1.2.3.4:/cb",
        "https://portal.example.ch/" + "x" * 2048,
    ],
)
def test_what_leads_nowhere_is_no_address(text: str) -> None:
    """RFC 3986 §3; RFC 8252 §7.1"""
    assert address.read(text) is None


@pytest.mark.parametrize(
    "asked", ["http://127.0.0.1:65536/callback", "http://127.0.0.1:99999/callback", "http://127.0.0.1:/callback"]
)
def test_an_impossible_port_is_no_free_port(asked: str) -> None:
    """RFC 8252 §7.3"""
    assert NATIVE.accepts_redirect("http://127.0.0.1:65535/callback")
    assert not NATIVE.accepts_redirect(asked)


def test_an_address_of_a_former_version_that_leads_nowhere_is_not_accepted() -> None:
    kept = msgspec.structs.replace(NATIVE, redirect_uris=("com.example.app://[bad/cb",))

    assert not kept.accepts_redirect("com.example.app://[bad/cb")


ODD = st.text(alphabet=st.sampled_from("aA.:/?#[]@!$&'()*+,;={}%\\ \r\n-_09~é\x7f\0"), max_size=30)


@given(text=ODD | st.builds("{}://{}:{}/{}".format, st.sampled_from(["https", "com.a"]), ODD, st.integers(), ODD))
@example(text="https://a.example.ch\n")
def test_no_text_breaks_a_header_or_a_policy(text: str) -> None:
    """CSP Level 3 §2.3.1: a host-source is letters, digits, dots and hyphens"""
    found = address.read(text)

    if found is not None:
        assert re.fullmatch(r"[a-z0-9+.-]+:|https?://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[0-9]+)?", found.origin)
        assert re.fullmatch(r"[!-~]+", found.with_parameters({"state": "a b\r\n"}))
        assert found.with_parameters({}) == text
