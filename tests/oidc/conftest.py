"""What the protocol tests share: a visitor, a person, a plain relying party."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idp.provider import Provider
from tests.support.relying_party import RelyingParty
from tests.support.signed_in import new_person
from tests.support.tokens import TokenClient


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def party(app: Flask) -> RelyingParty:
    """A confidential client that the portal's people need not consent to."""
    return RelyingParty(app, "basic")


@pytest.fixture
def person(provider: Provider) -> str:
    """The id of a person with an account, signed in nowhere."""
    return new_person(provider)


@pytest.fixture
def basic(app: Flask) -> TokenClient:
    """The token side of the same relying party."""
    return TokenClient(app, "basic")
