"""Staff with a passkey, and the browsers they work in; made through the domain."""

from dataclasses import dataclass, field

import pytest
from flask import Flask

from idp.actions.actor import Actor
from idp.audit.log import AuditEvent
from idp.credentials.stored_passkey import NewPasskey
from idp.people.email_address import Email, normalise_email
from idp.provider import Provider
from idp.staff import accounts, employing, sessions
from idp.staff.appointments import Appointment, Role
from idp.staff.employing import StaffInvitation, StaffInvitee
from tests.support.authenticator import Authenticator
from tests.support.browser import Browser

SUPERVISOR = Appointment(Role.SUPERVISOR, fund="AK01")
OPERATOR = Actor.operator("test")


@dataclass
class Colleague:
    """A member of staff, the device they carry, and their browser."""

    id: str
    email: str
    browser: Browser
    device: Authenticator = field(default_factory=Authenticator)


def new_passkey(credential_id: str, device: Authenticator) -> NewPasskey:
    """A passkey of this device, as its ceremony would bring it."""
    return NewPasskey(
        credential_id=credential_id,
        public_key=device.public_key,
        sign_count=0,
        transports=("internal",),
        aaguid=device.aaguid,
        multi_device=True,
        backed_up=True,
    )


class Desk:
    """Makes staff: `desk.works("clerk", fund="AK01")` is at work already."""

    def __init__(self, app: Flask, provider: Provider) -> None:
        self.app = app
        self.provider = provider

    def invited(self, *appointments: Appointment, email: str = "chloe@fund.example.ch", language: str = "en") -> str:
        """Invite someone; returns their id."""
        address = normalise_email(email)
        assert isinstance(address, Email)
        invitee = StaffInvitee(address, "Chloé Clerc", language, appointments)
        provider = self.provider
        with provider.database.transaction() as tx:
            sent = employing.invite(tx, provider.limiter, provider.settings, invitee, by=OPERATOR, reason="test")
            assert isinstance(sent, StaffInvitation), sent
            return sent.staff_id

    def employed(
        self, *appointments: Appointment, email: str = "chloe@fund.example.ch", language: str = "en"
    ) -> Colleague:
        """Someone who has made a passkey, and is not signed in."""
        staff_id = self.invited(*appointments, email=email, language=language)
        colleague = Colleague(staff_id, email, Browser(self.app, language=language))
        device = colleague.device
        new = new_passkey(device.id, device)
        with self.provider.database.transaction() as tx:
            assert employing.enrol(tx, staff_id, new, name="YubiKey") is not None
            account = accounts.by_id(tx, staff_id)
            assert account is not None
            device.handle = account.handle
        return colleague

    def works(
        self, role: str = Role.CLERK, *, fund: str = "", portal: str = "", email: str = "", language: str = "en"
    ) -> Browser:
        """The browser of someone who has signed in."""
        email = email or f"{role}-{fund}{portal}@fund.example.ch".lower()
        return self.signed_in(self.employed(Appointment(role, fund, portal), email=email, language=language))

    def signed_in(self, colleague: Colleague) -> Browser:
        browser = colleague.browser
        browser.get("/desk/sign-in")
        with self.provider.database.transaction() as tx:
            desk = self.provider.settings.desk
            token = sessions.start(tx, colleague.id, desk, purpose=sessions.WORK).token
        browser.client.set_cookie("staff", token)
        return browser

    def events(self, name: str) -> list[AuditEvent]:
        with self.provider.database.reading() as tx:
            return list(tx.session.query(AuditEvent).filter_by(name=name).order_by(AuditEvent.id))


@pytest.fixture
def desk(app: Flask, provider: Provider) -> Desk:
    return Desk(app, provider)


@pytest.fixture
def appointment() -> Appointment:
    """The appointment of the two supervisors who decide together."""
    return SUPERVISOR


@pytest.fixture
def author(desk: Desk, appointment: Appointment) -> Colleague:
    """The supervisor who prepares an act."""
    colleague = desk.employed(appointment, email="author@fund.example.ch")
    desk.signed_in(colleague)
    return colleague


@pytest.fixture
def second(desk: Desk, appointment: Appointment) -> Browser:
    """The browser of another supervisor of the same place."""
    return desk.signed_in(desk.employed(appointment, email="second@fund.example.ch"))
