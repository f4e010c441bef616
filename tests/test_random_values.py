"""Random ids and codes."""

from datetime import UTC, datetime

from idp import random_values

NOW = datetime(2026, 7, 16, 12, 0, tzinfo=UTC)


def test_ids_grow_even_inside_one_millisecond() -> None:
    """RFC 9562 §5.7: version and variant; §6.2: they grow"""
    ids = [random_values.new_id(NOW) for _ in range(1000)]

    assert ids == sorted(set(ids))
    assert all(text[14] == "7" and text[19] in "89ab" for text in ids)


def test_codes_use_their_alphabet_only() -> None:
    assert set(random_values.code(500, "ab")) == {"a", "b"}
