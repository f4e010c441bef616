import pytest

from idp.codes import service as codes
from idp.messages.worker import Worker
from idp.provider import Provider
from tests.messages.support import Recorder


@pytest.fixture
def email() -> Recorder:
    return Recorder()


@pytest.fixture
def sms() -> Recorder:
    return Recorder()


@pytest.fixture
def postman(provider: Provider, email: Recorder, sms: Recorder) -> Worker:
    """A worker whose deliveries are the two recorders."""
    return Worker(
        provider.settings.outbox, provider.clock, provider.database, {"email": email, "sms": sms}, codes.undelivered
    )
