"""Registers to upload, and the worker that turns them into letters."""

import io
import zipfile
from collections.abc import Iterable, Sequence

import openpyxl

from idp.database import Transaction
from idp.invitations.letters.job import LetterJob
from idp.invitations.registration_code import RegistrationCode
from idp.provider import Provider
from idp.upkeep.job_work import JobWork
from tests.support.browser import Browser, Page

HEADINGS = ("number", "given_name", "family_name", "address_1", "postal_code", "locality")


def line(number: int, *, name: str = "Rochat", town: str = "Vevey") -> tuple[str, ...]:
    return (f"756.{number}", "Léa", name, f"Rue du Lac {number}", "1800" if town else "", town)


def csv_of(rows: Iterable[Sequence[str]], headings: Sequence[str] = HEADINGS) -> bytes:
    return "".join(";".join(row) + "\n" for row in (headings, *rows)).encode()


def workbook_of(rows: Iterable[Sequence[object]], headings: Sequence[str] = HEADINGS) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in (headings, *rows):
        sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def bomb(size: int) -> bytes:
    """A workbook whose sheet unpacks to so many bytes."""
    file = io.BytesIO(workbook_of([line(1)]))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/more.xml", "w") as part:
        for _ in range(size // 2**20):
            part.write(bytes(2**20))
    return file.getvalue()


def upload(browser: Browser, content: bytes, name: str = "register.csv", reason: str = "first wave") -> Page:
    """Upload a register; the page that follows."""
    browser.get("/desk/letters")
    browser.page.fill("file", (io.BytesIO(content), name))  # type: ignore[arg-type]
    return browser.fill(reason=reason).press("check-register")


def work(provider: Provider) -> int:
    """Let the worker carry on every job as far as it goes."""
    return JobWork(provider).run_once()


def ready(browser: Browser, provider: Provider, content: bytes, name: str = "register.csv") -> Page:
    """Upload, check, order and make: the page on which the file can be collected."""
    page = upload(browser, content, name)
    work(provider)
    browser.get(page.path)
    browser.press("order-letters")
    work(provider)
    return browser.get(page.path)


def the_job(tx: Transaction) -> LetterJob:
    return tx.session.query(LetterJob).order_by(LetterJob.id.desc()).first()  # type: ignore[return-value]


def states(tx: Transaction) -> list[str]:
    return [code.state for code in tx.session.query(RegistrationCode).order_by(RegistrationCode.id)]


TWO = csv_of([line(1), line(2)])


def checked(browser: Browser, provider: Provider, content: bytes = TWO) -> Page:
    """The page of a register that was checked, where its letters are ordered."""
    page = upload(browser, content)
    work(provider)
    return browser.get(page.path)


def prepared(browser: Browser, provider: Provider, content: bytes = TWO, **choice: str) -> Page:
    """Let the order of a register's letters wait for a second person."""
    checked(browser, provider, content)
    return browser.fill(**choice).press("order-letters")


def decision(browser: Browser) -> Page:
    """The page of the one act that waits, reached from the first page."""
    page = browser.get("/desk")
    return browser.get(next(each.get("href") for each in page.all("a") if "/prepared/" in str(each.get("href"))))


def confirmed(author: Browser, second: Browser, provider: Provider) -> str:
    """Letters that two ordered, made and collected; returns the page of their campaign."""
    prepared(author, provider)
    decision(second)
    second.press("confirm")
    work(provider)
    second.get(second.page.path)
    second.send("collect-file")
    return f"/desk/letters/campaigns/{job(provider).campaign_id}"


def job(provider: Provider) -> LetterJob:
    with provider.database.reading() as tx:
        return the_job(tx)


def facts(page: Page) -> dict[str, str]:
    cells = [each.text for each in page.root.walk() if each.tag in {"dt", "dd"}]
    return dict(zip(cells[::2], cells[1::2], strict=True))
