"""A code that the person already has, from an app or from a list. Nothing is sent."""

from abc import abstractmethod
from collections.abc import Iterable

from flows.engine.flow import Debit, FormT
from flows.engine.outcomes import Outcome, WrongProof
from flows.engine.run import Run
from flows.methods.method import PlainMethod, tries
from idp.audit.events.sign_in import SignInRefused
from idp.audit.log import record
from idp.wording import Text


class OwnCode(PlainMethod[FormT]):
    """Subclasses spend the code and say what is wrong with another."""

    wrong: Text

    @abstractmethod
    def spend(self, run: Run, form: FormT) -> str:
        """Use the code up and return the evidence of it; empty: it is not right, or was used before."""

    def limits(self, run: Run, form: FormT) -> Iterable[Debit]:
        yield from tries(run)

    def submit(self, run: Run, form: FormT, prepared: None) -> Outcome:
        evidence = self.spend(run, form)
        if evidence:
            return self.proved(run, evidence)
        record(run.tx, SignInRefused(person_id=run.person_id, factor=self.name, reason="wrong"))
        return WrongProof({"code": self.wrong})
