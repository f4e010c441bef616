"""The bill of materials names every part with a licence that is allowed."""

import json
import re
from collections.abc import Iterable
from email.message import Message
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema_rs
import pytest
from cyclonedx.output.json import JsonV1Dot6

from tests.rules.source import ROOT
from tools import licences, parts, sbom
from tools.parts import COMPONENTS, FROM_OTHERS, FROM_PYTHON, Part, PartMissing

ENVIRONMENT = ROOT / ".venv"
ELSEWHERE = {"tzdata"}
"""Packages of the lock for other systems; Debian has time zones of its own."""
SCHEMAS = files("cyclonedx.schema") / "_res"


@pytest.fixture(scope="module")
def found() -> list[Part]:
    return sorted({*parts.python_packages(ENVIRONMENT), *parts.files_of_others()})


def write(found: Iterable[Part]) -> str:
    return JsonV1Dot6(sbom.bill(found)).output_as_string()


@pytest.fixture(scope="module")
def written(found: list[Part]) -> str:
    return write(found)


def schema(address: str) -> object:
    """Return a schema of CycloneDX by the name at the end of its address."""
    name = urlsplit(address).path.rpartition("/")[2]
    return json.loads((SCHEMAS / name).read_text("utf-8"))


def test_every_part_has_a_licence_that_is_allowed(found: list[Part]) -> None:
    assert len(found) > 80
    assert sbom.refusals(found) == []


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 AND BSD-2-Clause", True),
        ("MIT OR GPL-3.0-only", True),
        ("GPL-3.0-only", False),
        ("MIT AND AGPL-3.0-or-later", False),
        ("GPL-2.0-only OR AGPL-3.0-only", False),
        ("BSD", False),
        ("Do what you want", False),
        ("", False),
    ],
)
def test_a_licence_is_refused_unless_the_list_has_it(licence: str, allowed: bool) -> None:
    assert (licences.refusal(licence) == "") == allowed


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([("License-Expression", "MIT OR Apache-2.0"), ("License", "see the file")], "MIT OR Apache-2.0"),
        ([("License", "ISC")], "ISC"),
        ([("License", "GNU something"), ("Classifier", "License :: OSI Approved :: MIT License")], "MIT"),
        ([("Classifier", "License :: OSI Approved :: BSD License")], ""),
        ([("Classifier", f"License :: OSI Approved :: {name}") for name in ("MIT License", "BSD License")], ""),
        ([], ""),
    ],
)
def test_a_package_states_a_licence_only_where_it_is_unambiguous(fields: list[tuple[str, str]], expected: str) -> None:
    metadata = Message()
    for name, value in fields:
        metadata[name] = value

    assert licences.stated(metadata) == expected  # type: ignore[arg-type]  # as `importlib.metadata` has it


def test_a_part_with_an_unknown_licence_is_named(found: list[Part]) -> None:
    stranger = Part(FROM_PYTHON, "stranger", "1.0", "", "pkg:pypi/stranger@1.0")

    assert sbom.refusals([*found, stranger]) == ["stranger 1.0: its licence is unknown"]


def test_it_is_valid_cyclonedx_and_the_same_each_time(found: list[Part], written: str) -> None:
    validator = jsonschema_rs.validator_for(schema("bom-1.6.SNAPSHOT.schema.json"), retriever=schema)

    assert [error.message for error in validator.iter_errors(json.loads(written))] == []
    assert write(found) == written


def test_it_names_each_package_of_the_lock_and_the_libraries_inside_wheels(found: list[Part], written: str) -> None:
    pinned = set(re.findall(r"^([a-z0-9-]+)[=[]", parts.LOCK.read_text("utf-8"), re.MULTILINE))
    purls = {component["purl"] for component in json.loads(written)["components"]}

    assert {part.name for part in found if part.kind == FROM_PYTHON} == pinned - ELSEWHERE
    assert any(purl.startswith("pkg:generic/openssl@") for purl in purls)
    assert {part.purl for part in found} == purls


def test_it_says_which_package_needs_which(written: str) -> None:
    needs = {each["ref"]: each.get("dependsOn", []) for each in json.loads(written)["dependencies"]}
    (flask,) = [ref for ref in needs if ref.startswith("pkg:pypi/flask@")]

    assert {ref.partition("@")[0] for ref in needs[flask]} >= {"pkg:pypi/werkzeug", "pkg:pypi/jinja2"}
    assert flask in needs["vestibule"]


def test_every_licence_file_of_others_belongs_to_a_part() -> None:
    here = {
        str(path.relative_to(ROOT)) for folder in ("idp", "templates") for path in (ROOT / folder).rglob("LICENCE*")
    }

    assert {each["licence_file"] for each in COMPONENTS["files"]} == {path for path in here if "resources" not in path}


def test_a_licence_is_written_down_only_for_packages_that_state_none(found: list[Part]) -> None:
    silent = {
        name
        for name, each in parts.installed(ENVIRONMENT).items()
        if name in {part.name for part in found} and not licences.stated(each.metadata)
    }

    assert set(COMPONENTS["licences"]) == silent


def test_a_package_that_is_not_installed_as_pinned_is_named(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("flask==0.1 \\\n    --hash=sha256:00\n", "utf-8")

    with pytest.raises(PartMissing, match=r"flask==0\.1"):
        list(parts.python_packages(ENVIRONMENT, lock))


def test_debian_packages_are_listed_from_their_control_files(tmp_path: Path) -> None:
    (tmp_path / "libc6").write_text("Package: libc6\nArchitecture: amd64\nVersion: 2.36-9+deb12u14\n", "utf-8")
    (part,) = parts.debian_packages(tmp_path)

    assert part.purl == "pkg:deb/debian/libc6@2.36-9%2Bdeb12u14?arch=amd64"
    assert not part.is_judged


def test_the_list_for_people_has_a_line_for_each_part(found: list[Part]) -> None:
    text = sbom.listing(found)

    assert all(f"{part.name} {part.version}" in text for part in found)
    assert {part.kind for part in found} >= {FROM_PYTHON, FROM_OTHERS}
