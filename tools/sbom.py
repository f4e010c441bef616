"""`python -m tools.sbom --to FOLDER`: the bill of materials (CycloneDX 1.6, JSON) and the list of licences.

Exit status 1, with a sentence for each, when a part has a licence that `tools.licences` does not allow. The same parts
give the same bytes; SOURCE_DATE_EPOCH sets its date.
"""

import argparse
import os
import sys
from collections.abc import Iterable
from configparser import ConfigParser
from datetime import UTC, datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from tools import licences, parts
from tools.parts import Part

BILL, LIST = "vestibule.cdx.json", "LICENCES.txt"


def main() -> int:
    """Write both files."""
    options = _options()
    try:
        found = sorted(
            {*parts.python_packages(options.environment), *parts.files_of_others(), *_debian(options.debian)}
        )
    except parts.PartMissing as missing:
        print(missing)
        return 1
    refused = refusals(found)
    print("\n".join(refused) or f"{len(found)} parts, all with licences that are allowed")
    options.to.mkdir(parents=True, exist_ok=True)
    (options.to / BILL).write_text(JsonV1Dot6(bill(found)).output_as_string(indent=2) + "\n", "utf-8")
    (options.to / LIST).write_text(listing(found), "utf-8")
    return 1 if refused else 0


def refusals(found: Iterable[Part]) -> list[str]:
    """Return a sentence for each part that may not be used."""
    reasons = {part: licences.refusal(part.licence) for part in found if part.is_judged}
    return [f"{part.name} {part.version}: {reason}" for part, reason in reasons.items() if reason]


def bill(found: Iterable[Part]) -> Bom:
    """Return the bill of materials of the provider with these parts."""
    found = list(found)
    setup = ConfigParser()
    setup.read(parts.ROOT / "setup.cfg", "utf-8")
    program = setup["metadata"]
    root = Component(
        name=program["name"], version=program["version"], type=ComponentType.APPLICATION, bom_ref=program["name"],
        licenses=[LicenseExpression(program["license"])],
    )  # fmt: skip
    result = Bom()
    result.metadata.component = root
    result.metadata.timestamp = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), UTC)
    result.serial_number = uuid5(NAMESPACE_URL, "\n".join([str(root.version), *(part.purl for part in found)]))
    components = {part: _component(part) for part in found}
    result.components.update(components.values())
    by_name = {part.name: component for part, component in components.items() if part.kind == parts.FROM_PYTHON}
    inside = {component for part, component in components.items() if part.within}
    result.register_dependency(root, [each for each in components.values() if each not in inside])
    for part, component in components.items():
        contained = [components[each] for each in found if each.within == part.name and part.name in by_name]
        result.register_dependency(component, [*(by_name[name] for name in part.requires), *contained])
    return result


def listing(found: Iterable[Part]) -> str:
    """Return the list of licences for people; the texts themselves are in the packages."""
    lines = [
        "Vestibule has the MIT licence. It consists of these parts besides its own code. The text of each licence is",
        "with its part: licenses/ in the .dist-info folder of a Python package, /usr/share/doc/*/copyright in Debian.",
    ]
    kind = ""
    for part in found:
        if part.kind != kind:
            kind = part.kind
            lines += ["", f"{kind}:"]
        where = f" (inside {part.within})" if part.within else ""
        lines.append(f"  {part.name} {part.version}{where}: {part.licence or 'see the text with the part'}")
    return "\n".join(lines) + "\n"


def _component(part: Part) -> Component:
    purl = PackageURL.from_string(part.purl)
    return Component(
        name=part.name,
        version=part.version,
        type=ComponentType.FILE if part.kind == parts.FROM_OTHERS else ComponentType.LIBRARY,
        bom_ref=f"{part.within}/{part.purl}" if part.within else part.purl,
        purl=purl,
        licenses=[LicenseExpression(part.licence)] if part.licence else [],
    )


def _debian(folder: Path | None) -> Iterable[Part]:
    return parts.debian_packages(folder) if folder else ()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools.sbom", description="Write the bill of materials and the licences.")
    parser.add_argument("--environment", type=Path, default=Path(sys.prefix), help="the virtual environment to read")
    parser.add_argument("--debian", type=Path, help="a folder with control files of Debian packages, one a file")
    parser.add_argument("--to", type=Path, required=True, help="the folder to write into")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
