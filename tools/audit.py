"""Known vulnerabilities of the packages of requirements.lock, as PyPI tells them: `make audit`.

pip-audit says « No known vulnerabilities found » of packages that it could not ask about. Here that is a fault of its
own: a machine whose index gives no such answers must not look like one on which all is well.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"
UV = Path(sys.executable).parent / "uv"
COMMAND = (
    *(UV, "tool", "run", "--quiet", "pip-audit", "--requirement", LOCK, "--require-hashes", "--disable-pip"),
    *("--progress-spinner", "off", "--format", "json"),
)
FOUND, NOT_ASKED = 1, 2
UNREACHABLE = (
    "nothing can be said of {count} of {all} packages: PyPI's answers about vulnerabilities cannot be reached from here"
    " (pip-audit: « {reason} »). Run this where https://pypi.org/pypi/<package>/<version>/json answers."
)


def judge(report: Mapping[str, Any]) -> tuple[int, list[str]]:
    """Return the exit status for a report of pip-audit, and the lines that say why."""
    packages = report["dependencies"]
    unknown = [each for each in packages if "skip_reason" in each]
    lines = [
        f"{each['name']} {each['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'no version'}"
        for each in packages
        for found in each.get("vulns", ())
    ]
    status = FOUND if lines else 0
    if unknown:
        reason = unknown[0]["skip_reason"]
        lines.append(UNREACHABLE.format(count=len(unknown), all=len(packages), reason=reason))
        status = status or NOT_ASKED
    return status, lines or [f"no known vulnerability in {len(packages)} packages"]


def main() -> int:
    """Ask, and say what is known. 1: there is a vulnerability; 2: it could not be asked about every package."""
    asked = subprocess.run(COMMAND, capture_output=True, text=True, check=False)  # noqa: S603
    try:
        report = json.loads(asked.stdout)
    except ValueError:
        reason = (asked.stderr.strip().splitlines() or ["no answer"])[-1]
        print(UNREACHABLE.format(count="any", all="the", reason=reason), file=sys.stderr)
        return NOT_ASKED
    status, lines = judge(report)
    print("\n".join(lines), file=sys.stderr if status else sys.stdout)
    return status


if __name__ == "__main__":
    sys.exit(main())
