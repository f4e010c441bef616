"""The hardened example: each file is right for the program it is for."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from flask import Flask

from idp.app import MACHINE_BLUEPRINTS
from idp.settings_loader import load_settings
from idp.upkeep import weak_settings
from tests.rules.source import ROOT
from tests.support.nginx import TLS
from tests.support.web_server import certificate_for

HARDENED = ROOT / "packaging" / "hardened"
NGINX = (HARDENED / "nginx.conf").read_text("utf-8")
PROXY = (HARDENED / "proxy.conf").read_text("utf-8")
UNITS = sorted((HARDENED / "systemd").rglob("*.*ice")) + sorted((HARDENED / "systemd").rglob("*.conf"))
SECRETS = {"IDP_SECRETS": f"k:{'A' * 43}="}
LEAST_EXPOSED = 2.0


def program(name: str) -> str:
    return shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin") or ""


def test_the_settings_are_accepted_and_none_is_weak() -> None:
    address = {"IDP_DATABASE__URL": "postgresql+psycopg://idp_serving@localhost/vestibule"}
    settings = load_settings({**SECRETS, **address, "IDP_SETTINGS": str(HARDENED / "settings.toml")})

    assert settings.environment == "production"
    assert list(weak_settings.reasons(settings)) == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.parent.name if path.suffix == ".conf" else path.name)
def test_a_unit_reads_its_secrets_from_files_and_has_the_address_of_its_own_role(unit: Path) -> None:
    text = unit.read_text("utf-8")
    role = re.sub(r"vestibule-|\.service(\.d)?", "", unit.parent.name if unit.suffix == ".conf" else unit.name)
    secrets = dict(re.findall(r"^LoadCredentialEncrypted=(\w+):/etc/credstore\.encrypted/(\S+)$", text, re.MULTILINE))

    assert secrets["IDP_SECRETS"] == "vestibule.secrets"
    assert (
        secrets["IDP_DATABASE__URL"]
        == {
            "upgrade": "vestibule.database-owner",
            "serve": "vestibule.database-serving",
            "worker": "vestibule.database-worker",
        }[role]
    )
    assert not re.search(r"^EnvironmentFile=.", text, re.MULTILINE)
    assert "ConditionPathExists=/etc/vestibule/settings.toml" in text


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """All units in one folder, with a program that is there."""
    shutil.copytree(HARDENED / "systemd", tmp_path / "units")
    for unit in (ROOT / "packaging" / "systemd").glob("*.service"):
        shutil.copy(unit, tmp_path / "units")
    for unit in (tmp_path / "units").glob("*.service"):
        unit.write_text(unit.read_text("utf-8").replace("/opt/vestibule/bin/idp", "/bin/true"), "utf-8")
    return tmp_path / "units"


@pytest.mark.skipif(not program("systemd-analyze"), reason="systemd-analyze is missing: apt-get install systemd")
@pytest.mark.parametrize("unit", ["vestibule-serve", "vestibule-worker", "vestibule-upgrade"])
def test_systemd_reads_the_units_and_finds_little_exposed(unit: str, units: Path) -> None:
    environment = {"SYSTEMD_UNIT_PATH": f"{units}:", "PATH": "/usr/bin:/bin"}
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", f"{unit}.service"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", f"{unit}.service"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    (level,) = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", judged.stdout)

    assert verified.returncode == 0, verified.stderr
    assert "vestibule" not in verified.stderr
    assert float(level) <= LEAST_EXPOSED, judged.stdout


def test_nginx_says_of_tls_what_the_operators_page_says() -> None:
    assert [line in NGINX for line in re.findall(r"ssl_\w+ +[^;]+;", TLS)] == [True, True]


def test_nginx_writes_each_header_that_the_provider_believes() -> None:
    written = set(re.findall(r"^proxy_set_header (\S+)", PROXY, re.MULTILINE))

    assert written >= {"Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Client-Certificate", "X-Client-Verified"}
    assert "proxy_set_header X-Forwarded-For   $remote_addr;" in PROXY
    assert NGINX.count("include /etc/nginx/snippets/vestibule-proxy.conf;") == NGINX.count("proxy_pass ") == 3


def test_nginx_limits_no_endpoint_that_servers_of_portals_call(app: Flask) -> None:
    (unlimited,) = re.findall(r"location ~ (\S+) \{", NGINX)
    machine = [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.split(".")[0] in MACHINE_BLUEPRINTS]

    assert len(machine) > 20
    assert [rule for rule in machine if not re.search(unlimited, rule)] == []
    assert not re.search(unlimited, "/login")


def test_nginx_takes_bodies_as_large_as_the_provider_does() -> None:
    settings = load_settings(SECRETS)

    assert f"client_max_body_size  {settings.server.max_body_bytes // 1024}k;" in NGINX
    assert "client_max_body_size 33m;" in NGINX
    assert settings.desk.largest_upload < 33 * 1024 * 1024


@pytest.mark.skipif(not program("nginx"), reason="nginx is missing: apt-get install nginx-light")
def test_nginx_reads_its_file(tmp_path: Path) -> None:
    certificate = certificate_for(tmp_path, "login.example.ch")
    (tmp_path / "proxy.conf").write_text(PROXY, "utf-8")
    site = NGINX.replace("/etc/nginx/snippets/vestibule-proxy.conf", str(tmp_path / "proxy.conf"))
    site = re.sub(r"/etc/ssl/vestibule/\w+\.pem", str(certificate), site).replace("/var/log/nginx", str(tmp_path))
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\n{site}}}\n", "utf-8")

    checked = subprocess.run(
        [program("nginx"), "-t", "-p", tmp_path, "-c", tmp_path / "nginx.conf", "-e", tmp_path / "errors"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert checked.returncode == 0, checked.stderr
    assert "[warn]" not in checked.stderr.replace('the "user" directive', "")


@pytest.mark.skipif(not program("nft"), reason="nft is missing: apt-get install nftables")
def test_the_packet_filter_reads_its_file(tmp_path: Path) -> None:
    rules = tmp_path / "egress.nft"
    rules.write_text((HARDENED / "egress.nft").read_text("utf-8").replace('"vestibule"', '"root"'), "utf-8")

    checked = subprocess.run([program("nft"), "--check", "--file", rules], capture_output=True, text=True, check=False)
    if "Operation not permitted" in checked.stderr:
        pytest.skip("this machine lets nobody ask its packet filter")

    assert checked.returncode == 0, checked.stderr
