"""The catalogue of problems before or around a view: a title, the plain reason, the next link."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from werkzeug.exceptions import HTTPException

from idp.clients import address
from idp.clients.client import Client
from idp.provider import Provider
from idp.wording import Text, text


@dataclass(frozen=True)
class PageLink:
    """A link of an error page; the first one is shown as the button."""

    label: Text
    url: str


@dataclass(frozen=True)
class Problem:
    """The content of an error page. `code` is a stable protocol word (`invalid_request`) and `detail` a technical line,
    both for those who support portals."""

    title: Text
    reason: Text
    links: Sequence[PageLink] = ()
    code: str = ""
    detail: str = ""


UNREADABLE = Problem(
    text("We could not read this request"),
    text("The address or form contains characters we cannot read. Go back and enter the text again."),
)
FORBIDDEN = Problem(
    text("You do not have access to this page"),
    text("Your account does not give you access to this page. Contact your company’s administrator or our helpdesk."),
)
FORM_NOT_OURS = Problem(
    text("Send the form again"),
    text(
        "For your security, we only accept a form from the browser it was opened in. The page may have been "
        "open too long, or cookies may be turned off."
    ),
)
UNKNOWN = Problem(
    text("This page does not exist"),
    text(
        "The address may be incomplete, for example because it was split in an email. Check that you copied all of it."
    ),
)
DEAD_LINK = Problem(
    text("This link does not work"),
    text(
        "The link may be incomplete or too old. Contact our helpdesk. Contact details are at the bottom of this page."
    ),
)
TOO_LARGE = Problem(
    text("You have sent too much data"),
    text("What you sent is too large. Send less, or a smaller file."),
)
TOO_OFTEN = Problem(
    text("Too many tries"),
    text("You need to wait before you try again. Try again in a few minutes."),
)
OUR_FAULT = Problem(
    text("Something went wrong on our side"),
    text("This is not your fault. We have recorded the problem. Try again in a few minutes."),
)
UNAVAILABLE = Problem(
    text("Sorry, the service is not available right now"),
    text("Your answers have not been lost. Wait a few seconds and try again."),
)
NOT_ANSWERED = Problem(
    text("We cannot answer this request"),
    text("This page cannot be opened this way. Go back and try again."),
)

BY_STATUS = {400: UNREADABLE, 403: FORBIDDEN, 404: UNKNOWN, 405: UNKNOWN, 413: TOO_LARGE, 429: TOO_OFTEN}


def of_status(provider: Provider, error: HTTPException) -> Problem:
    """Return the problem behind an HTTP error; a 429 with a known end names it (X-29)."""
    status = error.code or 500
    retry_at = getattr(error, "retry_after", None)
    if status == 429 and isinstance(retry_at, datetime):
        return too_many_tries(provider, retry_at)
    if status == 503:
        return UNAVAILABLE
    return BY_STATUS.get(status, OUR_FAULT if status >= 500 else NOT_ANSWERED)


def too_many_tries(provider: Provider, retry_at: datetime) -> Problem:
    """Return the refusal of a limit, with the local time of the next try, and the day where it is another one."""
    reason = provider.wording.translator("").timed(
        retry_at,
        provider.clock.now(),
        text("You need to wait before you try again. You can try again at %(time)s."),
        text("You need to wait before you try again. You can try again on %(day)s at %(time)s."),
    )
    return Problem(TOO_OFTEN.title, reason)


def fresh_sign_in(provider: Provider, client: Client) -> str:
    """Return the address at which a portal begins a new sign-in by itself (OIDC Core §4)."""
    begins = address.read(client.home)
    return begins.with_parameters({"iss": provider.settings.server.issuer}) if begins is not None else "/"
