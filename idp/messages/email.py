"""Mails on the wire: from a rendered mail to an RFC 5322 message, and its way through an SMTP server."""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import idna

from idp.clock import Clock
from idp.messages.composer import Composer, Composition, RenderedMail
from idp.messages.delivery import ChannelDown, Deliver, Parcel, TryLater, Undeliverable
from idp.settings import MailSettings

ENHANCED_CODE = re.compile(rb"^[245]\.\d{1,3}\.\d{1,3}")
"""RFC 3463, as servers put it before their text."""

LOST = (OSError, smtplib.SMTPServerDisconnected)  # OSError covers time-outs, refused connections and TLS faults


def written(mail: RenderedMail, *, to: str, sender: str, message_id: str, at: datetime) -> EmailMessage:
    """Return the message: text and HTML, marked as automatic (RFC 3834) so that no absence notice answers it.

    The Message-ID comes from the outbox row, so that a second delivery can be recognised.
    """
    message = EmailMessage(policy=SMTP)
    sender = mail.sender or sender
    message["From"] = Address(display_name=mail.portal, addr_spec=sender)
    message["To"] = _address(to)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{message_id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["Content-Language"] = mail.language
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return message


def _address(to: str) -> Address:
    """Return the domain as servers know it (RFC 5891); a local part may stay international (RFC 6531)."""
    local, _, domain = to.rpartition("@")
    try:
        return Address(username=local, domain=idna.encode(domain, uts46=True).decode())
    except (idna.IDNAError, ValueError) as error:
        raise Undeliverable("not an address") from error


class SmtpDelivery:
    """Delivers `email` parcels through one SMTP server, one connection a batch."""

    def __init__(
        self, composer: Composer, settings: MailSettings, password: str, clock: Clock, tls: ssl.SSLContext | None = None
    ) -> None:
        """`tls` replaces the system's trust (`ssl.create_default_context()`), which verifies name and chain."""
        self._composer = composer
        self._settings = settings
        self._password = password
        self._clock = clock
        self._tls = tls or ssl.create_default_context()

    @contextmanager
    def __call__(self) -> Iterator[Deliver]:
        server = self._connected()
        try:
            yield lambda parcel: self._deliver(server, parcel)
        finally:
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()

    def _connected(self) -> smtplib.SMTP:
        settings = self._settings
        try:
            if settings.security == "tls":
                server: smtplib.SMTP = smtplib.SMTP_SSL(
                    settings.host, settings.port, timeout=settings.timeout, context=self._tls
                )
            else:
                server = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout)
        except (*LOST, smtplib.SMTPException) as error:
            raise ChannelDown(_named(error)) from error
        try:
            self._secure(server)
        except (*LOST, smtplib.SMTPException) as error:
            server.close()
            raise ChannelDown(_named(error)) from error
        return server

    def _secure(self, server: smtplib.SMTP) -> None:
        if self._settings.security == "starttls":
            server.starttls(context=self._tls)  # raises where the server does not offer it: never sent in clear
        if self._settings.username:
            server.login(self._settings.username, self._password)

    def _deliver(self, server: smtplib.SMTP, parcel: Parcel) -> None:
        mail = self._composer.mail(Composition.of(parcel))
        message = written(
            mail,
            to=parcel.message.to,
            sender=self._settings.sender,
            message_id=parcel.id,
            at=self._clock.now(),
        )
        with refusals():
            server.send_message(message)


@contextmanager
def refusals() -> Iterator[None]:
    """SMTP's answers as the worker's classes (RFC 5321 §4.2.1); the texts hold codes only, never an address."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        raise _refusal(code, text) from error
    except smtplib.SMTPSenderRefused as error:
        raise ChannelDown(_coded(error.smtp_code, error.smtp_error)) from error
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPNotSupportedError as error:
        raise Undeliverable("the server takes no international addresses") from error
    except (*LOST, smtplib.SMTPException) as error:
        raise ChannelDown(_named(error)) from error


def _refusal(code: int, text: bytes | str) -> Exception:
    fault = _coded(code, text)
    if code == 421:  # the server is closing the connection
        return ChannelDown(fault)
    return Undeliverable(fault) if 500 <= code < 600 else TryLater(fault)


def _coded(code: int, text: bytes | str) -> str:
    raw = text if isinstance(text, bytes) else text.encode()
    found = ENHANCED_CODE.match(raw)
    return f"SMTP {code} {found.group().decode()}" if found else f"SMTP {code}"


def _named(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _coded(error.smtp_code, error.smtp_error)
    return type(error).__name__
