"""Every mail and SMS this provider can send: which templates exist, and which values each of them needs.

How to add a message `example`:

1. Write `templates/messages/example.mail`, `templates/messages/example.sms`, or both. A `.mail` file has two blocks;
   the text and the HTML part are both rendered from `body`, so they always say the same:

       {% block subject %}{{ _("%(portal)s: your password was changed", portal=portal) }}{% endblock %}
       {% block body %}
       {{ mail.paragraph(_("Your password was changed on %(moment)s.", moment=_.moment(at))) }}
       {{ mail.button(_("Reset your password"), link) }}
       {% endblock %}

   `mail` offers `paragraph(text)`, `code(text)`, `button(label, address)` and `facts([(label, value), …])`. Bar,
   portal name, desk and the line about automatic messages come from the frame.
2. Name it in `CATALOGUE` with a sample of its values: the sample's keys are the values that `outbox.enqueue` asks
   for, and the tests render it in every language.
3. Queue it: `outbox.enqueue(tx, Message(kind="email", template="example", …))`.

Templates find the values, and `_` (translator: `_.time`, `_.moment`, `_.day`), `portal` (the brand's name), `sms_name`
(the short name that opens an SMS), `brand`, `desk` (`brand.contact`), `language`, `issuer`, and the filter `short(n)`.
Times are aware datetimes; everything else is text, number, list or dict. An SMS is written in good typography and
folded to GSM-7 at delivery; keep it within 160 characters in all languages.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

Kind = Literal["email", "sms"]


AT = datetime(2026, 7, 16, 15, 41, tzinfo=UTC)
NOTICE = {"at": AT, "reference": "8F3K-22QX"}
PARTICULARS = {**NOTICE, "device": "Firefox, Linux", "network": "203.0.113.x", "by_desk": False}
NOT_ME = "https://login.example.ch/not-me?link=x8Qz"


@dataclass(frozen=True, kw_only=True)
class CatalogueEntry:
    """`origin_bound`: the SMS ends with `@host #code`, so that a browser offers the code on that host only (X-20);
    there is no such line where the provider is not reached over https under a public name.

    `ends_with`: what `messages/_particulars.jinja` puts below the mail's own words. `particulars` says when, from which
    browser and network, by whom and under which reference it was done; `alarm` adds the link « It was not me ».
    `idp.notices` fills in the values of both.
    """

    kinds: tuple[Kind, ...] = ("email",)
    sample: Mapping[str, object] = field(default_factory=dict)
    origin_bound: bool = False
    ends_with: Literal["", "particulars", "alarm"] = ""

    def __post_init__(self) -> None:
        if self.ends_with:
            object.__setattr__(self, "sample", {**PARTICULARS, **self.sample})
        if self.ends_with == "alarm":
            object.__setattr__(self, "sample", {"not_me": NOT_ME, **self.sample})

    @property
    def values(self) -> frozenset[str]:
        return frozenset(self.sample)


CODE = {"code": "482913", "grouped": "482 913", "minutes": 5, "expires_at": datetime(2026, 7, 16, 12, 37, tzinfo=UTC)}
LINK_CODE = {**CODE, "code": "7KQ4M2XT9HWD", "grouped": "7KQ4 M2XT 9HWD", "minutes": 1440}
SPOKEN = {**CODE, "code": "KWTXBEHR", "grouped": "KWTX BEHR", "minutes": 10}
INVITATION = {
    "code": "7KQ4 M2XT 9HWD",
    "company": "Menuiserie Rochat SA",
    "link": "https://login.example.ch/AK01/register",
    "valid_until": datetime(2026, 7, 30, 21, 59, 59, tzinfo=UTC),
    "reference": "4F7K-22QX",
}
MIGRATION = {"identifier": "CVCI••••••34", "link": "https://login.example.ch/stop-migration?link=x8Qz"}
RECOVERY = {"at": AT, "expires_at": AT, "hours": 12, "link": "https://login.example.ch/reset?link=x8Qz"}
STAFF_PASSKEY = {"at": AT, "passkey": "YubiKey", "device": "Firefox, Linux", "network": "203.0.113.x"}
BY_COMPANY = {"company": "Menuiserie Rochat SA", "administrator": "Claire Rochat"}

CATALOGUE: Mapping[str, CatalogueEntry] = {
    # Codes: `code`, `grouped`, `minutes` and `expires_at` are added by `idp.codes`.
    "sign_in_code": CatalogueEntry(kinds=("email", "sms"), sample=CODE, origin_bound=True),
    "address_proof": CatalogueEntry(sample=CODE),
    "phone_proof": CatalogueEntry(kinds=("sms",), sample={**CODE, "minutes": 10}, origin_bound=True),
    "address_link": CatalogueEntry(sample={**LINK_CODE, "link": "https://login.example.ch/activation/019f2c"}),
    "admin_phone_proof": CatalogueEntry(
        kinds=("sms",),
        sample={**SPOKEN, "company": "Menuiserie Rochat SA", "administrator": "Claire Rochat"},
    ),
    # A forgotten password: one of these for every request; a delayed link is sent when it opens.
    "recovery_link": CatalogueEntry(
        sample={**RECOVERY, "by_desk": False, "sms_sent": True, "by_phone": True, "code_minutes": 10}
    ),
    "recovery_delayed": CatalogueEntry(
        sample={"at": AT, "opens_at": AT, "by_desk": False, "stop": "https://login.example.ch/stop-recovery"}
    ),
    "recovery_open": CatalogueEntry(sample=RECOVERY),
    # `why`: no-phone, phone (maybe `until` then), new-method (until `until`), birth-date, birth-date-unknown, closed.
    "recovery_by_desk": CatalogueEntry(sample={"at": AT, "why": "phone", "until": AT}),
    "recovery_gone": CatalogueEntry(sample={**NOTICE, "link": "https://login.example.ch/recovery"}),
    "recovery_code": CatalogueEntry(
        kinds=("sms",), sample={**CODE, "code": "aB7kQ", "grouped": "aB7kQ", "minutes": 10}, origin_bound=True
    ),
    # Invitations: `reference` is that of the registration code.
    "company_invitation": CatalogueEntry(sample=INVITATION),
    "member_invitation": CatalogueEntry(sample={**INVITATION, "inviter": "Claire Rochat"}),
    # Staff of the desk, who are no people of a portal: `name` is theirs.
    "staff_invitation": CatalogueEntry(
        sample={**LINK_CODE, "name": "Claire Favre", "link": "https://desk.example.ch/desk/invitation/019f2c"}
    ),
    "staff_passkey_added": CatalogueEntry(sample={**STAFF_PASSKEY, "instead": True}),
    "staff_passkey_removed": CatalogueEntry(sample=STAFF_PASSKEY),
    # Registrations that are finished: `reference` as above; `company` may be empty.
    "account_opened": CatalogueEntry(
        ends_with="alarm", sample={"company": "Menuiserie Rochat SA", "link": "https://connect.example.ch/"}
    ),
    "access_added": CatalogueEntry(
        ends_with="alarm", sample={"company": "Menuiserie Rochat SA", "link": "https://connect.example.ch/"}
    ),
    # Notices: `at` and the `reference` of the audit event.
    "new_device": CatalogueEntry(ends_with="alarm"),
    "account_disabled": CatalogueEntry(ends_with="particulars"),
    "account_inactive": CatalogueEntry(
        sample={**NOTICE, "last_used": AT, "ends": AT, "link": "https://login.example.ch/login?portal=e-services"}
    ),
    "account_erased": CatalogueEntry(ends_with="particulars"),
    "accounts_merged": CatalogueEntry(ends_with="particulars", sample={"email": "a•••@example.ch"}),
    "data_downloaded": CatalogueEntry(ends_with="alarm"),
    "closure_asked": CatalogueEntry(
        ends_with="alarm", sample={"due_at": AT, "link": "https://login.example.ch/keep-account?link=x8Qz"}
    ),
    "closure_reminder": CatalogueEntry(
        sample={**NOTICE, "due_at": AT, "link": "https://login.example.ch/keep-account?link=x8Qz"}
    ),
    "closure_stopped": CatalogueEntry(ends_with="alarm", sample={"hindered": False}),
    # `until`: after a recovery, from when on other things can be changed.
    "password_changed": CatalogueEntry(kinds=("email", "sms"), ends_with="alarm", sample={"until": AT}),
    "password_required": CatalogueEntry(
        kinds=("email", "sms"), ends_with="particulars", sample={"link": "https://login.example.ch/recovery"}
    ),
    "sign_in_delayed": CatalogueEntry(
        ends_with="particulars", sample={"until": AT, "link": "https://login.example.ch/recovery"}
    ),
    "sign_in_blocked": CatalogueEntry(ends_with="particulars", sample={"link": "https://login.example.ch/recovery"}),
    # The old mailbox gets a `link` that undoes it; the new one that of « It was not me ».
    "email_changed": CatalogueEntry(
        ends_with="particulars",
        sample={
            "undo": True,
            "email": "a•••@example.ch",
            "until": AT,
            "link": "https://login.example.ch/undo-email-change?link=x8Qz",
        },
    ),
    "email_replacement": CatalogueEntry(
        kinds=("email", "sms"),
        ends_with="particulars",
        sample={"email": "a•••@example.ch", "opens_at": AT, "link": "https://login.example.ch/keep-address?link=x8Qz"},
    ),
    "new_address": CatalogueEntry(
        ends_with="particulars",
        sample={"opens_at": AT, "until": AT, "link": "https://login.example.ch/new-address?link=x8Qz"},
    ),
    "email_kept": CatalogueEntry(ends_with="particulars"),
    "phone_changed": CatalogueEntry(
        kinds=("email", "sms"), ends_with="alarm", sample={"phone": "+41 •• ••• •• 67", "is_first": False}
    ),
    "phone_changed_by_company": CatalogueEntry(
        kinds=("email", "sms"), sample={**NOTICE, **BY_COMPANY, "phone": "+41 •• ••• •• 67", "is_first": False}
    ),
    "phone_replacement": CatalogueEntry(
        kinds=("email", "sms"),
        ends_with="particulars",
        sample={"opens_at": AT, "link": "https://login.example.ch/login?portal=e-services"},
    ),
    "desk_acted": CatalogueEntry(ends_with="particulars", sample={"act": "end-sessions"}),
    "recovery_stopped": CatalogueEntry(ends_with="particulars"),
    "migration_stopped": CatalogueEntry(ends_with="particulars", sample={"identifier": "CVCI••••••34"}),
    "phone_kept": CatalogueEntry(ends_with="particulars"),
    "rights_changed": CatalogueEntry(
        sample={**NOTICE, **BY_COMPANY, "is_administrator": True, "topics": ["Cotisations", "Allocations familiales"]}
    ),
    # To all administrators of the company; `token` is the name that one of them gave it.
    "directory_admitted": CatalogueEntry(
        ends_with="particulars",
        sample={
            **BY_COMPANY,
            "token": "Entra ID",
            "until": AT,
            "link": "https://login.example.ch/organisations/019f2c/users/directory?portal=connect",
        },
    ),
    "access_changed": CatalogueEntry(sample={**NOTICE, **BY_COMPANY, "deactivated": True}),
    "passkey_suspect": CatalogueEntry(ends_with="alarm", sample={"passkey": "iPhone"}),
    # The text message goes to a number that was removed.
    "factor_changed": CatalogueEntry(
        kinds=("email", "sms"), ends_with="alarm", sample={"factor": "totp", "added": True}
    ),
    "recovery_code_used": CatalogueEntry(
        ends_with="alarm",
        sample={"left": 3, "few": True, "link": "https://login.example.ch/recovery-codes?portal=e-services"},
    ),
    # Migration: the first two go to the address on file, the third to the new login, the last for « forgot password ».
    "migration_begun": CatalogueEntry(ends_with="particulars", sample=MIGRATION),
    "migration_ended": CatalogueEntry(ends_with="particulars", sample={**MIGRATION, "email": "a•••@example.ch"}),
    "account_migrated": CatalogueEntry(
        ends_with="alarm",
        sample={"identifier": "CVCI••••••34", "attached": False, "email": "anne.rochat@example.ch"},
    ),
    "migration_help": CatalogueEntry(
        sample={"at": AT, "identifier": "CVCI••••••34", "link": "https://login.example.ch/login?portal=e-services"}
    ),
}
