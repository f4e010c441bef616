"""The parts that an installed provider consists of, read from where they are: no list repeats what a part says itself.

Python packages come from the lock and their own metadata, the libraries inside their wheels from the bills that the
wheels bring (PEP 770), Debian packages from their control files, and the files of others in this repository from
`packaging/components.toml`.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import Parser
from importlib.metadata import Distribution, distributions
from pathlib import Path
from urllib.parse import quote

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import licences

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
COMPONENTS = tomllib.loads((ROOT / "packaging" / "components.toml").read_text("utf-8"))
PINNED = re.compile(r"^[A-Za-z0-9].*==.*?(?= \\$)", re.MULTILINE)
FROM_PYTHON, FROM_OTHERS, INSIDE_A_WHEEL, FROM_DEBIAN = "Python package", "file", "inside a wheel", "Debian package"


@dataclass(frozen=True, order=True)
class Part:
    """One component. `licence` is an SPDX expression, empty if unknown.

    `requires` names the Python packages that it needs, `within` the one that contains it.
    """

    kind: str
    name: str
    version: str
    licence: str
    purl: str
    requires: tuple[str, ...] = ()
    within: str = ""

    @property
    def is_judged(self) -> bool:
        """Whether the licence rule applies: we choose Python packages and files; distributions vouch for the rest."""
        return self.kind in (FROM_PYTHON, FROM_OTHERS)


class PartMissing(Exception):
    """A package of the lock is not installed where the parts are read, or in another version."""


def python_packages(environment: Path, lock: Path = LOCK) -> Iterator[Part]:
    """Yield the packages of the lock that belong on this machine, as they are installed in a virtual environment.

    Raises `PartMissing`.
    """
    pinned = [Requirement(line) for line in PINNED.findall(lock.read_text("utf-8"))]
    wanted = {canonicalize_name(each.name): each for each in pinned if each.marker is None or each.marker.evaluate()}
    present = installed(environment)
    for name, requirement in sorted(wanted.items()):
        found = present.get(name)
        if found is None or found.version not in requirement.specifier:
            raise PartMissing(f"{requirement} is not installed in {environment}")
        yield _of_distribution(name, found, frozenset(wanted))
        yield from _inside(name, found)


def files_of_others() -> Iterator[Part]:
    """Yield the fonts and word lists."""
    for each in COMPONENTS["files"]:
        yield Part(FROM_OTHERS, each["name"], each["version"], each["licence"], each["purl"])


def debian_packages(control_files: Path) -> Iterator[Part]:
    """Yield the packages whose control files are in a folder, one a file."""
    for path in sorted(control_files.iterdir()):
        said = Parser().parsestr(path.read_text("utf-8"))
        name, version = said["Package"], said["Version"]
        purl = f"pkg:deb/debian/{quote(name)}@{quote(version, safe='')}?arch={said['Architecture']}"
        yield Part(FROM_DEBIAN, name, version, "", purl)


def installed(environment: Path) -> dict[str, Distribution]:
    """Return the packages of a virtual environment by their normalised names."""
    folders = [str(folder) for folder in environment.glob("lib/python3.*/site-packages")]
    return {canonicalize_name(each.name): each for each in distributions(path=folders)}


def _of_distribution(name: str, found: Distribution, wanted: frozenset[str]) -> Part:
    requires = {canonicalize_name(Requirement(text).name) for text in found.requires or ()}
    return Part(
        FROM_PYTHON,
        name,
        found.version,
        COMPONENTS["licences"].get(name) or licences.stated(found.metadata),
        f"pkg:pypi/{name}@{found.version}",
        requires=tuple(sorted(requires & wanted)),
    )


def _inside(name: str, found: Distribution) -> Iterator[Part]:
    """Yield the libraries that a wheel says it contains, without the package itself."""
    bills = [file for file in found.files or () if ".dist-info/sboms/" in str(file)]
    for bill in bills:
        for each in json.loads(bill.read_text("utf-8")).get("components", ()):
            own = canonicalize_name(each["name"].split(".")[0]) in (name, "pil")
            if not own and each.get("purl"):
                yield Part(
                    INSIDE_A_WHEEL, each["name"], each.get("version", ""), _said(each), each["purl"], within=name
                )


def _said(component: dict[str, list[dict[str, dict[str, str] | str]]]) -> str:
    """Return the licence of a component in a bill of CycloneDX; empty where it is none of SPDX."""
    first = next(iter(component.get("licenses") or ()), {})
    named = first.get("license")
    text = first.get("expression") or (named.get("id", "") if isinstance(named, dict) else "")
    return text if isinstance(text, str) else ""
