"""Filters (RFC 7644 §3.4.2.2): read exactly, judged on what the resource holds, and never a fault of ours."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.scim import filters
from idp.scim.errors import ScimError

USER: dict[str, Any] = {
    "userName": "bjensen@example.com",
    "externalId": "Ab1",
    "active": True,
    "name": {"familyName": "O'Malley"},
    "title": "",
    "emails": [{"type": "work", "value": "b@example.com", "primary": True}, {"type": "home", "value": "b@home.test"}],
    "meta": {"lastModified": "2026-07-16T12:00:00.000Z"},
}


@pytest.mark.parametrize(
    "wanted",
    [
        'userName eq "BJENSEN@example.com"',
        'USERNAME EQ "bjensen@example.com"',
        'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "b"',
        'name.familyName co "o\'mal"',
        'userName ew ".com" and active eq true',
        "active eq false or userName pr",
        'active eq false or userName pr and externalId eq "Ab1"',
        "not (active eq false)",
        'not (userName eq "x" or active eq false)',
        'emails[type eq "home" and value ew ".test"]',
        'emails.type eq "work"',
        'emails eq "b@example.com"',
        'meta.lastModified gt "2011-05-13T04:42:34Z"',
        'meta.lastModified le "2026-07-16T14:00:00+02:00"',
        "nickName eq null",
        'userName ne "other"',
        'userName ge "bjensen"',
        'externalId eq "\\u0041b1"',
    ],
)
def test_a_filter_that_is_true(wanted: str) -> None:
    """RFC 7643 §2.1, §2.4, §4.1"""
    assert filters.matches(filters.parse(wanted), USER)


@pytest.mark.parametrize(
    "wanted",
    [
        'externalId eq "ab1"',
        "title pr",
        "nickName pr",
        'nickName sw "a"',
        'userName eq "bjensen"',
        'active eq "true"',
        'emails[type eq "home" and value eq "b@example.com"]',
        "not (userName pr)",
        'active eq true and (userName eq "x" or externalId eq "y")',
        "userName eq 5",
        'userName lt "a"',
        "active gt true",
    ],
)
def test_a_filter_that_is_false(wanted: str) -> None:
    assert not filters.matches(filters.parse(wanted), USER)


@pytest.mark.parametrize(
    "wanted",
    [
        "userName",
        'userName eq "x',
        "userName eq x",
        'userName is "x"',
        '(userName eq "x"',
        'userName eq "x")',
        'userName eq "x" and',
        "not userName pr",
        'emails[type eq "work"',
        '"x" eq userName',
        'meta.created gt "yesterday"',
        'userName eq "x" userName eq "y"',
        "(" * 30 + "userName pr" + ")" * 30,
        "userName pr and " * 200 + "userName pr",
    ],
)
def test_a_filter_that_cannot_be_read_is_refused_in_scims_words(wanted: str) -> None:
    with pytest.raises(ScimError) as refused:
        filters.matches(filters.parse(wanted), {**USER, "meta": {"created": "2026-07-16T12:00:00Z"}})

    assert (refused.value.status, refused.value.scim_type) == (400, "invalidFilter")


WORDS = st.sampled_from(
    [
        "userName",
        "emails",
        "eq",
        "co",
        "pr",
        "and",
        "or",
        "not",
        "(",
        ")",
        "[",
        "]",
        '"x"',
        "true",
        "null",
        "5",
        "meta.x",
    ]
)


@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=14).map(" ".join)))
def test_whatever_is_asked_is_answered_or_refused(wanted: str) -> None:
    try:
        found = filters.matches(filters.parse(wanted), USER)
    except ScimError:
        return
    assert isinstance(found, bool)


def test_one_name_in_a_conjunction_narrows_the_look_up() -> None:
    narrow = filters.parse('active eq true and userName eq "x"')
    wide = filters.parse('active eq true or userName eq "x"')

    assert (filters.equals(narrow, "userName"), filters.equals(wide, "userName")) == ("x", "")
