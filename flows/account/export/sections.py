"""The one list of what the file holds."""

from collections.abc import Iterable

from flows.account.export import access, account
from flows.account.export.section import Collect, DataSection, DataSubject
from idp.wording import Text, text

ALL: tuple[tuple[str, Text, Collect], ...] = (
    ("person", text("Personal details"), account.particulars),
    ("identifiers", text("Addresses, numbers and user IDs"), account.identifiers),
    ("portals", text("Portals, terms and consents"), account.portals),
    ("companies", text("Companies and rights"), account.companies),
    ("methods", text("Sign-in methods"), access.methods),
    ("sessions", text("Devices and sessions"), access.sessions),
    ("activity", text("Activity"), access.events),
    ("messages", text("Messages sent"), access.messages),
    ("letters", text("Letters and registers"), account.letters),
)


def of_person(subject: DataSubject) -> Iterable[DataSection]:
    """Collect everything, section by section; a line without any value is left out."""
    for key, title, collect in ALL:
        lines = ({name: value for name, value in line.items() if value} for line in collect(subject))
        yield DataSection(key, title, [line for line in lines if line.keys() - {"what"}])
