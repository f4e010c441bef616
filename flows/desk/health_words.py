"""The words for the state of the system: names of checks and queues, and what `idp doctor` says."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from flows.desk.sayings import said_by, saying
from idp.messages.outbox import Backlog, FailingDelivery
from idp.upkeep.diagnosis import Finding
from idp.wording import LocalDay, LocalTime, Text, text

CHECKS: Mapping[str, Text] = {
    "client files": text("Portal files"),
    "database": text("Database"),
    "schema": text("Schema of the database"),
    "replica": text("Replica of the database"),
    "files": text("File rights"),
    "clock": text("Clock"),
    "nodes": text("Nodes"),
    "server": text("Server"),
    "settings": text("Settings"),
    "policies": text("Rules of the portals"),
    "methods": text("Sign-in methods"),
    "secrets": text("Secrets"),
    "missing files": text("Missing files"),
    "signing keys": text("Signing keys"),
    "mail server": text("Mail server"),
    "queue": text("Waiting messages"),
    "recipients": text("Failing deliveries"),
    "event receivers": text("Receivers of events"),
    "SMS": text("Text messages"),
    "staff": text("Staff"),
    "retention": text("Retention periods"),
    "audit lines": text("Lines of the audit trail"),
    "backup": text("Backup"),
}

QUEUES: Mapping[str, Text] = {
    "codes": text("Codes"),
    "logout": text("Sign-outs of portals"),
    "notices": text("Notices"),
    "bulk": text("Bulk messages"),
    "email": text("Email"),
    "sms": text("Text message"),
    "backchannel_logout": text("Sign-outs of portals"),
    "security_event": text("Security events"),
    "webhook": text("Web-hooks"),
}
"""The lanes of the outbox, and the kinds of what waits in them; one without a word stays as it is."""


WAITING = text("%(queue)s: %(count)s waiting, the oldest since %(moment)s.")
FAILING = text("%(queue)s: %(count)s failing, the oldest since %(moment)s.")
FAILING_OF = text("%(queue)s, %(client)s: %(count)s failing, the oldest since %(moment)s.")
LOST = text("%(client)s: events not delivered: %(count)s, the oldest of %(moment)s.")
MOMENT = r"(?P<moment>\d{4}-\d\d-\d\d \d\d:\d\d)"
SAYINGS = (
    saying(r"it cannot be reached", text("The database cannot be reached.")),
    saying(r"it cannot be reached: the primary .*", text("The replica cannot be reached. The primary answers.")),
    saying(r"database\.replica leads to .*", text("database.replica leads to a database that follows no other.")),
    saying(r"it is (?P<seconds>\d+) s behind its primary", text("The replica is %(seconds)s s behind its primary.")),
    saying(r"it takes no writes", text("The database takes no writes.")),
    saying(r"cannot be told before .*", text("This cannot be told before the database is in order.")),
    saying(
        r"it lacks what this version needs: .*",
        text("The database lacks what this version needs. Run `idp db upgrade`."),
    ),
    saying(
        r"others on this machine can read the database: (?P<command>.+)",
        text("Other users of this machine can read the database. Run `%(command)s`."),
    ),
    saying(
        r"this machine's clock is (?P<seconds>[\d.]+) s behind .*",
        text("The clock of this machine is %(seconds)s s slow. Run NTP on both machines."),
    ),
    saying(
        r"this machine's clock is (?P<seconds>[\d.]+) s ahead .*",
        text("The clock of this machine is %(seconds)s s fast. Run NTP on both machines."),
    ),
    saying(
        r"the clock of (?P<node>.+) is (?P<seconds>[\d.]+) s behind .*",
        text("%(node)s: the clock is %(seconds)s s slow."),
    ),
    saying(
        r"the clock of (?P<node>.+) is (?P<seconds>[\d.]+) s ahead .*",
        text("%(node)s: the clock is %(seconds)s s fast."),
    ),
    saying(
        r"(?P<node>.+) cannot open what (?P<other>.+) seals: it lacks the key (?P<key>[^,]+), .*",
        text("%(node)s cannot open what %(other)s seals: the key %(key)s is missing there, or is another one."),
    ),
    saying(
        r"granian is installed, .*",
        text("granian is installed and needs less processor time than gunicorn. Run `idp serve --server granian`."),
    ),
    saying(r"passwords: Argon2id below .*", text("passwords: Argon2id below 19456 KiB and 2 passes.")),
    saying(r"passwords\.floor is below (?P<least>\d+)", text("passwords.floor: fewer than %(least)s characters.")),
    saying(r"(?P<name>mail\.security) is none: .*", text("%(name)s: mails travel unencrypted, with codes and links.")),
    saying(r"(?P<name>sms\.url) is http: .*", text("%(name)s: codes travel unencrypted.")),
    saying(r"(?P<name>legacy_directories\..+\.url) is http: .*", text("%(name)s: passwords travel unencrypted.")),
    saying(
        r"(?P<name>limits\.\w+) allows more than the (?P<times>\d+) in (?P<window>\d+) s that it ships with",
        text("%(name)s: allows more than the %(times)s in %(window)s s of the delivery."),
    ),
    saying(r"(?P<name>sessions\.idle) is longer .*", text("%(name)s: longer than 30 minutes.")),
    saying(r"(?P<name>sessions\.absolute) is longer .*", text("%(name)s: longer than 12 hours.")),
    saying(r"(?P<name>pages\.run_idle) is longer .*", text("%(name)s: longer than one hour.")),
    saying(r"(?P<name>server\.monitoring) lets .*", text("%(name)s: everyone can read the metrics.")),
    saying(
        r"(?P<name>server\.certificate): no proxy .*",
        text("%(name)s: no proxy reads slow requests first. A few clients can hold up the whole server."),
    ),
    saying(
        r"(?P<name>database\.url) does not check .*",
        text("%(name)s: the certificate of the other machine is not checked (sslmode=verify-full)."),
    ),
    saying(r"(?P<name>retention\.audit) is shorter .*", text("%(name)s: shorter than one year.")),
    saying(
        r"(?P<name>audit\.file and audit\.stdout) are both off: .*",
        text("%(name)s: both are off. Security events stay in the database alone."),
    ),
    saying(
        r"the environment is (?P<environment>\w+), not production, and others reach (?P<address>.+)",
        text("The environment is %(environment)s, not production, and others can reach %(address)s."),
    ),
    saying(
        r"(?P<client>[\w-]+): policy\.legacy\.source names (?P<source>\S+), .*",
        text("%(client)s: policy.legacy.source names %(source)s, which is not configured."),
    ),
    saying(
        r"no portal lists (?P<method>\w+) in policy\.methods, and people hold it \((?P<people>\d+)\)",
        text("No portal lists %(method)s in policy.methods. People who hold it: %(people)s."),
    ),
    saying(
        r"(?P<count>\d+) of (?P<kind>.+) need a key that IDP_SECRETS lists no more: .*",
        text(
            "IDP_SECRETS no longer lists a key that is needed (%(kind)s: %(count)s). List it again, then run"
            " `idp keys reseal`. If the key is lost, run `idp keys abandon`."
        ),
    ),
    saying(
        rf"(?P<client>[\w-]+): its file is gone; everything it holds ends at {MOMENT} UTC",
        text("%(client)s: the file is missing. Everything this portal holds ends on %(moment)s."),
    ),
    saying(r"none can be opened: .*", text("No signing key can be opened. The line about secrets says why.")),
    saying(
        r"no active (?P<algorithm>\w+) key: .*",
        text("No active %(algorithm)s key. Start a worker, or run `idp keys rotate --now`."),
    ),
    saying(
        r"the (?P<algorithm>\w+) key is older than keys\.active: .*",
        text("The %(algorithm)s key is older than keys.active. Check that a worker is running."),
    ),
    saying(r"(?P<server>\S+) does not answer: (?P<fault>.*)", text("%(server)s does not answer.")),
    saying(
        rf"(?P<count>\d+) waiting in (?P<queue>\w+), the oldest since {MOMENT} UTC",
        WAITING,
    ),
    saying(
        rf"(?P<queue>\w+) of (?P<client>[\w-]+): (?P<count>\d+) fail, the oldest since {MOMENT} UTC: (?P<fault>.*)",
        FAILING_OF,
    ),
    saying(
        rf"(?P<queue>\w+): (?P<count>\d+) fail, the oldest since {MOMENT} UTC: (?P<fault>.*)",
        FAILING,
    ),
    saying(
        rf"(?P<client>[\w-]+): (?P<count>\d+) events were not delivered, the oldest of {MOMENT} UTC",
        LOST,
    ),
    saying(
        rf"(?P<client>[\w-]+): (?P<count>\d+) events wait to be fetched, since {MOMENT} UTC",
        text("%(client)s: events waiting to be fetched: %(count)s, since %(moment)s."),
    ),
    saying(
        r"expired rows wait (?P<days>\d+) days to be deleted: .*",
        text("Expired data has been waiting to be deleted (days: %(days)s). Check that a worker is running."),
    ),
    saying(
        rf"security events since {MOMENT}(?: UTC)? are not written: .*",
        text("Security events since %(moment)s are not written. The log of the worker says why."),
    ),
    saying(
        rf"restored at {MOMENT} UTC from a backup of (?P<newest>.*): .*",
        text("Restored on %(moment)s from a backup of %(newest)s. Later changes are undone."),
    ),
    saying(
        r"(?P<email>\S+) has not signed in for long: .*",
        text("%(email)s has not signed in for a long time. Run `idp staff disable`."),
    ),
    saying(
        r"(?P<email>[^\s:]+): (?P<reason>.*): `idp staff roles`",
        text("%(email)s: %(reason)s Run `idp staff roles`."),
    ),
    saying(r"'?(?P<role>\w+)'? is no role: .*", text("The role %(role)s does not exist.")),
    saying(r"an operator belongs to no fund .*", text("An operator belongs to no fund and no portal.")),
    saying(r"no portal's file lists the fund '(?P<fund>.*)'", text("No portal serves the fund %(fund)s.")),
    saying(r"there is no portal '(?P<portal>.*)'", text("The portal %(portal)s does not exist.")),
    saying(r"a (?P<role>\w+) needs a fund or a portal", text("The role %(role)s needs a fund or a portal.")),
    saying(
        r"sms\.url is the example: .*",
        text("sms.url is the example: name your gateway, otherwise no text message leaves."),
    ),
    saying(
        r"(?P<share>\d+)% of (?P<name>limits\.\w+) were sent and not typed: .*",
        text("%(name)s: %(share)s%% were sent and not typed. CodeSent events say to whom."),
    ),
    saying(
        r"(?P<client>[\w-]+): (?P<path>[\w.]+(?:\[\d+\])?): (?P<reason>.+)",
        text("%(client)s, %(path)s: %(reason)s"),
    ),
    saying(
        r"addresses are compared character by character: .*",
        text("Addresses are compared character by character; `*` stands for itself only."),
    ),
    saying(r"names are separated by blanks: .*", text("Names are separated by blanks; a comma is part of a name.")),
    saying(r"without PKCE .*", text("Without PKCE a stolen code can be used by the thief.")),
    saying(r"a stolen token of the API .*", text("A stolen token of the API works for the thief. Bind it to a key.")),
    saying(r"no second step at sign-in", text("No second step at sign-in.")),
    saying(
        r"no second step unless .*",
        text("No second step unless the portal asks for it in every request."),
    ),
    saying(
        r"a copied app id .*",
        text("An app with a copied client_id would receive data without anyone being asked."),
    ),
    saying(
        r"people without a mobile phone are shut out: .*",
        text("People without a mobile phone are shut out: sms is the only method."),
    ),
    saying(
        r"(?P<floor>\d+) characters are few, even with a second factor: (?P<better>\d+) is better",
        text("%(floor)s characters are few, even with a second factor. Better: %(better)s."),
    ),
    saying(
        r"(?P<floor>\d+) characters are advised where the other step may be .*",
        text("%(floor)s characters are advised where the other step may be an email code or nothing."),
    ),
)


def said(reason: str, named: Callable[[str], str] = str) -> Text | None:
    """Return a sentence of the doctor for the page; None for one that stays as it is, such as the fault of a file.

    `named` returns how the page calls a portal or program, by its id.
    """
    return said_by(SAYINGS, reason, lambda name, found: _value(name, found, named))


def fault_in(said: Text) -> str:
    """Return what another server or the machine said in a sentence of the doctor; empty where nothing was quoted."""
    return str(said.values.get("fault", ""))


def waiting(lane: str, many: Backlog) -> Text:
    """Return how many messages wait in a lane of the outbox."""
    return Text(WAITING.msgid, {"queue": queue(lane), "count": many.waiting, "moment": _moment(many.oldest)})


def failing(found: FailingDelivery, receiver: str) -> Text:
    """Return how many deliveries fail, to the portal or program of this name, if to one."""
    values = {"queue": queue(found.kind), "count": found.waiting, "moment": _moment(found.oldest)}
    return Text(FAILING_OF.msgid, {**values, "client": receiver}) if receiver else Text(FAILING.msgid, values)


def lost(receiver: str, count: int, oldest: datetime) -> Text:
    """Return how many events the portal or program of this name did not get."""
    return Text(LOST.msgid, {"client": receiver, "count": count, "moment": _moment(oldest)})


def queue(name: str) -> Text:
    """Return the name of a lane of the outbox, or of a kind of message."""
    return QUEUES.get(name, Text(name))


def check(finding: Finding) -> Text:
    """Return the name of a check."""
    return CHECKS.get(finding.check, Text(finding.check))


def _value(name: str, found: str, named: Callable[[str], str]) -> str | Text:
    if name == "client":
        return named(found)
    if name == "reason":
        return said(found) or found
    if name == "queue":
        return queue(found)
    if name == "moment":
        return _moment(datetime.strptime(found, "%Y-%m-%d %H:%M").replace(tzinfo=UTC))
    return found


def _moment(at: datetime) -> Text:
    return text("%(day)s at %(time)s", day=LocalDay(at), time=LocalTime(at))
