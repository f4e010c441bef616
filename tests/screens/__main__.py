"""Take a picture of every page: `python -m tests.screens [journey…]` writes `var/screens` and renews `docs/pictures`.

Every journey is walked once per language: `var/screens/<journey>-<language>.png` is its contact sheet, and
`var/screens/index.html` shows all that were taken. `--language de` takes one language, `--look 390-forced` one look.
"""

import shutil
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import sqlalchemy as sa
from PIL import Image

import flows  # noqa: F401  (imports every table of journeys)
import idp.commands  # noqa: F401  (imports every other table)
from idp.database import Base
from tests.e2e.conftest import PORTALS
from tests.e2e.sites import Sites, serving
from tests.e2e.walks import aside, losses
from tests.e2e.walks.visitor import Visitor
from tests.screens.album import LANGUAGES, NAMED, Album, Chapter
from tests.screens.journeys import JOURNEYS
from tests.support.chromium import Chromium

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "var" / "screens"
PICTURES = ROOT / "docs" / "pictures"
KEPT = {
    "sign-in": "sign-in/fr/01-sign-in-1280-light.png",
    "sign-in-code": "sign-in/fr/03-sign-in-code-1280-light.png",
    "letter-code": "activation/fr/01-letter-code-1280-light.png",
    "migration": "migration/fr/02-email-1280-light.png",
    "migrated": "migration/fr/13-migrated-1280-light.png",
    "users": "users/fr/01-users-1280-light.png",
    "user": "users/fr/14-user-1280-light.png",
    "invited": "users/fr/12-invited-1280-light.png",
    "recovery": "recovery/fr/01-request-1280-light.png",
    "consent": "between/fr/07-consent-1280-light.png",
    "error": "migration/fr/08-phone-error-320-dark.png",
    "desk": "desk/fr/02-person-1280-light.png",
    "phone": "activation/fr/05-mail-code-320-dark.png",
}
"""The few pictures that the repository holds, for README and docs."""
TOPS = {"desk": 1245}
"""Pixels of the pages whose top is enough."""


@click.command()
@click.argument("wanted", nargs=-1, metavar="[JOURNEY]…", type=click.Choice(list(JOURNEYS)))
@click.option("--language", "languages", multiple=True, type=click.Choice(LANGUAGES), default=LANGUAGES)
@click.option(
    "--look", "looks", multiple=True, type=click.Choice(list(NAMED)), help="Width and colours of the pictures."
)
def main(wanted: tuple[str, ...], languages: tuple[str, ...], looks: tuple[str, ...]) -> None:
    """Walk the journeys in the languages, one database for each."""
    album, chapters = Album(FOLDER, tuple(NAMED[each] for each in looks)), []
    with Chromium() as chromium:
        for language in languages:
            with TemporaryDirectory() as scratch:
                chapters += _walk(album, chromium, Path(scratch), language, wanted or tuple(JOURNEYS))
    album.write(chapters)
    for name, taken in KEPT.items():
        if (FOLDER / taken).exists():
            _keep(FOLDER / taken, PICTURES / f"{name}.png", TOPS.get(name))


def _keep(taken: Path, kept: Path, height: int | None) -> None:
    """Copy the picture, or the top of it."""
    if height is None:
        shutil.copy(taken, kept)
        return
    picture = Image.open(taken)
    picture.crop((0, 0, picture.width, height)).save(kept, optimize=True)


def _walk(album: Album, chromium: Chromium, scratch: Path, language: str, wanted: tuple[str, ...]) -> list[Chapter]:
    chapters = []
    with _sites(scratch) as sites:
        for name in wanted:
            journey = JOURNEYS[name]
            with chromium.page(locale=f"{language}-CH") as page:
                shots = album.take(name, language, page, journey.walk(Visitor(page, sites, stumbles=True)))
            chapters.append(Chapter(name, journey.title, language, shots))
            too_wide = [shot.name for shot in shots if shot.is_too_wide]
            click.echo(f"{album.sheet(chapters[-1])}: {len(shots)} pages, too wide: {', '.join(too_wide) or 'none'}")
    return chapters


def _sites(scratch: Path) -> AbstractContextManager[Sites]:
    """Serve the provider and its portals with an empty database in this folder."""
    url = f"sqlite:///{scratch}/idp.sqlite3"
    engine = sa.create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()
    more = {"television": aside.TELEVISION, "strict": losses.STRICT}
    return serving(scratch, url, *PORTALS, more_clients=more)


main()
