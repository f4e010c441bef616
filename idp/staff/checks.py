"""Why can't they sign in? The checks, in order: the first that finds something is the sentence on top of the page.

Each check is a function of the situation; `CHECKS` is the table, and docs/desk.md shows it. An explanation has the next
step, which becomes the button: the name of an act of the desk (`flows/desk/acts.py`), or nothing where only the person
can go on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from idp.credentials.passwords import MOST_FAILURES
from idp.people.person import ACTIVE
from idp.staff.situation import Situation
from idp.wording import LocalDay, LocalTime, Text, text

ENABLE, UNLOCK, REPLACE_PHONE, REACTIVATE = "enable", "unlock", "replace-phone", "reactivate"
REPLACE_EMAIL = "replace-email"
UNDELIVERED = frozenset({"dead", "expired"})


@dataclass(frozen=True)
class Explanation:
    """One sentence, and the act that helps. `blocks`: the person cannot sign in before it is done."""

    sentence: Text
    act: str = ""
    blocks: bool = True


Check = Callable[[Situation], Explanation | None]


def is_deactivated(seen: Situation) -> Explanation | None:
    """The account was deactivated, by whom and when."""
    if seen.person.state == ACTIVE:
        return None
    event = seen.disabled
    if event is None:
        return Explanation(text("The account is deactivated."), ENABLE)
    if not seen.reason_is_ours:
        return Explanation(text("The account was deactivated on %(day)s.", day=LocalDay(event.at)), ENABLE)
    reason = str(event.details.get("reason", ""))
    said = text("The account was deactivated on %(day)s. Reason: %(reason)s", day=LocalDay(event.at), reason=reason)
    return Explanation(said, ENABLE)


def is_blocked(seen: Situation) -> Explanation | None:
    """A hundred wrong passwords in a row: only known browsers and a new password go on."""
    if seen.password is None or seen.password.failures < MOST_FAILURES:
        return None
    return Explanation(text("Sign-in is blocked after too many wrong passwords in a row."), UNLOCK)


def has_to_wait(seen: Situation) -> Explanation | None:
    """Too many wrong passwords: the next one is looked at only then."""
    return _wait(seen.waits, text("After wrong passwords, the next try is possible at %(time)s.", **_at(seen.waits)))


def has_to_wait_for_codes(seen: Situation) -> Explanation | None:
    """Too many wrong codes in the second step."""
    moment = seen.second_step_waits
    return _wait(moment, text("After wrong codes, the next try is possible at %(time)s.", **_at(moment)))


def was_retired(seen: Situation) -> Explanation | None:
    """The password opens nothing any more; the person chooses another one."""
    if seen.password is not None or not seen.had_password:
        return None
    return Explanation(text("The password was made invalid. The person chooses a new one with ‘Forgot password’."))


def belongs_nowhere(seen: Situation) -> Explanation | None:
    """No portal opens: the access for every company was deactivated, or there never was one."""
    if seen.opened:
        return None
    over = [seat for seat in seen.seats if seat.is_over]
    if over:
        names = ", ".join(seat.company.name for seat in over)
        return Explanation(text("The access for %(company)s was deactivated.", company=names), REACTIVATE)
    return Explanation(text("This account does not open any of your portals. The person may be at the wrong portal."))


def gets_no_messages(seen: Situation) -> Explanation | None:
    """The last message could not be delivered."""
    last = next(iter(seen.messages), None)
    if last is None or last.outcome not in UNDELIVERED:
        return None
    said = text("The last message to %(address)s could not be delivered.", address=last.masked)
    return Explanation(said, REPLACE_EMAIL if last.kind == "email" else REPLACE_PHONE)


def channel_is_down(seen: Situation) -> Explanation | None:
    """Mails or text messages reach nobody at present."""
    down = next((channel for channel in seen.channels if channel.down and channel.since is not None), None)
    if down is None or down.since is None:
        return None
    if down.channel == "sms":
        said = text("No text messages can be sent at present, since %(time)s.", time=LocalTime(down.since))
    else:
        said = text("No emails can be sent at present, since %(time)s.", time=LocalTime(down.since))
    return Explanation(said)


def waits_for_new_phone(seen: Situation) -> Explanation | None:
    """The replacement of a lost phone waits for its time."""
    moment = seen.phone_opens_at
    if moment is None or moment <= seen.now:
        return None
    said = text("The phone is lost. A new number can be given from %(day)s at %(time)s.", **_on(moment))
    return Explanation(said)


def waits_for_new_address(seen: Situation) -> Explanation | None:
    """The replacement of a lost mailbox waits for its time."""
    if seen.new_address is None or seen.new_address.opens_at <= seen.now:
        return None
    moment = seen.new_address.opens_at
    said = text("The email account is lost. The new address can be confirmed from %(day)s at %(time)s.", **_on(moment))
    return Explanation(said)


def lacks_method(seen: Situation) -> Explanation | None:
    """A portal demands a second step, and the person has none that it accepts."""
    for client in seen.opened:
        accepted = client.policy.served_methods
        if client.policy.second_step == "always" and not accepted.intersection(seen.held):
            portal = seen.name_of(client.client_id)
            said = text("%(portal)s asks for a second step, and the person has none that it accepts.", portal=portal)
            return Explanation(said, REPLACE_PHONE)
    return None


def waits_for_recovery(seen: Situation) -> Explanation | None:
    """A link for a new password was asked for, and opens later."""
    if seen.recovery is None or seen.recovery.opens_at <= seen.now:
        return None
    moment = seen.recovery.opens_at
    said = text("A new password was requested. The link will be sent on %(day)s at %(time)s.", **_on(moment))
    return Explanation(said)


def never_came(seen: Situation) -> Explanation | None:
    """Nothing stands in the way, and nobody ever signed in."""
    if seen.person.last_sign_in_at is not None:
        return None
    said = text("Nothing prevents sign-in, but the person has never signed in.")
    return Explanation(said, blocks=False)


def has_terms_to_accept(seen: Situation) -> Explanation | None:
    """The next sign-in shows the terms of use first."""
    if not seen.terms_open:
        return None
    portal = seen.name_of(seen.terms_open[0].client_id)
    said = text("Sign-in works. At %(portal)s, the terms of use must be accepted first.", portal=portal)
    return Explanation(said, blocks=False)


def is_fine(seen: Situation) -> Explanation | None:
    """Nothing stands in the way."""
    moment = seen.person.last_sign_in_at or seen.now
    return Explanation(
        text("Nothing prevents sign-in. The last one was on %(day)s at %(time)s.", **_on(moment)), "", False
    )


CHECKS: tuple[Check, ...] = (
    is_deactivated,
    is_blocked,
    has_to_wait,
    has_to_wait_for_codes,
    was_retired,
    belongs_nowhere,
    gets_no_messages,
    channel_is_down,
    waits_for_new_phone,
    waits_for_new_address,
    lacks_method,
    waits_for_recovery,
    never_came,
    has_terms_to_accept,
    is_fine,
)


def explain(seen: Situation) -> Explanation:
    """Return what the first check found; the last one always finds something."""
    return next(found for check in CHECKS if (found := check(seen)) is not None)


def _wait(moment: datetime | None, said: Text) -> Explanation | None:
    return Explanation(said, UNLOCK) if moment is not None else None


def _at(moment: datetime | None) -> dict[str, object]:
    return {"time": LocalTime(moment)} if moment is not None else {}


def _on(moment: datetime) -> dict[str, object]:
    return {"day": LocalDay(moment), "time": LocalTime(moment)}
