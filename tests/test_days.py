"""Days are written as their language does, in French as the portal's country does."""

from datetime import UTC, date, datetime

import pytest

from idp.provider import Provider
from idp.wording import Text


def words(said: str) -> str:
    return said.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("language", "country", "day", "time"),
    [
        ("fr", "CH", "16.07.2026", "à 17 h 41"),
        ("de", "CH", "16.07.2026", "um 17.41 Uhr"),
        ("fr", "FR", "16/07/2026", "à 17 h 41"),
        ("de", "FR", "16.07.2026", "um 17.41 Uhr"),
        ("it", "FR", "16.07.2026", "alle 17.41"),
        ("en", "CH", "16.07.2026", "at 17:41"),
        ("en", "FR", "16.07.2026", "at 17:41"),
    ],
)
def test_a_day_is_written_as_the_language_does_and_in_french_as_the_country_does(
    provider: Provider, language: str, country: str, day: str, time: str
) -> None:
    """X-10"""
    translator = provider.wording.translator(language, country=country)

    assert translator.day(date(2026, 7, 16)) == day
    moment = translator.moment(datetime(2026, 7, 16, 15, 41, tzinfo=UTC))
    assert words(moment) == f"{day} {time}"
    assert moment.split(" ")[1:] == [time.replace(" ", "\N{NO-BREAK SPACE}")]


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [("fr", "1er juillet 2026", "2 juillet 2026"), ("it", "1° luglio 2026", "2 luglio 2026")],
)
def test_the_first_of_a_month_is_an_ordinal_in_words(
    provider: Provider, language: str, first: str, second: str
) -> None:
    translator = provider.wording.translator(language)

    assert words(translator.long_date(date(2026, 7, 1))) == first
    assert words(translator.long_date(date(2026, 7, 2))) == second
    assert words(translator.long_date(date(2026, 7, 11))).startswith("11 ")


@pytest.mark.parametrize(
    ("language", "said"), [("fr", "9\u00a0h\u00a005"), ("de", "9.05"), ("it", "9.05"), ("en", "09:05")]
)
def test_a_time_is_written_as_the_language_does(provider: Provider, language: str, said: str) -> None:
    """X-10"""
    assert provider.wording.translator(language).time(datetime(2026, 7, 16, 7, 5, tzinfo=UTC)) == said


@pytest.mark.parametrize("language", ["fr", "de", "it", "en"])
def test_no_line_ends_inside_a_date_or_a_time(provider: Provider, language: str) -> None:
    translator = provider.wording.translator(language)

    assert " " not in translator.time(datetime(2026, 7, 16, 7, 5, tzinfo=UTC))
    assert " " not in translator.long_date(date(2026, 7, 16))


@pytest.mark.parametrize(
    ("template", "day", "said"),
    [
        ("Sarà cancellato il %(day)s.", 8, "Sarà cancellato l’8 dicembre 2026."),
        ("Dal %(day)s nessuno accede.", 11, "Dall’11 dicembre 2026 nessuno accede."),
        ("Acceda prima del %(day)s.", 8, "Acceda prima dell’8 dicembre 2026."),
        ("Valido fino al %(day)s.", 8, "Valido fino all’8 dicembre 2026."),
        ("Valido fino al %(day)s.", 18, "Valido fino al 18 dicembre 2026."),
        ("Valido fino al %(day)s.", 1, "Valido fino al 1° dicembre 2026."),
    ],
)
def test_italian_elides_the_article_before_a_vowel(provider: Provider, template: str, day: int, said: str) -> None:
    translator = provider.wording.translator("it")

    assert words(translator(Text(template, {"day": translator.long_date(date(2026, 12, day))}))) == said


@pytest.mark.parametrize(
    ("hour", "said"), [(0, "Riprovi all’1.05."), (1, "Riprovi alle 2.05."), (10, "Riprovi alle 11.05.")]
)
def test_italian_elides_the_article_before_one_o_clock(provider: Provider, hour: int, said: str) -> None:
    translator = provider.wording.translator("it")
    time = translator.time(datetime(2026, 12, 8, hour, 5, tzinfo=UTC))

    assert words(translator(Text("Riprovi alle %(time)s.", {"time": time}))) == said
    assert words(translator(Text("Riprovi alle\u00a0%(time)s.", {"time": time}))) == said


@pytest.mark.parametrize(("hour", "said"), [(21, "Try again at 23:00."), (22, "Try again on 17.07.2026 at 00:00.")])
def test_a_time_is_said_alone_while_people_here_call_it_today(provider: Provider, hour: int, said: str) -> None:
    translator = provider.wording.translator("en")
    now = datetime(2026, 7, 16, 12, 0, tzinfo=UTC)

    when = translator.timed(
        now.replace(hour=hour), now, Text("Try again at %(time)s."), Text("Try again on %(day)s at %(time)s.")
    )

    assert words(translator(when)) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [("fr", "Réessayez à 17 h 41."), ("de", "Versuchen Sie es um 17.41 Uhr"), ("en", "again at 17:41.")],
)
def test_the_page_writes_a_time_in_its_own_language(provider: Provider, language: str, said: str) -> None:
    """Found by a translator of one language, said by that of another (X-10)."""
    moment = datetime(2026, 7, 16, 15, 41, tzinfo=UTC)
    today = Text("Too many tries. Try again at %(time)s.")

    when = provider.wording.translator("it").timed(moment, moment, today, today)

    assert said in words(provider.wording.translator(language)(when))
