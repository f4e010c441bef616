"""The users of a company as its administrators see them: state, rights, found, sorted, page by page."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from flows.organisation.administration import Administration
from idp.invitations import status
from idp.organisations import last_sign_ins, membership, memberships
from idp.organisations.memberships import Member
from idp.wording import Text, text

PAGE = 25
EXPIRED = "expired"
LABELS: Mapping[str, Text] = {
    membership.ACTIVE: text("Active"),
    membership.INVITED: text("Invited"),
    EXPIRED: text("Invitation expired"),
    membership.DEACTIVATED: text("Deactivated"),
}
KINDS: Mapping[str, str] = {
    membership.ACTIVE: "good",
    membership.INVITED: "waiting",
    EXPIRED: "bad",
    membership.DEACTIVATED: "off",
}


@dataclass(frozen=True)
class CompanyUser:
    """One line. `state` is a key of `LABELS`; `valid_until` is that of an open invitation.

    `last_sign_in` is at this portal.
    """

    member: Member
    state: str
    valid_until: datetime | None = None
    last_sign_in: datetime | None = None

    @property
    def id(self) -> str:
        return self.member.membership.id

    @property
    def name(self) -> str:
        return f"{self.member.given_name} {self.member.family_name}".strip()

    @property
    def sorted_name(self) -> str:
        """The name in the order that the list is sorted by."""
        return ", ".join(name for name in (self.member.family_name, self.member.given_name) if name)

    @property
    def email(self) -> str:
        return self.member.email

    @property
    def is_administrator(self) -> bool:
        return self.member.membership.is_administrator

    @property
    def is_invited(self) -> bool:
        return self.member.membership.state == membership.INVITED

    @property
    def last_day(self) -> datetime | None:
        """Return a moment within the last day of the invitation, as its mail prints it."""
        return self.valid_until - timedelta(seconds=1) if self.valid_until else None

    @property
    def label(self) -> Text:
        return LABELS[self.state]

    @property
    def kind(self) -> str:
        """The colour of the pill."""
        return KINDS[self.state]


SORTED_BY: Mapping[str, Callable[[CompanyUser], object]] = {
    "name": lambda user: _sorting_key(user.member.family_name, user.member.given_name),
    "email": lambda user: user.email.casefold(),
    "rights": lambda user: (not user.is_administrator, -len(user.member.membership.topics)),
    "state": lambda user: list(LABELS).index(user.state),
}


@dataclass(frozen=True)
class ListingQuery:
    """The query in the list's address; values that cannot be read are ignored."""

    words: str = ""
    sort: str = "name"
    descending: bool = False
    page: int = 1

    def address(self, **changes: object) -> str:
        """Return the query of the same list with something changed."""
        wanted = {"q": self.words, "sort": self.sort, "down": "1" if self.descending else "", "page": self.page}
        return "?" + urlencode({name: value for name, value in {**wanted, **changes}.items() if value})

    def to_page(self, page: int) -> str:
        return self.address(page=page)

    def sorting(self, column: str) -> str:
        """Return the query behind a column's heading: that order, or the reverse where it is in use."""
        if column not in SORTED_BY:
            return ""
        reverse = column == self.sort and not self.descending
        return self.address(sort=column, down="1" if reverse else "", page="")


def read_query(asked: MultiDict[str, str]) -> ListingQuery:
    sort = asked.get("sort", "name")
    page = asked.get("page", "1")
    return ListingQuery(
        words=" ".join(asked.get("q", "")[:100].split()),
        sort=sort if sort in SORTED_BY else "name",
        descending=bool(asked.get("down")),
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
    )


@dataclass(frozen=True)
class ListingPage:
    """One page of what the query finds; `page` is within `pages`. `total` counts the company's users."""

    users: Sequence[CompanyUser]
    page: int
    pages: int
    total: int


def find(admin: Administration, query: ListingQuery) -> ListingPage:
    everybody = all_users(admin)
    words = query.words.casefold().split()
    hits = [user for user in everybody if all(word in f"{user.name} {user.email}".casefold() for word in words)]
    hits.sort(key=SORTED_BY["name"])  # type: ignore[arg-type]
    hits.sort(key=SORTED_BY[query.sort], reverse=query.descending)  # type: ignore[arg-type]
    pages = max(1, -(-len(hits) // PAGE))
    page = min(max(1, query.page), pages)
    shown = _with_last_sign_ins(admin, hits[(page - 1) * PAGE : page * PAGE])
    return ListingPage(shown, page, pages, len(everybody))


def all_users(admin: Administration) -> list[CompanyUser]:
    open_until = status.open_invitations(admin.tx, admin.company.id)
    return [_user(member, open_until) for member in memberships.of_organisation(admin.tx, admin.company.id)]


def user(admin: Administration, membership_id: str) -> CompanyUser:
    """Return one line of the list; 404 if it is another company's."""
    found = admin.user(membership_id)
    is_invited = found.membership.state == membership.INVITED
    line = _user(found, status.open_invitations(admin.tx, admin.company.id) if is_invited else {})
    return _with_last_sign_ins(admin, [line])[0]


def _with_last_sign_ins(admin: Administration, users: Sequence[CompanyUser]) -> list[CompanyUser]:
    people = [user.member.membership.person_id for user in users]
    known = last_sign_ins.at_portal(admin.tx, [each for each in people if each], admin.client.client_id)
    return [replace(user, last_sign_in=known.get(user.member.membership.person_id or "")) for user in users]


def _sorting_key(*names: str) -> list[str]:
    """Return names as a reader orders them: É stands with E, whatever the case."""
    decomposed = [unicodedata.normalize("NFKD", name.casefold()) for name in names]
    return ["".join(char for char in name if not unicodedata.combining(char)) for name in decomposed]


def _user(member: Member, open_until: Mapping[str, datetime]) -> CompanyUser:
    state, until = member.membership.state, open_until.get(member.membership.id)
    return CompanyUser(member, EXPIRED if state == membership.INVITED and until is None else state, until)
