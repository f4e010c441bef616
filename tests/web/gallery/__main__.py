"""Pictures of the gallery: `python -m tests.web.gallery <folder> [page…]`."""

import sys
from pathlib import Path
from tempfile import mkdtemp

import sqlalchemy as sa

from idp.app import create_app
from idp.database import Base
from idp.settings_loader import load_settings
from tests.support.application import TEST_SECRETS
from tests.support.chromium import Chromium, serving
from tests.web.gallery import PAGES, hang_up


def main(folder: Path, pages: list[str]) -> None:
    scratch = Path(mkdtemp())
    (scratch / "clients").mkdir()
    url = f"sqlite:///{scratch / 'gallery.sqlite3'}"
    Base.metadata.create_all(sa.create_engine(url))
    overrides = {"database": {"url": url}, "files": {"clients": str(scratch / "clients")}, "secrets": TEST_SECRETS}
    app = create_app(load_settings({"IDP_ENVIRONMENT": "testing"}, overrides=overrides), flows=())
    app.testing = True
    hang_up(app)
    folder.mkdir(parents=True, exist_ok=True)
    with serving(app) as address, Chromium() as chromium:
        for name in pages or PAGES:
            chromium.take(f"{address}/gallery/{name}", folder, name)


main(Path(sys.argv[1]), sys.argv[2:])
