"""Whether a password is good enough to choose: length and not guessable, never composition rules."""

from collections.abc import Iterable

from idp.wording import Text


class Quality:
    """The word lists, read once per process."""

    def __init__(self) -> None:
        raise NotImplementedError

    def problems(self, plain: str, *, floor: int, context_words: Iterable[str] = ()) -> list[Text]:
        """Every reason why the password cannot be chosen, in plain words; empty when it can.

        `context_words`: the person's names and address, the portal's and the fund's names.
        """
        raise NotImplementedError
