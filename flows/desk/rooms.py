"""The pages of the desk's menu, each with the act that opens it, and the addresses of records."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from idp.staff import looks
from idp.staff.appointments import Act
from idp.staff.looks import Kind
from idp.wording import Text, text

HOME = "/desk"
INSIDE = re.compile(r"/desk(?:/[A-Za-z0-9_-]+)*")
"""The addresses to which a form may lead on."""
SIGN_IN = "/desk/sign-in"
SIGN_OUT = "/desk/sign-out"
PASSKEY = "/desk/passkey"
RECORDS: Mapping[Kind, str] = {
    looks.PERSON: "people",
    looks.INSURED: "insured",
    looks.FORMER: "former",
    looks.COMPANY: "companies",
}


@dataclass(frozen=True)
class DeskRoom:
    """`act` is what a member of staff must be allowed somewhere; None: every one sees the page."""

    path: str
    label: Text
    act: Act | None


FIND = DeskRoom(HOME, text("Find"), None)
LETTERS = DeskRoom("/desk/letters", text("Letters"), Act.LETTERS)
OVERVIEW = DeskRoom("/desk/overview", text("Overview"), Act.SEE)
STAFF = DeskRoom("/desk/staff", text("Staff"), Act.STAFF)
HEALTH = DeskRoom("/desk/health", text("Health"), Act.HEALTH)
OWN = DeskRoom("/desk/me", text("My sign-in"), None)

ROOMS = (FIND, LETTERS, OVERVIEW, STAFF, HEALTH, OWN)


def record(kind: Kind, subject_id: str) -> str:
    """Return the path of a record's page."""
    return f"{HOME}/{RECORDS[kind]}/{subject_id}"


def letter_job(job_id: str) -> str:
    """Return the path of the page of a letter job."""
    return f"{LETTERS.path}/jobs/{job_id}"
