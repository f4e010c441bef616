"""Let a company's directory in by a token (RFC 7644 §2), and shut it out again."""

from idp.actions.actor import Actor, acting
from idp.actions.invitations import Sender
from idp.database import Transaction
from idp.notices import company as notices
from idp.organisations import memberships, scim_tokens
from idp.organisations.membership import ACTIVE
from idp.organisations.organisation import Organisation
from idp.people import person


def create_token(
    tx: Transaction, company: Organisation, shown: str, sender: Sender, *, name: str, days: int, by: Actor
) -> bool:
    """Let the holder of this token manage the company's users, and tell all its administrators.

    `by` is one of them. False: the company has as many tokens as it may have.
    """
    with acting(tx, by):
        reference = scim_tokens.keep(tx, company.id, shown, name=name, days=days, by=by.person_id)
        if reference is None:
            return False
        author = person.name_of(tx, by.person_id)
        for member in memberships.of_organisation(tx, company.id):
            if member.membership.state == ACTIVE and member.membership.is_administrator:
                notices.directory_admitted(
                    tx,
                    member.membership,
                    sender.at,
                    company=company,
                    by=author,
                    token=name,
                    days=days,
                    reference=reference,
                )
        return True


def revoke_token(tx: Transaction, token_id: str, *, by: Actor, reason: str = "") -> bool:
    """End a token immediately. False: it had ended already."""
    with acting(tx, by, reason=reason):
        return scim_tokens.revoke(tx, token_id, reason=reason)


def revoke_tokens(tx: Transaction, organisation_id: str, *, by: Actor, reason: str) -> None:
    """End all tokens of a company whose administrators are replaced, or which is closed."""
    for token in scim_tokens.live(tx, organisation_id):
        revoke_token(tx, token.id, by=by, reason=reason)
