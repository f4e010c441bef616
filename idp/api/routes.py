"""The table of all operations: addresses, the OpenAPI document and the reference page are made from it."""

from idp.api.operation import Operation
from idp.api.operations import (
    companies,
    enrolments,
    events,
    former_accounts,
    insured_persons,
    invitations,
    letter_jobs,
    letters,
    losses,
    member_jobs,
    members,
    persons,
    sessions,
    statistics,
    webhooks,
)

OPERATIONS: tuple[Operation, ...] = (
    *insured_persons.OPERATIONS,
    *letters.OPERATIONS,
    *letter_jobs.OPERATIONS,
    *persons.OPERATIONS,
    *losses.OPERATIONS,
    *sessions.OPERATIONS,
    *enrolments.OPERATIONS,
    *companies.OPERATIONS,
    *members.OPERATIONS,
    *member_jobs.OPERATIONS,
    *invitations.OPERATIONS,
    *former_accounts.OPERATIONS,
    *events.OPERATIONS,
    *statistics.OPERATIONS,
    *webhooks.OPERATIONS,
)
