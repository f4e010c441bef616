"""`compose.yaml` starts what the image has, with settings that are accepted and files that exist."""

import importlib.util
import re
import ssl
from pathlib import Path
from typing import Any

import pytest
import yaml

from idp.commands import main
from idp.settings_loader import load_settings
from tests.rules.source import ROOT

SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
OWN = {name: service for name, service in SERVICES.items() if "vestibule" in service["image"]}
CERTIFICATE = ROOT / "packaging" / "compose" / "certificate.py"


def test_the_program_runs_read_only_and_without_rights() -> None:
    assert len(OWN) >= 5
    for name, service in OWN.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_its_commands_exist() -> None:
    commands = {service["command"][0] for service in OWN.values() if "entrypoint" not in service}

    assert commands == {"db", "worker", "serve"}
    assert commands <= set(main.commands)


@pytest.mark.parametrize("name", sorted(OWN))
def test_its_settings_are_accepted(name: str) -> None:
    settings = load_settings(OWN[name]["environment"])

    assert settings.server.issuer.startswith("https://localhost:")
    assert settings.mail.host in SERVICES


def test_what_it_mounts_exists() -> None:
    mounted = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}
    named = set(yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["volumes"])

    assert {each for each in mounted if each.startswith(".") and not (ROOT / each).exists()} == set()
    assert {each for each in mounted if not each.startswith(".")} == named


def test_it_is_reached_from_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_its_proxy_is_believed_and_reads_whole_requests_first() -> None:
    nginx = (ROOT / "packaging" / "compose" / "nginx.conf").read_text("utf-8")
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    (network,) = compose["networks"]["default"]["ipam"]["config"]

    assert network["subnet"] == OWN["provider"]["environment"]["IDP_SERVER__TRUSTED_PROXIES"]
    assert {"X-Forwarded-For", "X-Forwarded-Proto", "Host"} <= set(re.findall(r"proxy_set_header (\S+)", nginx))
    assert "proxy_request_buffering on;" in nginx
    assert "proxy_pass http://provider:8000;" in nginx


def test_its_certificate_is_made_once_for_localhost(tmp_path: Path) -> None:
    specification = importlib.util.spec_from_file_location("certificate", CERTIFICATE)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)

    module.main(tmp_path)
    first = (tmp_path / "certificate.pem").read_bytes()
    module.main(tmp_path)

    assert (tmp_path / "certificate.pem").read_bytes() == first
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
        tmp_path / "certificate.pem", tmp_path / "key.pem"
    )
