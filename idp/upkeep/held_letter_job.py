"""The job on letters that this process works on, as far as the work needs it."""

from idp.imports.insured_persons import InsuredPersons
from idp.imports.values import settings_of_portal
from idp.invitations.letters.fund_letters import FundLetters
from idp.invitations.letters.job import LetterJob
from idp.invitations.letters.letter import Design
from idp.invitations.letters.print_run import LetterOrder
from idp.upkeep.held_job import HeldJob

HeldLetterJob = HeldJob[LetterJob]


def order_of(held: HeldLetterJob, press: FundLetters) -> LetterOrder:
    """Return the order of the job's letters."""
    job = held.job
    chosen: Design = "letterhead" if job.design == "letterhead" else "portal"
    return press.order(job.campaign_id, replace_live=job.replace_live, design=chosen, language=job.language)


def importer_of(held: HeldLetterJob, press: FundLetters) -> InsuredPersons:
    """Return what reads the register: the same as at the command line."""
    provider = held.provider
    registry = provider.registry.current()
    settings = settings_of_portal(provider.settings, registry, press.client, provider.clock)
    return InsuredPersons(settings, fund=press.fund.code, home=press.letterhead.brand.country)
