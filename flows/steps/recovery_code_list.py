"""A list of recovery codes is shown once, and works from the moment its owner says that they keep it."""

from collections.abc import Mapping
from dataclasses import dataclass

from flows.engine import forms
from flows.engine.flow import PlainStep
from flows.engine.forms import Form
from flows.engine.outcomes import Done, Outcome, Retry
from flows.engine.run import Run
from flows.shared import occasion
from idp.credentials import recovery_codes
from idp.notices import account
from idp.sealing import CannotOpen
from idp.wording import text

SEAL = "recovery codes not kept yet"
SEPARATOR = "\n"


@dataclass(frozen=True)
class RecoveryCodesForm(Form):
    kept: bool = forms.checkbox(required=text("Keep the list first, then tick the box."))


class KeepRecoveryCodes(PlainStep[RecoveryCodesForm]):
    """Until the box is ticked the former list works, and the new one is sealed in `scratch`."""

    name = "recovery-codes"
    form = RecoveryCodesForm

    def enter(self, run: Run) -> None:
        drawn = SEPARATOR.join(recovery_codes.draw())
        run.scratch = {"codes": run.tx.sealer.seal(SEAL, drawn.encode(), context=run.id)}

    def page(self, run: Run) -> Mapping[str, object]:
        return {"codes": _drawn(run), "replaces": recovery_codes.left(run.tx, run.person_id)}

    def submit(self, run: Run, form: RecoveryCodesForm, prepared: None) -> Outcome:
        codes = _drawn(run)
        if not codes:
            return Retry({})
        reference = recovery_codes.keep(run.tx, run.person_id, codes)
        at, factor = occasion.of_run(run), "recovery_codes"
        account.factor_changed(run.tx, run.person_id, at, factor=factor, added=True, reference=reference)
        return Done()


def _drawn(run: Run) -> tuple[str, ...]:
    """Return the codes on the page; none where the key that sealed them is gone."""
    try:
        sealed = run.scratch.get("codes", "")
        return tuple(run.provider.sealer.open(SEAL, sealed, context=run.id).decode().split(SEPARATOR))
    except CannotOpen:
        return ()
