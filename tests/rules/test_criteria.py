"""`tests/criteria.toml` says what proves what, and is never stale."""

from tests import criteria


def test_the_list_of_proofs_is_fresh() -> None:
    """Mend with `python -m tests.criteria`."""
    assert criteria.FILE.read_text(encoding="utf-8") == criteria.document()


def test_no_test_names_a_criterion_that_does_not_exist() -> None:
    known = {*criteria.journey_ids(), *criteria.module_names()}

    assert sorted(set(criteria.proofs()) - known) == []
