"""A device with passkeys for one page's browser: Chromium's virtual authenticator."""

from typing import Any

from playwright.sync_api import CDPSession, Page

DEVICE = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
    "defaultBackupEligibility": True,
    "defaultBackupState": True,
}


class Device:
    """A virtual authenticator of one page's browser."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable", {"enableUI": False})
        self.id = self.plug_in()

    def plug_in(self, **changes: Any) -> str:
        options = {**DEVICE, **changes}
        return str(self._session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"])

    def set(self, command: str, **values: Any) -> None:
        self._session.send(f"WebAuthn.{command}", {"authenticatorId": self.id, **values})

    def touches(self, by_itself: bool) -> None:
        self.set("setAutomaticPresenceSimulation", enabled=by_itself)
