"""The person chooses a password: typed twice, judged and hashed outside any transaction, never a fact."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flows.engine import forms
from flows.engine.flow import Step
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome, Restart, Retry
from flows.engine.run import Run
from idp.credentials import passwords, pending, quality
from idp.people import emails, person
from idp.wording import Text, text

DIFFER = text("The two passwords differ.")


@dataclass(frozen=True)
class NewPasswordForm(Form):
    """Inherit from it where a page asks for more besides the password."""

    new_password: str = forms.password(missing=text("Choose a new password."))
    new_password_again: str = forms.password(missing=text("Enter the new password a second time."))

    @classmethod
    def problems(cls, read: Mapping[str, Any], run: Run) -> Mapping[str, Text]:
        """What the typed page alone tells; `hashed_if_good` asks again, with what is known of the person."""
        first, second = read.get("new_password"), read.get("new_password_again")
        facts = run.facts
        typed = [
            read.get("given_name", ""),
            read.get("family_name", ""),
            facts.given_name,
            facts.family_name,
            facts.email,
        ]
        weak = _weaknesses(run, first, typed) if first is not None else []
        found = {"new_password": weak[0]} if weak else {}
        return found if None in (first, second) or first == second else {**found, "new_password_again": DIFFER}


@dataclass(frozen=True)
class Hashed:
    """What `prepare` made of the typed password, and the length floor it met."""

    hash: str
    floor: int


Keep = Callable[[Run, Hashed], Restart | None]


@dataclass(frozen=True, kw_only=True)
class NewPassword(Step):
    """`keep` stores the hash: `wait_for_account` (the default) with the run, `replace_current` for who is signed in.
    An outcome that it returns is the answer.

    `words` are what the password must not contain besides the portal's; `previous` the stored hash it must not equal.
    """

    name: str = "new-password"
    title: Callable[[Run], Text] = lambda _run: text("Choose a password")
    stage: Text | None = None
    template: str = ""
    form: type[Form] = NewPasswordForm
    needed: Callable[[Run], bool] = lambda _run: True
    keep: Keep = lambda run, hashed: wait_for_account(run, hashed)
    words: Callable[[Run], Iterable[str]] = lambda run: words_of(run)
    previous: Callable[[Run], str] = lambda _run: ""

    def applies(self, run: Run) -> bool:
        return self.needed(run)

    def page(self, run: Run) -> Mapping[str, object]:
        return {"title": self.title(run), "floor": run.policy.password_floor, "username": username(run)}

    def prepare(self, run: Run, form: NewPasswordForm) -> Hashed | Retry:
        with run.reading():
            words, previous = [*self.words(run)], self.previous(run)
        return hashed_if_good(run, form.new_password, words=words, previous=previous)

    def submit(self, run: Run, form: NewPasswordForm, prepared: Hashed) -> Outcome:
        return self.keep(run, prepared) or Done()

    def forget(self, run: Run) -> None:
        pending.drop(run.tx, run.id)


def hashed_if_good(run: Run, plain: str, *, words: Iterable[str], previous: str = "") -> Hashed | Retry:
    """The hash of a password that may be chosen, or every reason why it may not. Slow: for `prepare`."""
    policy, hasher = run.policy, run.provider.hasher
    problems = _weaknesses(run, plain, words)
    if not problems and previous and hasher.verify(plain, previous).ok:
        problems = [quality.SAME_AS_BEFORE]
    if problems:
        return Retry({"new_password": problems[0]})
    return Hashed(hasher.hash(plain), policy.password_floor)


def wait_for_account(run: Run, hashed: Hashed) -> None:
    """Keep it until the account exists (rulings 7); `pending.take` hands it over."""
    pending.keep(run.tx, run.id, hashed.hash, floor=hashed.floor, expires_at=run.row.expires_at)


def words_of(run: Run) -> list[str]:
    """What is known of the person: names and address typed in this run, and those of who is signed in."""
    facts = run.facts
    known = [facts.given_name, facts.family_name, facts.email]
    found = person.by_id(run.tx, run.person_id) if run.person_id else None
    if found is not None:
        address = emails.of_person(run.tx, found.id)
        known += [found.given_name, found.family_name, address.address if address is not None else ""]
    return [word for word in known if word]


def username(run: Run) -> str:
    """The address a password manager files the password under (X-07)."""
    address = emails.of_person(run.tx, run.person_id) if run.person_id else None
    return address.address if address is not None else run.facts.email


def previous_of_signed_in(run: Run) -> str:
    """The stored hash of who is signed in."""
    current = passwords.current(run.tx, run.person_id)
    return current.hash if current is not None else ""


def _weaknesses(run: Run, plain: str, words: Iterable[str]) -> list[Text]:
    floor = run.policy.password_floor
    return run.provider.quality.problems(plain, floor=floor, context_words=_context(run, words))


def _context(run: Run, words: Iterable[str]) -> list[str]:
    names = [*run.brand.name.values(), run.client.client_name]
    return [*words, *names, *run.policy.password_words]
