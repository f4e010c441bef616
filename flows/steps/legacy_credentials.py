"""Former user ID and former password: what a migration starts from. Usually they were typed at the sign-in already."""

from flows.engine.outcomes import FORM, Done, HandOver, Outcome, Retry
from flows.engine.run import Run
from flows.methods.password import Credentials, CredentialsForm, PasswordCheck
from flows.shared import occasion
from flows.shared.facts import Facts
from idp.notices import migration
from idp.people import legacy
from idp.people.legacy import LegacyAccount
from idp.wording import text

NOTHING_TO_MIGRATE = text("This account has already been updated. Sign in with your email address.")


class LegacyCredentials(Credentials):
    """Sets the fact `legacy_account`. Fails like the sign-in does, at the same cost (X-13)."""

    name = "legacy-credentials"

    def submit(self, run: Run, form: CredentialsForm, prepared: PasswordCheck) -> Outcome:
        outcome = super().submit(run, form, prepared)
        account = legacy.by_id(run.tx, prepared.legacy_id)
        if isinstance(outcome, HandOver) and account is not None:
            migration.begun(run.tx, account, occasion.of_run(run))
            return Done(outcome.facts)
        return Retry({FORM: NOTHING_TO_MIGRATE}) if isinstance(outcome, Done) else outcome


def account_of(run: Run) -> LegacyAccount:
    found = legacy.by_id(run.tx, run.known(Facts).legacy_account)
    if found is None:
        raise LookupError("the legacy account of this run is gone")
    return found
