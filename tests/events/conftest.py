"""A portal that hears of its people, and a person who signed in there."""

from collections.abc import Iterator

import pytest
from flask import Flask

from idp.provider import Provider
from tests.support.event_receiver import EventReceiver, receiving
from tests.support.signed_in import new_person


@pytest.fixture
def person(provider: Provider) -> str:
    """The id of a person with an account, signed in nowhere."""
    return new_person(provider)


@pytest.fixture
def receiver(app: Flask) -> Iterator[EventReceiver]:
    """The client `basic`, to which every event is pushed."""
    with receiving(app) as found:
        yield found


@pytest.fixture
def poller(app: Flask) -> EventReceiver:
    """The client `basic`, which fetches every event."""
    return EventReceiver(app)
