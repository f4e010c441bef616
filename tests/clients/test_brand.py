"""Brands: readable, or refused with the reason."""

import msgspec
import pytest

from idp.clients import contrast
from idp.clients.brand import Brand, Colours, in_language
from tests.clients.folders import PLAIN, Folders


def problems(folders: Folders) -> list[str]:
    return [str(problem) for problem in folders.read().problems]


def test_a_pale_brand_is_refused_with_its_contrast(folders: Folders) -> None:
    folders.brand("plain", PLAIN.replace("#0B4F8A", "#F2C200"))

    assert problems(folders) == [
        "brands/plain/brand.toml: colours.brand: #F2C200 on white has a contrast of 1.68:1; 4.5:1 is needed",
        "brands/plain/brand.toml: colours.ink: #FFFFFF on brand has a contrast of 1.68:1; 4.5:1 is needed",
    ]


def test_contrast_is_that_of_wcag() -> None:
    assert contrast.ratio("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast.ratio("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("brand", ["#0B4F8A", "#00625A", "#5B2A6E", "#7A1F3D", "#000000"])
def test_the_dark_scheme_gets_a_readable_colour_of_its_own(brand: str) -> None:
    dark_brand, dark_ink = Colours(brand=brand).on_dark

    assert contrast.ratio(dark_brand, contrast.DARK_GROUND) >= contrast.MINIMUM
    assert contrast.ratio(dark_ink, dark_brand) >= contrast.MINIMUM


def test_an_sms_name_outside_gsm7_is_refused(folders: Folders) -> None:
    """X-20"""
    folders.brand("plain", PLAIN + 'sms_name = { fr = "Crédit côté", en = "Crédit" }\n')

    assert problems(folders) == [
        "brands/plain/brand.toml: sms_name.fr: 'ô' would make every SMS cost double: GSM-7 characters only"
    ]


def test_a_name_that_opens_sms_keeps_the_same_rule(folders: Folders) -> None:
    """X-20"""
    folders.brand("plain", PLAIN.replace("Portail", "Côté"))

    assert [problem.path for problem in folders.read().problems] == ["sms_name.fr"]


def test_the_name_in_sms_follows_the_language() -> None:
    brand = Brand(id="b", name={"fr": "Assurés", "de": "Versicherte"}, colours=Colours(brand="#0B4F8A"))
    short = msgspec.structs.replace(brand, sms_name={"fr": "A", "de": "V"})

    assert (brand.sms_name_in("de"), short.sms_name_in("de")) == ("Versicherte", "V")


@pytest.mark.parametrize("wordmark", ["missing.svg", "../plain/brand.toml", "mark.png", "mark.gif"])
def test_a_wordmark_is_an_image_in_the_brands_own_folder(folders: Folders, wordmark: str) -> None:
    folders.brand("plain", PLAIN + f'wordmark = "{wordmark}"\n')

    assert [problem.path for problem in folders.read().problems] == ["wordmark"]


SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{}</svg>'


def marked(folders: Folders, content: bytes | str, name: str = "mark.svg") -> list[str]:
    """Return the faults of a brand with this mark."""
    folder = folders.brand("plain", PLAIN + f'mark = "{name}"\n')
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return [problem.message for problem in folders.read().problems]


@pytest.mark.parametrize(
    "still",
    [
        '<style>.a { fill: url(#b) }</style><path class="a" d="M0 0h9"/><use href="#b"/>',
        '<image href="data:image/png;base64,AA"/>',
    ],
)
def test_a_still_svg_is_accepted(folders: Folders, still: str) -> None:
    assert marked(folders, SVG.format(still)) == []


@pytest.mark.parametrize(
    ("active", "reason"),
    [
        ("<script>1</script>", "mark.svg contains <script>; a still picture is expected"),
        ("<foreignObject/>", "mark.svg contains <foreignobject>; a still picture is expected"),
        ('<animate attributeName="href"/>', "mark.svg contains <animate>; a still picture is expected"),
        ('<path onload="1"/>', "mark.svg contains onload; a still picture is expected"),
        ('<a href="javascript:1"/>', "mark.svg refers to 'javascript:1'; only parts of itself are allowed"),
        (
            '<image href="//a.example/x.png"/>',
            "mark.svg refers to '//a.example/x.png'; only parts of itself are allowed",
        ),
        ("<style>@import 'x'</style>", "mark.svg loads something from elsewhere in its style"),
        ('<path style="fill: url(//a.example)"/>', "mark.svg loads something from elsewhere in style"),
    ],
)
def test_an_svg_that_runs_or_loads_something_is_refused(folders: Folders, active: str, reason: str) -> None:
    assert marked(folders, SVG.format(active)) == [reason]


@pytest.mark.parametrize("head", ['<!DOCTYPE svg [<!ENTITY a "aa">]>', "<?xml-stylesheet href='x.css'?>"])
def test_an_svg_is_not_parsed_before_its_declarations_are_refused(folders: Folders, head: str) -> None:
    reason = "mark.svg declares a document type, entities or a style sheet; take that out"

    assert marked(folders, head + SVG.format("")) == [reason]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("mark.svg", b"<svg", "mark.svg is no SVG: unclosed token: line 1, column 0"),
        ("mark.svg", b"<html/>", "mark.svg is no SVG: its outermost element is html"),
        ("mark.png", b"GIF89a", "mark.png is no PNG"),
        ("mark.webp", b"RIFF0000WAVE", "mark.webp is no WebP"),
        ("mark.png", b"\x89PNG\r\n\x1a\n" * 2501, "mark.png has 20008 bytes; at most 20000 are allowed"),
    ],
)
def test_an_image_is_what_its_name_says_and_small(folders: Folders, name: str, content: bytes, reason: str) -> None:
    assert marked(folders, content, name) == [reason]


@pytest.mark.parametrize(("name", "content"), [("mark.png", b"\x89PNG\r\n\x1a\n"), ("mark.webp", b"RIFF0000WEBP")])
def test_png_and_webp_are_accepted(folders: Folders, name: str, content: bytes) -> None:
    assert marked(folders, content, name) == []


def test_a_split_page_needs_its_picture_and_no_other_shows_one(folders: Folders) -> None:
    folders.brand("plain", PLAIN + 'layout = "split"\n')
    assert problems(folders) == ['brands/plain/brand.toml: picture: the layout "split" needs a picture']

    folder = folders.brand("plain", PLAIN + 'picture = "lake.webp"\n')
    (folder / "lake.webp").write_bytes(b"RIFF0000WEBP")
    assert problems(folders) == ['brands/plain/brand.toml: picture: only the layout "split" shows a picture']


def test_a_template_that_cannot_be_compiled_is_refused(folders: Folders) -> None:
    own = folders.brand("plain", PLAIN) / "templates/steps"
    own.mkdir(parents=True)
    (own / "terms.html").write_text("{% block title %}")

    assert [problem.path for problem in folders.read().problems] == ["templates/steps/terms.html"]


def test_the_faults_of_a_folder_are_named_all_at_once(folders: Folders) -> None:
    faulty = 'layuot = "card"\nlayout = "cards"\nmark = "missing.svg"\ncolours = { brand = "#F2C200" }\n'
    folders.brand("plain", 'name = { fr = "Côté" }\n' + faulty)

    assert [problem.path for problem in folders.read().problems] == [
        "colours.brand",
        "colours.ink",
        "layout",
        "layuot",
        "mark",
        "sms_name.fr",
    ]


def test_a_colour_that_cannot_be_read_has_no_contrast(folders: Folders) -> None:
    folders.brand("plain", 'name = { fr = "Côté" }\ncolours = { brand = "red", ink = "#111111" }\n')

    assert [problem.path for problem in folders.read().problems] == ["colours.brand", "sms_name.fr"]


def test_a_broken_brand_does_not_hide_the_faults_of_its_client(folders: Folders) -> None:
    folders.brand("plain", "name = 1\n")

    assert [problem.file for problem in folders.read().problems] == ["brands/plain/brand.toml"] * 2


OWN_TERMS = """
[links]
terms = {{ fr = "https://portal.example.ch/conditions" }}
[environment.{}.links]
terms = {{ fr = "http://localhost:8101/terms" }}
"""


@pytest.mark.parametrize(
    ("named", "shown"),
    [("testing", "http://localhost:8101/terms"), ("development", "https://portal.example.ch/conditions")],
)
def test_a_brand_says_what_differs_in_one_environment(folders: Folders, named: str, shown: str) -> None:
    folders.brand("plain", PLAIN + OWN_TERMS.format(named))

    (brand,) = folders.read(environment="testing").brands.values()

    assert brand.links.terms == {"fr": shown}


def test_an_environment_that_does_not_exist_is_a_fault_of_a_brand(folders: Folders) -> None:
    folders.brand("plain", PLAIN + OWN_TERMS.format("staging"))

    assert [problem.path for problem in folders.read().problems] == ["environment.staging"]


def test_a_missing_language_falls_back_to_a_text_that_exists() -> None:
    assert in_language({"fr": "Bonjour"}, "it") == "Bonjour"
    assert in_language({}, "it") == ""
