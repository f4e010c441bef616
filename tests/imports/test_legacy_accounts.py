"""The import of a former directory: repeatable, every bad line named, nothing of a migrated account touched."""

import hashlib
import unicodedata
from base64 import b64encode

import pytest
import sqlalchemy as sa

from idp.credentials import imported_hashes
from idp.database import Database, Origin
from idp.imports import wrapping
from idp.imports.legacy_accounts import LegacyAccounts
from idp.people import legacy
from idp.people.legacy import LegacyAccount
from idp.provider import Provider
from tests.imports.conftest import SETTINGS, Load
from tests.support.clock import MovableClock
from tests.support.people import person

pytestmark = pytest.mark.both_databases

HEADINGS = "identifier;hash;given_name;family_name;honorific;birth_date;language;email;phone;state\n"
BCRYPT = "$2b$12$NsOxVYRD..LdU/FNMjkQZutlAElf5lTGLJI2WLdYOfPS8V2.cIMkq"


def ssha(password: str, salt: bytes = b"saltsalt") -> str:
    digest = hashlib.sha1(password.encode() + salt).digest()
    return "{SSHA}" + b64encode(digest + salt).decode()


def line(identifier: str = "CVCI00000001", stored: str = BCRYPT, **changes: str) -> str:
    fields = {
        "given_name": "Anne",
        "family_name": "Rochat",
        "honorific": "Madame",
        "birth_date": "24.03.1957",
        "language": "fr",
        "email": "anne.rochat@example.ch",
        "phone": "079 123 45 67",
        "state": "",
        **changes,
    }
    return ";".join((identifier, stored, *fields.values())) + "\n"


@pytest.fixture
def importer(provider: Provider, clock: MovableClock):  # type: ignore[no-untyped-def]
    """Makes the importer of one run, an hour after the last."""

    def made() -> LegacyAccounts:
        clock.forward(hours=1)
        pattern = r"CVCI\d{8}"
        return LegacyAccounts(provider.sealer, SETTINGS, portal="e-services", pattern=pattern, started=clock.now())

    return made


def account(database: Database, identifier: str = "CVCI00000001") -> LegacyAccount:
    with database.reading() as tx:
        return tx.session.scalars(sa.select(LegacyAccount).filter_by(identifier=identifier)).one()


def stored_hash(database: Database, identifier: str = "CVCI00000001") -> str:
    found = account(database, identifier)
    with database.reading() as tx:
        return legacy.open_hash(tx, found)


def test_an_account_arrives_with_what_the_directory_knew(database: Database, importer, load: Load) -> None:  # type: ignore[no-untyped-def]
    """A-12, A-38"""
    outcome = load(importer(), HEADINGS + line())

    found = account(database)
    assert outcome.counts == (1, 0, 0, 0)
    assert found.known == {
        "given_name": "Anne",
        "family_name": "Rochat",
        "honorific": "mrs",
        "birth_date": "1957-03-24",
        "language": "fr",
    }
    assert (found.email, found.phone, found.state) == ("anne.rochat@example.ch", "+41791234567", "open")
    assert (found.scheme, found.wrapped) == ("bcrypt", True)


def test_no_hash_lies_bare_in_the_table(database: Database, importer, load: Load) -> None:  # type: ignore[no-untyped-def]
    load(importer(), HEADINGS + line())

    assert "$2b$" not in account(database).hash
    assert stored_hash(database) == f"imported:bcrypt:{BCRYPT}"


def test_a_login_that_only_a_dash_tells_from_another_one_is_a_bad_line(provider: Provider, load: Load) -> None:
    """A-02: both would be found by what people type"""

    def importer() -> LegacyAccounts:
        now = provider.clock.now()
        return LegacyAccounts(provider.sealer, SETTINGS, portal="e-services", pattern=r"[A-Z\d-]+", started=now)

    outcome = load(importer(), HEADINGS + line("CVCI-12-3") + line("CVCI-1-23") + line("CVCI-9"))
    again = load(importer(), HEADINGS + line("CVCI9"))

    reason = "identifier: only dashes or dots tell it from another one of this portal, and signing in ignores these"
    assert (outcome.counts, outcome.reasons) == ((2, 0, 0, 1), {3: reason})
    assert (again.counts, again.reasons) == ((0, 0, 0, 1), {2: reason})


def test_a_login_that_only_capitals_tell_from_another_one_is_a_bad_line_and_changes_nothing(
    provider: Provider, database: Database, load: Load, clock: MovableClock
) -> None:
    """A-02: the directory may have two people under these names, each with a password of their own"""

    def importer() -> LegacyAccounts:
        return LegacyAccounts(
            provider.sealer, SETTINGS, portal="e-services", pattern=r"[A-Za-z ]+", started=provider.clock.now()
        )

    outcome = load(importer(), HEADINGS + line("Anna", given_name="Anna") + line("anna") + line("An na") + line("Anna"))
    before = stored_hash(database, "Anna")
    clock.forward(hours=1)
    again = load(importer(), HEADINGS + line("ANNA", stored=BCRYPT[:-1] + "u") + line("Anna", given_name="Anna"))

    capitals = (
        "identifier: only capitals or blanks tell it from another one of this portal, and signing in ignores these"
    )
    twice = "identifier: on an earlier line of this file already"
    assert (outcome.counts, outcome.reasons) == ((1, 0, 0, 3), {3: capitals, 4: capitals, 5: twice})
    assert (again.counts, again.reasons) == ((0, 0, 1, 1), {2: capitals})
    assert stored_hash(database, "Anna") == before


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line("ABC"), "identifier: not of the form"),
        (line(stored="secret"), "hash: of a form that is not known"),
        (line(stored="$6$rounds=999999999$saltsalt$" + "a" * 86), "hash: costs too much to verify"),
        (line(stored="$2b$20$" + "a" * 53), "hash: "),
        (line(stored="x" * 600), "hash: longer than 512 characters"),
        (line(birth_date="31.02.1957"), "birth_date: there is no such day"),
        (line(language="es"), "language: not one of fr, de, it, en"),
        (line(state="gone"), "state: not one of open, locked, closed"),
        (line(given_name="x" * 201), "given_name: use no more than 100 characters"),
    ],
)
def test_a_bad_line_is_named_without_its_values_and_the_rest_is_stored(  # type: ignore[no-untyped-def]
    importer, load: Load, bad: str, reason: str
) -> None:
    outcome = load(importer(), HEADINGS + bad + line("CVCI00000002"))

    assert outcome.counts == (1, 0, 0, 1)
    assert outcome.reasons[2].startswith(reason)
    assert "secret" not in outcome.reasons[2]


@pytest.mark.parametrize("name", ["Müller/Meier", "v.Arx", "St.Clair", "Meier (Bern)", "D’Arc", "Rene\u0301e"])
def test_a_name_as_registers_have_it_is_taken_over_in_its_one_spelling(  # type: ignore[no-untyped-def]
    database: Database, importer, load: Load, name: str
) -> None:
    """eCH-0044"""
    load(importer(), HEADINGS + line(family_name=name))

    assert account(database).known["family_name"] == unicodedata.normalize("NFC", name)


def test_a_date_known_in_part_has_a_name_of_its_own(database: Database, importer, load: Load) -> None:  # type: ignore[no-untyped-def]
    """A node of the version before reads `birth_date`, and only as a whole date."""
    load(importer(), HEADINGS + line(birth_date="00.03.1957"))

    assert account(database).known["birth_date_in_part"] == "1957-03"
    assert "birth_date" not in account(database).known


def test_a_stray_quote_never_gives_somebody_the_hash_of_another(database: Database, importer, load: Load) -> None:  # type: ignore[no-untyped-def]
    """Line by line: else the account of one person would hold the phone and password of the next."""
    content = HEADINGS + line(given_name='"Anne') + line("CVCI00000002", given_name='Bob"') + line("CVCI00000003")

    outcome = load(importer(), content)

    assert (outcome.counts, sorted(outcome.reasons)) == ((1, 0, 0, 2), [2, 3])
    assert account(database, "CVCI00000003").known["given_name"] == "Anne"


def test_a_contact_that_cannot_be_used_is_left_out_and_noted(database: Database, importer, load: Load) -> None:  # type: ignore[no-untyped-def]
    outcome = load(importer(), HEADINGS + line(email="anne@", phone="021 613 35 67"))

    assert outcome.counts == (1, 0, 0, 0)
    assert (account(database).email, account(database).phone) == ("", "")
    assert sum(count for note, count in outcome.tally.notes.items() if note.startswith("left out")) == 2


def test_hashes_without_salt_are_warned_of(importer, load: Load) -> None:  # type: ignore[no-untyped-def]
    outcome = load(importer(), HEADINGS + line(stored=hashlib.md5(b"geheim").hexdigest()))

    assert outcome.tally.notes["warning: hex_md5 hashes, guessable until wrapped"] == 1


def test_an_import_can_be_run_again(database: Database, importer, load: Load) -> None:  # type: ignore[no-untyped-def]
    content = HEADINGS + line() + line("CVCI00000002")
    load(importer(), content)
    before = account(database).id

    again = load(importer(), content)
    changed = load(importer(), content.replace("Rochat", "Roch", 1))

    assert again.counts == (0, 0, 2, 0)
    assert changed.counts == (0, 1, 1, 0)
    assert account(database).id == before
    assert account(database).known["family_name"] == "Roch"
    assert stored_hash(database) == f"imported:bcrypt:{BCRYPT}"


def test_an_identifier_counts_once_in_a_file(importer, load: Load) -> None:  # type: ignore[no-untyped-def]
    twice = line() + line(given_name="Other")
    far_apart = (
        line("CVCI00000003")
        + "".join(line(f"CVCI1{n:07d}") for n in range(600))
        + line("CVCI00000003", given_name="Other")
    )

    assert load(importer(), HEADINGS + twice).reasons[3].startswith("identifier: on an earlier line")
    assert load(importer(), HEADINGS + far_apart).reasons[603].startswith("identifier: on an earlier line")


def test_a_migrated_account_is_never_touched_again(database: Database, importer, load: Load) -> None:  # type: ignore[no-untyped-def]
    """A-29: after the migration the legacy password is gone, and stays gone."""
    load(importer(), HEADINGS + line())
    with database.transaction() as tx:
        assert legacy.migrate(tx, account(database).id, person(tx).id)

    outcome = load(importer(), HEADINGS + line(given_name="Other"))

    assert outcome.counts == (0, 0, 1, 0)
    assert (account(database).hash, account(database).known, account(database).state) == ("", {}, "migrated")


def test_fast_hashes_are_wrapped_in_the_background(
    database: Database, provider: Provider, importer, load: Load
) -> None:  # type: ignore[no-untyped-def]
    lines = "".join(line(f"CVCI0000000{n}", ssha(f"Sommer-{n}", bytes([n]) * 8)) for n in range(5))
    load(importer(), HEADINGS + lines)

    wrapped = [wrapping.wrap_some(database, provider.hasher, Origin(), limit=2) for _ in range(4)]

    assert wrapped == [2, 2, 1, 0]
    stored = stored_hash(database, "CVCI00000003")
    assert not imported_hashes.is_cheap(stored)
    assert ssha("Sommer-3", bytes([3]) * 8) not in stored
    assert provider.hasher.verify("Sommer-3", stored).ok
    assert not provider.hasher.verify("Sommer-4", stored).ok
