"""A person's passkeys in a browser without scripts: the tests answer for the device."""

from typing import Any

from idp.credentials import passkeys
from idp.credentials.passkeys import Passkey
from idp.credentials.stored_passkey import NewPasskey
from idp.provider import Provider
from tests.support.authenticator import Authenticator
from tests.support.browser import Browser, Element, Page


def new_passkey(device: Authenticator) -> NewPasskey:
    """The passkey that the device has made."""
    return NewPasskey(
        credential_id=device.id,
        public_key=device.public_key,
        sign_count=device.count,
        transports=("internal",),
        aaguid=device.aaguid,
        multi_device=not device.counts,
        backed_up=not device.counts,
    )


def give_passkey(provider: Provider, person_id: str, device: Authenticator, *, name: str = "iPhone") -> Passkey:
    """Store the device's passkey for the person."""
    new = new_passkey(device)
    with provider.database.transaction() as tx:
        device.handle = passkeys.handle_of(tx, person_id) or device.new_handle()
        added = passkeys.add(tx, person_id, new, handle=device.handle, name=name)
        assert added is not None
        return added[0]


def options(browser: Browser) -> str:
    """What the page asks a device for."""
    return form(browser).get("data-options")


def form(browser: Browser) -> Element:
    found = [each for each in browser.page.all("form") if each.get("data-passkey")]
    assert found, f"no passkey is asked for on {browser.page.url}: {browser.page.text[:300]}"
    return found[0]


def send(browser: Browser, answer: str, **more: str) -> Page:
    """Send what a device answered, as the script does."""
    fields = {each.get("name"): each.get("value") for each in form(browser).walk() if each.tag == "input"}
    return browser.post(browser.page.url, {**fields, **more, "credential": answer})


def use(browser: Browser, device: Authenticator, **bent: Any) -> Page:
    """Answer the page that asks for a passkey."""
    return send(browser, device.get(options(browser), **bent))
