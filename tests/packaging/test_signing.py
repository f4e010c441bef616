"""A release is verified as the operator's page says: a changed or missing file, list or key shows."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.rules.source import ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8").partition("## Releases, signed")[2].partition("\n## ")[0]

pytestmark = pytest.mark.skipif(
    shutil.which("minisign") is None, reason="minisign is missing: apt-get install minisign"
)


def make_key(folder: Path, name: str) -> Path:
    key = folder / f"{name}.key"
    subprocess.run(["minisign", "-G", "-W", "-p", folder / f"{name}.pub", "-s", key], check=True, capture_output=True)
    return key


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Two files, signed."""
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / "vestibule-0.1.0-py3-none-any.whl").write_bytes(b"wheel")
    (folder / "vestibule.cdx.json").write_bytes(b"{}")
    sign = [str(ROOT / "packaging/sign"), str(folder), "-s", str(make_key(tmp_path, "own"))]
    subprocess.run(sign, check=True, capture_output=True)
    shutil.copy(tmp_path / "own.pub", folder.parent / "vestibule.pub")
    return folder


def is_verified(release: Path) -> bool:
    """Run the commands of the page, minisign and sha256sum."""
    (commands,) = re.findall(r"```\n(minisign -V.*?)\n```", PAGE, re.DOTALL)
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", commands.replace("vestibule.pub", "../vestibule.pub")],
        cwd=release, capture_output=True, check=False,
    )  # fmt: skip
    return done.returncode == 0


def test_a_release_is_verified_by_the_commands_of_the_page(release: Path) -> None:
    assert is_verified(release)
    assert len((release / "SHA256SUMS").read_text("utf-8").splitlines()) == 2


def test_a_changed_file_shows(release: Path) -> None:
    (release / "vestibule.cdx.json").write_bytes(b"{} ")

    assert not is_verified(release)


def test_a_missing_file_shows(release: Path) -> None:
    (release / "vestibule.cdx.json").unlink()

    assert not is_verified(release)


def test_a_changed_list_shows(release: Path) -> None:
    sums = release / "SHA256SUMS"
    sums.write_text(sums.read_text("utf-8").splitlines()[0] + "\n", "utf-8")

    assert not is_verified(release)


def test_another_key_shows(release: Path, tmp_path: Path) -> None:
    make_key(tmp_path, "other")
    shutil.copy(tmp_path / "other.pub", release.parent / "vestibule.pub")

    assert not is_verified(release)


def test_nothing_is_signed_where_there_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    sign = [str(ROOT / "packaging/sign"), str(tmp_path / "empty"), "-s", str(make_key(tmp_path, "own"))]

    refused = subprocess.run(sign, capture_output=True, text=True, check=False)

    assert refused.returncode != 0
    assert "has no files" in refused.stderr


@pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is missing: apt-get install gpg gpg-agent")
def test_a_release_is_signed_and_verified_with_gnupg_as_the_page_says(release: Path) -> None:
    sign, verify = re.findall(r"`(gpg [^`]+)`", PAGE)
    with TemporaryDirectory() as home:  # its path is short enough for the agent's socket
        own = {**os.environ, "GNUPGHOME": home}
        script = f"gpg --quiet --batch --passphrase '' --quick-gen-key own && {sign} && {verify}"
        good = subprocess.run(["bash", "-c", script], cwd=release, env=own, capture_output=True, check=False)
        (release / "SHA256SUMS").write_text("changed", "utf-8")
        bad = subprocess.run(["bash", "-c", verify], cwd=release, env=own, capture_output=True, check=False)
        subprocess.run(["gpgconf", "--kill", "gpg-agent"], env=own, check=True)

    assert (good.returncode, bad.returncode) == (0, 1), good.stderr
