"""SMS through a gateway that takes one HTTP request a message. The request's shape is configuration (`[sms]`)."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import phonenumbers
import requests

from idp.messages import recipient
from idp.messages.composer import Composer, Composition
from idp.messages.delivery import ChannelDown, Deliver, Parcel, TryLater, Undeliverable
from idp.settings import Sms

VARIABLE = re.compile(r"\{env:([A-Za-z0-9_]+)\}")
REFUSED_MESSAGE = {400, 422}
"""Answers that speak of this message; any other that is not a success speaks of the gateway."""

LONGEST_ANSWER = 64 * 1024


class HttpGateway:
    """Delivers `sms` parcels. `environ` holds the variables that `{env:NAME}` in the headers names."""

    def __init__(self, composer: Composer, settings: Sms, environ: Mapping[str, str]) -> None:
        self._composer = composer
        self._settings = settings
        self._headers = {
            name: VARIABLE.sub(lambda found: environ.get(found.group(1), ""), value)
            for name, value in settings.headers.items()
        }
        self._success = re.compile(settings.success_pattern)

    @contextmanager
    def __call__(self) -> Iterator[Deliver]:
        with requests.Session() as session:
            session.trust_env = False  # no proxies or credentials from the environment
            yield lambda parcel: self._deliver(session, parcel)

    def _deliver(self, session: requests.Session, parcel: Parcel) -> None:
        to = parcel.payload["to"]
        if not self._reaches(to):
            raise Undeliverable("not a number in the countries served")
        try:
            answer = self._sent(session, to, self._composer.sms(Composition.of(parcel)), parcel.id)
            status, text = answer.status_code, _text(answer)
        except requests.RequestException as error:
            raise ChannelDown(type(error).__name__) from error
        if status in REFUSED_MESSAGE:
            raise Undeliverable(f"HTTP {status}")
        if status not in self._settings.success_status:
            raise ChannelDown(f"HTTP {status}")
        if not self._success.search(text):
            raise TryLater("the answer is not that of a success")

    def _sent(self, session: requests.Session, to: str, text: str, reference: str) -> requests.Response:
        settings = self._settings
        fields = {
            name: value.replace("{to}", to).replace("{reference}", reference).replace("{text}", text)
            for name, value in settings.body.items()
        }
        return session.request(
            settings.method,
            settings.url,
            headers=self._headers,
            params=fields if settings.method == "GET" else None,
            json=fields if settings.method != "GET" and settings.format == "json" else None,
            data=fields if settings.method != "GET" and settings.format == "form" else None,
            timeout=settings.timeout,
            allow_redirects=False,
            stream=True,
        )

    def _reaches(self, to: str) -> bool:
        """A number in E.164 of a country that may receive messages (P61: no toll fraud)."""
        if not recipient.fits("sms", to):
            return False
        number = phonenumbers.parse(to)
        return phonenumbers.region_code_for_number(number) in self._settings.countries


def _text(answer: requests.Response) -> str:
    raw: bytes = answer.raw.read(LONGEST_ANSWER, decode_content=True)
    return raw.decode("utf-8", "replace")
