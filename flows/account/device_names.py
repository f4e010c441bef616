"""The name of a device, as its owner reads it."""

from idp import user_agents
from idp.wording import Translator, text

UNKNOWN = text("Unknown device")


def name_of(user_agent: str, words: Translator) -> str:
    """Return browser and system (« Firefox, Linux »); words for a device that says neither."""
    name = user_agents.name_of(user_agent)
    return words(UNKNOWN) if name == user_agents.UNKNOWN else name
