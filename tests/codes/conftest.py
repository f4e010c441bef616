import pytest

from idp.provider import Provider
from tests.codes.support import Codes
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox


@pytest.fixture
def codes(provider: Provider, mailbox: Mailbox, clock: MovableClock) -> Codes:
    return Codes(provider.database, provider.limiter, mailbox, clock)
