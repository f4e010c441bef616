"""The moment a person has proved enough: a session starts, or an existing one is proved anew."""

from dataclasses import dataclass

from idp.database import Transaction
from idp.sessions.assurance import Assurance
from idp.sessions.session import Session
from idp.settings import Sessions


@dataclass(frozen=True)
class Started:
    """`token` goes into the cookie and is stored nowhere. `new_browser`: send the new-device notice.

    `reference` is the audit reference, printed in that notice.
    """

    token: str
    session: Session
    new_browser: bool
    reference: str


def start(
    tx: Transaction,
    settings: Sessions,
    *,
    person_id: str,
    group: str,
    assurance: Assurance,
    browser: str,
    replacing: Session | None = None,
) -> Started:
    """Start a session with a new token, and remember the browser as the person's.

    `replacing` is what `find` gave for this browser and group: of the same person it goes on under the new token (its
    portals stay signed in), of another person it is ended.
    """
    raise NotImplementedError
