"""Contrast of two colours, by WCAG 2.2's relative luminance. Colours are `#RRGGBB`."""

from functools import lru_cache

LIGHT_GROUND = "#FFFFFF"
DARK_GROUND = "#16191C"
MINIMUM = 4.5
READABLE = 7.0
"""The ratio of body text; links on the dark ground are body text."""


def ratio(one: str, other: str) -> float:
    """Between 1 (the same colour) and 21 (black on white)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(maxsize=256)  # every page names its brand's stylesheet by the digest of its content
def lightened(colour: str, *, against: str, minimum: float = READABLE) -> str:
    """Return the colour mixed with just enough white to reach `minimum` against a dark ground."""
    channels = _channels(colour)
    for percent in range(0, 101, 5):
        mixed = [round(channel + (255 - channel) * percent / 100) for channel in channels]
        candidate = "#{:02X}{:02X}{:02X}".format(*mixed)
        if ratio(candidate, against) >= minimum:
            return candidate
    return "#FFFFFF"


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
