"""Runs the `browser` section of a suite's configuration as the suite's own browser does: task by task, command by
command, with nothing but the names and ids that the section knows.

Scripts in pages do not run; of the two pages that go on by themselves, what their script would do is done here.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.e2e.reading import page, submit
from tests.support.suite import PATIENCE, Suite


class ScriptFailed(Exception):
    """What the suite would report as a failure of its browser."""


@dataclass
class Script:
    """`kept` are the texts of the pages that were kept for the certification."""

    suite: Suite
    configuration: list[dict[str, Any]]
    kept: list[str] = field(default_factory=list)

    def visit(self, method: str, address: str, parameters: dict[str, str]) -> requests.Response:
        """Go to an address of the provider and do what the section says; where the browser is then."""
        url = requests.Request("GET", address, params=parameters).prepare().url or ""
        entry = next((entry for entry in self.configuration if matches(entry["match"], url)), None)
        if entry is None:
            raise ScriptFailed(f"nothing is said about {url}")
        sent = {"params": parameters} if method == "GET" else {"data": parameters}
        answer = self._onward(self.suite.browser.request(method, address, timeout=PATIENCE, **sent))
        for task in entry["tasks"]:
            if matches(task["match"], answer.url):
                answer = self._done(answer, task.get("commands", []))
            elif not task.get("optional"):
                raise ScriptFailed(f"{task['task']}: {answer.url} does not match {task['match']}")
        return answer

    def _done(self, answer: requests.Response, commands: list[list[Any]]) -> requests.Response:
        filled: dict[str, str] = {}
        for name, kind, target, *rest in commands:
            if (name, kind) == ("text", "name"):
                page(answer).field(target)
                filled[target] = rest[0]
            elif (name, kind) == ("click", "id") and (page(answer).by_id(target) or "optional" not in rest):
                answer = self._onward(submit(self.suite.browser, answer, target, **filled))
            elif (name, kind) == ("wait", "contains"):
                answer = self._frames_left(answer)
                if target not in answer.url:
                    raise ScriptFailed(f"{answer.url} never contains {target}")
            elif name == "wait":
                self._look(answer, target, *rest[1:])
        return answer

    def _look(self, answer: requests.Response, id_: str, words: str = "", action: str = "") -> None:
        """`wait` for an element, and for words in it; with an action the page is kept."""
        element = page(answer).by_id(id_)
        if element is None or not re.search(words, element.text):
            raise ScriptFailed(f"{answer.url} has no {id_} with {words!r}")
        if action == "update-image-placeholder":
            self.kept.append(element.text)

    def _onward(self, answer: requests.Response) -> requests.Response:
        """Form Post Response Mode: the page sends its form."""
        return submit(self.suite.browser, answer, "continue") if page(answer).by_id("answer") else answer

    def _frames_left(self, answer: requests.Response) -> requests.Response:
        """Front-Channel Logout: the frames are loaded, then the page goes on."""
        shown = page(answer)
        for frame in shown.all("iframe"):
            self.suite.browser.get(frame.get("src"), timeout=PATIENCE)
        onward = shown.by_id("continue")
        return self.suite.browser.get(onward.get("href"), timeout=PATIENCE) if onward is not None else answer


def matches(pattern: str, url: str) -> bool:
    """Spring's simple patterns: `*` is anything."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), url) is not None
