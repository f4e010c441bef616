"""Mails reach a real server: encrypted, marked as automatic, one connection a batch, refusals understood."""

import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from idp.messages.catalogue import CATALOGUE
from idp.messages.delivery import ChannelDown, Parcel, TryLater, Undeliverable
from idp.messages.email import SmtpDelivery
from idp.provider import Provider
from idp.settings import MailSettings, SettingsError
from idp.settings_loader import load_settings
from tests.messages.mail_server import MailServer, certificate, mail_server, only
from tests.support.application import TEST_SECRETS
from tests.support.clock import MovableClock


def settings(server: MailServer | int, **changes: Any) -> MailSettings:
    port = server if isinstance(server, int) else server.port
    fields = {
        "transport": "smtp",
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "username": "",
        "password_env": "IDP_MAIL_PASSWORD",
        "sender": "no-reply@login.example.ch",
        "timeout": 2,
        **changes,
    }
    return MailSettings(**fields)


def parcel(clock: MovableClock, to: str = "anna@example.ch", template: str = "sign_in_code", **changes: Any) -> Parcel:
    payload = {
        "to": to,
        "template": template,
        "language": "fr",
        "values": CATALOGUE[template].sample,
        "brand": "",
    }
    fields = {"id": "019f6acc-4600-7074-a893-90b856bc3a6c", "kind": "email", "person_id": "", "client_id": "",
              "attempts": 1, "created_at": clock.now(), "expires_at": clock.now(), **changes}  # fmt: skip
    return Parcel(payload=payload, **fields)


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return certificate(tmp_path)


@pytest.fixture
def send(provider: Provider, clock: MovableClock) -> Any:
    def send(mail: MailSettings, *parcels: Parcel, password: str = "", tls: ssl.SSLContext | None = None) -> None:
        with SmtpDelivery(provider.composer, mail, password, clock, tls)() as deliver:
            for each in parcels or (parcel(clock),):
                deliver(each)

    return send


def test_a_mail_says_what_it_is_and_asks_for_no_answer(send: Any, clock: MovableClock) -> None:
    """X-19"""
    with mail_server() as server:
        send(settings(server))

    (mail,) = server.messages
    assert mail["To"] == "anna@example.ch"
    assert mail["From"].addresses[0].addr_spec == "no-reply@login.example.ch"
    assert mail["From"].addresses[0].display_name
    assert "482 913" in mail["Subject"]
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == "<019f6acc-4600-7074-a893-90b856bc3a6c@login.example.ch>"
    assert mail["Date"].datetime == clock.now()
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert "482913" in mail.get_body(("plain",)).get_content().splitlines()  # type: ignore[union-attr]


def test_a_batch_uses_one_connection(send: Any, clock: MovableClock) -> None:
    with mail_server() as server:
        send(settings(server), *[parcel(clock) for _ in range(5)])

    assert (len(server.messages), server.connections) == (5, 1)


def test_starttls_encrypts_before_anything_is_said(send: Any, tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    with mail_server(tls[0]) as server:
        send(settings(server, security="starttls"), tls=tls[1])

    assert server.encrypted == [True]


def test_tls_from_the_first_byte(send: Any, tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    with mail_server(tls[0], implicit=True) as server:
        send(settings(server, security="tls"), tls=tls[1])

    assert server.encrypted == [True]


def test_a_server_that_nobody_vouches_for_gets_nothing(send: Any, tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    with mail_server(tls[0]) as server, pytest.raises(ChannelDown, match="SSL"):
        send(settings(server, security="starttls"))

    assert server.messages == []


def test_a_server_without_starttls_gets_nothing(send: Any) -> None:
    with mail_server() as server, pytest.raises(ChannelDown):
        send(settings(server, security="starttls"))

    assert server.messages == []


def test_the_server_is_given_name_and_password_over_tls(send: Any, tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    with mail_server(tls[0], **only("idp", "secret")) as server:
        send(settings(server, security="starttls", username="idp"), tls=tls[1], password="secret")
        with pytest.raises(ChannelDown, match="SMTP 535"):
            send(settings(server, security="starttls", username="idp"), tls=tls[1], password="wrong")

    assert len(server.messages) == 1


@pytest.mark.parametrize(
    ("answer", "fault", "text"),
    [
        ("550 5.1.1 no such user anna@example.ch", Undeliverable, "SMTP 550 5.1.1"),
        ("450 4.2.0 greylisted", TryLater, "SMTP 450 4.2.0"),
        ("421 4.3.2 going down", ChannelDown, "SMTP 421 4.3.2"),
    ],
)
def test_refusals_of_a_recipient_are_told_apart(
    send: Any, clock: MovableClock, answer: str, fault: type[Exception], text: str
) -> None:
    """RFC 5321 §4.2.1: 5yz is final, 4yz is not"""
    with mail_server() as server:
        server.refusals["anna@example.ch"] = answer
        with pytest.raises(fault) as raised:
            send(settings(server))

    assert str(raised.value) == text


@pytest.mark.parametrize(("answer", "fault"), [("554 5.7.1 spam", Undeliverable), ("451 4.3.0 later", TryLater)])
def test_refusals_of_a_mail_are_told_apart(send: Any, answer: str, fault: type[Exception]) -> None:
    with mail_server() as server:
        server.answer_to_data = answer
        with pytest.raises(fault):
            send(settings(server))


def test_a_refused_recipient_does_not_spoil_the_rest_of_the_batch(provider: Provider, clock: MovableClock) -> None:
    with mail_server() as server:
        server.refusals["gone@example.ch"] = "550 5.1.1 no such user"
        with SmtpDelivery(provider.composer, settings(server), "", clock)() as deliver:
            with pytest.raises(Undeliverable):
                deliver(parcel(clock, "gone@example.ch"))
            deliver(parcel(clock))

    assert len(server.messages) == 1


def test_a_server_that_is_gone_is_a_channel_that_is_down(send: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(ChannelDown, match="ConnectionRefusedError"):
            send(settings(unused.getsockname()[1]))


def test_a_server_that_says_nothing_is_not_waited_for(send: Any) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(ChannelDown):
            send(settings(silent.getsockname()[1], timeout=1))


def test_international_addresses_are_delivered(send: Any, clock: MovableClock) -> None:
    with mail_server(enable_SMTPUTF8=True) as server:
        send(settings(server), parcel(clock, "zoë@bücher.example"))

    assert server.envelopes[0].rcpt_tos == ["zoë@xn--bcher-kva.example"]


def test_an_international_domain_needs_nothing_special(send: Any, clock: MovableClock) -> None:
    with mail_server() as server:
        send(settings(server), parcel(clock, "anna@bücher.example"))

    assert server.envelopes[0].rcpt_tos == ["anna@xn--bcher-kva.example"]


def test_an_international_address_at_a_server_that_takes_none_is_undeliverable(send: Any, clock: MovableClock) -> None:
    with mail_server() as server, pytest.raises(Undeliverable, match="international"):
        send(settings(server), parcel(clock, "zoë@example.ch"))


def test_credentials_without_tls_are_refused_at_the_start() -> None:
    with pytest.raises(SettingsError, match=r"mail\.username"):
        load_settings(
            {"IDP_ENVIRONMENT": "testing"},
            overrides={"secrets": TEST_SECRETS, "mail": {"username": "idp", "security": "none"}},
        )
