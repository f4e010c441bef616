"""The words people read: gettext catalogues per language, with the portal's own vocabulary looked up first.

Message ids are the English texts. `templates/translations/<language>/LC_MESSAGES/messages.po` holds the others
(translators' tools work on them); a brand's file may replace any message per language (`[wording.fr]`).
Code that has no language yet returns a `Text`; its renderer uses the `Translator` of the page or message.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache, lru_cache
from gettext import c2py
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from babel import Locale
from babel.dates import format_date, format_time
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

SOURCE_LANGUAGE = "en"
TRANSLATORS_KEPT = 256

SWITZERLAND = "CH"
DAY = "dd.MM.yyyy"
"""How a day is written, but in French at portals of France (X-10)."""
FRENCH_DAY = "dd/MM/yyyy"
ENGLISH_PLURAL = "(n != 1)"
NO_BREAK = "\u00a0"
TIED_TIME, TIED_MOMENT = f"{NO_BREAK}%(time)s", f"{NO_BREAK}{{time}}"
"""A time and the word before it, which no line parts: « à 5 h 27 »."""

ITALIAN_ARTICLES = {
    "il": "l’", "Il": "L’", "al": "all’", "dal": "dall’", "Dal": "Dall’", "del": "dell’",
    "alle": "all’", "dalle": "dall’",
}  # fmt: skip
BEFORE_A_VOWEL = re.compile(r"\b(?:(il|Il|al|dal|Dal|del) (?=(?:8|11)\s[a-z])|(alle|dalle)[ \u00a0](?=1\.\d\d\b))")
"""An Italian article before a number that is spoken with a vowel: the 8th or 11th of a month, one o’clock."""


def _elided(said: str) -> str:
    """Return the Italian text with `l’8 dicembre`, `dall’11 luglio`, `all’1.05`."""
    return BEFORE_A_VOWEL.sub(lambda found: ITALIAN_ARTICLES[found[1] or found[2]], said)


@dataclass(frozen=True)
class Language:
    """The habits of a language: `time` is how it writes a time, `joined` how that time joins the day in a sentence,
    `first_of_month` how that day is written in a date in words where it is an ordinal, `spoken` the last touch on a
    text with its values in it. `days` has the countries whose portals write a day in another way than Switzerland."""

    locale: str
    time: str = "HH:mm"
    joined: str = "{day} {time}"
    first_of_month: str = ""
    spoken: Callable[[str], str] = str
    days: Mapping[str, str] = field(default_factory=dict)


LANGUAGES = {
    "fr": Language("fr_CH", f"H{NO_BREAK}'h'{NO_BREAK}mm", "{day} à {time}", "1er", days={"FR": FRENCH_DAY}),
    "de": Language("de_CH", "H.mm", f"{{day}} um {{time}}{NO_BREAK}Uhr"),
    "it": Language("it_CH", "H.mm", "{day} alle {time}", "1°", _elided),
    "en": Language("en_GB", joined="{day} at {time}"),
}
"""A language without a row has the habits that its locale has everywhere."""


@cache
def own_name(language: str) -> str:
    """Return the name of a language in that language, as a list shows it: `Français`. Empty for none."""
    name = Locale.parse(language).get_display_name(language) if language else ""
    return (name or language)[:1].upper() + (name or language)[1:]


class LocalTime(msgspec.Struct, frozen=True, tag=True):
    """A time in a text that is not translated yet: the language of the page writes it."""

    at: datetime


class LocalDay(msgspec.Struct, frozen=True, tag=True):
    """A day in a text that is not translated yet."""

    at: datetime


@dataclass(frozen=True)
class Text:
    """A message that is not translated yet: its id, the values in it, and for counted things the plural.

    A value may be a text of its own, except in a message that is `stored`.
    """

    msgid: str
    values: Mapping[str, object] = field(default_factory=dict)
    plural: str = ""
    count: int = 1


def stored(message: Text) -> dict[str, object]:
    """Return the text as JSON values, for `restored`."""
    return msgspec.convert(msgspec.to_builtins(message), dict[str, object])


def restored(kept: Mapping[str, object]) -> Text:
    """Return the text that `stored` gave, its days and times included."""
    message = msgspec.convert(kept, Text)
    values = {
        name: msgspec.convert(value, LocalTime | LocalDay) if isinstance(value, dict) else value
        for name, value in message.values.items()
    }
    return replace(message, values=values)


def text(msgid: str, /, **values: object) -> Text:
    """Return a translatable message: `text("Choose at least %(floor)d characters.", floor=12)`."""
    return Text(msgid, values)


def counted(singular: str, plural: str, count: int, /, **values: object) -> Text:
    """Return a translatable message with a number in it (`%(count)d`)."""
    return Text(singular, {"count": count, **values}, plural, count)


@dataclass(frozen=True)
class Messages:
    """A catalogue, ready to be looked up in: message id → text, and for counted things the text of each form."""

    texts: Mapping[str, str] = field(default_factory=dict)
    counted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    plural_rule: str = ENGLISH_PLURAL


class Translator:
    """Renders texts in one language for one portal. Callable, so that templates write `_("Sign in")`."""

    def __init__(
        self, language: str, catalog: Messages, overrides: Mapping[str, str], zone: ZoneInfo, country: str
    ) -> None:
        self.language = language
        self.zone = zone
        self._habits = LANGUAGES.get(language, Language(language))
        self._day = self._habits.days.get(country, DAY)
        self.locale = self._habits.locale
        self._catalog = catalog
        self._form_of = _plural_rule(catalog.plural_rule)
        self._overrides = overrides

    def __call__(self, message: str | Text, /, **values: object) -> str:
        if isinstance(message, Text):
            return self._plural(message) if message.plural else self._render(message.msgid, message.values)
        return self._render(message, values)

    def counted(self, singular: str, plural: str, count: int, /, **values: object) -> str:
        return self._plural(counted(singular, plural, count, **values))

    def number(self, count: int) -> str:
        """Return a count with its thousands as the language groups them: `1 534`, `1’534`, `1,534`."""
        return format_decimal(count, locale=self.locale) if abs(count) >= 1000 else str(count)

    def time(self, moment: datetime) -> str:
        """Return the local wall-clock time: `14 h 37`, `14.37` (a German text adds «Uhr»), `14:37`."""
        return format_time(moment.astimezone(self.zone).time(), self._habits.time, locale=self.locale)

    def timed(self, moment: datetime, now: datetime, today: Text, another_day: Text) -> Text:
        """Return the text with the moment in it: the `%(time)s` alone while people here call it today, otherwise the
        `%(day)s` too."""
        same = moment.astimezone(self.zone).date() == now.astimezone(self.zone).date()
        chosen = today if same else another_day
        return replace(chosen, values={**chosen.values, "time": LocalTime(moment), "day": LocalDay(moment)})

    def day(self, day: date | datetime) -> str:
        """Return the day in digits: `16.07.2026`, in French at portals of France `16/07/2026` (X-10)."""
        if isinstance(day, datetime):
            day = day.astimezone(self.zone).date()
        return format_date(day, self._day, locale=self.locale)

    def long_date(self, day: date | datetime) -> str:
        """Return the date in words, which no line breaks: `16 juillet 2026`, `1er juillet 2026`, `16. Juli 2026`."""
        if isinstance(day, datetime):
            day = day.astimezone(self.zone).date()
        words = _date_in_words(day, self.locale)
        first = self._habits.first_of_month
        return first + words.removeprefix("1") if first and day.day == 1 else words

    def moment(self, moment: datetime) -> str:
        """Date and time as a sentence says them: `16.07.2026 à 14 h 37`, `16.07.2026 um 14.37 Uhr`."""
        joined = self._habits.joined.replace(" {time}", TIED_MOMENT)
        return joined.format(day=self.day(moment), time=self.time(moment))

    def _render(self, msgid: str, values: Mapping[str, object]) -> str:
        found = self._overrides.get(msgid) or self._catalog.texts.get(msgid) or msgid
        return self._filled(found, values) if values else found

    def _filled(self, found: str, values: Mapping[str, object]) -> str:
        written = {name: self._written(value) for name, value in values.items()}
        return self._habits.spoken(found.replace(")d", ")s").replace(" %(time)s", TIED_TIME) % written)

    def _written(self, value: object) -> object:
        if isinstance(value, Text):
            return self(value)
        if isinstance(value, LocalTime):
            return self.time(value.at)
        if isinstance(value, LocalDay):
            return self.day(value.at)
        return self.number(value) if type(value) is int else value

    def _plural(self, message: Text) -> str:
        form = self._form_of(message.count)
        forms = self._catalog.counted.get(message.msgid, ())
        translated = forms[form] if form < len(forms) else ""
        override = self._overrides.get(message.plural if form else message.msgid)
        english = message.msgid if message.count == 1 else message.plural
        return self._filled(override or translated or english, message.values)


class Wording:
    """The catalogues of all languages, read once per process."""

    def __init__(self, folder: Path, languages: tuple[str, ...], time_zone: str) -> None:
        self.languages = languages
        self._zone = ZoneInfo(time_zone)
        self._catalogs = {
            language: Messages() if language == SOURCE_LANGUAGE else _read(folder, language) for language in languages
        }
        self._known: OrderedDict[tuple[str, str, int], Translator] = OrderedDict()

    def translator(
        self, language: str, overrides: Mapping[str, Mapping[str, str]] | None = None, *, country: str = SWITZERLAND
    ) -> Translator:
        """Return the translator for a language (an unknown one gets the first); `overrides` is the brand's `wording`,
        `country` the brand's."""
        chosen = language if language in self.languages else self.languages[0]
        own = (overrides or {}).get(chosen, {})
        key = (chosen, country, id(own) if own else 0)  # the kept translator holds `own`, so the id stays its own
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = Translator(chosen, self._catalogs[chosen], own, self._zone, country)
            if len(self._known) > TRANSLATORS_KEPT:
                self._known.popitem(last=False)
        return known


@cache
def _read(folder: Path, language: str) -> Messages:
    path = folder / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return Messages()
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    texts: dict[str, str] = {}
    counted_texts: dict[str, tuple[str, ...]] = {}
    for message in catalog:
        if isinstance(message.string, str):
            texts[str(message.id)] = message.string
        else:
            counted_texts[message.id[0]] = tuple(message.string or ())
    return Messages(texts, counted_texts, catalog.plural_expr)


@lru_cache(maxsize=64)
def _date_in_words(day: date, locale: str) -> str:
    """Return a date without breaks. All letters of a job have the same two."""
    return format_date(day, "long", locale=locale).replace(" ", NO_BREAK)


@cache
def _plural_rule(expression: str) -> Callable[[int], int]:
    """From a count to the number of its form, by the rule in the head of a catalogue."""
    return c2py(expression)
