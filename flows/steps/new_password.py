"""The person chooses a password: typed twice, judged and hashed outside any transaction, never a fact."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flows.engine import forms
from flows.engine.flow import Debit, Step
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome, Restart, Retry
from flows.engine.run import Run
from flows.shared.facts import Facts
from idp.actions.passwords import HashedPassword
from idp.clients.client import Client
from idp.credentials import passwords, pending, quality
from idp.organisations.opened_portals import portals_opened_by
from idp.people import emails, person
from idp.wording import Text, text

LIMIT = "password_choice"
DIFFER = text("The two passwords do not match.")


@dataclass(frozen=True)
class NewPasswordForm(Form):
    """Inherit from it where a page asks for more in addition to the password."""

    new_password: str = forms.password(missing=text("Choose a new password."))
    new_password_again: str = forms.password(missing=text("Enter the new password a second time."))

    @classmethod
    def problems(cls, read: Mapping[str, object], run: Run) -> Mapping[str, Text]:
        """Return the quick findings; the slow check of `hashed_if_good` follows after a debit."""
        first, second = read.get("new_password"), read.get("new_password_again")
        typed = [str(read.get(name, "")) for name in ("given_name", "family_name")]
        weak = _faults(run, str(first), [*words_of(run, run.person_id), *typed]) if first is not None else []
        found = {"new_password": weak[0]} if weak else {}
        if None in (first, second) or first == second:
            return found
        return {**found, "new_password_again" if found else "new_password": DIFFER}


Keep = Callable[[Run, HashedPassword], Restart | None]


@dataclass(frozen=True, kw_only=True)
class NewPassword(Step[NewPasswordForm, HashedPassword]):
    """`keep` stores the hash: `wait_for_account` (the default) with the run, `replace_current` for signed-in people.
    If it returns an outcome, that is the answer.

    `previous` is the stored hash it must not equal.
    """

    name: str = "new-password"
    title: Callable[[Run], Text] = lambda _run: text("Choose a password")
    stage: Text | None = None
    template: str = ""
    form: type[NewPasswordForm] = NewPasswordForm
    needed: Callable[[Run], bool] = lambda _run: True
    keep: Keep = lambda run, hashed: wait_for_account(run, hashed)
    previous: Callable[[Run], str] = lambda _run: ""

    def applies(self, run: Run) -> bool:
        return self.needed(run)

    def page(self, run: Run) -> Mapping[str, object]:
        return {"title": self.title(run), "floor": run.policy.password_floor, "username": username(run)}

    def limits(self, run: Run, form: NewPasswordForm) -> Iterable[Debit]:
        yield one_choice(run)

    def prepare(self, run: Run, form: NewPasswordForm) -> HashedPassword | Retry:
        with run.reading():
            words, previous = words_of(run, run.person_id), self.previous(run)
        return hashed_if_good(run, form.new_password, words=words, previous=previous)

    def submit(self, run: Run, form: NewPasswordForm, prepared: HashedPassword) -> Outcome:
        return self.keep(run, prepared) or Done()

    def forget(self, run: Run) -> None:
        pending.drop(run.tx, run.id)


def hashed_if_good(run: Run, plain: str, *, words: Iterable[str], previous: str = "") -> HashedPassword | Retry:
    """Return the hash of a password, or the reason why it may not be chosen. Slow: for `prepare`, after `one_choice`.

    `words` are those of `words_of`, and what is known of the person besides.
    """
    policy, hasher = run.policy, run.provider.hasher
    problems = run.provider.quality.problems(plain, floor=policy.password_floor, context_words=words)
    if not problems and previous and hasher.verify(plain, previous).ok:
        problems = [quality.SAME_AS_BEFORE]
    if problems:
        return Retry({"new_password": problems[0]})
    return HashedPassword(hasher.hash(plain), policy.password_floor)


def wait_for_account(run: Run, hashed: HashedPassword) -> None:
    """Keep the hash until the account exists (rulings 7); `pending.take` returns it then."""
    pending.keep(run.tx, run.id, hashed.hash, floor=hashed.floor, expires_at=run.row.expires_at)


def one_choice(run: Run, subject: str = "") -> Debit:
    """Count one check of a new password. It costs processor time, so each letter, account or person has a limit."""
    facts = run.known(Facts)
    return Debit(LIMIT, (subject or facts.registration or facts.legacy_account or run.person_id or run.id,))


def words_of(run: Run, person_id: str) -> list[str]:
    """Return the words that the password should not be built from: the person's data and their portals' names.

    It opens all of their portals (rulings 32): the names and words of each count, with their funds', in all languages.
    """
    facts, registry = run.known(Facts), run.provider.registry.current()
    words = [facts.given_name, facts.family_name, facts.email]
    found = person.by_id(run.tx, person_id) if person_id else None
    if found is not None:
        address = emails.of_person(run.tx, found.id)
        words += [found.given_name, found.family_name, address.address if address is not None else ""]
    for client in {client.client_id: client for client in (run.client, *_opened(run, person_id))}.values():
        words += [client.client_name, *registry.brand_of(client).name.values(), *client.policy.password_words]
        words += [name for fund in client.funds for name in fund.name.values()]
    return [word for word in words if word]


def _opened(run: Run, person_id: str) -> tuple[Client, ...]:
    return portals_opened_by(run.tx, run.provider.registry.current(), person_id) if person_id else ()


def username(run: Run) -> str:
    """Return the address a password manager files the password under (X-07)."""
    address = emails.of_person(run.tx, run.person_id) if run.person_id else None
    return address.address if address is not None else run.known(Facts).email


def previous_of_signed_in(run: Run) -> str:
    """Return the stored hash of the signed-in person."""
    current = passwords.current(run.tx, run.person_id)
    return current.hash if current is not None else ""


def _faults(run: Run, plain: str, words: Iterable[str]) -> list[Text]:
    return run.provider.quality.faults(plain, floor=run.policy.password_floor, context_words=words)
