"""Days are written as the portal's country does."""

from datetime import UTC, date, datetime

import pytest

from idp.provider import Provider
from idp.wording import Text


@pytest.mark.parametrize(
    ("language", "country", "day", "time"),
    [
        ("fr", "CH", "16.07.2026", "à 17:41"),
        ("de", "CH", "16.07.2026", "um 17:41 Uhr"),
        ("fr", "FR", "16/07/2026", "à 17:41"),
        ("it", "FR", "16/07/2026", "alle 17:41"),
        ("en", "CH", "16/07/2026", "at 17:41"),
    ],
)
def test_a_day_is_written_as_the_country_does(
    provider: Provider, language: str, country: str, day: str, time: str
) -> None:
    """X-10"""
    translator = provider.wording.translator(language, country=country)

    assert translator.day(date(2026, 7, 16)) == day
    moment = translator.moment(datetime(2026, 7, 16, 15, 41, tzinfo=UTC)).replace("\u00a0", " ")
    assert moment == f"{day} {time}"


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [("fr", "1er juillet 2026", "2 juillet 2026"), ("it", "1° luglio 2026", "2 luglio 2026")],
)
def test_the_first_of_a_month_is_an_ordinal_in_words(
    provider: Provider, language: str, first: str, second: str
) -> None:
    translator = provider.wording.translator(language)

    assert translator.long_date(date(2026, 7, 1)) == first
    assert translator.long_date(date(2026, 7, 2)) == second
    assert translator.long_date(date(2026, 7, 11)).startswith("11 ")


@pytest.mark.parametrize(("hour", "said"), [(21, "Try again at 23:00."), (22, "Try again on 17/07/2026 at 00:00.")])
def test_a_time_is_said_alone_while_people_here_call_it_today(provider: Provider, hour: int, said: str) -> None:
    translator = provider.wording.translator("en")
    now = datetime(2026, 7, 16, 12, 0, tzinfo=UTC)

    when = translator.timed(
        now.replace(hour=hour), now, Text("Try again at %(time)s."), Text("Try again on %(day)s at %(time)s.")
    )

    assert translator(when) == said
