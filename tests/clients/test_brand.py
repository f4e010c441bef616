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


@pytest.mark.parametrize("wordmark", ["missing.svg", "../plain/brand.toml", "mark.png"])
def test_a_wordmark_is_an_svg_in_the_brands_own_folder(folders: Folders, wordmark: str) -> None:
    folders.brand("plain", PLAIN + f'wordmark = "{wordmark}"\n')

    assert [problem.path for problem in folders.read().problems] == ["wordmark"]


def test_a_broken_brand_does_not_hide_the_faults_of_its_client(folders: Folders) -> None:
    folders.brand("plain", "name = 1\n")

    assert [problem.file for problem in folders.read().problems] == ["brands/plain/brand.toml"] * 2


def test_a_missing_language_falls_back_to_a_text_that_exists() -> None:
    assert in_language({"fr": "Bonjour"}, "it") == "Bonjour"
    assert in_language({}, "it") == ""
