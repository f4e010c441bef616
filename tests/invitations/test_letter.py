"""What a letter says, and where it stands on the page."""

import dataclasses
from datetime import date
from itertools import pairwise

import msgspec
import pytest

from idp.invitations.letters import content, fonts, layout
from idp.invitations.letters.letter import Letter
from idp.organisations.organisation import Organisation
from tests.invitations.letters import CODE, LANGUAGES, READER, letterhead, words

COMPANY = Organisation(
    name="Société de développement de la Broye et environs SA",
    address={"lines": ["Direction", "Route de la Gare 7"], "postal_code": "1530", "locality": "Payerne"},
)


def insured(language: str = "fr", country: str = "CH", *, asks_birth_date: bool = False) -> Letter:
    paper = letterhead(country, asks_birth_date=asks_birth_date)
    return content.for_insured(words(language), paper, CODE, READER)


def company(language: str = "fr", country: str = "CH") -> Letter:
    return content.for_company(words(language), letterhead(country), CODE, COMPANY)


EVERY_LETTER = [
    pytest.param(make, language, country, id=f"{make.__name__}-{language}-{country}")
    for make in (insured, company)
    for language in LANGUAGES
    for country in ("CH", "FR")
]


def everything(letter: Letter) -> str:
    return "\n".join(line for block in layout.compose(letter).blocks for line in block.lines)


def test_the_letter_says_what_its_reader_must_know() -> None:
    """C-01, C-02: link, code, last day with its thirty days, benefit, desk with its hours."""
    said = everything(insured())

    assert "login.example.ch/AK00/register" in said
    assert "https://" not in said
    assert "K7M3\u00a09QXA\u00a0H4TB" in said
    assert "6\u00a0juin\u00a02026 inclus (30\u00a0jours)" in said
    assert "+41\u00a031\u00a0390\u00a023\u00a025" in said
    assert "de\u00a07\u00a0h\u00a030\u00a0à\u00a016\u00a0h\u00a000" in said
    assert "4F7K-22QX" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_last_day_is_written_once_and_in_words(language: str) -> None:
    """C-01"""
    validity = insured(language).box.validity

    assert validity.count("2026") == 1
    assert words(language).long_date(date(2026, 6, 6)).replace(" ", "\u00a0") in validity


@pytest.mark.parametrize(
    ("language", "sender", "dated"),
    [
        ("fr", ("Caisse de compensation Modèle", "Case postale", "3001 Berne"), "Berne, le 7\u00a0mai\u00a02026"),
        ("de", ("Ausgleichskasse Muster", "Postfach", "3001 Bern"), "Bern, 7.\u00a0Mai\u00a02026"),
    ],
)
def test_the_fund_gives_its_address_and_place_in_the_readers_language(
    language: str, sender: tuple[str, ...], dated: str
) -> None:
    letter = insured(language)

    assert letter.sender == sender
    assert letter.place_and_date == dated


def test_the_letter_says_who_operates_the_portal() -> None:
    paper = letterhead()
    operator = {"fr": "Un service de la Caisse Modèle", "de": "Ein Dienst der Ausgleichskasse Muster"}
    operated = dataclasses.replace(paper, brand=msgspec.structs.replace(paper.brand, operator=operator))

    letter = content.for_insured(words("de"), operated, CODE, READER)

    assert letter.desk[-1] == "Ein Dienst der Ausgleichskasse Muster"


def test_a_letter_of_a_fund_without_place_carries_the_date_alone() -> None:
    paper = letterhead()
    placeless = dataclasses.replace(paper, fund=msgspec.structs.replace(paper.fund, place={}))

    letter = content.for_insured(words("fr"), placeless, CODE, READER)

    assert letter.place_and_date == "7\u00a0mai\u00a02026"


def test_the_square_code_does_not_carry_the_registration_code() -> None:
    """C-25, X-21"""
    target = insured().box.target

    assert target == "https://login.example.ch/AK00/register"


def test_the_second_knowledge_is_announced_where_it_will_be_asked() -> None:
    """Rulings: a letter may ask the birth date."""
    asked, unasked = insured("en", asks_birth_date=True), insured("en")

    assert "date of birth" in " ".join(asked.closing)
    assert "date of birth" not in " ".join(unasked.closing)


def test_a_company_is_invited_at_its_registered_address() -> None:
    """B-01, B-45"""
    letter = company("en")

    assert letter.recipient == (COMPANY.name, "Direction", "Route de la Gare 7", "1530 Payerne")
    assert "administrator" in letter.subject
    assert "This invitation is for the connect@Insured administrator" in letter.opening[0]


@pytest.mark.parametrize("line", [COMPANY.name, COMPANY.name.upper(), f" {COMPANY.name}".replace(" ", "\u00a0")])
def test_the_name_of_a_company_is_printed_once(line: str) -> None:
    """Many registers repeat it in the first line of the address."""
    lines = [line, "Route de la Gare 7"]
    repeated = Organisation(name=COMPANY.name, address={**COMPANY.address, "lines": lines})

    letter = content.for_company(words("fr"), letterhead(), CODE, repeated)

    assert letter.recipient == (COMPANY.name, "Route de la Gare 7", "1530 Payerne")


def test_nor_is_the_name_of_a_person_printed_twice() -> None:
    repeated = msgspec.structs.replace(READER, address=("Marie-Louise Zürcher-Šimić", *READER.address))

    letter = content.for_insured(words("fr"), letterhead(), CODE, repeated)

    assert letter.recipient[1:] == ("Marie-Louise Zürcher-Šimić", *READER.address)


def test_the_sender_is_named_in_the_language_of_the_letter() -> None:
    """C-14"""
    assert insured("de").sender[0] == "Ausgleichskasse Muster"


@pytest.mark.parametrize(("make", "language", "country"), EVERY_LETTER)
def test_nothing_printed_lies_on_a_fold(make, language: str, country: str) -> None:  # type: ignore[no-untyped-def]
    set_page = layout.compose(make(language, country))
    frame = (set_page.frame_top, set_page.frame_top + layout.BOX_HEIGHT)
    inked = [stretch for block in set_page.blocks for stretch in block.inked] + [frame]

    cut = [(fold, stretch) for fold in set_page.envelope.folds for stretch in inked if layout.crosses(fold, *stretch)]

    assert cut == []


@pytest.mark.parametrize(("make", "language", "country"), EVERY_LETTER)
def test_blocks_do_not_overlap_and_stay_on_the_page(make, language: str, country: str) -> None:  # type: ignore[no-untyped-def]
    set_page = layout.compose(make(language, country))
    column = sorted(stretch for block in set_page.blocks if block.left < 100 for stretch in block.inked)

    overlaps = [(one, two) for one, two in pairwise(column) if two[0] < one[1] - 0.5]

    assert overlaps == []
    assert all(block.left >= layout.LEFT for block in set_page.blocks)
    assert all(end <= 287.0 for _, end in column)


@pytest.mark.parametrize(("make", "language", "country"), EVERY_LETTER)
def test_the_address_lies_in_the_window(make, language: str, country: str) -> None:  # type: ignore[no-untyped-def]
    letter = make(language, country)
    set_page = layout.compose(letter)

    (address,) = [block for block in set_page.blocks if block.lines[-1] == letter.recipient[-1]]

    assert (address.left, address.top) == (set_page.envelope.address_left, set_page.envelope.address_top)
    assert address.inked[-1][1] <= 88.0
    assert all(
        fonts.width(line, address.style.font, address.style.size) <= layout.ADDRESS_WIDTH * layout.mm
        for line in address.lines
    )


def test_text_is_never_smaller_than_ten_points() -> None:
    """C-24: many readers are old."""
    sizes = [layout.compose(insured(language)).text_size for language in LANGUAGES]

    assert min(sizes) >= 10.0


def test_a_letter_that_does_not_fit_is_refused() -> None:
    endless = dataclasses.replace(insured(), opening=("mot " * 800,))

    with pytest.raises(layout.LetterTooLong):
        layout.compose(endless)


def test_an_address_that_the_window_would_cut_is_refused() -> None:
    tall = dataclasses.replace(insured(), recipient=tuple(f"line {n}" for n in range(8)))

    with pytest.raises(layout.LetterTooLong):
        layout.compose(tall)


def test_a_very_long_address_to_type_breaks_before_its_path() -> None:
    paper = dataclasses.replace(
        letterhead(), register_url="https://anmeldung.ausgleichskasse-der-maschinenindustrie.example.ch/AK01/register"
    )

    said = everything(content.for_insured(words("de"), paper, CODE, READER))

    assert "maschinenindustrie.example.ch\n/AK01/register" in said


@pytest.mark.parametrize(
    "name", ["Đorđe Šimić", "Łukasz Ćwikła", "Ağaoğlu İpek", "Nguyễn Thị Ánh", "Αθανασίου", "Жукова"]
)
def test_the_names_of_europe_can_be_printed(name: str) -> None:
    assert fonts.missing(name) == ""


def test_a_name_that_cannot_be_printed_is_noticed() -> None:
    assert fonts.missing("王小明 王") == "王小明"
