"""The data files of the program: templates, translations, fonts, static files, shipped configuration.

In a checkout the two folders are links to the ones at the top; in a wheel they are copies. Everybody reads them from
here, so both work alike. An operator's own files (clients, brands, database) live in `idp.settings.HOME`.
"""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent
TEMPLATES = FOLDER / "templates"
CONFIG = FOLDER / "config"
