"""The operations, one for each method of each address (RFC 7644 §3.2)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from flask import Request

from idp.actions import scim_users as actions
from idp.actions.scim_users import DirectoryRefusal
from idp.api import reading
from idp.database import Transaction
from idp.limits.rate_limit import LimitHit
from idp.organisations import organisation, scim_users, topics
from idp.organisations.organisation import Organisation
from idp.organisations.scim_users import DirectoryUser, ScimUser, UserKeys
from idp.provider import Provider
from idp.scim import caller, discovery, filters, groups, patching, queries, users
from idp.scim.caller import DirectoryCaller
from idp.scim.errors import ScimError, ScimType, invalid, not_found
from idp.scim.filters import member
from idp.scim.queries import Query
from idp.scim.resources import Place, check_match
from idp.scim.schemas import GROUPS, USERS

JSON = frozenset({"application/json", "application/scim+json"})
REFUSED: Mapping[DirectoryRefusal, tuple[int, str, ScimType]] = {
    DirectoryRefusal.USER_NAME_TAKEN: (409, "Another user of the company has this userName.", "uniqueness"),
    DirectoryRefusal.ADDRESS_TAKEN: (409, "Another user of the company has this e-mail address.", "uniqueness"),
    DirectoryRefusal.LAST_ADMINISTRATOR: (409, "The company would have no administrator.", ""),
    DirectoryRefusal.TOO_MANY_USERS: (403, f"A company has at most {scim_users.MOST} users.", ""),
}

Resource = Mapping[str, object]


@dataclass(frozen=True)
class ScimAnswer:
    """`body` None: there is nothing to say."""

    body: Resource | None
    status: int = 200
    location: str = ""


@dataclass(frozen=True)
class ScimCall:
    """One request of an admitted directory. `names` are the variable parts of its address."""

    provider: Provider
    caller: DirectoryCaller
    request: Request
    names: Mapping[str, str]
    place: Place

    @cached_property
    def query(self) -> dict[str, object]:
        """The parameters of the address; of a repeated one the first."""
        return dict(self.request.args.items())

    @cached_property
    def body(self) -> Resource:
        """The JSON object that was sent. Raises `ScimError`, or `ApiProblem` for what is no JSON."""
        if self.request.mimetype not in JSON:
            raise ScimError(415, "The body has the type application/scim+json.")
        found = reading.json_of(self.request.get_data(cache=True))
        if not isinstance(found, Mapping):
            raise invalid("The body is an object.", "invalidSyntax")
        return found

    @property
    def match(self) -> str:
        return self.request.headers.get("If-Match", "")

    def topics(self, tx: Transaction) -> Mapping[str, str]:
        """Return the topics open to the company: id → label in the company's language."""
        company = tx.session.get_one(Organisation, self.caller.company.id)
        language = company.language or next(iter(self.provider.settings.pages.languages))
        return topics.open_to(self.caller.client, company, language)


Operation = Callable[[ScimCall, Transaction], ScimAnswer]


def list_users(call: ScimCall, tx: Transaction) -> ScimAnswer:
    return ScimAnswer(_listed_users(call, tx, queries.read(call.query)))


def search_users(call: ScimCall, tx: Transaction) -> ScimAnswer:
    return ScimAnswer(_listed_users(call, tx, queries.read(call.body)))


def read_user(call: ScimCall, tx: Transaction) -> ScimAnswer:
    return ScimAnswer(queries.projection(call.query).of(_shown(call, tx, _user(call, tx))))


def create_user(call: ScimCall, tx: Transaction) -> ScimAnswer:
    wanted = users.read(call.body, active=True)
    stored = _stored(tx, actions.create_user(tx, caller.directory(call.provider, tx, call.caller), wanted))
    return _changed(call, tx, stored.id, status=201)


def replace_user(call: ScimCall, tx: Transaction) -> ScimAnswer:
    user = _locked_user(call, tx)
    return _replaced(call, tx, user, call.body)


def patch_user(call: ScimCall, tx: Transaction) -> ScimAnswer:
    user = _locked_user(call, tx)
    return _replaced(call, tx, user, patching.apply(call.body, _shown(call, tx, user), USERS))


def delete_user(call: ScimCall, tx: Transaction) -> ScimAnswer:
    user = _locked_user(call, tx)
    refused = actions.remove_user(tx, caller.directory(call.provider, tx, call.caller), user)
    if refused is not None:
        raise ScimError(*REFUSED[refused])
    return ScimAnswer(None, 204)


def list_groups(call: ScimCall, tx: Transaction) -> ScimAnswer:
    return ScimAnswer(queries.page(_groups(call, tx), queries.read(call.query)))


def search_groups(call: ScimCall, tx: Transaction) -> ScimAnswer:
    return ScimAnswer(queries.page(_groups(call, tx), queries.read(call.body)))


def search_all(call: ScimCall, tx: Transaction) -> ScimAnswer:
    found = [*_users(call, tx, UserKeys()), *_groups(call, tx)]
    return ScimAnswer(queries.page(found, queries.read(call.body)))


def read_group(call: ScimCall, tx: Transaction) -> ScimAnswer:
    return ScimAnswer(queries.projection(call.query).of(_group(call, tx)))


def replace_group(call: ScimCall, tx: Transaction) -> ScimAnswer:
    _lock_group(call, tx)
    return _regrouped(call, tx, call.body)


def patch_group(call: ScimCall, tx: Transaction) -> ScimAnswer:
    return _regrouped(call, tx, patching.apply(call.body, _lock_group(call, tx), GROUPS))


def service_provider(call: ScimCall, _tx: Transaction) -> ScimAnswer:
    return ScimAnswer(discovery.service_provider(call.place.base))


def list_schemas(call: ScimCall, _tx: Transaction) -> ScimAnswer:
    return _all_of(call, discovery.schemas(call.place.base))


def read_schema(call: ScimCall, _tx: Transaction) -> ScimAnswer:
    return _one_of(call, discovery.schemas(call.place.base))


def list_resource_types(call: ScimCall, _tx: Transaction) -> ScimAnswer:
    return _all_of(call, discovery.resource_types(call.place.base))


def read_resource_type(call: ScimCall, _tx: Transaction) -> ScimAnswer:
    return _one_of(call, discovery.resource_types(call.place.base))


def _all_of(call: ScimCall, found: Sequence[Resource]) -> ScimAnswer:
    if member(call.query, "filter") is not None:  # RFC 7644 §4
        raise ScimError(403, "The description of the service is not filtered.")
    return ScimAnswer(queries.page(found, queries.read({})))


def _one_of(call: ScimCall, found: Sequence[Resource]) -> ScimAnswer:
    wanted = next((each for each in found if each["id"] == call.names["id"]), None)
    if wanted is None:
        raise not_found()
    return ScimAnswer(wanted)


def _listed_users(call: ScimCall, tx: Transaction, query: Query) -> Resource:
    """Return a page of users; one that is asked for by a name of theirs is looked up by an index."""
    tree = query.filter
    keys = UserKeys(
        id=filters.equals(tree, "id") if tree is not None else "",
        user_name=filters.equals(tree, "userName") if tree is not None else "",
        external_id=filters.equals(tree, "externalId") if tree is not None else "",
    )
    return queries.page(_users(call, tx, keys), query)


def _users(call: ScimCall, tx: Transaction, keys: UserKeys) -> list[dict[str, object]]:
    labels = call.topics(tx)
    return [users.shown(each, call.place, labels) for each in scim_users.users(tx, call.caller.company.id, keys)]


def _groups(call: ScimCall, tx: Transaction) -> list[dict[str, object]]:
    everybody = scim_users.users(tx, call.caller.company.id)
    return [groups.shown(each, label, everybody, call.place) for each, label in call.topics(tx).items()]


def _group(call: ScimCall, tx: Transaction) -> dict[str, object]:
    found = next((each for each in _groups(call, tx) if each["id"] == call.names["id"]), None)
    if found is None:
        raise not_found()
    return found


def _lock_group(call: ScimCall, tx: Transaction) -> Resource:
    organisation.lock(tx, call.caller.company.id)  # of two changes of one version, the second sees the first
    found = _group(call, tx)
    check_match(call.match, found)
    return found


def _regrouped(call: ScimCall, tx: Transaction, wanted: Resource) -> ScimAnswer:
    everybody, topic = scim_users.users(tx, call.caller.company.id), call.names["id"]
    inside = groups.read_members(wanted, everybody)
    directory = caller.directory(call.provider, tx, call.caller)
    for user in everybody:
        if (user.id in inside) != (topic in user.topics):
            actions.give_topics(tx, directory, user, groups.with_topic(user, topic, given=user.id in inside))
    tx.flush()
    return ScimAnswer(_group(call, tx))


def _user(call: ScimCall, tx: Transaction) -> DirectoryUser:
    found = scim_users.user(tx, call.caller.company.id, call.names["id"])
    if found is None:
        raise not_found()
    return found


def _locked_user(call: ScimCall, tx: Transaction) -> DirectoryUser:
    organisation.lock(tx, call.caller.company.id)  # of two changes of one version, the second sees the first
    found = _user(call, tx)
    check_match(call.match, _shown(call, tx, found))
    return found


def _replaced(call: ScimCall, tx: Transaction, user: DirectoryUser, given: Resource) -> ScimAnswer:
    wanted = users.read(given, active=user.is_active)
    outcome = actions.replace_user(tx, caller.directory(call.provider, tx, call.caller), user, wanted)
    return _changed(call, tx, _stored(tx, outcome).id)


def _changed(call: ScimCall, tx: Transaction, user_id: str, *, status: int = 200) -> ScimAnswer:
    tx.flush()
    tx.session.expire_all()
    found = scim_users.user(tx, call.caller.company.id, user_id)
    if found is None:
        raise not_found()
    resource = _shown(call, tx, found)
    location = f"{call.place.base}/Users/{user_id}" if status == 201 else ""
    return ScimAnswer(queries.projection(call.query).of(resource), status, location)


def _stored(tx: Transaction, outcome: ScimUser | DirectoryRefusal | LimitHit) -> ScimUser:
    """Return the record. Raises `ScimError`, which undoes what was written."""
    if isinstance(outcome, LimitHit):
        wait = max(1, int((outcome.retry_at - tx.now).total_seconds()))
        headers = {"Retry-After": str(wait)}
        raise ScimError(429, "The company has had too many invitations today.", headers=headers)
    if isinstance(outcome, DirectoryRefusal):
        raise ScimError(*REFUSED[outcome])
    return outcome


def _shown(call: ScimCall, tx: Transaction, user: DirectoryUser) -> dict[str, object]:
    return users.shown(user, call.place, call.topics(tx))
