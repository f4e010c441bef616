"""The Debian package installs the units and users that the program has, and the Python its wheels were made for.

`make deb` builds it, and `make try-deb` installs, uses and removes it in a Debian of its own; both take minutes.
"""

import re

from tests.rules.source import ROOT

DEBIAN = ROOT / "packaging" / "debian"
SYSTEMD = ROOT / "packaging" / "systemd"


def test_it_installs_every_unit() -> None:
    installed = [line.split()[0] for line in (DEBIAN / "vestibule.install").read_text("utf-8").splitlines()]

    assert sorted(installed) == sorted(str(path.relative_to(ROOT)) for path in SYSTEMD.glob("*.service"))


def test_it_makes_the_user_and_folders_of_the_units() -> None:
    rules = (DEBIAN / "rules").read_text("utf-8")

    assert {path.name for path in SYSTEMD.iterdir() if path.suffix != ".service"} == set(
        re.findall(r"packaging/systemd/(\S+)", rules)
    )
    assert "dh-sequence-installsysusers" in (DEBIAN / "control").read_text("utf-8")


def test_the_program_is_where_the_units_start_it() -> None:
    (place,) = re.findall(r"packaging/environment \S+ (\S+)", (DEBIAN / "rules").read_text("utf-8"))
    started = {
        path for unit in SYSTEMD.glob("*.service") for path in re.findall(r"=(/\S+/idp) ", unit.read_text("utf-8"))
    }
    (link,) = (DEBIAN / "vestibule.links").read_text("utf-8").splitlines()

    assert started == {f"{place}/bin/idp"} == {f"/{link.split()[0]}"}


def test_no_unit_starts_before_the_operator_has_written_its_files() -> None:
    for unit in SYSTEMD.glob("*.service"):
        text = unit.read_text("utf-8")
        (settings,) = re.findall(r"^Environment=IDP_SETTINGS=(\S+)$", text, re.MULTILINE)
        (secrets,) = re.findall(r"^EnvironmentFile=(\S+)$", text, re.MULTILINE)

        assert set(re.findall(r"^ConditionPathExists=(\S+)$", text, re.MULTILINE)) == {settings, secrets}


def test_it_lists_the_licences_of_the_files_of_others() -> None:
    copyrights = (DEBIAN / "copyright").read_text("utf-8")
    folders = {
        "templates/letters/fonts/OpenSans-*",
        "templates/letters/fonts/JetBrainsMono-*",
        "idp/credentials/words/*",
    }

    assert set(re.findall(r"^Files: (\S+)$", copyrights, re.MULTILINE)) == {"*", *folders}
    assert all(list(ROOT.glob(folder)) for folder in folders)


def test_it_needs_the_python_it_is_built_with_and_no_other() -> None:
    rules, control = (DEBIAN / "rules").read_text("utf-8"), (DEBIAN / "control").read_text("utf-8")

    assert "python3 (>= 3.$(MINOR)), python3 (<< 3.$(NEXT))" in rules
    assert "${python:Depends}" in control


def test_it_needs_the_package_of_each_program_that_a_unit_starts() -> None:
    packages = {"/bin/kill": "procps", "/opt/vestibule/bin/idp": "vestibule"}
    started = {
        path
        for unit in SYSTEMD.glob("*.service")
        for path in re.findall(r"^Exec\w+=(\S+)", unit.read_text("utf-8"), re.M)
    }
    (needed,) = re.findall(r"^Depends: (.+)$", (DEBIAN / "control").read_text("utf-8"), re.M)

    assert {packages[path] for path in started} <= {"vestibule", *needed.split(", ")}
