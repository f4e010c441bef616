"""Pages that are the same for every visitor of a portal, but for values drawn for each: rendered once, then filled in.

While such a page is rendered, a mark stands for each of those values. The template is given nothing else that belongs
to one visitor, so that nothing of one is ever kept for another: reading it fails, at the first rendering.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import Lock

from markupsafe import escape

from idp import random_values
from idp.web.branding import NOTHING_NEW, Theme

LETTERS = "abcdefghijklmnopqrstuvwxyz"
MARK_LENGTH = 24
KEPT = 256

Render = Callable[[Theme, Mapping[str, str]], str]
"""Renders the page for a theme, and for values by name."""

CSRF_TOKEN, REFERENCE = "csrf_token", "reference"


class Withheld(str):
    """Stands for a text that belongs to one visitor: showing it, or asking for its length, is a bug."""

    __slots__ = ()

    def __html__(self) -> str:
        raise TypeError("a page that all visitors share reads what belongs to one of them")

    def __bool__(self) -> bool:
        return bool(self.__html__())


WITHHELD = Withheld()


class SharedPages:
    """The pages of this process that were rendered already, `KEPT` at most."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[object, ...], _SharedPage] = OrderedDict()
        self._lock = Lock()

    def page(self, theme: Theme, key: tuple[object, ...], drawn: Mapping[str, str], render: Render) -> str:
        """Return the page that `render` makes for this theme, with these values.

        `key` names everything that the page depends on besides the portal, the language and whether a value is empty.
        """
        given = tuple(name for name, value in drawn.items() if value)
        place = (id(theme.brand), id(theme.fund), id(theme.client), theme.language, theme.languages, given, key)
        known = self._known.get(place)
        if known is None:
            known = _SharedPage(theme, {name: _mark() if drawn[name] else "" for name in drawn}, render)
            with self._lock:
                self._known[place] = known
                if len(self._known) > KEPT:
                    self._known.popitem(last=False)
        return known.filled({**drawn, CSRF_TOKEN: theme.csrf_token, REFERENCE: theme.reference})


class _SharedPage:
    """`whose` keeps brand, fund and client, so that their ids stay theirs."""

    def __init__(self, theme: Theme, marks: Mapping[str, str], render: Render) -> None:
        self.whose = (theme.brand, theme.fund, theme.client)
        anybody = replace(
            theme,
            csrf_token=_mark(),
            reference=_mark(),
            browser=WITHHELD,
            path=WITHHELD,
            visit="",
            new_browser=False,
            remember=NOTHING_NEW,
            now=theme.now.replace(tzinfo=None),  # without a zone: comparing it with a time fails
        )
        named = {mark: name for name, mark in marks.items() if mark}
        named |= {anybody.csrf_token: CSRF_TOKEN, anybody.reference: REFERENCE}
        pieces = re.split(f"({'|'.join(named)})", render(anybody, marks))
        self._pieces = pieces[::2]
        self._names = [named[mark] for mark in pieces[1::2]]

    def filled(self, drawn: Mapping[str, str]) -> str:
        """Return the page with these values, as HTML text."""
        pieces = [self._pieces[0]]
        for name, piece in zip(self._names, self._pieces[1:], strict=True):
            pieces += (escape(drawn[name]), piece)
        return "".join(pieces)


def _mark() -> str:
    """Return a text that no filter changes and no page holds."""
    return random_values.code(MARK_LENGTH, LETTERS)
