"""How an address is shown to the person who came from it."""

import pytest

from idp.limits import networks


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("203.0.113.9", "203.0.113.x"),
        ("::ffff:203.0.113.9", "203.0.113.x"),
        ("2001:db8:4:1::7", "2001:db8:4:x"),
        ("", ""),
        ("unknown", ""),
    ],
)
def test_an_address_is_shown_by_its_beginning(address: str, shown: str) -> None:
    assert networks.shortened(address) == shown
