"""Names of browsers, as their owners recognise them."""

import pytest

from idp.user_agents import name_of

SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"


@pytest.mark.parametrize(("agent", "name"), [(SAFARI, "Safari, iPhone"), (EDGE, "Edge, Windows"), ("", "?")])
def test_a_device_has_a_name_that_its_owner_knows(agent: str, name: str) -> None:
    """X-15"""
    assert name_of(agent) == name
