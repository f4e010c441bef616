"""The choice of design, language and kind of file, for all letters of a job."""

from collections.abc import Mapping, Sequence

from flask import request

from flows.desk.visit import DeskVisit
from idp.invitations.letters.job import FORMATS, LetterChoice
from idp.invitations.letters.letter import DESIGNS
from idp.wording import Text, own_name, text

DESIGN_NAMES: Mapping[str, Text] = {
    "portal": text("With the portal’s name and colour, and the sender"),
    "letterhead": text("Black, for paper that bears the fund’s letterhead"),
}
FORMAT_NAMES: Mapping[str, Text] = {
    "pdf": text("Letters ready to print (PDF)"),
    "print-shop": text("File for a print shop (CSV)"),
}
EACH_ONES_LANGUAGE = text("Each reader’s own language")
EXPIRED, UNUSED = "expired", "unused"
WHICH: Mapping[str, Text] = {
    EXPIRED: text("Letters that have expired"),
    UNUSED: text("Letters that are valid and not used: they stop working"),
}
"""The letters of a campaign that are issued again."""
NO_CHOICE = text("Select an option.")


def languages(visit: DeskVisit, client_id: str) -> Sequence[tuple[str, str]]:
    """Return the languages in which letters of this portal may be."""
    client = visit.registry.client(client_id)
    offered = client.policy.languages if client is not None else ()
    return [(each, own_name(each)) for each in offered or visit.provider.settings.pages.languages]


def chosen(visit: DeskVisit, client_id: str) -> LetterChoice | Mapping[str, Text]:
    """Return what the form says, or its errors by field."""
    design = next((each for each in DESIGNS if each == request.form.get("design")), None)
    made = next((each for each in FORMATS if each == request.form.get("format")), None)
    language = request.form.get("language", "")
    errors = {}
    if design is None:
        errors["design"] = NO_CHOICE
    if made is None:
        errors["format"] = NO_CHOICE
    if language and language not in dict(languages(visit, client_id)):
        errors["language"] = NO_CHOICE
    if design is None or made is None or errors:
        return errors
    return LetterChoice(design=design, language=language, format=made, replace_live="replace" in request.form)


def options(visit: DeskVisit, client_id: str) -> Mapping[str, object]:
    """Return what the form of the choice needs."""
    words = visit.theme.translator
    return {
        "designs": [(key, words(label)) for key, label in DESIGN_NAMES.items()],
        "formats": [(key, words(label)) for key, label in FORMAT_NAMES.items()],
        "languages": languages(visit, client_id),
    }
