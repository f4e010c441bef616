"""Pages over HTTP, read and answered as in `tests.support.browser`: by field names and button ids."""

from urllib.parse import urljoin

import requests
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, TestResponse

from tests.support.browser import Page


def page(answer: requests.Response) -> Page:
    """What the person sees."""
    response = TestResponse(
        [answer.content],
        f"{answer.status_code} {answer.reason}",
        Headers({"Content-Type": answer.headers["Content-Type"]}),
        EnvironBuilder(path=answer.url).get_request(),
    )
    return Page(answer.url, response)


def submit(visitor: requests.Session, answer: requests.Response, button: str, **fields: str) -> requests.Response:
    """Fill the fields, press the button, follow where it leads."""
    shown = page(answer)
    for name, value in fields.items():
        shown.fill(name, value)
    pressed = shown.button(button)
    action = urljoin(answer.url, shown.form_of(pressed).get("action"))
    return visitor.post(action, shown.submission(pressed), timeout=30)
