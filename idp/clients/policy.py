"""The policy of a portal for its people. A field that a file leaves out has its strictest value (rulings 20).

Durations are seconds unless the name says days.
"""

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from idp import methods
from idp.settings import Positive, Section

if TYPE_CHECKING:
    MethodName = str
else:  # a literal of the table's names, so that a wrong one is answered with the right ones
    MethodName = Literal[methods.second_steps()]
"""A row of `idp.methods` that can be a second step."""
FieldDemand = Literal["off", "optional", "required"]
Minutes = 60
Hours = 60 * Minutes
Days = 24 * Hours
LONGEST_REFRESH = 400 * Days
"""No sign-in lasts longer than a year and a month without a new one."""


class CodeOverride(Section, frozen=True, kw_only=True):
    """A portal's changes to the codes of one purpose; None keeps the product's rule."""

    lifetime: Positive | None = None
    length: Annotated[int, msgspec.Meta(ge=5, le=12)] | None = None
    alphabet: Literal["digits", "letters", "mixed-case"] | None = None


class RecoveryPolicy(Section, frozen=True, kw_only=True):
    """The replacement of a forgotten password.

    `fields` are asked on the first page; `mail_only` is for people whose only proof is the mailbox; `sms_at_request`
    sends the SMS together with the mail instead of from the page of the link; `cooldown` is how long a phone or method
    that came later than the account recovers nothing; `changes_wait` is how long after a recovery the ways to sign in,
    the address and the number stay as they are.
    """

    fields: tuple[Literal["identifier", "birth_date"], ...] = ("identifier", "birth_date")
    mail_only: Literal["refused", "delayed"] = "refused"
    delay: Annotated[int, msgspec.Meta(ge=1, le=30 * Days)] = 24 * Hours
    sms_at_request: bool = False
    link_lifetime: Annotated[int, msgspec.Meta(ge=1, le=Days)] = 1 * Hours
    cooldown: Annotated[int, msgspec.Meta(ge=1, le=30 * Days)] = 48 * Hours
    changes_wait: Annotated[int, msgspec.Meta(ge=0, le=30 * Days)] = 48 * Hours


def strictest(policies: Collection[RecoveryPolicy]) -> RecoveryPolicy:
    """Return the policy for a password that opens several portals (rulings 32): all fields, the longest waiting times.

    `sms_at_request` is how a portal's first page looks, and is not part of it.
    """
    asked = {field for policy in policies for field in policy.fields}
    return RecoveryPolicy(
        fields=tuple(field for field in RecoveryPolicy().fields if field in asked),
        mail_only="delayed" if policies and all(policy.mail_only == "delayed" for policy in policies) else "refused",
        delay=max((policy.delay for policy in policies), default=RecoveryPolicy().delay),
        link_lifetime=min((policy.link_lifetime for policy in policies), default=RecoveryPolicy().link_lifetime),
        cooldown=max((policy.cooldown for policy in policies), default=RecoveryPolicy().cooldown),
        changes_wait=max((policy.changes_wait for policy in policies), default=RecoveryPolicy().changes_wait),
    )


class LegacyPolicy(Section, frozen=True, kw_only=True):
    """The directory that people of this portal come from.

    `pattern` tells an old identifier from an e-mail address (it must match the whole of it); after `last_day` (local,
    inclusive) a letter is needed; `source` names where passwords are checked ("imported", or a configured adapter);
    `code_to_known_address` asks for a code from the address on file before a migration may begin.
    """

    pattern: str
    last_day: date | None = None
    source: str = "imported"
    code_to_known_address: bool = True


class LetterPolicy(Section, frozen=True, kw_only=True):
    """Activation letters: the question in addition to the code, and the code's validity in days (inclusive).

    A birth date is known to many and is no proof by itself: it is asked only where a file says so.
    """

    second_knowledge: Literal["none", "birth_date"] = "none"
    lifetime_days: Annotated[int, msgspec.Meta(ge=1, le=30)] = 30


class InvitationPolicy(Section, frozen=True, kw_only=True):
    """Invitations by mail: the code's validity in days (inclusive)."""

    lifetime_days: Annotated[int, msgspec.Meta(ge=1, le=30)] = 14


class Policy(Section, frozen=True, kw_only=True):
    # Signing in
    second_step: Literal["always", "when-asked", "never"] = "always"
    methods: tuple[MethodName, ...] = ("sms", "totp", "passkey")
    choose_method: bool = False
    """Whether a person may have the code by the other channel, mail or SMS, for this one sign-in (A-39). A method that
    needs no message is offered everywhere, for whoever lost a phone (X-18)."""
    enrol_on_the_way: bool = False
    """Whether a person without a method that suffices here may add one while signing in."""
    offer_passkey: bool = False
    """Whether people who sign in with a code and have no passkey are offered one, at most every 90 days."""
    sso: Literal["never", "within"] = "never"
    sso_group: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]*$")] = ""
    """Portals of one group share a session cookie; empty: the portal is alone (`Client.sso_group`)."""
    entry: Literal["anyone", "enrolment", "membership"] = "enrolment"
    prompt_create: Literal["code", "migration", "elsewhere"] = "elsewhere"
    """The page that `prompt=create` opens: for a letter's or invitation's code, the migration, or a new account."""
    consent: Literal["ask", "always", "skip"] = "ask"
    """Whether the person is asked for consent: until given, every time, or never."""

    # The person
    phone: FieldDemand = "required"
    without_phone: bool = False
    """Whether people without a mobile phone may use an authenticator app or a passkey where one is required."""
    honorific: FieldDemand = "off"
    birth_date: FieldDemand = "off"
    names_from_register: Literal["read-only", "flagged"] = "read-only"
    """Whether a name prefilled from a fund's register may be changed, and is then flagged for a check (C-20)."""
    terms_version: str = ""
    """Empty: the portal has no terms of its own to accept."""
    account_needed: dict[str, str] = msgspec.field(default_factory=dict)
    """Why people of this portal may not delete their account, in a sentence per language; empty: they may."""
    languages: tuple[str, ...] = ()
    """Offered languages; empty: all of the provider's."""

    # Passwords and codes
    password_floor: Annotated[int, msgspec.Meta(ge=6, le=64)] = 12
    password_words: tuple[str, ...] = ()
    """Words of this portal that no password may contain."""
    codes: dict[str, CodeOverride] = msgspec.field(default_factory=dict)
    """Per purpose (`idp.codes.rules`), what differs from the product's rule."""

    recovery: RecoveryPolicy = RecoveryPolicy()
    legacy: LegacyPolicy | None = None
    letters: LetterPolicy = LetterPolicy()
    invitations: InvitationPolicy = InvitationPolicy()

    # Tokens
    access_token_format: Literal["jwt", "opaque"] = "opaque"  # noqa: S105
    access_token_lifetime: Annotated[int, msgspec.Meta(ge=30, le=Hours)] = 5 * Minutes
    id_token_lifetime: Annotated[int, msgspec.Meta(ge=30, le=Hours)] = 5 * Minutes
    refresh_idle: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_REFRESH)] = 30 * Days
    refresh_absolute: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_REFRESH)] = 90 * Days

    accepted_risks: dict[str, str] = msgspec.field(default_factory=dict)
    """Path of a field that is weaker than the standards advise → why this portal accepts that. Silences its warning."""

    @property
    def served_methods(self) -> frozenset[str]:
        """The accepted methods that people can use."""
        return methods.served().intersection(self.methods)

    @property
    def spares_phone(self) -> bool:
        """Return whether an authenticator app or a passkey stands for the phone that the portal requires (X-31)."""
        return self.phone == "required" and self.without_phone and bool(self.instead_of_phone)

    @property
    def instead_of_phone(self) -> frozenset[str]:
        """Return the accepted factors that need no mobile phone and are not used up."""
        return self.served_methods & {methods.PASSKEY, methods.TOTP}

    @property
    def strong_step_always(self) -> bool:
        """Return whether every sign-in needs a real second factor, a mail code not counting."""
        return self.second_step == "always" and methods.factors().issuperset(self.methods)
