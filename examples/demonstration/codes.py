"""Registration codes to try. `load` keeps the codes it draws in a file, because the database has only digests.

The file is `demonstration.json` in the variable folder; it exists in the development environment only.
"""

import json
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from idp.commands.context import Context
from idp.database import Transaction
from idp.invitations import issuing, redemption, validity
from idp.invitations.issuing import RegistrationCodeRequest
from idp.invitations.redemption import UsableCode
from idp.invitations.registration_code import Channel, RegistrationCodeKind
from idp.organisations import organisation
from idp.people import insured
from idp.people.insured import Particulars, RegisterEntry
from idp.settings import HOME

FILE = "demonstration.json"

Row = dict[str, str]


class Insured(msgspec.Struct, forbid_unknown_fields=True):
    """An insured person of a fund's register who has a letter and no account yet."""

    fund: str
    number: str
    given_name: str
    family_name: str
    language: str
    note: str
    birth_date: date | None = None


class Administrator(msgspec.Struct, forbid_unknown_fields=True):
    """A company whose administrator is invited and has not come yet."""

    fund: str
    number: str
    name: str
    language: str
    note: str


def draw(context: Context, letters: tuple[Insured, ...], invitations: tuple[Administrator, ...]) -> int:
    """Draw a code for everyone who has none that can still be used; how many."""
    known = {row["note"]: row for row in shown(context)}
    wanted: list[Insured | Administrator] = [*letters, *invitations]
    rows, drawn = [], 0
    with context.provider.database.transaction(context.origin) as tx:
        for each in wanted:
            row = known.get(each.note)
            if row is None or not isinstance(
                redemption.find(tx, row["identifier"], client_id=row["portal"]), UsableCode
            ):
                row, drawn = _drawn(context, tx, each), drawn + 1
            rows.append(row)
    if rows:
        path = _path(context)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(rows, ensure_ascii=False, indent=2), encoding="utf-8")
    return drawn


def shown(context: Context) -> list[Row]:
    """Return the codes of the last `draw` as rows for `show`; empty before the first draw."""
    path = _path(context)
    rows: list[Row] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return rows


def _path(context: Context) -> Path:
    return Path(HOME, context.settings.files.variable, FILE)


def _drawn(context: Context, tx: Transaction, each: Insured | Administrator) -> Row:
    provider = context.provider
    client = provider.registry.current().client_of_fund(each.fund)
    if client is None:
        raise LookupError(f"no portal lists the fund {each.fund}")
    zone = ZoneInfo(provider.settings.pages.time_zone)
    request = RegistrationCodeRequest(
        kind=RegistrationCodeKind.INSURED if isinstance(each, Insured) else RegistrationCodeKind.ADMINISTRATOR,
        channel=Channel.LETTER,
        client_id=client.client_id,
        subject_id=_subject(tx, each),
        expires_at=validity.after_days(tx.now, client.policy.letters.lifetime_days, zone),
        language=each.language,
        fund=each.fund,
    )
    issued = issuing.issue(tx, request)
    issuing.mark_sent(tx, [issued.code_id])
    return {
        "portal": client.client_id,
        "identifier": issued.grouped,
        "password": "",
        "second_step": f"registration: {provider.settings.server.issuer}/{each.fund}/register",
        "note": each.note,
    }


def _subject(tx: Transaction, each: Insured | Administrator) -> str:
    if isinstance(each, Administrator):
        company = organisation.by_number(tx, each.fund, each.number)
        return (company or organisation.register(tx, fund=each.fund, number=each.number, name=each.name)).id
    known = Particulars(given_name=each.given_name, family_name=each.family_name, birth_date=each.birth_date)
    insured.store_many(tx, each.fund, [RegisterEntry(each.number, each.language, known)])
    return insured.by_numbers(tx, each.fund, [each.number])[each.number].id
