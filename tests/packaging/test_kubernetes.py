"""The chart for Kubernetes says what the program, its image and its settings have; `make chart` renders it as well."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import jsonschema_rs
import pytest
import yaml
from flask import Flask

from idp.commands import main
from idp.settings_loader import load_settings
from tests.rules.source import ROOT

CHART = ROOT / "packaging" / "kubernetes"
EXAMPLES = sorted((CHART / "examples").glob("*.yaml"))
SETTINGS = (CHART / "examples" / "settings.toml").read_text("utf-8")
TEMPLATES = "\n".join(path.read_text("utf-8") for path in sorted((CHART / "templates").iterdir()))
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
SCHEMA = jsonschema_rs.validator_for(json.loads((CHART / "values.schema.json").read_text("utf-8")))
CONTAINERFILE = (ROOT / "Containerfile").read_text("utf-8").partition("FROM scratch\n")[2]
SECRETS = {"IDP_SECRETS": f"k:{'A' * 43}="}
MOST_SECONDS_OF_REQUESTS = 20  # `graceful_timeout` in config/gunicorn.conf.py
RENDERED = {
    "IDP_SERVER__ISSUER": "https://login.example.ch",
    "IDP_SERVER__WORKERS": "4",
    "IDP_SERVER__TRUSTED_PROXIES": "10.244.0.0/16",
    "IDP_SERVER__MONITORING": "127.0.0.0/8,::1/128",
    "IDP_FILES__CLIENTS": "/etc/vestibule/clients",
    "IDP_FILES__BRANDS": "/etc/vestibule/brands",
    "IDP_FILES__VARIABLE": "/var/lib/vestibule",
    "IDP_AUDIT__STDOUT": "false",
    "IDP_DATABASE__URL": "postgresql+psycopg://idp@db.example.ch/idp?sslmode=verify-full",
    "IDP_DATABASE__DIRECT_URL": "postgresql+psycopg://idp@db.example.ch/idp?sslmode=verify-full",
}
"""Each setting that the templates give, as a variable or as a file, with such a value."""


def merged(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as helm merges them."""
    both = {name: merged(base[name], more[name]) for name in base.keys() & more.keys() if isinstance(base[name], dict)}
    return {**base, **more, **both}


def values_of(example: Path) -> dict[str, Any]:
    return merged(VALUES, {**yaml.safe_load(example.read_text("utf-8")), "settings": SETTINGS})


def faults(values: Mapping[str, Any]) -> set[str]:
    return {"/".join(map(str, error.instance_path)) for error in SCHEMA.iter_errors(values)}


def paths(tree: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for name, value in tree.items():
        yield f"{above}{name}"
        if isinstance(value, dict):
            yield from paths(value, f"{above}{name}.")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_schema_accepts_an_example(example: Path) -> None:
    assert faults(values_of(example)) == set()


def test_the_schema_asks_for_what_only_the_operator_knows() -> None:
    assert faults(VALUES) == {"image/repository", "settings", "clients/configMaps"}


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"serv": {"replicas": 3}}, ""),
        ({"serve": {"replicas": 0}}, "serve/replicas"),
        ({"host": "https://login.example.ch"}, "host"),
        ({"image": {"tag": "latest"}}, "image/tag"),
        ({"database": {"roles": {"serving": "idp_serving", "worker": ""}}}, "database/roles"),
        ({"ingress": {"networks": ["10.0.0.1"]}}, "ingress/networks/0"),
    ],
)
def test_the_schema_refuses_what_would_be_a_mistake(changed: dict[str, Any], named: str) -> None:
    assert faults(merged(values_of(EXAMPLES[0]), changed)) == {named}


def test_every_value_that_a_template_reads_is_in_the_reference_of_values() -> None:
    read = {found.rstrip(".") for found in re.findall(r"\.Values\.([A-Za-z.]+)", TEMPLATES)}

    assert len(read) > 20
    assert read - set(paths(VALUES)) == set()


def test_every_value_of_the_reference_is_read() -> None:
    handed_on = (
        "ingress.annotations.",
        "serve.resources.",
        "worker.resources.",
        "externalSecrets.store.",
        "database.keys.",
    )
    names = {path.rpartition(".")[2] for path in paths(VALUES) if not path.startswith(handed_on)}

    assert {name for name in names if not re.search(rf"\.{name}\b", TEMPLATES)} == set()


def test_the_settings_that_it_gives_exist_and_are_accepted_in_production() -> None:
    given = set(re.findall(r"\b(?:name|path): (IDP_[A-Z_]+__[A-Z_]+)", TEMPLATES))

    settings = load_settings({**SECRETS, **RENDERED}, overrides=tomllib.loads(SETTINGS))

    assert given == set(RENDERED)
    assert settings.environment == "production"
    assert settings.server.workers == 4
    assert settings.audit.stdout is False


def test_its_commands_exist() -> None:
    given = [
        [word for word in re.split(r",\s*", found) if re.fullmatch("[a-z]+|--[a-z]+", word)]
        for found in re.findall(r"args: \[([^]]+)\]", TEMPLATES)
    ]
    commands = {tuple(words[:2]) if words[0] == "db" else tuple(words[:1]) for words in given}

    assert commands == {("db", "status"), ("db", "upgrade"), ("db", "grants"), ("serve",), ("worker",)}
    for first, *rest in commands:
        command = main.commands[first]
        for name in rest:
            assert isinstance(command, click.Group)
            command = command.commands[name]
    assert "exec: {command: [idp, worker, --check]}" in TEMPLATES


def test_its_probes_ask_addresses_that_exist_at_the_port_of_the_image(app: Flask) -> None:
    asked = set(re.findall(r"httpGet: \{path: (\S+), port: http\}", TEMPLATES))

    assert asked == {"/readyz", "/healthz"}
    assert asked <= {rule.rule for rule in app.url_map.iter_rules()}
    assert re.findall(r"containerPort: (\d+)", TEMPLATES) == re.findall(r"^EXPOSE (\d+)$", CONTAINERFILE, re.MULTILINE)


def test_its_pods_run_as_the_user_of_the_image() -> None:
    (user,) = re.findall(r"^USER (\d+):(\d+)$", CONTAINERFILE, re.MULTILINE)

    assert tuple(re.findall(r"runAs(?:User|Group): (\d+)", TEMPLATES)) == user


def test_it_waits_until_requests_have_ended() -> None:
    waits = [int(found) for found in re.findall(r"terminationGracePeriodSeconds: (\d+)", TEMPLATES)]

    assert len(waits) == 2
    assert min(waits) > load_settings(SECRETS).server.drain + MOST_SECONDS_OF_REQUESTS


def test_it_installs_the_version_of_the_program() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    (version,) = re.findall(r"^version = (.+)$", (ROOT / "setup.cfg").read_text("utf-8"), re.MULTILINE)

    assert chart["appVersion"] == version
