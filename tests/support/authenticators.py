"""An authenticator app as a person holds it: it shows the code of a moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp

from idp.credentials import authenticator_apps
from idp.provider import Provider
from tests.support.clock import MovableClock

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@dataclass(frozen=True)
class App:
    """The person's phone with the secret that the QR code brought there."""

    secret: str
    clock: MovableClock
    id: str = ""

    def code(self, *, steps: int = 0) -> str:
        """The code it shows now, or so many steps later."""
        return code_at(self.secret, self.clock.now(), steps=steps)


def code_at(secret: str, at: datetime, *, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(at + timedelta(seconds=30 * steps))


def give_app(provider: Provider, clock: MovableClock, person_id: str, secret: str = SECRET, name: str = "Phone") -> App:
    """Let the person have this app, confirmed already."""
    with provider.database.transaction() as tx:
        return App(secret, clock, authenticator_apps.install(tx, person_id, name=name, secret=secret))
