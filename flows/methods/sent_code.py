"""A code that is sent, as the second step of signing in: what e-mail and SMS share."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from flows.engine import forms
from flows.engine.flow import Debit
from flows.engine.forms import Form
from flows.engine.outcomes import Outcome
from flows.engine.run import Run
from flows.methods.method import PlainMethod, tries
from flows.shared import code_sending
from flows.shared.code_sending import CodeToSend
from idp.codes.service import Destination


@dataclass(frozen=True)
class SentCodeForm(Form):
    code: str = forms.code()


class SentCode(PlainMethod[SentCodeForm]):
    """Subclasses name the purpose of the code and where it goes."""

    form = SentCodeForm
    is_sent = True
    purpose: str
    channel: Literal["email", "sms"]

    @abstractmethod
    def address(self, run: Run) -> str:
        """Return where codes of this person may go; empty: nowhere."""

    def confirms(self, run: Run) -> bool:
        """Return whether the code also proves an address or number that was given in this run."""
        return False

    def purpose_of(self, run: Run) -> str:
        """Return what the code is for, which its message says."""
        return self.purpose

    def is_available(self, run: Run) -> bool:
        return bool(self.address(run))

    def begin(self, run: Run) -> None:
        address = self.address(run)
        if address:
            destination = Destination(self.channel, address)
            code = CodeToSend(purpose=self.purpose_of(run), destination=destination, person_id=run.person_id)
            code_sending.send(run, code)

    def page(self, run: Run) -> Mapping[str, object]:
        sent = code_sending.page(run, self.purpose_of(run), Destination(self.channel, self.address(run)))
        return {"confirms": self.confirms(run), **sent}

    def limits(self, run: Run, form: SentCodeForm) -> Iterable[Debit]:
        yield from tries(run)

    def submit(self, run: Run, form: SentCodeForm, prepared: None) -> Outcome:
        destination = Destination(self.channel, self.address(run))
        return code_sending.redeem(run, self.purpose_of(run), form.code, destination) or self.proved(run)
