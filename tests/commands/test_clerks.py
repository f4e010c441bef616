"""Letters, invitations, registers and companies on the command line."""

import json
import re
import stat
from pathlib import Path

import pytest

from idp.audit.log import AuditEvent
from idp.database import Database
from idp.invitations import redemption
from idp.invitations.redemption import Cause, UnusableCode, UsableCode
from idp.people import insured, legacy
from idp.provider import Provider
from tests.commands.conftest import CommandLine
from tests.support.clock import MovableClock
from tests.support.inbox import Mailbox

REGISTER = "number;given_name;family_name;honorific;language;address_1;postal_code;locality\n"
CODE = re.compile(r"[2-9A-HJ-NP-Z]{4}.[2-9A-HJ-NP-Z]{4}.[2-9A-HJ-NP-Z]{4}")
REASON = ("--reason", "test")


@pytest.fixture
def register(idp: CommandLine, tmp_path: Path) -> None:
    """Three insured persons: 1 and 2 may get letters, 3 has no address."""
    file = tmp_path / "register.csv"
    people = (
        "1;Anne;Rochat;Madame;fr;Gare 1;1003;Lausanne\n2;Beat;Zürcher;Herr;de;Weg 2;3001;Bern\n3;Carla;Rossi;;it;;;\n"
    )
    file.write_text(REGISTER + people, encoding="utf-8")
    assert idp("insured", "import", str(file), "--fund", "AK00", *REASON).exit_code == 0


@pytest.fixture
def companies(idp: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "companies.csv"
    file.write_text(
        "number;name;language;address_1;postal_code;locality\n"
        "100.1;Rochat SA;fr;Gare 7;1530;Payerne\n"
        "100.2;Sans adresse;fr;;;\n"
    )
    assert idp("companies", "import", str(file), "--fund", "ak01", *REASON).exit_code == 0


def issue(idp: CommandLine, folder: Path, *numbers: str) -> list[str]:
    """Issue letters with a print shop's file, and return the codes in it."""
    shown = idp("letters", "issue", *numbers, "--fund", "AK00", "--output", str(folder), "--format", "both", *REASON)
    assert shown.exit_code == 0, shown.output
    (table,) = folder.glob("AK00-*.csv")
    return CODE.findall(table.read_text(encoding="utf-8-sig"))


def opened(database: Database, code: str, portal: str = "connect-assures") -> UsableCode | UnusableCode:
    with database.transaction() as tx:
        return redemption.open_code(tx, code, client_id=portal)


@pytest.mark.usefixtures("register")
def test_letters_are_written_and_their_codes_work(idp: CommandLine, database: Database, tmp_path: Path) -> None:
    """C-01, C-02"""
    folder = tmp_path / "letters"

    codes = issue(idp, folder, "1", "2")

    assert len(codes) == 2
    assert all(isinstance(opened(database, code), UsableCode) for code in codes)
    (pdf,) = folder.glob("*.pdf")
    assert stat.S_IMODE(pdf.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.usefixtures("register")
def test_who_cannot_get_a_letter_is_named_with_the_reason(idp: CommandLine, database: Database, tmp_path: Path) -> None:
    issue(idp, tmp_path / "first", "2")
    with database.transaction() as tx:
        insured.attach(tx, insured.by_numbers(tx, "AK00", ["1"])["1"].id, person_id="anne")

    shown = idp(
        "letters", "issue", "--fund", "AK00", "--list", "-", "--output", str(tmp_path), *REASON, stdin="1\n2\n3\n9\n"
    )

    assert shown.exit_code == 1
    assert "1: This person already has an account." in shown.stderr
    assert "2: This person holds a letter that is still valid" in shown.stderr
    assert "3: The register has no postal address." in shown.stderr
    assert "9: There is no one in the register with this number." in shown.stderr


@pytest.mark.usefixtures("register")
def test_a_reissued_letter_ends_the_older_one(idp: CommandLine, database: Database, tmp_path: Path) -> None:
    """C-17, P33"""
    (old,) = issue(idp, tmp_path / "old", "1")

    shown = idp("letters", "reissue", "1", "--fund", "AK00", "--output", str(tmp_path / "new"), *REASON)

    assert shown.exit_code == 0, shown.output
    refused = opened(database, old)
    assert isinstance(refused, UnusableCode)
    assert refused.cause is Cause.REPLACED
    states = json.loads(idp("letters", "status", "1", "--fund", "AK00", "--json").stdout)
    assert [letter["state"] for letter in states] == ["sent", "replaced"]


@pytest.mark.usefixtures("register")
def test_a_letter_is_withdrawn_by_its_reference(idp: CommandLine, database: Database, tmp_path: Path) -> None:
    (code,) = issue(idp, tmp_path, "1")
    (letter,) = json.loads(idp("letters", "status", "1", "--fund", "AK00", "--json").stdout)

    shown = idp("letters", "withdraw", letter["reference"].lower(), "--reason", "former address")
    again = idp("letters", "withdraw", letter["reference"], "--reason", "former address")

    assert shown.exit_code == 0
    assert (again.exit_code, "it is withdrawn" in again.output) == (1, True)
    assert isinstance(opened(database, code), UnusableCode)


@pytest.mark.usefixtures("register")
def test_everybody_without_account_and_letter_gets_one_once(idp: CommandLine, tmp_path: Path) -> None:
    first = idp("letters", "issue", "--everyone", "--fund", "AK00", "--output", str(tmp_path), *REASON)
    second = idp("letters", "issue", "--everyone", "--fund", "AK00", "--output", str(tmp_path), *REASON)

    assert "2 letters" in first.stdout
    assert "0 letters" in second.stdout
    assert "2 sent" in idp("letters", "status").stdout


@pytest.mark.usefixtures("register")
def test_an_interrupted_run_is_ordered_again(idp: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes whose file was never finished are replaced, not mistaken for letters that people hold."""
    folder = tmp_path / "letters"
    folder.mkdir()
    with monkeypatch.context() as patched:
        patched.setattr("idp.invitations.letters.print_run.write_pdf", lambda *_: 1 / 0)
        assert isinstance(
            idp("letters", "issue", "1", "--fund", "AK00", "--output", str(folder), *REASON).exception,
            ZeroDivisionError,
        )

    codes = issue(idp, folder, "1")

    assert len(codes) == 1


@pytest.mark.usefixtures("register")
def test_the_status_tells_the_printed_day(idp: CommandLine, tmp_path: Path, clock: MovableClock) -> None:
    """C-11"""
    issue(idp, tmp_path, "1")

    (letter,) = json.loads(idp("letters", "status", "1", "--fund", "AK00", "--json").stdout)
    clock.forward(days=31)
    (later,) = json.loads(idp("letters", "status", "1", "--fund", "AK00", "--json").stdout)

    assert (letter["last_day"], letter["state"]) == ("2026-08-15", "sent")
    assert later["state"] == "expired"


@pytest.mark.usefixtures("register")
def test_every_act_is_recorded_with_its_reason(idp: CommandLine, database: Database, tmp_path: Path) -> None:
    issue(idp, tmp_path, "1")

    with database.reading() as tx:
        events = {event.name: event for event in tx.session.query(AuditEvent)}
    assert events["LettersPrinted"].details["reason"] == "test"
    assert events["LettersPrinted"].actor.startswith("cli:")
    assert events["ImportFinished"].details["kind"] == "insured-persons"


@pytest.mark.usefixtures("companies")
def test_an_administrator_is_invited_by_mail(idp: CommandLine, database: Database, mailbox: Mailbox) -> None:
    """B-01"""
    shown = idp("invitations", "send", "100.1", "--fund", "AK01", "--email", "Chef@Rochat.example", *REASON)

    assert shown.exit_code == 0, shown.output
    mail = mailbox.last("Chef@rochat.example")
    assert "Rochat SA" in mail.subject
    assert "/AK01/register" in mail.text
    assert "30\u00a0juillet\u00a02026" in mail.text
    found = opened(database, mail.code, "connect")
    assert isinstance(found, UsableCode)
    assert found.code.kind == "administrator"


@pytest.mark.usefixtures("companies")
def test_an_administrator_is_invited_by_letter_and_the_mail_dies(
    idp: CommandLine,
    database: Database,
    mailbox: Mailbox,
    tmp_path: Path,
) -> None:
    """B-01, B-45"""
    idp("invitations", "send", "100.1", "--fund", "AK01", "--email", "chef@rochat.example", *REASON)

    shown = idp("invitations", "send", "100.1", "--fund", "AK01", "--letter", str(tmp_path / "out"), *REASON)

    assert shown.exit_code == 0, shown.output
    assert len(list((tmp_path / "out").glob("AK01-*.pdf"))) == 1
    assert isinstance(opened(database, mailbox.last().code, "connect"), UnusableCode)
    assert "replaced" in idp("companies", "show", "100.1", "--fund", "AK01").stdout


@pytest.mark.usefixtures("companies", "register")
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("invitations", "send", "100.2", "--fund", "AK01", "--letter", "x"), "this company has no postal address"),
        (("invitations", "send", "7", "--fund", "AK01", "--email", "a@example.ch"), "the fund AK01 has no company 7"),
        (("invitations", "send", "100.1", "--fund", "AK01", "--email", "nobody"), "--email: not an e-mail address"),
        (("invitations", "send", "100.1", "--fund", "AK01"), "give --email or --letter"),
        (
            ("invitations", "send", "100.1", "--fund", "XX99", "--email", "a@example.ch"),
            "no portal's file lists the fund XX99",
        ),
        (("letters", "issue", "--fund", "AK00", "--output", "x"), "name the numbers, or give --list, or --everyone"),
        (("letters", "withdraw", "0000-0000"), "no letter or invitation has this reference"),
        (("legacy", "import", "setup.cfg", "--portal", "nobody"), "no client is called nobody"),
        (("legacy", "import", "setup.cfg", "--portal", "connect"), "has no [policy.legacy]"),
        (("legacy", "import", "setup.cfg", "--portal", "e-services"), "headings: unknown"),
    ],
)
def test_what_a_clerk_can_mend_is_one_sentence(idp: CommandLine, words: tuple[str, ...], sentence: str) -> None:
    shown = idp(*words, *REASON)

    assert shown.exit_code in {1, 2}
    assert sentence in shown.output
    assert "Traceback" not in shown.output


def test_a_directory_is_imported_followed_and_wrapped(idp: CommandLine, tmp_path: Path) -> None:
    file, bad = tmp_path / "directory.jsonl", tmp_path / "bad.txt"
    file.write_text(
        '{"identifier": "CVCI00000001", "hash": "098f6bcd4621d373cade4e832627b4f6"}\n{"identifier": "x", "hash": "y"}\n'
    )

    imported = idp("legacy", "import", str(file), "--portal", "e-services", "--errors", str(bad), "--json", *REASON)
    before = json.loads(idp("legacy", "status", "--json").stdout)
    wrapped = idp("legacy", "wrap")
    after = json.loads(idp("legacy", "status", "--json").stdout)

    assert imported.exit_code == 1, imported.output
    assert json.loads(imported.stdout)["created"] == 1, imported.output
    assert bad.read_text().startswith("line 2: identifier: not of the form")
    assert before == [{"portal": "e-services", "state": "open", "accounts": 1, "unwrapped": 1}]
    assert wrapped.output == "1 hashes wrapped\n"
    assert after[0]["unwrapped"] == 0


def test_a_contested_migration_is_opened_again(idp: CommandLine, provider: Provider, tmp_path: Path) -> None:
    file = tmp_path / "directory.jsonl"
    file.write_text('{"identifier": "CVCI00000001", "hash": "098f6bcd4621d373cade4e832627b4f6"}\n')
    idp("legacy", "import", str(file), "--portal", "e-services", *REASON)
    with provider.database.transaction() as tx:
        account = legacy.find(tx, "e-services", "CVCI00000001")
        assert account is not None
        legacy.contest(tx, account.id)

    words = ("legacy", "reopen", "CVCI00000001", "--portal", "e-services", *REASON)
    done, again = idp(*words), idp(*words)

    assert (done.exit_code, done.output) == (0, "The account can be migrated again.\n")
    assert (again.exit_code, "there is no contested account of this name" in again.output) == (1, True)


def test_customers_are_imported(idp: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("number,email,given_name,family_name\n1,claire@example.fr,Claire,Petit\n")

    shown = idp("people", "import", str(file), "--portal", "espace-personnel", *REASON)

    assert shown.exit_code == 0, shown.output
    assert "Claire Petit" in idp("people", "show", "claire@example.fr").output
