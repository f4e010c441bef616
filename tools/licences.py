"""Licences of the parts of the provider as SPDX expressions, and the rule that says which of them it may have.

The provider has the MIT licence. A part may have any licence that lets the whole be passed on under it, in source
or built: permissive ones, and the weak copyleft of files (MPL) and of libraries that are used unmodified (LGPL).
"""

from collections.abc import Iterable
from importlib.metadata import PackageMetadata

from license_expression import AND, OR, ExpressionError, LicenseExpression, get_spdx_licensing

ALLOWED = frozenset(
    {
        "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "LGPL-3.0-only", "LGPL-3.0-or-later", "MIT",
        "MIT-0", "MIT-CMU", "MPL-2.0", "OFL-1.1", "PSF-2.0", "Unlicense", "Zlib",
    }
)  # fmt: skip
CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
"""Classifiers that name one licence. « BSD License » names several."""
CLASSIFIER = "License :: OSI Approved :: "
SPDX = get_spdx_licensing()


def stated(metadata: PackageMetadata) -> str:
    """Return the SPDX expression that a package states about itself; empty where it states none that is unambiguous."""
    candidates = [metadata.get("License-Expression"), metadata.get("License"), *_of_classifiers(metadata)]
    return next((text for text in candidates if text and _parsed(text) is not None), "")


def refusal(licence: str) -> str:
    """Return why a part with this licence may not be used; empty if it may. Of alternatives (OR) one is enough."""
    expression = _parsed(licence) if licence else None
    if expression is None:
        return "its licence is unknown"
    return "" if _allowed(expression) else f"{licence} is not among the licences of tools/licences.py"


def _of_classifiers(metadata: PackageMetadata) -> Iterable[str]:
    named = [text.removeprefix(CLASSIFIER) for text in metadata.get_all("Classifier") or () if CLASSIFIER in text]
    return [CLASSIFIERS[named[0]]] if len(named) == 1 and named[0] in CLASSIFIERS else []


def _parsed(text: str) -> LicenseExpression | None:
    """Return the expression; None for a text that is none, or that names something SPDX does not know."""
    try:
        return SPDX.parse(text, validate=True, strict=True)
    except ExpressionError:
        return None


def _allowed(expression: LicenseExpression) -> bool:
    if isinstance(expression, OR):
        return any(_allowed(each) for each in expression.args)
    if isinstance(expression, AND):
        return all(_allowed(each) for each in expression.args)
    return str(expression) in ALLOWED
