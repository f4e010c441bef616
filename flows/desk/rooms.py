"""The pages of the desk's menu, each with the act that opens it."""

from dataclasses import dataclass

from idp.staff.appointments import Act
from idp.wording import Text, text

HOME = "/desk"
SIGN_IN = "/desk/sign-in"
SIGN_OUT = "/desk/sign-out"
PASSKEY = "/desk/passkey"


@dataclass(frozen=True)
class DeskRoom:
    """`act` is what a member of staff must be allowed somewhere; None: every one sees the page."""

    path: str
    label: Text
    act: Act | None


FIND = DeskRoom(HOME, text("Find"), None)
STAFF = DeskRoom("/desk/staff", text("Staff"), Act.STAFF)
HEALTH = DeskRoom("/desk/health", text("Health"), Act.HEALTH)
OWN = DeskRoom("/desk/me", text("My sign-in"), None)

ROOMS = (FIND, STAFF, HEALTH, OWN)
