"""`python -m tests.screens [journey…]`: docs/screens anew, or only some journeys of it (then without the README)."""

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
from tests.e2e.walks import aside
from tests.e2e.walks.visitor import Visitor
from tests.screens.album import TAKES, Album
from tests.screens.journeys import JOURNEYS
from tests.support.look import Chromium

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screens"


def main(wanted: list[str]) -> None:
    album, chapters = Album(FOLDER), {}
    with TemporaryDirectory() as scratch, Chromium() as chromium:
        url = f"sqlite:///{scratch}/idp.sqlite3"
        engine = sa.create_engine(url)
        Base.metadata.create_all(engine)
        engine.dispose()
        with serving(Path(scratch), url, *PORTALS, more_clients={"television": aside.TELEVISION}) as sites:
            for name in wanted or JOURNEYS:
                journey = JOURNEYS[name]
                with chromium.page(TAKES[0][0]) as page:
                    walk = journey.walk(Visitor(page, sites, stumbles=True))
                    chapters[name] = (journey.title, album.take(name, page, walk, sites.issuer))
                click.echo(f"{name}: {len(chapters[name][1])} pages")
    if not wanted:
        album.write(chapters)


main(sys.argv[1:])
