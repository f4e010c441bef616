"""SMS through a gateway that takes one HTTP request a message. The request's shape is configuration (`[sms]`)."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlencode

import msgspec
import phonenumbers

from idp.messages import recipient
from idp.messages.composer import Composer, Composition
from idp.messages.delivery import ChannelDown, Deliver, Parcel, TryLater, Undeliverable
from idp.outbound.client import Outbound, Recipient
from idp.outbound.exchange import OutboundFailed, OutboundRequest, OutboundResponse
from idp.settings import Sms

VARIABLE = re.compile(r"\{env:([A-Za-z0-9_]+)\}")
REFUSED_MESSAGE = {400, 422}
"""Answers that speak of this message; any other that is not a success speaks of the gateway."""

ALL = 1000
"""The gateway may be called by every thread that delivers: the lanes decide how many there are."""


class HttpGateway:
    """Delivers `sms` parcels. `environ` holds the variables that `{env:NAME}` in the headers names."""

    def __init__(self, composer: Composer, settings: Sms, environ: Mapping[str, str], outbound: Outbound) -> None:
        self._composer = composer
        self._settings = settings
        self._outbound = outbound
        # Its circuit is the channel's, which every node shares (`health`).
        self._gateway = Recipient(
            name="sms", purpose="gateway", allow_private=True, at_once=ALL, time_limit=settings.timeout, circuit=None
        )
        self._headers = {
            name: VARIABLE.sub(lambda found: environ.get(found.group(1), ""), value)
            for name, value in settings.headers.items()
        }
        self._success = re.compile(settings.success_pattern)

    @contextmanager
    def __call__(self) -> Iterator[Deliver]:
        yield self._deliver

    def _deliver(self, parcel: Parcel) -> None:
        to = parcel.message.to
        if not self._reaches(to):
            raise Undeliverable("not a number in the countries served")
        try:
            answer = self._sent(to, self._composer.sms(Composition.of(parcel)), parcel.id)
        except OutboundFailed as error:
            raise ChannelDown(str(error)) from error
        if answer.status in REFUSED_MESSAGE:
            raise Undeliverable(f"HTTP {answer.status}")
        if answer.status not in self._settings.success_status:
            raise ChannelDown(f"HTTP {answer.status}")
        if not self._success.search(answer.body.decode("utf-8", "replace")):
            raise TryLater("the answer is not that of a success")

    def _sent(self, to: str, text: str, reference: str) -> OutboundResponse:
        settings = self._settings
        fields = {
            name: value.replace("{to}", to).replace("{reference}", reference).replace("{text}", text)
            for name, value in settings.body.items()
        }
        if settings.method == "GET":
            joint = "&" if "?" in settings.url else "?"
            request = OutboundRequest(f"{settings.url}{joint}{urlencode(fields)}", headers=self._headers)
        elif settings.format == "json":
            headers = {"Content-Type": "application/json", **self._headers}
            request = OutboundRequest(settings.url, settings.method, headers, msgspec.json.encode(fields))
        else:
            headers = {"Content-Type": "application/x-www-form-urlencoded", **self._headers}
            request = OutboundRequest(settings.url, settings.method, headers, urlencode(fields).encode())
        return self._outbound.send(request, self._gateway)

    def _reaches(self, to: str) -> bool:
        """Return whether messages may go to this E.164 number, by its country (P61: no toll fraud)."""
        if not recipient.is_deliverable("sms", to):
            return False
        number = phonenumbers.parse(to)
        return phonenumbers.region_code_for_number(number) in self._settings.countries
