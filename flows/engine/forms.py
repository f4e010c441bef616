"""Typed forms: frozen dataclasses whose fields turn what was typed into a value or a `Text` that says what is wrong.

    @dataclass(frozen=True)
    class NameForm(Form):
        name: str = forms.line(required=lambda run: run.policy.birth_date == "required")

Every field takes one text of any length, with any characters, and never fails otherwise than with a `Text`.
Typed texts are kept for showing them again, except secrets. A code may be shown again beside its error, and is never
stored.
"""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

from idp.wording import Text, text

if TYPE_CHECKING:
    from flows.engine.run import Run

LONGEST = 200
LONGEST_PASSWORD = 256
LONGEST_CODE = 120  # « Votre code est 123456 » pasted as a whole is understood
PARSER = "parser"
EMPTY = text("This field is required.")
NO_PASSWORD = text("Enter your password.")
NO_CHOICE = text("Select an option.")

Value = TypeVar("Value")
Required = bool | Callable[["Run"], bool]
Parser = Callable[[str, "Run"], object]  # raises `InvalidValue`


class InvalidValue(Exception):
    """A typed value cannot be used. Never leaves this module's `parse`."""

    def __init__(self, reason: Text) -> None:
        self.reason = reason


@dataclass(frozen=True)
class Form:
    """The form of a step without fields; base of all others."""

    @classmethod
    def problems(cls, read: Mapping[str, object], run: Run) -> Mapping[str, Text]:  # noqa: ARG003 (for those who override)
        """Return errors that concern several fields (two passwords that differ), by field name.

        `read` holds only the fields that could be read.
        """
        return {}


@dataclass(frozen=True)
class Field:
    """How one field is read. `secret` values are never kept, nor shown again unless the field is a `code`."""

    parse: Parser
    secret: bool = False
    code: bool = False


@dataclass(frozen=True)
class Submission:
    """A parsed submission: the form or its errors, and the texts to show again."""

    form: Form | None
    errors: Mapping[str, Text]
    kept: Mapping[str, str]


def parse(form: type[Form], submitted: Mapping[str, str], run: Run) -> Submission:
    """Read a submission. `form` of the answer is None exactly when there are errors."""
    values: dict[str, object] = {}
    errors: dict[str, Text] = {}
    for name, field in fields_of(form).items():
        try:
            values[name] = field.parse(_cleaned(submitted.get(name, "")), run)
        except InvalidValue as invalid:
            errors[name] = invalid.reason
    errors = {**form.problems(values, run), **errors}
    in_order = {name: errors[name] for name in fields_of(form) if name in errors}
    return Submission(None if errors else form(**values), in_order, kept(form, submitted))


def kept(form: type[Form], submitted: Mapping[str, str]) -> dict[str, str]:
    """Return the typed texts that a run stores, to show them again."""
    return _texts(form, submitted, lambda field: not field.secret)


def shown_again(form: type[Form], submitted: Mapping[str, str]) -> dict[str, str]:
    """Return the typed texts that the answer to this very POST may show: those of `kept`, and codes.

    A person who sees a code compares and corrects it, instead of typing it anew.
    """
    return _texts(form, submitted, lambda field: field.code or not field.secret)


def _texts(form: type[Form], submitted: Mapping[str, str], wanted: Callable[[Field], bool]) -> dict[str, str]:
    return {
        name: _cleaned(submitted[name][:LONGEST])
        for name, field in fields_of(form).items()
        if wanted(field) and name in submitted
    }


def fields_of(form: type[Form]) -> dict[str, Field]:
    return {field.name: field.metadata[PARSER] for field in dataclasses.fields(form)}


def field(parser: Callable[[str, Run], Value], *, secret: bool = False, code: bool = False) -> Value:
    """Return a field of a form with its own way of reading. `parser` raises `InvalidValue`.

    For the type checker it is the value that the form will hold, so that the annotation of each field is checked.
    """
    return cast(Value, dataclasses.field(metadata={PARSER: Field(parser, secret, code)}))


def line(*, required: Required = True, longest: int = LONGEST, missing: Text = EMPTY) -> str:
    """Return one line of text, blanks around it removed and runs of blanks joined. Empty: `""`."""

    def read(raw: str, run: Run) -> str:
        value = " ".join(raw.split())
        check(value, run, required, longest, missing)
        return value

    return field(read)


def code(*, length: int = 0, again: bool = False) -> str:
    """Return a typed one-time or registration code, as typed: `idp.codes` and `idp.invitations` normalise it.

    Fewer symbols than `length` are no code yet. `again`: the page shows it beside an error, for codes of letters that
    people copy by hand.
    """

    def read(raw: str, run: Run) -> str:
        value = raw.strip()
        check(value, run, True, LONGEST_CODE, text("Enter the code."))
        if is_short(value, length):
            raise InvalidValue(incomplete(length))
        return value

    return field(read, secret=True, code=again)


def is_short(typed: str, length: int) -> bool:
    """Return whether fewer than `length` symbols were typed: that is no try of a code yet."""
    return sum(character.isalnum() for character in typed) < length


def incomplete(length: int) -> Text:
    """Return the words for a code of which something is missing."""
    return text("The code has %(length)d characters. Enter all of them.", length=length)


def password(*, missing: Text = NO_PASSWORD) -> str:
    """Return a password that is to be checked. Blanks are kept; Unicode is normalised where it is hashed."""

    def read(raw: str, run: Run) -> str:
        check(raw, run, True, LONGEST_PASSWORD, missing)
        return raw

    return field(read, secret=True)


def checkbox(*, required: Text | None = None) -> bool:
    """Return whether the box is ticked; `required` is what to say if it must be and is not."""

    def read(raw: str, _run: Run) -> bool:
        if not raw and required is not None:
            raise InvalidValue(required)
        return bool(raw)

    return field(read)


def choice(
    options: Callable[[Run], Mapping[str, Text | str]], *, required: Required = True, missing: Text = NO_CHOICE
) -> str:
    """Return one of the keys of `options`, or `""` where nothing need be chosen; `missing` says what to choose."""

    def read(raw: str, run: Run) -> str:
        check(raw, run, required, LONGEST, missing)
        if raw and raw not in options(run):
            raise InvalidValue(missing)
        return raw

    return field(read)


def choices(options: Callable[[Run], Mapping[str, Text | str]]) -> tuple[str, ...]:
    """Return the ticked ones among the keys of `options`, in their order; keys hold no blanks."""

    def read(raw: str, run: Run) -> tuple[str, ...]:
        ticked, offered = set(raw.split()), options(run)
        if not ticked <= set(offered):
            raise InvalidValue(NO_CHOICE)
        return tuple(option for option in offered if option in ticked)

    return field(read)


def valid(found: Value | Text) -> Value:
    """Return the value. Raises `InvalidValue` if there is an error text instead."""
    if isinstance(found, Text):
        raise InvalidValue(found)
    return found


def check(value: str, run: Run, required: Required, longest: int, missing: Text) -> None:
    """Raise `InvalidValue` for a missing or overlong value."""
    if not value and (required(run) if callable(required) else required):
        raise InvalidValue(missing)
    if len(value) > longest:
        raise InvalidValue(text("Use no more than %(longest)d characters.", longest=longest))


def _cleaned(raw: str) -> str:
    """Without NUL, other controls and lone surrogates, which no database and no message can carry."""
    return "".join(c for c in raw if unicodedata.category(c) not in {"Cc", "Cs"} or c in "\t\n\r")
