"""Only the proxies we know may say who the client is."""

from typing import Any

import pytest
from flask.testing import FlaskClient

PROXY = "10.1.2.3"


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"server": {"trusted_proxies": ["10.0.0.0/8", "2001:db8::/32"], "monitoring": ["10.0.0.0/8"]}}


def seen(client: FlaskClient, peer: str, **headers: str) -> tuple[str, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = client.get("/specimen", headers=named, environ_overrides={"REMOTE_ADDR": peer}).get_json()
    return answer["address"], answer["scheme"]


def test_a_trusted_proxy_tells_the_address_and_the_scheme(client: FlaskClient) -> None:
    assert seen(client, PROXY, X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="https") == ("203.0.113.9", "https")


def test_a_stranger_tells_nothing(client: FlaskClient) -> None:
    forged = seen(client, "198.51.100.1", X_Forwarded_For="127.0.0.1", X_Forwarded_Proto="https", Forwarded="for=::1")

    assert forged == ("198.51.100.1", "http")


def test_what_a_client_wrote_left_of_its_own_address_is_not_believed(client: FlaskClient) -> None:
    assert seen(client, PROXY, X_Forwarded_For="127.0.0.1, 203.0.113.9")[0] == "203.0.113.9"


def test_a_chain_of_trusted_proxies_is_walked_back(client: FlaskClient) -> None:
    assert seen(client, PROXY, X_Forwarded_For="203.0.113.9, 10.9.9.9, 10.8.8.8")[0] == "203.0.113.9"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("[2001:db9::7]:4711", "2001:db9::7"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("unknown", PROXY),
        ("203.0.113.9, nonsense", PROXY),
        ("", PROXY),
    ],
)
def test_addresses_are_read_in_every_spelling_of_the_field(client: FlaskClient, written: str, address: str) -> None:
    assert seen(client, PROXY, X_Forwarded_For=written)[0] == address


def test_an_unknown_scheme_is_ignored(client: FlaskClient) -> None:
    assert seen(client, PROXY, X_Forwarded_Proto="gopher")[1] == "http"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Real-IP": "203.0.113.9"},
        {"Via": "1.1 proxy"},
        {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-For": "unknown"},
        {"X-Forwarded-For": "203.0.113.9, nonsense"},
    ],
)
def test_a_listed_proxy_that_does_not_say_for_whom_it_asks_opens_nothing(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    """Its own address, perhaps one of this machine, would speak for everybody behind it."""
    monitor = client.get("/metrics", environ_overrides={"REMOTE_ADDR": "10.1.2.3"})
    behind = client.get("/metrics", environ_overrides={"REMOTE_ADDR": "10.1.2.3"}, headers=headers)

    assert (monitor.status_code, behind.status_code) == (200, 404)


def test_the_host_header_never_gets_into_a_page(client: FlaskClient) -> None:
    page = client.get("/nowhere", headers={"Accept": "text/html", "Host": "evil.example", "X-Forwarded-Host": "worse"})

    assert "evil.example" not in page.text
    assert "worse" not in page.text
