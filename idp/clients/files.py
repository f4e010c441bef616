"""Reads the folders of client and brand files as a whole: everything that is right, and everything that is wrong.

`config/clients/<client id>.toml` is one client, `config/brands/<brand>/brand.toml` one brand. Either may end with
`[environment.<name>]` tables, which replace fields in that environment only (loopback addresses in development).
"""

import hashlib
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import msgspec

from idp import random_values
from idp.clients import brand_checks, client_checks, policy_checks, weaknesses
from idp.clients.addresses import LOOPBACK_ENVIRONMENTS
from idp.clients.brand import Brand
from idp.clients.client import ApiAccess, Client
from idp.clients.conversion import FileFault, merged, readings
from idp.clients.problems import FileProblem
from idp.clients.subscriptions import signing_key
from idp.jose import SECRET_BYTES, SIGNING_ALGORITHMS

BRAND_FILE = "brand.toml"
BLANK_BRAND: dict[str, object] = {"name": {"en": "-"}, "colours": {"brand": "#000000"}}
"""Stands in for what a faulty brand leaves out, so that the rest of its folder is judged too."""
T = TypeVar("T")

ENVIRONMENTS = ("production", "development", "testing", "conformance")


@dataclass(frozen=True)
class Circumstances:
    """The conditions outside the files that the rules depend on."""

    environment: str
    languages: tuple[str, ...]
    environ: Mapping[str, str] = field(repr=False)
    kind: type[Client] = Client
    """The type of a client, with the grants and authentication methods that are served (`idp.oidc.served_client`)."""
    algorithms: tuple[str, ...] = SIGNING_ALGORITHMS
    """The algorithms this provider has signing keys for (`keys.algorithms`)."""
    rules: tuple[Callable[[Client], Iterable[FileFault]], ...] = ()
    """Rules of packages that stand above this one."""
    template: str = ""
    """The client that registered ones are like (`registration.like`)."""
    everywhere: bool = False
    """Whether the tables of other environments are judged too; a fault of theirs stops no start here."""

    @property
    def loopback(self) -> bool:
        """Return whether web clients may live on this machine over http."""
        return self.environment in LOOPBACK_ENVIRONMENTS


@dataclass(frozen=True)
class FolderDigests:
    """One digest of the client files and one of the brand folders: nodes with the same files have the same."""

    clients: str
    brands: str


@dataclass(frozen=True)
class Contents:
    """The contents of the folders. The keys are file names as `problems` show them."""

    clients: Mapping[str, Client]
    brands: Mapping[str, Brand]
    problems: tuple[FileProblem, ...]
    warnings: tuple[FileProblem, ...] = ()
    version: str = ""
    digests: FolderDigests = FolderDigests("", "")
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def completed_by(self, earlier: "Contents") -> "Contents":
        """With the last good version of every file that has a problem now."""
        broken = {problem.file for problem in self.problems}
        kept = {name: client for name, client in earlier.clients.items() if name in broken}
        kept_brands = {name: brand for name, brand in earlier.brands.items() if name in broken}
        return replace(
            self,
            clients={**self.clients, **kept},
            brands={**self.brands, **kept_brands},
            secrets={**earlier.secrets, **self.secrets},
        )


def signature(clients: Path, brands: Path) -> tuple[tuple[str, int, int, int], ...]:
    """Changes when a file is added, removed or written, or gets other rights: a cheap look, without reading."""
    return tuple(sorted(_stat(path) for path in _watched(clients, brands)))


def read(clients: Path, brands: Path, circumstances: Circumstances) -> Contents:
    """Return every client and brand, and every problem of every file at once. Raises nothing for a bad file."""
    good_brands: dict[str, Brand] = {}
    read_clients: dict[str, Client] = {}
    problems: list[FileProblem] = []
    for path in sorted(brands.glob(f"*/{BRAND_FILE}")):
        file = f"{brands.name}/{path.parent.name}/{BRAND_FILE}"
        _sort(_brand(path, circumstances), file, good_brands, problems)
    for path in sorted(clients.glob("*.toml")):
        file = f"{clients.name}/{path.name}"
        client, faults = _client(path, circumstances)
        problems.extend(FileProblem(file, fault.path, fault.message) for fault in faults)
        if client is not None:
            read_clients[file] = client
    problems += _between_files(read_clients, good_brands, {problem.file for problem in problems})
    if read_clients:  # an empty folder is a failed mount before it is a decision
        problems += _template(clients, circumstances.template)
    broken = {problem.file for problem in problems}
    in_clients, in_brands = _read_folder(_client_files(clients)), _read_folder(_brand_files(brands))
    return Contents(
        clients={file: client for file, client in read_clients.items() if file not in broken},
        brands=good_brands,
        problems=tuple(sorted(problems)),
        warnings=tuple(_warnings(read_clients)),
        version=_digest(in_clients | in_brands),
        digests=FolderDigests(_digest(in_clients), _digest(in_brands)),
        secrets=_secrets(
            {file: client for file, client in read_clients.items() if file not in broken}, circumstances.environ
        ),
    )


def _sort(found: T | list[FileFault], file: str, good: dict[str, T], problems: list[FileProblem]) -> None:
    """Put what was read where it belongs."""
    if isinstance(found, list):
        problems.extend(FileProblem(file, fault.path, fault.message) for fault in found)
    else:
        good[file] = found


def _brand(path: Path, circumstances: Circumstances) -> Brand | list[FileFault]:
    tree = _toml(path)
    if isinstance(tree, list):
        return tree
    tree.setdefault("id", path.parent.name)
    read = readings(_in_environment(tree, circumstances.environment), Brand, BLANK_BRAND)
    rules = read.certain(lambda brand: _brand_rules(brand, path.parent, circumstances))
    unclear = any(fault.path.startswith("colours") for fault in read.faults)
    found = [
        *_environment_faults(tree),
        *read.faults,
        *(fault for fault in rules if not (unclear and fault.path.startswith("colours"))),
    ]
    if circumstances.everywhere:
        for environment in _other_environments(tree, circumstances):
            there = readings(_in_environment(tree, environment), Brand, BLANK_BRAND).faults
            found += [_in_table_of(environment, fault) for fault in there if fault not in read.faults]
    return found or read.meant[0]


def _brand_rules(brand: Brand, folder: Path, circumstances: Circumstances) -> list[FileFault]:
    try:
        found = brand_checks.faults(brand, folder, circumstances.languages)
    except OSError as error:  # a picture that nobody may read
        found = [FileFault("", str(error))]
    if brand.id != folder.name:
        found.append(FileFault("id", f"the folder is called {folder.name!r}"))
    return found


def _client(path: Path, circumstances: Circumstances) -> tuple[Client | None, list[FileFault]]:
    """Return the client as far as it can be read, and everything that is wrong with its file."""
    tree = _toml(path)
    if isinstance(tree, list):
        return None, tree
    tree.setdefault("client_id", path.stem)
    unknown = list(_environment_faults(tree))
    read = readings(_in_environment(tree, circumstances.environment), circumstances.kind, {"client_name": path.stem})

    found = [*unknown, *read.faults, *read.certain(_judge(path.stem, circumstances))]
    if circumstances.everywhere:
        found += _elsewhere(tree, path.stem, circumstances, known=found)
    client = read.meant[0] if read.meant else None
    return (client, found) if found or client is None else (_with_digest(client, circumstances.environ), [])


def _elsewhere(
    tree: dict[str, object], name: str, circumstances: Circumstances, *, known: Iterable[FileFault]
) -> Iterator[FileFault]:
    """Faults that the file has in the other environments it describes only, but for secrets that are not here."""
    said = {(fault.path, fault.message) for fault in known}
    for environment in _other_environments(tree, circumstances):
        read = readings(_in_environment(tree, environment), circumstances.kind, {"client_name": name})
        there = replace(circumstances, environment=environment)
        for fault in [*read.faults, *read.certain(_judge(name, there))]:
            if not fault.path.endswith("_env") and (fault.path, fault.message) not in said:
                yield _in_table_of(environment, fault)


def _other_environments(tree: dict[str, object], circumstances: Circumstances) -> Iterator[str]:
    """Yield the environments that the file has tables for, but for the present one."""
    described = tree.get("environment")
    tables = described if isinstance(described, dict) else {}
    for environment in ENVIRONMENTS:
        if environment != circumstances.environment and isinstance(tables.get(environment), dict):
            yield environment


def _in_table_of(environment: str, fault: FileFault) -> FileFault:
    return FileFault(f"environment.{environment}.{fault.path}", fault.message)


def _judge(name: str, circumstances: Circumstances) -> Callable[[Client], list[FileFault]]:
    return lambda client: [*_rules(client, name, circumstances)]


def _rules(client: Client, name: str, circumstances: Circumstances) -> Iterator[FileFault]:
    yield from client_checks.faults(client, loopback=circumstances.loopback, served=circumstances.algorithms)
    yield from policy_checks.faults(client, circumstances.languages)
    if client.client_id != name:
        yield FileFault("client_id", f"the file is called {name!r}")
    yield from _secret_faults(client, circumstances)
    yield from _subscription_faults(client, circumstances.environ)
    yield from weaknesses.faults(client)
    for rule in circumstances.rules:
        yield from rule(client)
    if client.client_id == circumstances.template and client.policy.consent == "skip":
        yield FileFault(
            "policy.consent",
            'people are asked what registered clients may know: "ask" or "always" (registration.like)',
        )


def _secret_faults(client: Client, circumstances: Circumstances) -> Iterator[FileFault]:
    if not client.secret_env:
        return
    secret = circumstances.environ.get(client.secret_env, "")
    if not secret:
        yield FileFault("secret_env", f"the environment variable {client.secret_env} is not set")
    elif circumstances.environment == "production" and (weakness := random_values.weakness(secret)):
        yield FileFault("secret_env", f"the secret in {client.secret_env} can be guessed: {weakness}")
    elif client.token_endpoint_auth_method == "client_secret_jwt" and len(secret.encode()) < SECRET_BYTES:  # noqa: S105
        yield FileFault("secret_env", f"the secret in {client.secret_env} has fewer than {SECRET_BYTES} bytes")


def _subscription_faults(client: Client, environ: Mapping[str, str]) -> Iterator[FileFault]:
    """Find variables that are not set, and secrets of web-hooks that are none."""
    authorization = client.events.authorization_env if client.events is not None else ""
    if authorization and not environ.get(authorization, ""):
        yield FileFault("events.authorization_env", f"the environment variable {authorization} is not set")
    for name in client.webhook.secret_variables if client.webhook is not None else ():
        try:
            signing_key(environ.get(name, ""))
        except ValueError as error:
            yield FileFault("webhook.secret_env", f"{name}: {error}")


def _with_digest(client: Client, environ: Mapping[str, str]) -> Client:
    """The secret of the environment is accepted like those given by digest."""
    if not client.secret_env:
        return client
    digest = random_values.fingerprint(environ[client.secret_env])
    return msgspec.structs.replace(client, secret_digests=(*client.secret_digests, digest))


def _toml(path: Path) -> dict[str, object] | list[FileFault]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return [FileFault("", str(error))]


def _environment_faults(tree: dict[str, object]) -> Iterator[FileFault]:
    per_environment = tree.get("environment", {})
    if not isinstance(per_environment, dict):
        yield FileFault("environment", f"tables are expected, [environment.{ENVIRONMENTS[0]}] for example")
        return
    for name, table in per_environment.items():
        if name not in ENVIRONMENTS:
            yield FileFault(f"environment.{name}", f"one of {', '.join(ENVIRONMENTS)} is expected")
        elif not isinstance(table, dict):
            yield FileFault(f"environment.{name}", "a table is expected")


def _in_environment(tree: dict[str, object], environment: str) -> dict[str, object]:
    """Return the table with the fields that its `[environment.<name>]` replaces."""
    per_environment = tree.get("environment", {})
    here = per_environment.get(environment, {}) if isinstance(per_environment, dict) else {}
    base = {name: value for name, value in tree.items() if name != "environment"}
    return merged(base, here) if isinstance(here, dict) else base


def _between_files(
    clients: Mapping[str, Client], brands: Mapping[str, Brand], broken: set[str]
) -> Iterator[FileProblem]:
    """Rules that need more than one file: brands exist, a fund belongs to one portal, groups agree."""
    known = {brand.id for brand in brands.values()} | {file.split("/")[-2] for file in broken if BRAND_FILE in file}
    owners: dict[str, str] = {}
    portals = {client.client_id for client in clients.values() if client.has_people}
    for file, client in clients.items():
        if client.brand and client.brand not in known:
            yield FileProblem(file, "brand", f"there is no brand {client.brand!r}")
        for index, fund in enumerate(client.funds):
            owner = owners.setdefault(fund.code, file)
            if owner != file:
                yield FileProblem(file, f"funds[{index}].code", f"{fund.code!r} belongs to {owner}")
    for file, client in clients.items():
        reached = client.api or ApiAccess()
        for name, asked, there in (("funds", reached.funds, owners.keys()), ("portals", reached.portals, portals)):
            for index, one in enumerate(asked):
                if one not in there:
                    yield FileProblem(file, f"api.{name}[{index}]", f"no portal's file has {one!r}")


def _template(folder: Path, template: str) -> Iterator[FileProblem]:
    """The client that registered ones are like has a file; its own faults are told by that file."""
    if template and not (folder / f"{template}.toml").is_file():
        yield FileProblem(
            folder.name, "", f"registration.like names {template!r}, and there is no file {template}.toml"
        )


def _warnings(clients: Mapping[str, Client]) -> Iterator[FileProblem]:
    for file, client in clients.items():
        for fault in weaknesses.weaknesses_of(client):
            yield FileProblem(file, fault.path, fault.message)


def _secrets(clients: Mapping[str, Client], environ: Mapping[str, str]) -> dict[str, str]:
    return {client.client_id: environ[client.secret_env] for client in clients.values() if client.secret_env}


def _watched(clients: Path, brands: Path) -> Iterator[Path]:
    yield from _client_files(clients)
    yield from _brand_files(brands)


def _client_files(clients: Path) -> Iterator[Path]:
    yield from clients.glob("*.toml")


def _brand_files(brands: Path) -> Iterator[Path]:
    """Kubernetes keeps a mounted folder's files in one more folder, `..<time>`, that is another on each node."""
    yield from (path for path in brands.glob("*/*") if not path.name.startswith(".."))
    yield from brands.glob(f"*/{brand_checks.TEMPLATES}")


def _stat(path: Path) -> tuple[str, int, int, int]:
    try:
        found = os.stat(path)
    except OSError:  # removed meanwhile
        return str(path), 0, 0, 0
    return str(path), found.st_ctime_ns, found.st_size, found.st_ino


def _read_folder(paths: Iterable[Path]) -> dict[Path, bytes]:
    return {path: _content(path) for path in paths}


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() else b""
    except OSError:  # removed meanwhile, or nobody may read it: whatever needs it says so
        return b""


def _digest(contents: Mapping[Path, bytes]) -> str:
    """Return a digest of names and contents: the same on every node that has the same files."""
    digest = hashlib.sha256()
    for path, content in sorted(contents.items()):
        digest.update(f"{path.parent.name}/{path.name}:{len(content)}:".encode() + content)
    return digest.hexdigest()[:32]
