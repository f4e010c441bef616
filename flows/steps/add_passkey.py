"""The screen on which a device makes a passkey, and its variant that only offers one after a sign-in.

The challenge carries the handle by which authenticators know the person: for the first passkey a new random one, which
is stored with it. A page that is only looked at stores nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flows.engine import forms
from flows.engine.flow import Debit, Step
from flows.engine.forms import Form
from flows.engine.outcomes import FORM, Done, Outcome, Retry
from flows.engine.run import Run
from flows.methods import passkey as screens
from flows.methods.method import tries
from flows.shared import occasion
from flows.shared.facts import Facts
from flows.steps.second_step import changed, proofs_hold
from idp import methods, random_values, user_agents
from idp.actions.actor import Actor
from idp.actions.add_passkey import add_passkey
from idp.credentials import authenticators, ceremonies, challenges, cooling_down, passkey_offers, passkeys
from idp.credentials.ceremonies import UserEntity
from idp.credentials.challenges import Challenge
from idp.credentials.stored_passkey import NewPasskey
from idp.people import emails, person
from idp.sessions import known_browsers
from idp.sessions.assurance import Proof
from idp.wording import text

LATER = "later"

FAILED = text("Your device did not create a passkey that works here. Try again or use another device.")
FULL = text("You already have the maximum number of passkeys. Remove one before you add another.")
TWICE = text("This passkey is already stored, or another one was added at the same moment. Try again.")


@dataclass(frozen=True)
class AddForm(Form):
    credential: str = screens.answer()
    name: str = forms.line(required=False, longest=passkeys.LONGEST_NAME)


@dataclass(frozen=True)
class CreatedPasskey:
    """A passkey that the device created, verified."""

    new: NewPasskey
    challenge: Challenge


class AddPasskey(Step[AddForm, CreatedPasskey]):
    """A new passkey for `run.person_id`, who proved their identity a moment ago."""

    name = "add-passkey"
    form = AddForm

    def page(self, run: Run) -> Mapping[str, object]:
        return {"creation_options": _options(run), "proposed": _device(run), "full": _is_full(run)}

    def limits(self, run: Run, form: AddForm) -> Iterable[Debit]:
        yield from tries(run)

    def prepare(self, run: Run, form: AddForm) -> CreatedPasskey | Retry:
        challenge = screens.opened_challenge(run, form.credential)
        if challenge is None:
            return Retry({FORM: FAILED})
        party = ceremonies.relying_party(run.provider.settings)
        new = ceremonies.registered(party, form.credential, challenge)
        return CreatedPasskey(new, challenge) if new is not None else Retry({FORM: FAILED})

    def submit(self, run: Run, form: AddForm, prepared: CreatedPasskey) -> Outcome:
        if not proofs_hold(run):
            return changed(run)
        if not challenges.spend(run.tx, prepared.challenge):
            return Retry({FORM: FAILED})
        if _is_full(run):
            return Retry({FORM: FULL})
        name = _name(run, form.name, prepared.new.aaguid)
        passkey = add_passkey(
            run.tx,
            run.person_id,
            prepared.new,
            handle=prepared.challenge.carried,
            name=name,
            by=Actor.person(run.person_id),
            at=occasion.of_run(run),
        )
        if passkey is None:
            return Retry({FORM: TWICE})
        return Done(Facts(proofs=(Proof(methods.PASSKEY, run.tx.now, passkey.id),)))


class OfferPasskey(AddPasskey):
    """After a sign-in by code, once in a while, and where a passkey went missing (`policy.offer_passkey`).

    « Later » continues at once.
    """

    name = "offer-passkey"
    actions = frozenset({LATER})

    def applies(self, run: Run) -> bool:
        facts = run.known(Facts)
        if not run.policy.offer_passkey or methods.PASSKEY not in run.policy.methods or not facts.person_id:
            return False
        used, misses = {proof.method for proof in facts.proofs}, misses_passkey(run)
        by_code = bool(used & {methods.EMAIL, methods.SMS}) or misses
        if not by_code or not passkey_offers.is_due(run.tx, facts.person_id, anew=misses):
            return False
        return cooling_down.until(run.tx, run.provider.registry.current(), facts.person_id) is None

    def act(self, run: Run, action: str) -> Outcome:
        passkey_offers.put_off(run.tx, run.person_id)
        return Done()


def misses_passkey(run: Run) -> bool:
    """Return whether the person last came with a passkey in this browser, and now with another strong proof: their
    device has lost it, whether or not we still know it."""
    facts = run.known(Facts)
    used = {proof.method for proof in facts.proofs}
    if methods.PASSKEY in used or not used & methods.factors():
        return False
    return known_browsers.last_method(run.tx, facts.person_id, run.browser) == methods.PASSKEY


def _options(run: Run) -> str:
    found, address = person.by_id(run.tx, run.person_id), emails.of_person(run.tx, run.person_id)
    full_name = found.full_name if found is not None else ""
    known_as = passkeys.handle_of(run.tx, run.person_id) or random_values.token(passkeys.HANDLE_BYTES)
    challenge = challenges.issue(run.provider.sealer, run.tx.now, screens.bound_to(run), carried=known_as)
    return ceremonies.creation_options(
        ceremonies.relying_party(run.provider.settings),
        UserEntity(known_as, address.address if address is not None else full_name, full_name),
        title=run.theme.name,
        challenge=challenge,
        known=passkeys.of_person(run.tx, run.person_id),
    )


def _is_full(run: Run) -> bool:
    return len(passkeys.listed(run.tx, run.person_id)) >= passkeys.MOST


def _device(run: Run) -> str:
    return user_agents.name_of(run.page_request.origin.user_agent)


def _name(run: Run, typed: str, aaguid: str) -> str:
    """Return the name that the owner typed; our own proposal gives way to the name of a well-known authenticator."""
    proposed = _device(run)
    return typed if typed not in {"", proposed} else authenticators.name_of(aaguid) or proposed
