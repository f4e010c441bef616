"""Brands on the command line: faults, and pages to look at without signing in."""

import html
import re
import shutil
from base64 import b64decode
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from idp.commands import main
from idp.messages.catalogue import CATALOGUE
from idp.resources import CONFIG
from tests.commands.conftest import CommandLine
from tests.commands.test_clients import ENVIRONMENT
from tests.support.chromium import Chromium

SHIPPED = ("connect", "connect-assures", "e-services", "espace-personnel")


@pytest.fixture(scope="module")
def previews(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The preview of every portal, by its brand."""
    folder = tmp_path_factory.mktemp("previews")
    own = {"IDP_DATABASE__URL": f"sqlite:///{folder}/none/idp.sqlite3"}
    written = CliRunner().invoke(main, ["brands", "preview", "--output", str(folder)], env={**ENVIRONMENT, **own})
    assert written.exit_code == 0, written.output
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.html"))}


def test_the_preview_of_every_portal_is_one_file_that_loads_nothing(previews: dict[str, str]) -> None:
    assert sorted(previews) == sorted(SHIPPED)
    assert b"prefers-color-scheme" not in b"".join(_images("".join(previews.values())))
    for written in previews.values():
        assert re.findall(r'<(?:link|script [^>]*src)\b|(?:src|url\()="?/[^"]*', html.unescape(written)) == []


def test_the_preview_shows_every_mail_sms_and_letter(previews: dict[str, str]) -> None:
    messages = previews["connect-assures"].partition('<h2 id="mails">')[2]
    titles = [name.replace("_", " ").capitalize() for name, entry in CATALOGUE.items() for _ in entry.kinds]

    assert sorted(re.findall("<h3>(.*?)</h3>", messages)) == sorted([*titles, "Letter to an insured person"])
    letter = re.findall('data:application/pdf;base64,([^"]+)', messages)[0]
    assert b64decode(letter).startswith(b"%PDF-")


def test_the_preview_shows_every_page_light_and_dark(previews: dict[str, str]) -> None:
    looks: dict[str, set[str]] = {}
    for title, scheme in re.findall('<iframe [^>]*title="(.*?), [0-9]+, (light|dark)"', previews["connect"]):
        looks.setdefault(title, set()).add(scheme)

    assert len(looks) > 100
    assert {title for title, schemes in looks.items() if schemes != {"light", "dark"}} == set()


def test_the_preview_speaks_the_language_that_is_asked_for(idp: CommandLine, tmp_path: Path) -> None:
    idp("brands", "preview", "connect-assures", "--language", "de", "--output", str(tmp_path / "seen"))

    shown = html.unescape((tmp_path / "seen" / "connect-assures.html").read_text(encoding="utf-8"))
    assert "connect@Versicherte" in shown
    assert '<html lang="de">' in shown


@pytest.mark.parametrize(
    ("words", "reason"),
    [(("nobody",), "no portal wears a brand nobody"), (("connect", "--language", "rm"), "--language: one of fr, de")],
)
def test_a_preview_that_cannot_be_made_is_refused_in_a_sentence(
    idp: CommandLine, tmp_path: Path, words: tuple[str, ...], reason: str
) -> None:
    refused = idp("brands", "preview", *words, "--output", str(tmp_path / "seen"))

    assert refused.exit_code == 1
    assert reason in refused.output


def _images(written: str) -> list[bytes]:
    """Return the SVGs that are written into a preview."""
    found = [b64decode(each) for each in re.findall(r"data:image/svg\+xml;base64,([\w+/=]+)", written)]
    assert found
    return found


def check(brands: Path) -> Result:
    """The command in a new installation: there is no database yet."""
    own = {"IDP_FILES__BRANDS": str(brands), "IDP_DATABASE__URL": f"sqlite:///{brands.parent}/none/idp.sqlite3"}
    return CliRunner().invoke(main, ["brands", "check"], env={**ENVIRONMENT, **own})


def test_check_names_every_fault_of_a_brand_with_the_contrast(tmp_path: Path) -> None:
    brands = tmp_path / "brands"
    shutil.copytree(CONFIG / "brands", brands)
    assert "5 brands, no fault" in check(brands).output
    file = brands / "connect" / "brand.toml"
    file.write_text(file.read_text().replace("#00625A", "#F2C200").replace("wordmark.svg", "none.svg"))

    checked = check(brands)

    assert checked.exit_code == 1
    assert "colours.brand: #F2C200 on white has a contrast of 1.68:1; 4.5:1 is needed" in checked.output
    assert "wordmark: there is no file none.svg in the brand's folder" in checked.output


@pytest.mark.e2e
def test_the_preview_is_dark_and_light_whatever_the_browser_is(idp: CommandLine, tmp_path: Path) -> None:
    idp("brands", "preview", "e-services", "--output", str(tmp_path / "seen"))
    requests: list[str] = []
    with Chromium() as chromium, chromium.page(1280, "light") as page:
        page.on("request", lambda request: requests.append(request.url))
        page.goto((tmp_path / "seen" / "e-services.html").as_uri())
        grounds = []
        for title in ("Signing in, 1280, light", "Signing in, 1280, dark"):
            frame = page.frame_locator(f'iframe[title="{title}"]')
            grounds.append(frame.locator("main").evaluate("main => getComputedStyle(main).backgroundColor"))

    assert grounds == ["rgb(255, 255, 255)", "rgb(22, 25, 28)"]
    assert [each for each in requests if not each.startswith(("file:", "data:", "about:"))] == []
