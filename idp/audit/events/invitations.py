"""Events of registration codes, letters and invitations."""

from dataclasses import dataclass

from idp.audit.events.event import Event


@dataclass(frozen=True, kw_only=True)
class RegistrationCodeIssued(Event):
    """A code was drawn for a letter or a mail."""

    code_id: str
    reference_of_code: str
    kind: str
    channel: str
    fund: str
    expires_at: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RegistrationCodeReplaced(Event):
    """A newer code for the same subject ended this one."""

    code_id: str
    replaced_by: str


@dataclass(frozen=True, kw_only=True)
class RegistrationCodeOpened(Event):
    """The code was typed for the first time on its portal's page."""

    code_id: str


@dataclass(frozen=True, kw_only=True)
class RegistrationCodeRefused(Event):
    """A typed code was not accepted; `cause` is the true one, which no page shows."""

    code_id: str
    cause: str


@dataclass(frozen=True, kw_only=True)
class RegistrationCodeUsed(Event):
    """A registration was finished with the code."""

    code_id: str


@dataclass(frozen=True, kw_only=True)
class RegistrationCodeWithdrawn(Event):
    """Staff ended the code."""

    code_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class LettersPrinted(Event):
    """A file of letters was written."""

    campaign_id: str
    fund: str
    letters: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class RegisterUploaded(Event):
    """Staff uploaded a register for letters; `size` in bytes."""

    job_id: str
    fund: str
    size: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class LettersOrdered(Event):
    """Staff ordered the letters of a job. `of_campaign`: the campaign whose letters are issued again."""

    job_id: str
    campaign_id: str
    of_campaign: str
    fund: str
    design: str
    language: str
    format: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class LetterFileCollected(Event):
    """Staff collected the file with the letters of a job. It holds codes in clear, and cannot be collected again."""

    job_id: str
    campaign_id: str
    fund: str
    letters: int


@dataclass(frozen=True, kw_only=True)
class LetterJobDiscarded(Event):
    """A job was ended, or waited for too long; letters of it that had codes already stay unprinted."""

    job_id: str
    campaign_id: str
    fund: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class NamesDifferFromRegister(Event):
    """A person opened an account under another name than the fund's register has: for the desk to check (C-20)."""

    code_id: str
