"""Which way mails and SMS go, by the settings."""

from collections.abc import Mapping
from pathlib import Path

from idp import secret_files
from idp.clock import Clock
from idp.messages.composer import Composer
from idp.messages.delivery import Delivery, stateless
from idp.messages.email import SmtpDelivery
from idp.messages.inbox import Inbox, InboxDelivery
from idp.messages.sms import HttpGateway
from idp.outbound.client import Outbound
from idp.settings import HOME, Settings


def deliveries(
    settings: Settings,
    clock: Clock,
    composer: Composer,
    outbound: Outbound,
    environ: Mapping[str, str] | None = None,
) -> dict[str, Delivery]:
    """Return the deliveries of `email` and `sms`. The variables that hold their credentials are read now."""
    environ = secret_files.variables(environ)
    mail, sms = settings.mail, settings.sms
    kept = stateless(InboxDelivery(inbox(settings), composer, clock).deliver)
    password = environ.get(mail.password_env, "")
    return {
        "email": kept if mail.transport == "inbox" else SmtpDelivery(composer, mail, password, clock),
        "sms": kept if sms.transport == "inbox" else HttpGateway(composer, sms, environ, outbound),
    }


def inbox(settings: Settings) -> Inbox:
    return Inbox(Path(HOME, settings.files.variable, "inbox.sqlite3"))


def uses_inbox(settings: Settings) -> bool:
    """Return whether messages stay on this machine: development and tests only, else the settings refuse to start."""
    return "inbox" in (settings.mail.transport, settings.sms.transport)
