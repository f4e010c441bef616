"""Sending a code from a step and reading what was typed: the same words and rules on every code page."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flows.engine import forms
from flows.engine.outcomes import FORM, Retry, WrongProof
from flows.engine.run import Run
from flows.shared.facts import Facts
from idp.codes import service as codes
from idp.codes.rules import ALPHABETS, RULES
from idp.codes.service import Destination, LiveCode
from idp.codes.typed import read
from idp.messages import health
from idp.messages.recipient import show_phone
from idp.wording import Text, counted, text


@dataclass(frozen=True, kw_only=True)
class CodeToSend:
    """A code that only this run accepts, or only what `bound_to` names.

    `values` are those of the message in addition to the code; `language` is the reader's (empty: the page's).
    """

    purpose: str
    destination: Destination
    person_id: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    bound_to: str = ""
    language: str = ""


def send(run: Run, code: CodeToSend) -> None:
    """Send the code. If none may be sent now, the page says from when on."""
    request = codes.CodeRequest(
        purpose=code.purpose,
        bound_to=code.bound_to or run.id,
        destination=code.destination,
        language=code.language or run.language,
        client=run.client,
        person_id=code.person_id,
        values=code.values,
    )
    sent = codes.issue(run.tx, run.provider.limiter, request)
    if isinstance(sent, codes.UnsentCode):
        run.say(_why_not(run, sent))


def send_unless_live(run: Run, code: CodeToSend) -> None:
    """As `send`, but Back to the page of a code that still lives sends nothing (rulings 16)."""
    live = codes.live(run.tx, purpose=code.purpose, bound_to=code.bound_to or run.id)
    if live is None or not live.went_to(run.tx.sealer, code.destination):
        send(run, code)


def page(run: Run, purpose: str, destination: Destination, *, bound_to: str = "") -> Mapping[str, object]:
    """Return the values of a code's page: the newest live code and where it went, its shape, or why none lives."""
    bound = bound_to or run.id
    live = codes.live(run.tx, purpose=purpose, bound_to=bound)
    rules = RULES[purpose].of_portal(run.client, purpose)
    return {
        "live": live,
        "sent_to": _sent_to(run, live, destination) if live is not None else "",
        "ended": refusal(codes.RefusedCode(codes.why_none_lives(run.tx, purpose, bound))) if live is None else None,
        "code_length": rules.length,
        "code_alphabet": rules.alphabet,
        "channel": destination.channel,
        "channel_down": health.channel_state(run.tx, destination.channel).down,
    }


def redeem(run: Run, purpose: str, typed: str, destination: Destination) -> Retry | None:
    """Spend the typed code; what to answer if it cannot be, or if it was sent elsewhere than to `destination`.

    A run can change its mind about the address, and about the person: its codes of before prove nothing now.
    """
    unfit = of_wrong_length(run, purpose, typed)
    if unfit is not None and codes.live(run.tx, purpose=purpose, bound_to=run.id) is not None:
        return unfit
    verdict = codes.redeem(run.tx, purpose=purpose, bound_to=run.id, typed=typed)
    if isinstance(verdict, codes.RefusedCode):
        return refused(verdict, RULES[purpose].of_portal(run.client, purpose).alphabet)
    if not verdict.proves(run.tx.sealer, destination.address):
        return refused(codes.RefusedCode("none"))
    return None


def of_wrong_length(run: Run, purpose: str, typed: str) -> Retry | None:
    """Return what to answer if symbols are missing from the typed code, or too many stand there: that costs no try.

    An earlier code that the browser filled in again, with the new one behind it, is such a case.
    """
    rules = RULES[purpose].of_portal(run.client, purpose)
    if forms.is_short(typed, rules.length):
        return Retry({"code": forms.incomplete(rules.length)})
    if forms.is_short(typed, rules.length + 1) or read(typed, ALPHABETS[rules.alphabet], rules.length):
        return None
    return Retry({"code": text("The code has %(length)d characters. You have typed more.", length=rules.length)})


def refused(verdict: codes.RefusedCode, alphabet: str = "") -> WrongProof:
    """Return the answer to a code that was not accepted; where none lives any more, there is no field to lead to."""
    return WrongProof({"code" if verdict.reason == "wrong" else FORM: refusal(verdict, alphabet)})


def refusal(verdict: codes.RefusedCode, alphabet: str = "") -> Text:
    """Return why a code was not accepted, and what to do. The `alphabet` tells whether its case counts (D-15)."""
    if verdict.reason == "wrong" and alphabet == "mixed-case":
        return counted(
            "That code is not correct. Upper and lower case letters are different. You have 1 try left.",
            "That code is not correct. Upper and lower case letters are different. You have %(count)d tries left.",
            verdict.attempts_left,
        )
    if verdict.reason == "wrong":
        return counted(
            "That code is not correct. You have 1 try left.",
            "That code is not correct. You have %(count)d tries left.",
            verdict.attempts_left,
        )
    if verdict.reason == "expired":
        return text("That code has expired. Request a new one.")
    if verdict.reason == "exhausted":
        return text("Too many wrong codes. Request a new one.")
    return text("You do not have a valid code. Request a new one.")


def _sent_to(run: Run, live: LiveCode, destination: Destination) -> str:
    """Return in full what was typed in this run and browser, so that a typo is seen; anything else masked."""
    facts = run.known(Facts)
    typed_here = not run.foreign and destination.address in {facts.email, facts.phone}
    if not typed_here or not live.went_to(run.tx.sealer, destination):
        return live.masked
    return show_phone(destination.address) if destination.channel == "sms" else destination.address


def _why_not(run: Run, sent: codes.UnsentCode) -> Text:
    translator = run.theme.translator
    if sent.reason == "too_soon":
        time = translator.time(sent.retry_at)
        return text("We have just sent you a code. You can request another one at %(time)s.", time=time)
    return translator.timed(
        sent.retry_at,
        run.tx.now,
        text("We have sent too many codes. You can request another one at %(time)s."),
        text("We have sent too many codes. You can request another one on %(day)s at %(time)s."),
    )
