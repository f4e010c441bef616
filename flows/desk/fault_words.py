"""Why a delivery failed: our words in the language of the staff; those of other servers and of the machine quoted."""

from dataclasses import dataclass

from flows.desk.sayings import said_by, saying
from idp.wording import Text, text

TOO_SLOW = text("The other side was too slow.")
CUT = text("The other side cut the connection.")
GONE = text("The receiver is no longer described in its file.")
UNUSABLE = text("The answer is not one of a success.")

SAYINGS = (
    saying(
        r"(?:the (?:client|program) )?answered (?P<status>\d+)(?:: (?P<quoted>.+))?", text("Answer: HTTP %(status)s.")
    ),
    saying(r"(?P<answer>(?:HTTP|SMTP) \d+(?: [\d.]+)?)", text("Answer: %(answer)s.")),
    saying(r"too slow|TimeoutError|timed out", TOO_SLOW),
    saying(r"ConnectionRefusedError|\[Errno 111\] .*", text("The other side refused the connection.")),
    saying(
        r"(?:SMTPServerDisconnected|ConnectionResetError|ConnectionAbortedError|BrokenPipeError|RemoteDisconnected"
        r"|IncompleteRead|\[Errno (?:32|104)\] .*)",
        CUT,
    ),
    saying(r"gaierror|\[Errno -\d+\] .*", text("The name of the other side leads nowhere.")),
    saying(r"the look-up of the name was too slow", text("The look-up of the name was too slow.")),
    saying(r"too many names are being looked up", text("Too many names are being looked up at the same time.")),
    saying(r"not an address that may be reached", text("This address may not be reached.")),
    saying(
        r"(?P<host>\S+) has an address that is not public",
        text("%(host)s has an address that is not public."),
    ),
    saying(r"the answer is too large", text("The answer is too large.")),
    saying(r"the answer ended before its announced length", CUT),
    saying(r"the answer is not that of a success", UNUSABLE),
    saying(r"not an address", text("This is not an email address.")),
    saying(r"not a number in the countries served", text("The number is not of a country that is served.")),
    saying(r"the server takes no international addresses", text("The mail server takes no international addresses.")),
    saying(r"its client file is missing", text("The file of the receiver is missing.")),
    saying(r"the client has no (?:logout address|stream of events) any more", GONE),
    saying(r"the program has no web-hook any more", GONE),
    saying(r"the client has ended its stream of events", text("The receiver has ended its stream of events.")),
    saying(
        r"the client refused the (?:event|logout token)(?:: (?P<quoted>.+))?", text("The receiver refused the message.")
    ),
    saying(r"the program wants no more of them", text("The receiver wants no more messages.")),
    saying(r"the event is kept no more", text("The event is no longer kept.")),
    saying(
        r"sealed under a key that this worker does not have",
        text("A worker lacks the key of this message. Check IDP_SECRETS on every node."),
    ),
    saying(r"too late", text("The message came too late.")),
)


@dataclass(frozen=True)
class DeliveryFault:
    """Why a delivery failed: `said` by us, `quoted` from another server or the machine; one of them may be missing."""

    said: Text | None
    quoted: str


def of_delivery(fault: str) -> DeliveryFault:
    """Return a fault of the outbox as the page shows it."""
    said = said_by(SAYINGS, fault)
    return DeliveryFault(said, fault if said is None else str(said.values.get("quoted", "")))
