"""What passwords are judged by, from the command line."""

import hashlib
from pathlib import Path

import msgspec
import pytest

from idp.app import create_app
from idp.credentials.breached import BreachedPasswords
from idp.settings import Settings, SettingsError
from tests.commands.conftest import CommandLine

LEAKED = "un mot de passe connu de tous"


@pytest.fixture
def listing(tmp_path: Path) -> Path:
    digests = sorted(hashlib.sha1(plain.encode()).hexdigest().upper() for plain in (LEAKED, "another one"))
    path = tmp_path / "ordered-by-hash.txt"
    path.write_text("".join(f"{digest}:7\n" for digest in digests))
    return path


def test_a_filter_is_built_from_a_list_and_its_size_told(idp: CommandLine, listing: Path, tmp_path: Path) -> None:
    """ASVS 6.2.12"""
    built = idp("passwords", "build-filter", str(listing), "--to", str(tmp_path / "breached.bin"))

    assert built.exit_code == 0, built.output
    assert built.output.startswith("2 passwords, 0.0 MB; refuses 7.1e-15 of the innocent ones\n")
    assert BreachedPasswords(tmp_path / "breached.bin").holds(LEAKED)


def test_a_list_in_another_order_is_refused_by_line(idp: CommandLine, listing: Path, tmp_path: Path) -> None:
    listing.write_text("\n".join(reversed(listing.read_text().splitlines())))

    refused = idp("passwords", "build-filter", str(listing), "--to", str(tmp_path / "breached.bin"))

    assert refused.exit_code == 1
    assert "line 2: the digests must be in ascending order" in refused.output


def with_filter(settings: Settings, path: Path) -> Settings:
    passwords = msgspec.structs.replace(settings.passwords, breached_filter=str(path))
    return msgspec.structs.replace(settings, passwords=passwords)


def test_what_is_in_the_filter_cannot_be_chosen(
    idp: CommandLine, settings: Settings, listing: Path, tmp_path: Path
) -> None:
    """ASVS 6.2.12"""
    idp("passwords", "build-filter", str(listing), "--to", str(tmp_path / "breached.bin"))
    provider = create_app(with_filter(settings, tmp_path / "breached.bin"), flows=()).extensions["provider"]

    (problem,) = provider.quality.problems(LEAKED, floor=12)

    assert "has leaked elsewhere" in problem.msgid


def test_a_filter_that_is_missing_stops_the_start_and_names_the_setting(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"passwords\.breached_filter: .*missing\.bin cannot be read"):
        create_app(with_filter(settings, tmp_path / "missing.bin"), flows=())
