"""The words for « Santé »: names of the checks and queues, and what `idp doctor` says, in the language of the staff."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

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


@dataclass(frozen=True)
class Saying:
    """A sentence of the doctor and how the page says it. Of its named groups `reason` is such a sentence itself,
    `queue` a queue and `moment` a time."""

    pattern: re.Pattern[str]
    said: Text


def _saying(pattern: str, said: Text) -> Saying:
    return Saying(re.compile(pattern), said)


MOMENT = r"(?P<moment>\d{4}-\d\d-\d\d \d\d:\d\d)"
SAYINGS = (
    _saying(r"it cannot be reached", text("The database cannot be reached.")),
    _saying(r"it cannot be reached: the primary .*", text("The replica cannot be reached. The primary answers.")),
    _saying(r"database\.replica leads to .*", text("database.replica leads to a database that follows no other.")),
    _saying(r"it is (?P<seconds>\d+) s behind its primary", text("The replica is %(seconds)s s behind its primary.")),
    _saying(r"it takes no writes", text("The database takes no writes.")),
    _saying(r"cannot be told before .*", text("This cannot be told before the database is in order.")),
    _saying(
        r"it lacks what this version needs: .*",
        text("The database lacks what this version needs. Run `idp db upgrade`."),
    ),
    _saying(
        r"others on this machine can read the database: (?P<command>.+)",
        text("Other users of this machine can read the database. Run `%(command)s`."),
    ),
    _saying(
        r"this machine's clock is (?P<seconds>[\d.]+) s behind .*",
        text("The clock of this machine is %(seconds)s s slow. Run NTP on both machines."),
    ),
    _saying(
        r"this machine's clock is (?P<seconds>[\d.]+) s ahead .*",
        text("The clock of this machine is %(seconds)s s fast. Run NTP on both machines."),
    ),
    _saying(
        r"the clock of (?P<node>.+) is (?P<seconds>[\d.]+) s behind .*",
        text("%(node)s: the clock is %(seconds)s s slow."),
    ),
    _saying(
        r"the clock of (?P<node>.+) is (?P<seconds>[\d.]+) s ahead .*",
        text("%(node)s: the clock is %(seconds)s s fast."),
    ),
    _saying(
        r"(?P<node>.+) cannot open what (?P<other>.+) seals: it lacks the key (?P<key>[^,]+), .*",
        text("%(node)s cannot open what %(other)s seals: the key %(key)s is missing there, or is another one."),
    ),
    _saying(
        r"granian is installed, .*",
        text("granian is installed and needs less processor time than gunicorn. Run `idp serve --server granian`."),
    ),
    _saying(r"passwords: Argon2id below .*", text("passwords: Argon2id below 19456 KiB and 2 passes.")),
    _saying(r"passwords\.floor is below (?P<least>\d+)", text("passwords.floor: fewer than %(least)s characters.")),
    _saying(r"(?P<name>mail\.security) is none: .*", text("%(name)s: mails travel unencrypted, with codes and links.")),
    _saying(r"(?P<name>sms\.url) is http: .*", text("%(name)s: codes travel unencrypted.")),
    _saying(r"(?P<name>legacy_directories\..+\.url) is http: .*", text("%(name)s: passwords travel unencrypted.")),
    _saying(
        r"(?P<name>limits\.\w+) allows more than the (?P<times>\d+) in (?P<window>\d+) s that it ships with",
        text("%(name)s: allows more than the %(times)s in %(window)s s of the delivery."),
    ),
    _saying(r"(?P<name>sessions\.idle) is longer .*", text("%(name)s: longer than 30 minutes.")),
    _saying(r"(?P<name>sessions\.absolute) is longer .*", text("%(name)s: longer than 12 hours.")),
    _saying(r"(?P<name>pages\.run_idle) is longer .*", text("%(name)s: longer than one hour.")),
    _saying(r"(?P<name>server\.monitoring) lets .*", text("%(name)s: everyone can read the metrics.")),
    _saying(
        r"(?P<name>server\.certificate): no proxy .*",
        text("%(name)s: no proxy reads slow requests first. A few clients can hold up the whole server."),
    ),
    _saying(
        r"(?P<name>database\.url) does not check .*",
        text("%(name)s: the certificate of the other machine is not checked (sslmode=verify-full)."),
    ),
    _saying(r"(?P<name>retention\.audit) is shorter .*", text("%(name)s: shorter than one year.")),
    _saying(
        r"(?P<name>audit\.file and audit\.stdout) are both off: .*",
        text("%(name)s: both are off. Security events stay in the database alone."),
    ),
    _saying(
        r"the environment is (?P<environment>\w+), not production, and others reach (?P<address>.+)",
        text("The environment is %(environment)s, not production, and others can reach %(address)s."),
    ),
    _saying(
        r"(?P<client>[\w-]+): policy\.legacy\.source names (?P<source>\S+), .*",
        text("%(client)s: policy.legacy.source names %(source)s, which is not configured."),
    ),
    _saying(
        r"no portal lists (?P<method>\w+) in policy\.methods, and people hold it \((?P<people>\d+)\)",
        text("No portal lists %(method)s in policy.methods. People who hold it: %(people)s."),
    ),
    _saying(
        r"(?P<count>\d+) of (?P<kind>.+) need a key that IDP_SECRETS lists no more: .*",
        text(
            "IDP_SECRETS no longer lists a key that is needed (%(kind)s: %(count)s). List it again, then run"
            " `idp keys reseal`."
        ),
    ),
    _saying(
        rf"(?P<client>[\w-]+): its file is gone; everything it holds ends at {MOMENT} UTC",
        text("%(client)s: the file is missing. Everything this portal holds ends on %(moment)s."),
    ),
    _saying(
        r"no active (?P<algorithm>\w+) key: .*",
        text("No active %(algorithm)s key. Start a worker, or run `idp keys rotate --now`."),
    ),
    _saying(
        r"the (?P<algorithm>\w+) key is older than keys\.active: .*",
        text("The %(algorithm)s key is older than keys.active. Check that a worker is running."),
    ),
    _saying(r"(?P<server>\S+) does not answer: (?P<fault>.*)", text("%(server)s does not answer: %(fault)s")),
    _saying(
        rf"(?P<count>\d+) waiting in (?P<queue>\w+), the oldest since {MOMENT} UTC",
        text("%(queue)s: %(count)s waiting, the oldest since %(moment)s."),
    ),
    _saying(
        rf"(?P<queue>\w+) of (?P<client>[\w-]+): (?P<count>\d+) fail, the oldest since {MOMENT} UTC: (?P<fault>.*)",
        text("%(queue)s, %(client)s: %(count)s failing, the oldest since %(moment)s: %(fault)s"),
    ),
    _saying(
        rf"(?P<queue>\w+): (?P<count>\d+) fail, the oldest since {MOMENT} UTC: (?P<fault>.*)",
        text("%(queue)s: %(count)s failing, the oldest since %(moment)s: %(fault)s"),
    ),
    _saying(
        rf"(?P<client>[\w-]+): (?P<count>\d+) events were not delivered, the oldest of {MOMENT} UTC",
        text("%(client)s: events not delivered: %(count)s, the oldest of %(moment)s."),
    ),
    _saying(
        rf"(?P<client>[\w-]+): (?P<count>\d+) events wait to be fetched, since {MOMENT} UTC",
        text("%(client)s: events waiting to be fetched: %(count)s, since %(moment)s."),
    ),
    _saying(
        r"expired rows wait (?P<days>\d+) days to be deleted: .*",
        text("Expired data has been waiting to be deleted (days: %(days)s). Check that a worker is running."),
    ),
    _saying(
        rf"security events since {MOMENT}(?: UTC)? are not written: .*",
        text("Security events since %(moment)s are not written. The log of the worker says why."),
    ),
    _saying(
        rf"restored at {MOMENT} UTC from a backup of (?P<newest>.*): .*",
        text("Restored on %(moment)s from a backup of %(newest)s. Later changes are undone."),
    ),
    _saying(
        r"(?P<email>\S+) has not signed in for long: .*",
        text("%(email)s has not signed in for a long time. Run `idp staff disable`."),
    ),
    _saying(
        r"(?P<email>[^\s:]+): (?P<reason>.*): `idp staff roles`",
        text("%(email)s: %(reason)s Run `idp staff roles`."),
    ),
    _saying(r"'?(?P<role>\w+)'? is no role: .*", text("The role %(role)s does not exist.")),
    _saying(r"an operator belongs to no fund .*", text("An operator belongs to no fund and no portal.")),
    _saying(r"no portal's file lists the fund '(?P<fund>.*)'", text("No portal serves the fund %(fund)s.")),
    _saying(r"there is no portal '(?P<portal>.*)'", text("The portal %(portal)s does not exist.")),
    _saying(r"a (?P<role>\w+) needs a fund or a portal", text("The role %(role)s needs a fund or a portal.")),
    _saying(
        r"sms\.url is the example: .*",
        text("sms.url is the example: name your gateway, otherwise no text message leaves."),
    ),
    _saying(
        r"(?P<share>\d+)% of (?P<name>limits\.\w+) were sent and not typed: .*",
        text("%(name)s: %(share)s %% were sent and not typed. CodeSent events say to whom."),
    ),
    _saying(
        r"(?P<client>[\w-]+): (?P<path>[\w.]+(?:\[\d+\])?): (?P<reason>.+)",
        Text("%(client)s, %(path)s: %(reason)s"),
    ),
    _saying(
        r"addresses are compared character by character: .*",
        text("Addresses are compared character by character; `*` stands for itself only."),
    ),
    _saying(r"names are separated by blanks: .*", text("Names are separated by blanks; a comma is part of a name.")),
    _saying(r"without PKCE .*", text("Without PKCE a stolen code can be used by the thief.")),
    _saying(r"a stolen token of the API .*", text("A stolen token of the API works for the thief. Bind it to a key.")),
    _saying(r"no second step at sign-in", text("No second step at sign-in.")),
    _saying(
        r"no second step unless .*",
        text("No second step unless the portal asks for it in every request."),
    ),
    _saying(
        r"a copied app id .*",
        text("An app with a copied client_id would receive data without anyone being asked."),
    ),
    _saying(
        r"people without a mobile phone are shut out: .*",
        text("People without a mobile phone are shut out: sms is the only method."),
    ),
    _saying(
        r"(?P<floor>\d+) characters are few, even with a second factor: (?P<better>\d+) is better",
        text("%(floor)s characters are few, even with a second factor. Better: %(better)s."),
    ),
    _saying(
        r"(?P<floor>\d+) characters are advised where the other step may be .*",
        text("%(floor)s characters are advised where the other step may be an email code or nothing."),
    ),
)


def said(reason: str) -> Text | None:
    """Return a sentence of the doctor for the page; None for one that stays as it is, such as the fault of a file."""
    for each in SAYINGS:
        if found := each.pattern.fullmatch(reason):
            return Text(each.said.msgid, {name: _value(name, value) for name, value in found.groupdict().items()})
    return None


def queue(name: str) -> Text:
    """Return the name of a lane of the outbox, or of a kind of message."""
    return QUEUES.get(name, Text(name))


def check(finding: Finding) -> Text:
    """Return the name of a check."""
    return CHECKS.get(finding.check, Text(finding.check))


def _value(name: str, found: str) -> str | Text:
    if name == "reason":
        return said(found) or found
    if name == "queue":
        return queue(found)
    if name == "moment":
        at = datetime.strptime(found, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
        return Text("%(day)s, %(time)s", {"day": LocalDay(at), "time": LocalTime(at)})
    return found
