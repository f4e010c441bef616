"""Read every setting once, at start, into one frozen tree; nothing reads the environment later.

Sources, later ones win: `config/defaults.toml` (the reference, each setting with its comment) →
`config/<environment>.toml` → the file named by `IDP_SETTINGS` → `IDP_<SECTION>__<NAME>` variables, lists with commas.
Secrets come from the environment or from files (`idp.secret_files`). The environment defaults to production
(rulings 23).
"""

import tomllib
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from pathlib import Path

import msgspec

from idp import secret_files, unsafe_settings, variables
from idp.resources import CONFIG
from idp.settings import Limit, Settings, SettingsError


def load_settings(
    environ: Mapping[str, str] | None = None, *, overrides: Mapping[str, object] | None = None
) -> Settings:
    """Return the settings of this process. `overrides` (nested like the file) is for tests and commands.

    Raises `SettingsError` naming the setting and its path.
    """
    environ = secret_files.variables(environ)
    environment = environ.get("IDP_ENVIRONMENT", "production")
    tree: dict[str, object] = {}
    for path in _files(environment, environ):
        _merge(tree, _read(path))
    try:
        _merge(tree, variables.read(environ, Settings))
    except variables.VariableError as error:
        raise SettingsError(str(error)) from error
    _merge(tree, dict(overrides or {}))
    tree["environment"] = environment
    if "secrets" not in tree:
        tree["secrets"] = _secrets(environ.get("IDP_SECRETS", ""))
    try:
        settings = msgspec.convert(tree, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"settings: {error}") from error
    for reason in unsafe_settings.reasons(settings):
        raise SettingsError(reason)
    return settings


def _files(environment: str, environ: Mapping[str, str]) -> list[Path]:
    named = [Path(environ["IDP_SETTINGS"])] if environ.get("IDP_SETTINGS") else []
    own = CONFIG / f"{environment}.toml"
    return [CONFIG / "defaults.toml", *([own] if own.exists() else []), *named]


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error


def _merge(tree: dict[str, object], more: Mapping[str, object]) -> None:
    for name, value in more.items():
        if isinstance(value, Mapping) and isinstance(below := tree.get(name), dict):
            _merge(below, value)
        else:
            tree[name] = dict(value) if isinstance(value, Mapping) else value


def _secrets(text: str) -> dict[str, object]:
    keys: dict[str, bytes] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        kid, _, encoded = entry.partition(":")
        try:
            keys[kid] = b64decode(encoded, validate=True)
        except (Base64Error, ValueError) as error:
            raise SettingsError(f"IDP_SECRETS: the key {kid!r} is not base64") from error
        if len(keys[kid]) < 32:
            raise SettingsError(f"IDP_SECRETS: the key {kid!r} has fewer than 32 bytes")
    if not keys:
        raise SettingsError("IDP_SECRETS is not set: give `<key id>:<base64 of 32 random bytes>`")
    return {"keys": keys, "active": next(iter(keys))}


def shipped_limits() -> Mapping[str, Limit]:
    """Return the named limits as the program ships with them."""
    return msgspec.convert(_read(CONFIG / "defaults.toml")["limits"], dict[str, Limit])
