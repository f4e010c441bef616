"""Sending a code from a step and reading what was typed: the same words and rules on every code page."""

from collections.abc import Mapping

from flows.engine.outcomes import WrongProof
from flows.engine.run import Run
from idp.codes import service as codes
from idp.codes.service import Destination
from idp.messages import health
from idp.wording import Text, counted, text


def send(
    run: Run,
    purpose: str,
    destination: Destination,
    *,
    person_id: str = "",
    values: Mapping[str, object] | None = None,
    bound_to: str = "",
    language: str = "",
) -> None:
    """Send a code that only this run accepts, or only what `bound_to` names. If none may be sent now, the page says
    from when on. `language`: of who reads it, where that is not who reads the page."""
    request = codes.CodeRequest(
        purpose=purpose,
        bound_to=bound_to or run.id,
        destination=destination,
        language=language or run.language,
        client=run.client,
        person_id=person_id,
        values=values or {},
    )
    sent = codes.issue(run.tx, run.provider.limiter, request)
    if isinstance(sent, codes.UnsentCode):
        run.say(_why_not(run, sent))


def send_unless_live(
    run: Run,
    purpose: str,
    destination: Destination,
    *,
    person_id: str = "",
    values: Mapping[str, object] | None = None,
    bound_to: str = "",
    language: str = "",
) -> None:
    """As `send`, but Back to the page of a code that still lives sends nothing (rulings 16)."""
    live = codes.live(run.tx, purpose=purpose, bound_to=bound_to or run.id)
    if live is None or not live.went_to(run.tx.sealer, destination):
        send(run, purpose, destination, person_id=person_id, values=values, bound_to=bound_to, language=language)


def page(run: Run, purpose: str, channel: str, *, bound_to: str = "") -> Mapping[str, object]:
    """Return the values of a code's page: its masked destination, its expiry, and the time for a new request."""
    live = codes.live(run.tx, purpose=purpose, bound_to=bound_to or run.id)
    return {"live": live, "channel": channel, "channel_down": health.channel_state(run.tx, channel).down}


def redeem(run: Run, purpose: str, typed: str, destination: Destination) -> WrongProof | None:
    """Spend the typed code; what to answer if it cannot be, or if it was sent elsewhere than to `destination`.

    A run can change its mind about the address, and about the person: its codes of before prove nothing now.
    """
    verdict = codes.redeem(run.tx, purpose=purpose, bound_to=run.id, typed=typed)
    if isinstance(verdict, codes.RefusedCode):
        return WrongProof({"code": refusal(verdict)})
    if not verdict.proves(run.tx.sealer, destination.address):
        return WrongProof({"code": refusal(codes.RefusedCode("none"))})
    return None


def refusal(verdict: codes.RefusedCode) -> Text:
    """Return why a code was not accepted, and what to do."""
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
