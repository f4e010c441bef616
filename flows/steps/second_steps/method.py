"""What a method of the second step has to be able to do. One instance serves all requests."""

from collections.abc import Mapping
from typing import Protocol

from flows.engine.outcomes import Refused
from flows.engine.run import Run
from idp.wording import Text


class Method(Protocol):
    """`name` is a proof of `idp.sessions.assurance` and a method of `Policy.methods`."""

    name: str
    label: Text
    """The words of the button that changes to this method."""

    def is_available(self, run: Run, person_id: str) -> bool:
        """Whether this person can use it at this portal now. Reads only."""
        ...

    def begin(self, run: Run, person_id: str) -> None:
        """It becomes the method in use, or is asked for once more: the place to send a code."""
        ...

    def page(self, run: Run, person_id: str) -> Mapping[str, object]:
        """What `steps/second-step.html` needs besides `method`. Reads only."""
        ...

    def check(self, run: Run, person_id: str, typed: str) -> Refused | None:
        """None if what was typed is right; spends it then."""
        ...
