"""The pages a person can choose from, in the order of the menu."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from flows.engine.outcomes import EndAddress, Ending
from flows.engine.page_request import CLIENT_PARAMETER
from flows.engine.run import Run
from idp.clients.client import Client
from idp.interaction import ACCOUNT, ACCOUNT_ACTIONS
from idp.wording import Text, text


@dataclass(frozen=True)
class Room:
    """One line of the menu: the word, and what is behind it."""

    path: str
    label: Text
    about: Text


OVERVIEW = Room(ACCOUNT_ACTIONS["profile"], text("Overview"), text("Your name, your address, your last sign-in."))
DEVICES = Room(
    ACCOUNT_ACTIONS["sessions"], text("Devices"), text("Where you are signed in. You can sign out elsewhere.")
)

SECURITY = Room(
    ACCOUNT_ACTIONS["factors"], text("Sign-in and security"), text("Your password, your address, your number.")
)
ACTIVITY = Room(f"{ACCOUNT}/activity", text("Activity"), text("Sign-ins and changes of the last twelve months."))
PORTALS = Room(
    f"{ACCOUNT}/portals", text("Portals and companies"), text("What your account opens, and who learns what from it.")
)

DATA = Room(
    f"{ACCOUNT}/data", text("My data"), text("What we hold about you, as a file; and how to delete your account.")
)

ROOMS = (OVERVIEW, SECURITY, DEVICES, ACTIVITY, PORTALS, DATA)


def back_to(room: Room, done: str) -> Callable[[Run], Ending]:
    """Return the end of a journey that leads to this page, which then says what was `done`."""
    return lambda run: EndAddress(address(run.client, room.path, done=done))


def cancel_to(room: Room) -> Callable[[Run], str]:
    """Return where Cancel leads on the pages before a change: to this page, with nothing changed."""
    return lambda run: address(run.client, room.path)


def onward(run: Run) -> str:
    """Return where a journey about signing in continues: the request or page it came from, else the page of these."""
    return run.return_url if run.row.request or run.row.return_to else address(run.client, SECURITY.path)


def address(client: Client, path: str = ACCOUNT, **named: str) -> str:
    """Return the address of a page of these, or of a journey that begins here, at this portal."""
    return f"{path}?{urlencode({CLIENT_PARAMETER: client.client_id, **named})}"
