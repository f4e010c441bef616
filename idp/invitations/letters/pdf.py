"""Letters as a PDF. Import it where one is made: reportlab costs a process memory, and few processes ever print."""

from collections.abc import Sequence
from typing import BinaryIO

from idp.invitations.letters import fonts, layout, page
from idp.invitations.letters.document import TaggedDocument
from idp.invitations.letters.letter import Letter
from idp.wording import Text, text


def reason_not_to_print(letter: Letter) -> Text | None:
    """Return why this letter cannot go on one page as it must be; None: it can."""
    unprintable = fonts.missing("".join(letter.recipient))
    if unprintable:
        return text("The letter font does not contain %(characters)s.", characters=unprintable)
    try:
        layout.compose(letter)
    except layout.LetterTooLong:
        return text("The letter does not fit on one page.")
    return None


def write(part: Sequence[Letter], file: BinaryIO) -> None:
    """Write letters, at least one, as one document."""
    first = part[0]
    document = TaggedDocument(file, title=first.subject, author=first.signature[-1], language=first.language)
    for letter in part:
        page.add(document, letter)
    document.save()
