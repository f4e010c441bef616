"""The page about imports says what the code does."""

import re
from pathlib import Path

from idp.credentials.imported_hashes import COST_CAPS, ENDING, FAST, WRAPPED_BELOW
from idp.imports import companies, customers, insured_persons, legacy_accounts

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "imports.md").read_text(encoding="utf-8")
SCHEME = re.compile(r"^\| `(\w+)` \| .+ \| (yes|no|below cost \d+) \| (yes|no) \| (.*) \|$", re.MULTILINE)
IMPORTERS = {"legacy": legacy_accounts, "people": customers, "insured": insured_persons, "companies": companies}


def wrapped(scheme: str) -> str:
    if scheme in WRAPPED_BELOW:
        return f"below cost {WRAPPED_BELOW[scheme]}"
    return "yes" if scheme in FAST else "no"


def test_the_table_of_schemes_is_that_of_the_code() -> None:
    caps = {name: ", ".join(f"{cost} {cap:,}" for cost, cap in COST_CAPS.get(name, {}).items()) for name in COST_CAPS}
    expected = [
        (name, wrapped(name), "yes" if name in ENDING else "no", caps.get(name, "")) for name in (*FAST, *COST_CAPS)
    ]

    assert [tuple(row) for row in SCHEME.findall(PAGE)] == expected


def test_every_column_of_every_import_is_on_the_page() -> None:
    for command, importer in IMPORTERS.items():
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `idp {command} import`"))
        _, _, _, needed, others, _ = row.split("|")
        named = set(re.findall(r"`(\w+)`", needed + others))
        named |= {"address_2"} if "address_1" in named else set()
        assert set(re.findall(r"`(\w+)`", needed)) == importer.COLUMNS.required
        assert named == importer.COLUMNS.known
