"""The chart as helm renders it: objects that Kubernetes accepts, and each process with no more than it needs.

`make chart` installs helm where Go is, and runs this.
"""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from idp.settings_loader import load_settings
from tests.packaging.test_kubernetes import CHART, EXAMPLES, SECRETS
from tests.rules.source import ROOT

HELM = shutil.which("helm", path=f"{ROOT / 'build' / 'bin'}:/usr/local/bin:/usr/bin")
OLDEST, NEWEST = "1.27", "1.37"
"""The first version that Chart.yaml names, and the newest whose schemas are installed."""
OF_OPERATORS = {"ExternalSecret"}
Objects = list[dict[str, Any]]

pytestmark = pytest.mark.skipif(HELM is None, reason="helm is missing: make chart")


def helm(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(HELM), *arguments], capture_output=True, text=True, check=False)


def given(example: Path) -> list[str]:
    return ["--values", str(example), "--set-file", f"settings={CHART / 'examples' / 'settings.toml'}"]


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda path: path.stem)
def objects(request: pytest.FixtureRequest) -> Objects:
    rendered = helm("template", "login", CHART, "--kube-version", NEWEST, "--namespace", "login", *given(request.param))
    assert rendered.returncode == 0, rendered.stderr
    return [each for each in yaml.safe_load_all(rendered.stdout) if each]


@pytest.fixture(scope="module")
def everything() -> Objects:
    rendered = helm("template", "login", CHART, "--kube-version", NEWEST, *given(CHART / "examples" / "full.yaml"))
    return [each for each in yaml.safe_load_all(rendered.stdout) if each]


def kinds(objects: Objects) -> set[str]:
    return {each["kind"] for each in objects}


def pods(objects: Objects) -> Iterator[tuple[str, dict[str, Any]]]:
    """Component and pod of each Deployment and Job."""
    for each in objects:
        if each["kind"] in {"Deployment", "Job"}:
            yield (
                each["metadata"]["labels"]["app.kubernetes.io/component"],
                each["spec"]["template"],
            )


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]


def addresses(pod: dict[str, Any]) -> dict[str, str]:
    """The key of the Secret behind each address of the database."""
    (volume,) = [each for each in pod["spec"]["volumes"] if each["name"] == "secrets"]
    items = [item for source in volume["projected"]["sources"] for item in source["secret"].get("items", ())]
    return {item["path"]: item["key"] for item in items}


def selects(policy: dict[str, Any], labels: dict[str, str]) -> bool:
    selector = policy["spec"]["podSelector"]
    exact = all(labels.get(name) == value for name, value in selector.get("matchLabels", {}).items())
    return exact and all(labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", ()))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_helm_finds_nothing_to_say(example: Path) -> None:
    linted = helm("lint", "--strict", CHART, *given(example))

    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_helm_refuses_values_that_say_too_little() -> None:
    refused = helm("template", "login", CHART, "--kube-version", NEWEST)

    assert refused.returncode != 0
    assert "repository" in refused.stderr


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_kubernetes_accepts_every_object(objects: Objects, version: str) -> None:
    own = [each for each in objects if each["kind"] not in OF_OPERATORS]

    assert len(own) >= 10
    for each in own:
        kubernetes_validate.validate(each, version, strict=True)


def test_what_an_operator_expects_is_there(everything: Objects) -> None:
    assert kinds(everything) == {
        "ConfigMap",
        "Deployment",
        "ExternalSecret",
        "HorizontalPodAutoscaler",
        "Ingress",
        "Job",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
    }


def test_no_container_has_a_right_or_may_write_to_the_image(objects: Objects) -> None:
    seen = [container for _, pod in pods(objects) for container in containers(pod)]

    assert len(seen) >= 7
    for container in seen:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
    for _, pod in pods(objects):
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True


def test_no_secret_is_in_the_environment_or_in_the_settings(objects: Objects) -> None:
    names = {variable["name"] for _, pod in pods(objects) for each in containers(pod) for variable in each["env"]}
    taken = [
        variable
        for _, pod in pods(objects)
        for each in containers(pod)
        for variable in each["env"]
        if "valueFrom" in variable
    ]

    assert not {name for name in names if "SECRET" in name or "PASSWORD" in name or name == "IDP_DATABASE__URL"}
    assert taken == []
    assert "Secret" not in kinds(objects)


def test_only_the_upgrade_has_the_address_of_the_owner(objects: Objects) -> None:
    assert {component: addresses(pod)["IDP_DATABASE__URL"] for component, pod in pods(objects)} == {
        "upgrade": "owner",
        "serve": "serving",
        "worker": "worker",
        "audit-worker": "worker",
    }


def test_one_worker_writes_the_chain_of_security_events_and_is_never_there_twice(objects: Objects) -> None:
    writing = [
        component
        for component, pod in pods(objects)
        for container in containers(pod)
        if {"name": "IDP_AUDIT__STDOUT", "value": "true"} in container["env"]
    ]
    (deployment,) = [each for each in objects if each["metadata"]["name"].endswith("-audit-worker")]

    assert writing == ["audit-worker"]
    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}


def test_the_rendered_environment_is_accepted_as_settings(objects: Objects, tmp_path: Path) -> None:
    (settings,) = [each for each in objects if each["kind"] == "ConfigMap"]
    (tmp_path / "settings.toml").write_text(settings["data"]["settings.toml"], "utf-8")
    for _, pod in pods(objects):
        for container in containers(pod):
            environ = {each["name"]: each["value"] for each in container["env"]}
            del environ["CREDENTIALS_DIRECTORY"]
            read = load_settings({**environ, **SECRETS, "IDP_SETTINGS": str(tmp_path / "settings.toml")})
            assert read.server.issuer == "https://login.example.ch"
            assert read.server.trusted_proxies == ("10.244.0.0/16",)


def test_a_number_of_pods_is_written_only_where_nothing_else_decides_it(everything: Objects) -> None:
    (serve,) = [
        each for each in everything if each["kind"] == "Deployment" and each["metadata"]["name"].endswith("-serve")
    ]
    (autoscaler,) = [each for each in everything if each["kind"] == "HorizontalPodAutoscaler"]

    assert "replicas" not in serve["spec"]
    assert autoscaler["spec"]["scaleTargetRef"]["name"] == serve["metadata"]["name"]


def test_the_upgrade_calls_nobody_but_the_database(objects: Objects) -> None:
    labels = {component: pod["metadata"]["labels"] for component, pod in pods(objects)}
    policies = [each for each in objects if each["kind"] == "NetworkPolicy"]
    ports = {
        component: {
            port["port"]
            for policy in policies
            if selects(policy, own)
            for rule in policy["spec"].get("egress", ())
            for port in rule["ports"]
        }
        for component, own in labels.items()
    }

    assert ports["upgrade"] & {443, 587} == set()
    assert {443, 587} <= ports["serve"] == ports["worker"] == ports["audit-worker"]
    assert all(own >= {53} and own & {5432, 6432} for own in ports.values())


def test_only_the_proxy_reaches_the_pods_and_only_those_that_serve(objects: Objects) -> None:
    policies = [each for each in objects if each["kind"] == "NetworkPolicy" and "ingress" in each["spec"]]
    closed = [each for each in objects if each["kind"] == "NetworkPolicy" and "Ingress" in each["spec"]["policyTypes"]]
    (policy,) = policies
    (rule,) = policy["spec"]["ingress"]
    names = {each["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for each in rule["from"]}

    assert policy["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "serve"
    assert names <= {"ingress-nginx", "monitoring"}
    assert all(any(selects(each, pod["metadata"]["labels"]) for each in closed) for _, pod in pods(objects))


def test_another_configuration_is_another_upgrade() -> None:
    def name(*more: str) -> str:
        rendered = helm(
            "template", "login", CHART, "--kube-version", NEWEST, *given(CHART / "examples" / "small.yaml"), *more
        )
        (job,) = [each for each in yaml.safe_load_all(rendered.stdout) if each and each["kind"] == "Job"]
        return str(job["metadata"]["name"])

    assert name() == name()
    assert name() != name("--set", "image.tag=0.2.0")


def test_past_a_pooler_each_process_still_has_the_address_of_its_own_role(everything: Objects) -> None:
    direct = {component: addresses(pod).get("IDP_DATABASE__DIRECT_URL") for component, pod in pods(everything)}

    assert direct == {
        "upgrade": None,
        "serve": "serving-direct",
        "worker": "worker-direct",
        "audit-worker": "worker-direct",
    }
