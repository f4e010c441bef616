"""A passkey: it identifies the person by itself, or is requested of a known person.

The answer is verified in `prepare`; `submit` takes its challenge once and notes the use. All failures read
alike. Nobody can guess a signature, so a used-up count refuses only wrong answers (0009).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from flows.engine import forms
from flows.engine.flow import Debit
from flows.engine.forms import Form
from flows.engine.outcomes import FORM, Done, Outcome, WrongProof
from flows.engine.run import Run
from flows.methods.method import Method, OpeningStep
from flows.shared import occasion
from flows.shared.facts import Facts
from idp import methods, random_values
from idp.audit.events.sign_in import SignInRefused
from idp.audit.log import record
from idp.credentials import ceremonies, challenges, passkeys
from idp.credentials.ceremonies import Assertion
from idp.credentials.challenges import Challenge
from idp.credentials.passkeys import Passkey, PasskeyUse
from idp.notices import account
from idp.people import person
from idp.sessions.assurance import Proof
from idp.wording import text

NETWORK = "network"

FAILED = text("Your passkey could not be checked. Try again, or use another sign-in method.")
UNKNOWN = text("This passkey is no longer registered here. Use another sign-in method, and delete it on your device.")


def answer() -> str:
    """Return a field with the answer of an authenticator, as the script writes it."""
    return forms.field(lambda raw, _run: raw, secret=True)


@dataclass(frozen=True)
class PasskeyForm(Form):
    credential: str = answer()


@dataclass(frozen=True)
class PasskeyCheck:
    """The findings of `prepare`. `reason` says for staff why the check fails, and is empty if it does not."""

    reason: str = ""
    person_id: str = ""
    passkey_id: str = ""
    challenge: Challenge | None = None
    assertion: Assertion | None = None


def bound_to(run: Run) -> str:
    """Return what challenges of this page belong to: the run, or before there is one the browser and its request."""
    place = run.id if run.stored else f"{run.row.flow} {run.client.client_id} {run.row.request}"
    return f"{place} {random_values.fingerprint(run.browser)}"


def opened_challenge(run: Run, credential: str) -> Challenge | None:
    """Return the challenge that an answer says it answers, if this page asked it."""
    value = ceremonies.challenge_of(credential)
    return challenges.opened(run.provider.sealer, run.provider.clock.now(), bound_to(run), value)


class SignInByPasskey(OpeningStep[PasskeyForm, PasskeyCheck]):
    """Sign-in without identifier and password: the passkey identifies its owner."""

    name = methods.PASSKEY
    form = PasskeyForm

    def page(self, run: Run) -> Mapping[str, object]:
        return {"passkey_options": _options(run), "unknown_passkey": _unknown(run)}

    def limits(self, run: Run, form: PasskeyForm) -> Iterable[Debit]:
        yield _one_try(run)

    def prepare(self, run: Run, form: PasskeyForm) -> PasskeyCheck:
        return _check(run, form.credential, discovered=True)

    def submit(self, run: Run, form: PasskeyForm, prepared: PasskeyCheck) -> Outcome:
        outcome = _outcome(run, prepared)
        if not isinstance(outcome, Done):
            return outcome
        return Done(msgspec.structs.replace(outcome.facts, person_id=prepared.person_id))

    def still_holds(self, run: Run, person_id: str, proof: Proof) -> bool:
        return passkeys.exists(run.tx, person_id, proof.evidence)


class PasskeyMethod(Method[PasskeyForm, PasskeyCheck]):
    """A passkey of `run.person_id`, as a second step or for a repeated proof."""

    name = methods.PASSKEY
    label = text("Use a passkey")
    form = PasskeyForm

    def is_available(self, run: Run) -> bool:
        return passkeys.has_any(run.tx, run.person_id)

    def page(self, run: Run) -> Mapping[str, object]:
        known = passkeys.of_person(run.tx, run.person_id)
        return {"passkey_options": _options(run, known), "unknown_passkey": _unknown(run)}

    def limits(self, run: Run, form: PasskeyForm) -> Iterable[Debit]:
        yield _one_try(run)

    def prepare(self, run: Run, form: PasskeyForm) -> PasskeyCheck:
        return _check(run, form.credential, discovered=False)

    def submit(self, run: Run, form: PasskeyForm, prepared: PasskeyCheck) -> Outcome:
        return _outcome(run, prepared)

    def still_holds(self, run: Run, person_id: str, proof: Proof) -> bool:
        return passkeys.exists(run.tx, person_id, proof.evidence)


def _options(run: Run, known: Iterable[Passkey] = ()) -> str:
    party = ceremonies.relying_party(run.provider.settings)
    challenge = challenges.issue(run.provider.sealer, run.tx.now, bound_to(run))
    return ceremonies.request_options(party, challenge=challenge, known=known)


def _one_try(run: Run) -> Debit:
    return Debit(NETWORK, network=run.page_request.origin.address, stops=False)


def _check(run: Run, credential: str, *, discovered: bool) -> PasskeyCheck:
    challenge = opened_challenge(run, credential)
    with run.reading() as tx:
        passkey = passkeys.by_credential(tx, ceremonies.credential_id(credential))
        handle = passkeys.handle_of(tx, passkey.person_id) if passkey is not None else ""
        expected = run.person_id
    if challenge is None:
        return PasskeyCheck("no challenge of this page", expected)
    if passkey is None:
        return PasskeyCheck("unknown", expected)
    if not discovered and passkey.person_id != expected:
        return PasskeyCheck("of another person", expected)
    party = ceremonies.relying_party(run.provider.settings)
    assertion = ceremonies.asserted(party, credential, challenge, passkey, handle=handle, discovered=discovered)
    reason = "" if assertion is not None else "wrong"
    return PasskeyCheck(reason, passkey.person_id, passkey.id, challenge, assertion)


def _tell_owner(run: Run, suspect: Passkey, *, reference: str) -> None:
    at, named = occasion.of_run(run), suspect.name
    account.passkey_suspect(run.tx, suspect.person_id, at, reference=reference, passkey=named)


def _outcome(run: Run, checked: PasskeyCheck) -> Outcome:
    used = _used(run, checked)
    if isinstance(used, PasskeyUse):
        if used.went_back:
            _tell_owner(run, used.passkey, reference=used.went_back)
        return Done(Facts(proofs=(Proof(methods.PASSKEY, run.tx.now, used.passkey.id),)))
    record(run.tx, SignInRefused(person_id=checked.person_id, factor=methods.PASSKEY, reason=used))
    return WrongProof({FORM: UNKNOWN if used == "unknown" else FAILED})


def _used(run: Run, checked: PasskeyCheck) -> PasskeyUse | str:
    """Take the answer in the transaction; or why not, for staff."""
    challenge, assertion = checked.challenge, checked.assertion
    if challenge is None or assertion is None:
        return checked.reason
    found = person.by_id(run.tx, checked.person_id)
    if found is None or not found.is_active:
        return "disabled"
    if not challenges.spend(run.tx, challenge):
        return "replayed"
    used = passkeys.use(run.tx, checked.passkey_id, sign_count=assertion.sign_count, backed_up=assertion.backed_up)
    return used or "removed"


def _unknown(run: Run) -> Mapping[str, str]:
    """Return the credential just sent that is stored nowhere, so that its device may forget it (WebAuthn §5.1.10)."""
    sent = ceremonies.credential_id(run.page_request.form.get("credential", ""))
    if not sent or passkeys.by_credential(run.tx, sent) is not None:
        return {}
    return {"rpId": ceremonies.relying_party(run.provider.settings).id, "credentialId": sent}


OPENING = SignInByPasskey()
METHOD = PasskeyMethod()
