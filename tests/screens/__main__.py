"""Take a picture of every page: `python -m tests.screens [journey…]` writes `var/screens` and renews `docs/pictures`.

Without names all journeys are taken, and `var/screens/README.md` shows them together.
"""

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import sqlalchemy as sa

import flows  # noqa: F401  (imports every table of journeys)
import idp.commands  # noqa: F401  (imports every other table)
from idp.database import Base
from tests.e2e.conftest import PORTALS
from tests.e2e.sites import serving
from tests.e2e.walks import aside, losses
from tests.e2e.walks.visitor import Visitor
from tests.screens.album import TAKES, Album
from tests.screens.journeys import JOURNEYS
from tests.support.chromium import Chromium

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "var" / "screens"
PICTURES = ROOT / "docs" / "pictures"
KEPT = {
    "sign-in": "sign-in/01-sign-in-1280-light.png",
    "sign-in-code": "sign-in/03-sign-in-code-1280-light.png",
    "letter-code": "activation/01-letter-code-1280-light.png",
    "migration": "migration/02-email-1280-light.png",
    "migrated": "migration/13-migrated-1280-light.png",
    "users": "users/01-users-1280-light.png",
    "user": "users/13-user-1280-light.png",
    "invited": "users/11-invited-1280-light.png",
    "recovery": "recovery/01-request-1280-light.png",
    "consent": "between/07-consent-1280-light.png",
    "error": "migration/08-phone-error-320-dark.png",
    "phone": "activation/05-mail-code-320-dark.png",
}
"""The few pictures that the repository holds, for README and docs."""


def main(wanted: list[str]) -> None:
    album, chapters = Album(FOLDER), {}
    with TemporaryDirectory() as scratch, Chromium() as chromium:
        url = f"sqlite:///{scratch}/idp.sqlite3"
        engine = sa.create_engine(url)
        Base.metadata.create_all(engine)
        engine.dispose()
        more = {"television": aside.TELEVISION, "strict": losses.STRICT}
        with serving(Path(scratch), url, *PORTALS, more_clients=more) as sites:
            for name in wanted or JOURNEYS:
                journey = JOURNEYS[name]
                with chromium.page(TAKES[0][0]) as page:
                    walk = journey.walk(Visitor(page, sites, stumbles=True))
                    chapters[name] = (journey.title, album.take(name, page, walk, sites.issuer))
                click.echo(f"{name}: {len(chapters[name][1])} pages")
    if not wanted:
        album.write(chapters)
    for name, taken in KEPT.items():
        if (FOLDER / taken).exists():
            shutil.copy(FOLDER / taken, PICTURES / f"{name}.png")


main(sys.argv[1:])
