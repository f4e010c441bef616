"""A register is uploaded, checked, ordered, made and collected; by supervisors, once, and by the worker of any node."""

import csv
import io
import zipfile
from typing import Any

import pytest

from idp.database import Transaction
from idp.imports import workbooks
from idp.imports.insured_persons import COLUMNS
from idp.imports.lines import UnusableFile
from idp.imports.workbooks import WorkbookLines
from idp.invitations import campaigns
from idp.invitations.letters.job import JobState
from idp.invitations.registration_code import RegistrationCode, RegistrationCodeState
from idp.jobs.job_files import JobPiece
from idp.jobs.leased_job import MOST_TRIES
from idp.people import insured
from idp.provider import Provider
from idp.staff.appointments import Role
from idp.upkeep import letter_checking, letter_making
from tests.flows.desk.conftest import Desk
from tests.flows.desk.letters import (
    bomb,
    csv_of,
    line,
    ready,
    states,
    the_job,
    upload,
    work,
    workbook_of,
)
from tests.support.browser import Browser
from tests.support.clock import MovableClock
from tests.support.parallel import in_parallel

FAULTY = [line(1), ("756.2", "", "Rochat", "", "", ""), line(3, town=""), line(1), ("756.5", "Léa")]


@pytest.fixture
def supervisor(desk: Desk) -> Browser:
    return desk.works(Role.SUPERVISOR, fund="AK01")


@pytest.mark.both_databases
def test_a_register_becomes_letters_that_are_collected_once(
    supervisor: Browser, provider: Provider, desk: Desk
) -> None:
    page = ready(supervisor, provider, csv_of([line(1), line(2)]))
    assert "Ready to download" in page.text

    answer = supervisor.send("collect-file")

    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF-")
    assert "no-store" in answer.headers["Cache-Control"]
    assert supervisor.press("collect-file").status == 422
    (collected,) = desk.events("LetterFileCollected")
    assert (collected.actor[:6], collected.details["letters"]) == ("clerk:", 2)
    assert [event.actor[:6] for event in desk.events("RegistrationCodeIssued")] == ["clerk:"] * 2
    assert [event.details["created"] for event in desk.events("ImportFinished")] == [2]
    with provider.database.reading() as tx:
        assert states(tx) == ["sent", "sent"]
        assert tx.session.query(JobPiece).count() == 0


def test_ordered_letters_are_listed_with_the_name_of_their_fund(supervisor: Browser, provider: Provider) -> None:
    ready(supervisor, provider, csv_of([line(1)]))

    page = supervisor.get("/desk/letters")

    rows = [row.text for row in page.all("tr") if "Example compensation fund" in row.text]
    assert len(rows) == 2  # the file, and the letters that were ordered
    assert [row for row in rows if "AK01" in row] == []


def test_the_check_shows_every_faulty_line_and_stores_nothing(supervisor: Browser, provider: Provider) -> None:
    page = upload(supervisor, csv_of(FAULTY))
    work(provider)

    page = supervisor.get(page.path)

    rows = [[cell.text for cell in row.walk() if cell.tag == "td"] for row in page.all("tr")]
    assert rows[1:] == [
        ["3", "Not stored", "Nothing in the column given_name."],
        ["4", "Stored, no letter", "The register has no postal address."],
        ["5", "Not stored", "An earlier line has the same number."],
        ["6", "Not stored", "2 columns instead of 6."],
    ]
    with provider.database.reading() as tx:
        assert insured.without_account(tx, "AK01") == []
    table = supervisor._request("GET", supervisor.issuer + page.link("Download all these lines"), {})
    read = list(csv.reader(io.StringIO(table.get_data(as_text=True).removeprefix("\ufeff")), delimiter=";"))
    assert read == [["Line", "Consequence", "Reason"], *rows[1:]]


def test_faulty_lines_are_left_out_and_the_others_get_letters(supervisor: Browser, provider: Provider) -> None:
    page = ready(supervisor, provider, csv_of(FAULTY))

    assert "1 – The register has no postal address." in page.text
    with provider.database.reading() as tx:
        assert insured.without_account(tx, "AK01") == ["756.1", "756.3"]
        assert states(tx) == ["created"]


def test_a_workbook_is_read_as_its_table(supervisor: Browser, provider: Provider) -> None:
    rows = [(7561, "Léa", "Rochat", "Lac 1", 1800, "Vevey"), ("7562", "Luc", "Rey", "=1+1", 1800, "Vevey")]
    page = upload(supervisor, workbook_of(rows), "register.xlsx")
    work(provider)

    assert "A cell has a formula. Paste its value alone." in supervisor.get(page.path).text
    supervisor.press("order-letters")
    work(provider)

    with provider.database.reading() as tx:
        (details,) = insured.by_numbers(tx, "AK01", ["7561", "7562"]).values()
    assert details.particulars.address == ("Lac 1", "1800 Vevey")


UNUSABLE = (
    (b"number;name\n1;Anne\n", "a.csv", "The headings do not fit"),
    (csv_of([]), "a.csv", "no line below its headings"),
    (csv_of([line(1)]).decode().encode("utf-16-le"), "a.csv", "Save it as “CSV UTF-8”"),
    (b"\x00" * 1000, "a.csv", "Save it as “CSV UTF-8”"),
    (csv_of([line(1)]), "a.xlsx", "The workbook cannot be read"),
    (workbook_of([line(1)])[:-200], "a.xlsx", "The workbook cannot be read"),
    (workbook_of([line(1)]), "a.csv", "Save it as “CSV UTF-8”"),
)


def test_a_file_that_cannot_be_used_says_why(supervisor: Browser, provider: Provider) -> None:
    pages = [upload(supervisor, content, name) for content, name, _ in UNUSABLE]
    work(provider)

    for page, (_, name, said) in zip(pages, UNUSABLE, strict=True):
        shown = supervisor.get(page.path).text
        assert "Failed" in shown, name
        assert said in shown, name
    with provider.database.reading() as tx:
        assert tx.session.query(JobPiece).count() == 0


def test_a_workbook_that_unpacks_to_too_much_is_refused_unread(
    supervisor: Browser, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "LARGEST", 2**22)
    page = upload(supervisor, bomb(2**23), "bomb.xlsx")
    work(provider)

    assert "too large when it is unpacked" in supervisor.get(page.path).text


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("xl/worksheets/sheet1.xml", b"<worksheet xmlns='%s'><sheetData><row>%s</row></sheetData></worksheet>"),
        ("xl/worksheets/sheet1.xml", b"<worksheet xmlns='%s'>%s</worksheet>"),
        ("xl/sharedStrings.xml", b"<sst xmlns='%s'><si>%s</si></sst>"),
        ("xl/styles.xml", b"<styleSheet xmlns='%s'><row><fonts>%s</fonts></row></styleSheet>"),
    ],
)
def test_a_workbook_whose_parts_would_not_fit_into_memory_is_refused_unread(
    part: str, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four bytes of a part are an object of two hundred; compressed they are next to nothing."""
    monkeypatch.setattr(workbooks, "MOST_ELEMENTS", 2000)
    crowd = content % (workbooks.MAIN.encode(), b"<c/>" * (workbooks.MOST_ELEMENTS + 1))
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook_of([line(1)]))) as old, zipfile.ZipFile(file, "w") as new:
        for name in {*old.namelist(), part}:
            new.writestr(name, crowd if name == part else old.read(name), zipfile.ZIP_DEFLATED)

    with pytest.raises(UnusableFile, match="unpacks to more"):
        WorkbookLines(file, COLUMNS)


def test_any_number_of_rows_fits_that_are_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MOST_ELEMENTS", 500)
    file = io.BytesIO(workbook_of(line(number) for number in range(100)))

    assert len(list(WorkbookLines(file, COLUMNS))) == 100


def test_what_is_no_register_is_refused_at_the_form(supervisor: Browser, provider: Provider) -> None:
    for content, name, error in (
        (b"", "a.csv", "This file is empty."),
        (b"x", "a.exe", "Select a CSV file"),
        (b"x", "", "Select a file."),
    ):
        page = upload(supervisor, content, name)
        assert page.status == 422
        assert error in page.text
    with provider.database.reading() as tx:
        assert tx.session.query(JobPiece).count() == 0


class TestSizes:
    @pytest.fixture
    def overrides(self) -> dict[str, Any]:
        return {"server": {"max_body_bytes": 100_000}, "desk": {"largest_upload": 200_000}}

    def test_supervisors_alone_may_send_much(self, desk: Desk, provider: Provider) -> None:
        much = csv_of(line(number) for number in range(2_500))
        assert upload(desk.works(Role.SUPERVISOR, fund="AK01"), much).status == 200

        for browser in (desk.works(Role.CLERK, fund="AK01"), Browser(desk.app)):
            form = {"file": (io.BytesIO(much), "a.csv"), "csrf_token": "x"}
            assert browser.post("/desk/letters/upload", form).status == 413

    def test_more_than_the_setting_is_refused(self, desk: Desk) -> None:
        more = csv_of(line(number) for number in range(5_000))

        assert upload(desk.works(Role.SUPERVISOR, fund="AK01"), more).status == 413


def test_clerks_see_how_far_it_is_and_order_nothing(desk: Desk, supervisor: Browser, provider: Provider) -> None:
    page = ready(supervisor, provider, csv_of([line(1)]))
    clerk = desk.works(Role.CLERK, fund="AK01")

    seen = clerk.get(page.path)

    assert "Ready to download" in seen.text
    assert seen.by_id("collect-file") is None
    assert clerk.get("/desk/letters").by_id("check-register") is None
    form = {"csrf_token": clerk.page.value("csrf_token"), "reason": "x"}
    for act in ("order", "collect", "discard"):
        assert clerk.post(f"{page.path}/{act}", form).status == 403


def test_jobs_and_campaigns_of_another_fund_do_not_exist(desk: Desk, supervisor: Browser, provider: Provider) -> None:
    page = ready(supervisor, provider, csv_of([line(1)]))
    with provider.database.reading() as tx:
        campaign = the_job(tx).campaign_id
    other = desk.works(Role.SUPERVISOR, fund="AK00")
    form = {"csrf_token": other.get("/desk/letters").value("csrf_token"), "reason": "x"}

    assert "register.csv" not in other.page.text
    assert other.get(page.path).status == 404
    assert other.get(f"{page.path}/lines").status == 404
    assert other.get(f"/desk/letters/campaigns/{campaign}").status == 404
    for path in (f"{page.path}/order", f"{page.path}/collect", f"{page.path}/discard"):
        assert other.post(path, form).status == 404
    assert other.post(f"/desk/letters/campaigns/{campaign}/again", form).status == 404
    assert upload(other, csv_of([line(1)])).status == 200
    form = {"csrf_token": form["csrf_token"], "reason": "x", "fund": "AK01", "file": (io.BytesIO(b"x"), "a.csv")}
    assert other.post("/desk/letters/upload", form).status == 422


def test_one_file_is_handed_to_one_of_two_who_ask_at_once(supervisor: Browser, provider: Provider, desk: Desk) -> None:
    ready(supervisor, provider, csv_of([line(1)]))
    tabs = [supervisor.tab() for _ in range(4)]

    answers = in_parallel(*[lambda tab=tab: tab.send("collect-file") for tab in tabs])

    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422]
    assert len(desk.events("LetterFileCollected")) == 1


def test_many_letters_come_as_files_in_an_archive(
    supervisor: Browser, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letter_making, "PART", 2)
    ready(supervisor, provider, csv_of(line(number) for number in range(3)))

    answer = supervisor.send("collect-file")

    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        assert [archive.read(name)[:5] for name in archive.namelist()] == [b"%PDF-"] * 2


def test_a_print_shop_gets_one_table_in_the_chosen_language(
    supervisor: Browser, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letter_making, "PART", 2)
    page = upload(supervisor, csv_of(line(number) for number in range(3)))
    work(provider)
    supervisor.get(page.path)
    supervisor.fill(format="print-shop", language="de", design="letterhead").press("order-letters")
    work(provider)
    supervisor.get(page.path)

    answer = supervisor.send("collect-file")

    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 3
    assert {row["language"] for row in rows} == {"de"}
    assert len({row["code"] for row in rows}) == 3


@pytest.mark.both_databases
def test_a_worker_that_is_killed_anywhere_is_followed_by_another_and_nothing_is_done_twice(
    supervisor: Browser, provider: Provider, clock: MovableClock, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letter_making, "PART", 2)
    page = upload(supervisor, csv_of(line(number) for number in range(5)))
    work(provider)
    supervisor.get(page.path)
    supervisor.press("order-letters")

    deaths = work_until_done_dying_at_each_transaction(provider, clock)

    assert deaths > 5
    page = desk.works(Role.SUPERVISOR, fund="AK01", email="later@fund.example.ch").get(page.path)
    assert "Ready to download" in page.text
    with provider.database.reading() as tx:
        assert states(tx) == ["created"] * 5
        assert the_job(tx).result["created"] == 5
        assert the_job(tx).letters == 5


class Killed(BaseException):
    """The process is gone: nothing after this runs."""


def work_until_done_dying_at_each_transaction(provider: Provider, clock: MovableClock) -> int:
    """Work as a process would that is killed after its first commit, then its second, and so on; returns the deaths."""
    whole, left = type(provider.database).transaction, 0

    def dying(self: Any, *arguments: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return whole(self, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(provider.database), "transaction", dying)
        for deaths in range(50):
            left = 1 if deaths == 0 else 2
            try:
                work(provider)
            except Killed:
                clock.forward(minutes=3)
            else:
                return deaths
    raise AssertionError("it never ended")


@pytest.mark.both_databases
def test_workers_of_several_nodes_share_the_jobs_and_repeat_none(supervisor: Browser, provider: Provider) -> None:
    pages = [upload(supervisor, csv_of([line(number)])) for number in range(3)]
    work(provider)
    for page in pages:
        supervisor.get(page.path)
        supervisor.press("order-letters")

    worked = in_parallel(*[lambda: work(provider) for _ in range(2)])

    assert sum(worked) == 3
    with provider.database.reading() as tx:
        assert states(tx) == ["created"] * 3


def test_a_job_that_breaks_off_again_and_again_fails(
    supervisor: Browser, provider: Provider, clock: MovableClock, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = upload(supervisor, csv_of([line(1)]))
    monkeypatch.setattr(insured, "by_numbers", lambda *_: 1 / 0)

    for _ in range(6):
        work(provider)
        clock.forward(minutes=3)

    later = desk.works(Role.CLERK, fund="AK01")
    assert "The work broke off several times. Tell an operator." in later.get(page.path).text


def test_a_register_that_kills_its_worker_again_and_again_fails(
    supervisor: Browser, provider: Provider, clock: MovableClock, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same worker sends the codes of everybody: it must not die of one file for ever."""
    page = upload(supervisor, csv_of([line(1), line(2)]))
    monkeypatch.setattr(letter_checking, "LINES", 1)
    by_numbers = insured.by_numbers

    def killed(tx: Transaction, fund: str, numbers: list[str]) -> object:
        if "756.2" in numbers:
            raise Killed
        return by_numbers(tx, fund, numbers)

    monkeypatch.setattr(insured, "by_numbers", killed)
    deaths = 0
    for _ in range(8):
        try:
            work(provider)
        except Killed:
            deaths += 1
        clock.forward(minutes=3)

    later = desk.works(Role.CLERK, fund="AK01")
    assert deaths == MOST_TRIES
    assert "The work broke off several times. Tell an operator." in later.get(page.path).text


def test_a_discarded_job_leaves_nothing_and_prints_nothing(supervisor: Browser, provider: Provider, desk: Desk) -> None:
    ready(supervisor, provider, csv_of([line(1)]))
    assert supervisor.press("discard-file").status == 422

    supervisor.fill(reason="wrong file").press("discard-file")

    assert "The file was discarded" in supervisor.page.text
    assert supervisor.page.by_id("collect-file") is None
    with provider.database.reading() as tx:
        assert tx.session.query(JobPiece).count() == 0
    assert [event.details["reason"] for event in desk.events("LetterJobDiscarded")] == ["wrong file"]
    again = ready(supervisor, provider, csv_of([line(1)]))
    assert again.by_id("collect-file") is not None


def test_nobody_is_in_two_files_that_wait(supervisor: Browser, provider: Provider) -> None:
    ready(supervisor, provider, csv_of([line(1)]))

    page = ready(supervisor, provider, csv_of([line(1), line(2)]))

    assert "1 – A letter for this person waits in another file" in page.text
    with provider.database.reading() as tx:
        assert states(tx) == ["created", "created"]


def test_letters_that_expired_are_issued_again(
    supervisor: Browser, provider: Provider, clock: MovableClock, desk: Desk
) -> None:
    ready(supervisor, provider, csv_of([line(1), line(2)]))
    supervisor.send("collect-file")
    with provider.database.reading() as tx:
        campaign = f"/desk/letters/campaigns/{the_job(tx).campaign_id}"
    supervisor.get(campaign)
    assert supervisor.fill(reason="late").press("issue-again").status == 422
    clock.forward(days=40)
    later = desk.works(Role.SUPERVISOR, fund="AK01", email="later@fund.example.ch")
    later.get(campaign)

    later.fill(reason="nobody came").press("issue-again")
    work(provider)

    assert later.get(later.page.path).by_id("collect-file") is not None
    with provider.database.reading() as tx:
        assert states(tx) == ["replaced", "replaced", "created", "created"]
        (funnel,) = campaigns.funnels(tx, [campaign.rpartition("/")[2]]).values()
    assert (funnel.issued, funnel.sent, funnel.expired) == (2, 2, 0)


def test_a_file_that_was_lost_is_made_again_with_new_codes(supervisor: Browser, provider: Provider) -> None:
    ready(supervisor, provider, csv_of([line(1)]))
    supervisor.send("collect-file")
    with provider.database.reading() as tx:
        campaign = the_job(tx).campaign_id
    supervisor.get(f"/desk/letters/campaigns/{campaign}")

    supervisor.fill(which="unused", reason="the printer ate it").press("issue-again")
    work(provider)

    with provider.database.reading() as tx:
        assert states(tx) == ["replaced", "created"]
        assert the_job(tx).state == JobState.READY


def test_the_database_holds_no_upload_and_no_code_in_clear(supervisor: Browser, provider: Provider) -> None:
    upload(supervisor, csv_of([line(1, name="Zwickelmann")]))

    with provider.database.reading() as tx:
        sealed = [piece.sealed for piece in tx.session.query(JobPiece)]

    assert sealed
    assert all(piece.startswith(provider.sealer.sealed_prefix) for piece in sealed)


def test_the_funnel_counts_letters_by_how_far_they_got(
    supervisor: Browser, provider: Provider, clock: MovableClock, desk: Desk
) -> None:
    ready(supervisor, provider, csv_of(line(number) for number in range(4)))
    supervisor.send("collect-file")
    with provider.database.transaction() as tx:
        typed, used, withdrawn, _ = tx.session.query(RegistrationCode).order_by(RegistrationCode.id)
        campaign = typed.campaign_id
        typed.state = used.state = RegistrationCodeState.OPENED
        typed.opened_at = used.opened_at = used.used_at = tx.now
        used.state, withdrawn.state = RegistrationCodeState.USED, RegistrationCodeState.WITHDRAWN
    clock.forward(days=40)

    page = desk.works(Role.CLERK, fund="AK01").get(f"/desk/letters/campaigns/{campaign}")

    rows = [[cell.text for cell in row.walk() if cell.tag in {"th", "td"}][:2] for row in page.all("tr")][1:]
    assert rows == [
        ["Letters issued", "4"],
        ["Letters sent", "4"],
        ["Codes typed", "2"],
        ["Letters used", "1"],
        ["Letters expired", "2"],
    ]
