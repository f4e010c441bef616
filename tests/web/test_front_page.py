"""The way on for everybody who knows no other (rulings 3, 5)."""

from flask.testing import FlaskClient

from tests.web.conftest import BROWSER


def test_the_front_page_lists_the_portals_in_neutral_dress(client: FlaskClient) -> None:
    client.set_cookie("portal", "e-services")

    page = client.get("/", headers=BROWSER)

    assert page.status_code == 200
    assert "/brand/neutral/" in page.text
    assert 'href="https://connect.example.ch/login?iss=http%3A%2F%2Flocalhost"' in page.text


def test_services_without_people_are_not_listed(client: FlaskClient) -> None:
    assert "machine" not in client.get("/", headers=BROWSER).text
