"""The file: one archive with the same content twice, as JSON for programs and as a page for people."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from flows.account.export.section import COLUMNS, DataSection, Value
from idp.provider import PageRenderer
from idp.web.branding import Theme
from idp.wording import Text, Translator

JSON, PAGE = "my-data.json", "my-data.html"
TEMPLATE = "account/export.html"


@dataclass(frozen=True)
class DataTable:
    """A section in words: only the columns that a line of it fills."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    @classmethod
    def of(cls, section: DataSection, translator: Translator) -> "DataTable":
        used = [name for name in COLUMNS if any(name in line for line in section.lines)]
        rows = [[_said(line.get(name), translator) for name in used] for line in section.lines]
        return cls(translator(section.title), [translator(COLUMNS[name]) for name in used], rows)


def packed(pages: PageRenderer[Theme], theme: Theme, sections: Sequence[DataSection]) -> bytes:
    """Return the archive. The sections are bounded, so it is: some hundred kilobytes for a busy year."""
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr(JSON, as_json(sections, theme.now))
        tables = [DataTable.of(section, theme.translator) for section in sections]
        archive.writestr(PAGE, pages.text(theme, TEMPLATE, tables=tables, made_at=theme.now))
    return file.getvalue()


def as_json(sections: Sequence[DataSection], made_at: datetime) -> str:
    """Return the sections under their keys; times are UTC (RFC 3339), words English."""
    content: dict[str, object] = {"made_at": made_at.isoformat()}
    for section in sections:
        content[section.key] = [{name: _plain(value) for name, value in line.items()} for line in section.lines]
    return json.dumps(content, ensure_ascii=False, indent=1)


def _said(value: Value, translator: Translator) -> str:
    if isinstance(value, datetime):
        return translator.moment(value)
    return translator(value) if isinstance(value, Text) else value or ""


def _plain(value: Value) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.msgid if isinstance(value, Text) else value or ""
