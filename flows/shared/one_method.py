"""One of a person's ways to sign in, as the address of a journey names it."""

from typing import ClassVar

from flows.engine.subject import SubjectInAddress


class OneMethod(SubjectInAddress, frozen=True):
    """The id of a passkey or app, or the word for the recovery codes; empty: the page asks which."""

    parameter: ClassVar[str] = "method"
    method_id: str
