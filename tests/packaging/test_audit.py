"""`make audit` says what PyPI knows, and never that all is well where nobody was asked."""

from typing import Any

from tools import audit

CLEAN: dict[str, Any] = {"name": "flask", "version": "3.1.0", "vulns": []}
BAD: dict[str, Any] = {
    "name": "jinja2",
    "version": "3.1.0",
    "vulns": [{"id": "GHSA-1", "fix_versions": ["3.1.1"], "aliases": [], "description": "long"}],
}
UNKNOWN: dict[str, Any] = {"name": "alembic", "skip_reason": "not found on PyPI"}


def test_packages_without_a_known_vulnerability_pass() -> None:
    assert audit.judge({"dependencies": [CLEAN]}) == (0, ["no known vulnerability in 1 packages"])


def test_a_vulnerability_is_named_with_the_version_that_mends_it() -> None:
    assert audit.judge({"dependencies": [CLEAN, BAD]}) == (1, ["jinja2 3.1.0: GHSA-1, mended in 3.1.1"])


def test_where_nobody_can_be_asked_one_sentence_says_so() -> None:
    status, (line,) = audit.judge({"dependencies": [CLEAN, UNKNOWN]})

    assert status == 2
    assert line.startswith("nothing can be said of 1 of 2 packages: PyPI's answers about vulnerabilities cannot be")


def test_a_vulnerability_that_is_known_counts_more_than_packages_that_are_not() -> None:
    status, lines = audit.judge({"dependencies": [UNKNOWN, BAD]})

    assert (status, len(lines)) == (1, 2)
