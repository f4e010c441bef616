"""The rights that a program's file can give it, as scopes: one to read and one to change each kind of resource."""

from collections.abc import Iterator, Mapping

from idp.clients.client import Client
from idp.clients.conversion import FileFault

LETTERS_READ, LETTERS_WRITE = "letters:read", "letters:write"
PERSONS_READ, PERSONS_WRITE, PERSONS_ERASE = "persons:read", "persons:write", "persons:erase"
CONTACTS_READ = "contacts:read"
INSURED_WRITE = "insured:write"
COMPANIES_READ, COMPANIES_WRITE = "companies:read", "companies:write"
MEMBERSHIPS_READ, MEMBERSHIPS_WRITE = "memberships:read", "memberships:write"
INVITATIONS_READ, INVITATIONS_WRITE = "invitations:read", "invitations:write"
FORMER_ACCOUNTS_READ, FORMER_ACCOUNTS_WRITE = "former-accounts:read", "former-accounts:write"
EVENTS_READ = "events:read"
STATISTICS_READ = "statistics:read"
WEBHOOKS_WRITE = "webhooks:write"

SCOPES: Mapping[str, str] = {
    LETTERS_READ: "See letters with activation codes, and how far their campaigns got.",
    LETTERS_WRITE: "Issue, reissue and withdraw letters. What comes back holds codes in clear.",
    PERSONS_READ: "Find persons, and see their accounts and sessions. Contact data are masked.",
    PERSONS_WRITE: "Disable, enable and unlock accounts, end sessions, make passwords invalid, remove methods, replace "
    "lost mailboxes and phones, begin recoveries, withdraw consents, stop deletions.",
    PERSONS_ERASE: "Delete accounts of people whom nobody else has. It cannot be undone, and asks no second person.",
    CONTACTS_READ: "See e-mail addresses and phone numbers in full; each look is recorded.",
    INSURED_WRITE: "Put insured persons into the fund's register, and change them there.",
    COMPANIES_READ: "See companies.",
    COMPANIES_WRITE: "Register, change and close companies, and replace their administrators.",
    MEMBERSHIPS_READ: "See the members of companies.",
    MEMBERSHIPS_WRITE: "Change members' rights, deactivate and reactivate them.",
    INVITATIONS_READ: "See invitations to companies.",
    INVITATIONS_WRITE: "Invite administrators and members, and withdraw invitations.",
    FORMER_ACCOUNTS_READ: "See accounts of former directories and whether they have migrated.",
    FORMER_ACCOUNTS_WRITE: "Let an account migrate again whose migration was contested.",
    EVENTS_READ: "Read security events.",
    STATISTICS_READ: "Read how often something happened. The figures name no person.",
    WEBHOOKS_WRITE: "Have the program's own web-hooks sent again.",
}


def faults(client: Client) -> Iterator[FileFault]:
    """Find scopes of the API without a place where they hold, and the other way round."""
    asked = client.scopes & SCOPES.keys()
    if asked and client.api is None:
        yield FileFault("api", f"{min(asked)} needs the funds or portals that it holds for: api = {{ funds = […] }}")
    if client.api is not None and not asked:
        yield FileFault("scope", f"the API needs at least one of {', '.join(SCOPES)}")
