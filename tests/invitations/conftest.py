"""Codes to test with, issued through the domain."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from idp.database import Database
from idp.invitations import issuing
from idp.invitations.issuing import IssuedRegistrationCode, RegistrationCodeRequest
from idp.invitations.registration_code import Channel, RegistrationCodeKind
from tests.support.clock import MovableClock

Issue = Callable[..., IssuedRegistrationCode]


@pytest.fixture
def issue(database: Database, clock: MovableClock) -> Issue:
    """Issues a code for subject `s1` of connect-assures that lives 30 days, unless told otherwise."""

    def issued(**changes: str) -> IssuedRegistrationCode:
        fields = {
            "kind": RegistrationCodeKind.INSURED,
            "channel": Channel.LETTER,
            "client_id": "connect-assures",
            "subject_id": "s1",
            "language": "fr",
            "fund": "AK00",
            **changes,
        }
        request = RegistrationCodeRequest(**fields, expires_at=clock.now() + timedelta(days=30))
        with database.transaction() as tx:
            code = issuing.issue(tx, request)
            issuing.mark_sent(tx, [code.code_id])
        return code

    return issued
