"""Actions of the desk or an operator on a person's record."""

from dataclasses import dataclass

from idp.audit.events.event import Event


@dataclass(frozen=True, kw_only=True)
class PersonLookedUp(Event):
    """Someone of the desk looked at the record; `revealed`: with clear addresses."""

    revealed: bool
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class RecordLookedUp(Event):
    """Someone of the desk looked at a company, an entry of a register, or an account of a former directory."""

    kind: str
    subject_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class DeskSearched(Event):
    """Someone of the desk searched. `shape` says what kind of text was typed; the text itself is not kept."""

    shape: str
    exact: int
    near: int


@dataclass(frozen=True, kw_only=True)
class DeskActed(Event):
    """The desk did `act` for the reason it gave."""

    act: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ActPrepared(Event):
    """An act waits for a second member of staff; `act` is its name at the desk.

    `staff_id` is the one to be appointed, `job_id` the job whose letters are to be ordered.
    """

    prepared_act_id: str
    act: str
    reason: str
    staff_id: str = ""
    job_id: str = ""


@dataclass(frozen=True, kw_only=True)
class ActDecided(Event):
    """A prepared act waits no more. `decision`: confirmed, refused, withdrawn; `prepared_by` is its author's id."""

    prepared_act_id: str
    act: str
    decision: str
    prepared_by: str
    staff_id: str = ""
    job_id: str = ""


@dataclass(frozen=True, kw_only=True)
class DatabaseRestored(Event):
    """An operator restored a backup. `backup_of` is the time of its newest event, in ISO 8601; empty: it had none."""

    backup_of: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class SecretsAbandoned(Event):
    """An operator gave up what no key of `IDP_SECRETS` opens. `rows` is how many values of all kinds that are."""

    rows: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class DatabaseCopied(Event):
    """An operator copied the embedded database into this one. `rows` is how many rows of all tables are the same."""

    rows: int
