"""A name for a browser that its owner recognises (« Firefox, Linux »), from what it says about itself."""

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)

UNKNOWN = "?"


def name_of(user_agent: str) -> str:
    """Browser and system; what is not recognised is left out, and an unknown one is a question mark."""
    known = (_first(BROWSERS, user_agent), _first(SYSTEMS, user_agent))
    return ", ".join(filter(None, known)) or UNKNOWN


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for mark, name in names if mark in user_agent), "")
