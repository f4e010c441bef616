"""A code was sent; here it is typed. One class for mail and SMS, for every journey."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flows.engine import forms
from flows.engine.flow import PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome, Stay
from flows.engine.run import Run
from flows.shared import code_sending
from flows.shared.code_sending import CodeToSend
from flows.shared.facts import Facts
from idp.codes.service import Destination
from idp.wording import Text, text

RESEND = "resend"


@dataclass(frozen=True)
class CodeForm(Form):
    code: str = forms.code()


@dataclass(frozen=True)
class LongCodeForm(CodeForm):
    """For twelve characters: one wrong one is found among those that were typed."""

    code: str = forms.code(again=True)


@dataclass(frozen=True, kw_only=True)
class CodeStep(PlainStep[CodeForm]):
    """Proves that the person reads `destination`, and sets `proved`.

    `title` heads the page. `values` are the message's values in addition to the code, `language` is the reader's
    (empty: the page's). The page is `steps/code.html` unless `template` names another.
    """

    name: str
    purpose: str
    title: Text
    destination: Callable[[Run], Destination]
    proved: Facts
    needed: Callable[[Run], bool] = lambda _run: True
    values: Callable[[Run], Mapping[str, object]] = lambda _run: {}
    language: Callable[[Run], str] = lambda _run: ""
    proves: frozenset[str] = frozenset()
    stage: Text | None = None
    template: str = "code"
    form: type[CodeForm] = CodeForm
    proof: bool = True
    actions: frozenset[str] = frozenset({RESEND})

    def applies(self, run: Run) -> bool:
        return self.needed(run)

    def enter(self, run: Run) -> None:
        code_sending.send_unless_live(run, self._code(run))

    def page(self, run: Run) -> Mapping[str, object]:
        sent = code_sending.page(run, self.purpose, self.destination(run))
        return {"title": self.title, "facts": run.known(Facts), **sent}

    def submit(self, run: Run, form: CodeForm, prepared: None) -> Outcome:
        return code_sending.redeem(run, self.purpose, form.code, self.destination(run)) or Done(self.proved)

    def act(self, run: Run, action: str) -> Outcome:
        code_sending.send(run, self._code(run))
        return Stay(run.notice or text("We have sent a new code. Earlier codes still work."))

    def _code(self, run: Run) -> CodeToSend:
        return CodeToSend(
            purpose=self.purpose,
            destination=self.destination(run),
            values=self.values(run),
            language=self.language(run),
        )
