"""What the applications of one test process share, because making it anew for each test takes most of the time.

Nothing here answers otherwise than the original: compiled templates are told apart by file and text, routes by what
they are compiled from, client files by name and time; keys are handed out in turn.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from joserfc.jwk import Key, RSAKey
from sqlalchemy import Engine
from sqlalchemy.engine.base import OptionEngine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from idp.clients import files
from idp.clients.files import Circumstances, Contents

KEYS = 6  # more than any ring holds of one algorithm


class CompiledTemplates:
    """Jinja's compiled templates, kept in memory for all environments that read and escape alike."""

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], BytecodeCache] = {}

    def share(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(Environment, "bytecode_cache", property(self._of, lambda environment, cache: None), raising=False)

    def _of(self, environment: Environment) -> BytecodeCache | None:
        if not isinstance(environment.autoescape, bool):
            return None
        alike = (environment.autoescape, environment.trim_blocks, environment.lstrip_blocks, *environment.extensions)
        return self._kept.setdefault(alike, _InMemory())


class _InMemory(BytecodeCache):
    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], object] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._compiled.get((bucket.key, bucket.checksum))  # type: ignore[assignment]

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key, bucket.checksum] = bucket.code


class KeyStock:
    """Generates like `jose.generate`; of RSA keys the first few only, which then come again under their new `kid`."""

    def __init__(self, generate: Callable[[str, str], Key]) -> None:
        self._generate = generate
        self._made: list[RSAKey] = []
        self._turn = cycle(range(KEYS))
        self._lock = Lock()

    def __call__(self, algorithm: str, kid: str) -> Key:
        if algorithm not in {"RS256", "PS256"}:
            return self._generate(algorithm, kid)
        with self._lock:  # tests of concurrency come from many threads
            raw = self._next().raw_value
        return RSAKey(raw, raw, {"kid": kid, "alg": algorithm, "use": "sig"})

    def _next(self) -> RSAKey:
        turn = next(self._turn)
        if turn == len(self._made):
            made = self._generate("RS256", "stock")
            assert isinstance(made, RSAKey)
            self._made.append(made)
        return self._made[turn]


class ClientFiles:
    """Reads like `files.read`, and only once what has not changed on the disk."""

    def __init__(self) -> None:
        self._read = files.read
        self._known: dict[Any, Contents] = {}

    def __call__(self, clients: Path, brands: Path, circumstances: Circumstances) -> Contents:
        environ = {name: value for name, value in circumstances.environ.items() if name != "PYTEST_CURRENT_TEST"}
        around = replace(circumstances, environ=frozenset(environ.items()))  # type: ignore[arg-type]  to be hashable
        known = (clients, brands, files.signature(clients, brands), around)
        if known not in self._known:
            self._known[known] = self._read(clients, brands, circumstances)
        return self._known[known]


class CompiledRoutes:
    """Compiles a route like Werkzeug does, and only once those that are alike; the functions are bound to each."""

    def __init__(self) -> None:
        self._compile = Rule.compile
        self._compiled: dict[Any, Rule] = {}

    def compile(self, rule: Rule) -> None:
        assert rule.map is not None
        if rule.defaults or rule.map.host_matching:
            self._compile(rule)
            return
        known = (rule.rule, rule.subdomain, rule.merge_slashes, tuple(rule.map.converters.items()))
        made = self._compiled.get(known)
        if made is None:
            self._compile(rule)
            self._compiled[known] = rule
            return
        rule._parts, rule._trace, rule._converters = made._parts, made._trace, made._converters
        rule.arguments = rule.arguments | set(made._converters)
        rule._build = made._build.__func__.__get__(rule, None)
        rule._build_unknown = made._build_unknown.__func__.__get__(rule, None)


class CompiledStatements:
    """SQLAlchemy's compiled statements, kept for all engines of one kind of database.

    SQLAlchemy keeps them by dialect, and every engine has a dialect of its own: here all of a kind count as one.
    """

    def __init__(self) -> None:
        self._compiled: dict[str, LRUCache[Any, Any]] = {}

    def share(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(DefaultDialect, "__eq__", lambda one, other: _kind(one) == _kind(other))
        patch.setattr(DefaultDialect, "__hash__", lambda one: hash(_kind(one)))
        kept = property(self._of, lambda engine, cache: None)
        patch.setattr(Engine, "_compiled_cache", kept, raising=False)
        patch.setattr(OptionEngine, "_compiled_cache", kept, raising=False)

    def _of(self, engine: Engine) -> LRUCache[Any, Any]:
        return self._compiled.setdefault(engine.dialect.name, LRUCache(5_000))


def _kind(dialect: object) -> object:
    return (dialect.name, dialect.driver) if isinstance(dialect, DefaultDialect) else dialect
