"""The live registry: changes arrive without a restart, mistakes do not."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from idp.clients import files
from idp.clients.client import Client
from idp.clients.problems import InvalidFiles
from idp.clients.registry import LiveRegistry, Registry
from tests.clients.folders import PLAIN, PORTAL, Folders
from tests.support.clock import MovableClock

RENAMED = PORTAL.replace('"Portal"', '"Renamed"')
FUND = '[[funds]]\ncode = "AK00"\nname = { fr = "Caisse" }\n'


def name_of(live: LiveRegistry, client_id: str) -> str:
    client = live.current().client(client_id)
    return client.client_name if client else ""


def test_a_changed_file_is_served_after_the_reload_interval(folders: Folders, clock: MovableClock) -> None:
    live = folders.live(clock)
    live.current()
    folders.client("portal", RENAMED)

    before = name_of(live, "portal")
    clock.forward(seconds=5)
    after = name_of(live, "portal")

    assert (before, after) == ("Portal", "Renamed")


def test_a_changed_template_of_a_brand_makes_another_brand(folders: Folders, clock: MovableClock) -> None:
    """Pages keep what they compiled for as long as the brand is the same."""
    own = folders.brand("plain", PLAIN) / "templates/frame"
    own.mkdir(parents=True)
    live = folders.live(clock)
    before = live.current().brand("plain")
    (own / "top.html").write_text("<p>Top</p>")
    clock.forward(seconds=5)

    assert live.current().brand("plain") is not before


def test_unchanged_files_are_not_read_again(folders: Folders, clock: MovableClock) -> None:
    live = folders.live(clock)
    first = live.current()
    clock.forward(minutes=5)

    assert live.current() is first


def test_an_invalid_file_keeps_its_last_good_version_and_shows(folders: Folders, clock: MovableClock) -> None:
    live = folders.live(clock)
    folders.client("portal", RENAMED + 'scope = 5\nredirect_uris = "x"\n')
    folders.client("other", PORTAL.replace("portal", "other"))
    clock.forward(seconds=5)

    assert name_of(live, "portal") == "Portal"
    assert name_of(live, "other") == "Portal"
    assert [problem.file for problem in live.problems] == ["clients/portal.toml"]

    folders.client("portal", RENAMED)
    clock.forward(seconds=5)

    assert name_of(live, "portal") == "Renamed"
    assert live.problems == ()


@pytest.mark.parametrize("place", ["clients/broken.toml", "brands/plain/broken.svg", "brands/plain/mark.svg"])
def test_a_file_that_nobody_may_read_ends_no_request(
    folders: Folders, clock: MovableClock, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    live = folders.live(clock)
    if "mark" in place:
        folders.brand("plain", PLAIN + 'mark = "mark.svg"\n')
    refused = folders.clients.parent / place
    refused.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>' if place.endswith("svg") else "")
    read_text, read_bytes = Path.read_text, Path.read_bytes

    def refusing(read: Callable[..., Any]) -> Callable[..., Any]:
        def checked(path: Path, **options: Any) -> Any:
            if path == refused:
                raise PermissionError(13, "Permission denied", str(path))
            return read(path, **options)

        return checked

    monkeypatch.setattr(Path, "read_text", refusing(read_text))
    monkeypatch.setattr(Path, "read_bytes", refusing(read_bytes))
    folders.client("portal", RENAMED)
    clock.forward(seconds=5)

    assert name_of(live, "portal") == "Renamed"
    unread = [problem.message for problem in live.problems]
    assert unread == ([] if "broken.svg" in place else [f"[Errno 13] Permission denied: '{refused}'"])


def test_a_file_is_read_again_once_its_rights_have_changed(folders: Folders, clock: MovableClock) -> None:
    path = folders.client("portal", PORTAL)
    before = files.signature(folders.clients, folders.brands)
    path.chmod(0o640)

    assert files.signature(folders.clients, folders.brands) != before


def test_an_invalid_brand_keeps_its_last_good_version(folders: Folders, clock: MovableClock) -> None:
    live = folders.live(clock)
    folders.brand("plain", PLAIN.replace("#0B4F8A", "#FFFF00"))
    folders.client("portal", RENAMED)
    clock.forward(seconds=5)

    worn = live.current().brand_of(live.current().client("portal"))

    assert worn.colours.brand == "#0B4F8A"
    assert name_of(live, "portal") == "Renamed"


def test_a_brand_that_vanishes_leaves_its_client_in_the_last_good_version(
    folders: Folders, clock: MovableClock
) -> None:
    live = folders.live(clock)
    shutil.rmtree(folders.brands / "plain")
    clock.forward(seconds=5)

    assert name_of(live, "portal") == "Portal"
    assert [problem.path for problem in live.problems] == ["brand"]


def test_at_the_start_every_problem_is_an_error(folders: Folders, clock: MovableClock) -> None:
    """rulings 20"""
    folders.client("portal", PORTAL + "scope = 5\n")
    folders.client("other", "client_name = 5\n")

    with pytest.raises(InvalidFiles) as caught:
        folders.live(clock)

    assert "clients/portal.toml: scope" in str(caught.value)
    assert "clients/other.toml: client_name" in str(caught.value)


def test_a_client_whose_file_is_gone_is_unknown(folders: Folders, clock: MovableClock) -> None:
    live = folders.live(clock)
    path = folders.client("other", PORTAL.replace("portal", "other"))
    clock.forward(seconds=5)
    assert name_of(live, "other") == "Portal"

    path.unlink()
    clock.forward(seconds=5)

    assert live.current().client("other") is None


def test_a_folder_that_is_empty_all_at_once_changes_nothing(folders: Folders, clock: MovableClock) -> None:
    live = folders.live(clock)
    (folders.clients / "portal.toml").unlink()
    clock.forward(seconds=5)

    assert name_of(live, "portal") == "Portal"
    assert live.problems[0].message == "there is no file left"


def test_the_version_follows_the_content_and_not_the_time(folders: Folders, clock: MovableClock) -> None:
    first = folders.live(clock).current().version
    os.utime(folders.clients / "portal.toml", (1, 1))
    same = folders.live(clock).current().version
    folders.client("portal", RENAMED)

    assert first == same
    assert folders.live(clock).current().version != first


def test_files_that_kubernetes_mounts_have_the_version_of_the_same_files_and_change_at_once(
    folders: Folders, clock: MovableClock
) -> None:
    """A mounted folder holds links into one more folder, which has another name on each node and after each change."""
    plain, first = folders.brands / "plain", folders.live(clock).current().version

    def mount(time: str, text: str) -> None:
        (plain / f"..{time}").mkdir()
        (plain / f"..{time}" / "brand.toml").write_text(text, "utf-8")
        (plain / "..next").symlink_to(f"..{time}")
        (plain / "..next").rename(plain / "..data")

    (plain / "brand.toml").unlink()
    (plain / "brand.toml").symlink_to("..data/brand.toml")
    mount("2026_11_30", PLAIN)
    live = folders.live(clock)
    mounted = live.current().version
    mount("2026_12_01", PLAIN.replace("#0B4F8A", "#00497A"))
    clock.forward(seconds=5)

    assert mounted == first
    assert live.current().version != first


def test_a_client_the_database_calls_gone_is_refused_by_nodes_that_still_have_its_file() -> None:
    registry = Registry([Client(client_id="a", client_name="A")], disabled=frozenset({"a"}))

    assert registry.client("a") is None
    assert registry.clients == ()
    assert registry.described == {"a"}


def test_clients_without_a_file_are_looked_up_where_they_are_registered() -> None:
    stranger = Client(client_id="stranger", client_name="Stranger")
    registry = Registry(
        [Client(client_id="a", client_name="A")],
        disabled=frozenset({"a"}),
        registered=lambda client_id: stranger if client_id == "stranger" else None,
    )

    assert registry.client("stranger") == stranger
    assert registry.client("a") is None


@pytest.mark.parametrize("client_id", ["", "\0", "💶" * 100_000, "portal ", "Portal"])
def test_any_text_may_be_asked_for(folders: Folders, clock: MovableClock, client_id: str) -> None:
    registry = folders.live(clock).current()

    assert registry.client(client_id) is None
    assert registry.fund(client_id) is None
    assert registry.brand(client_id) is None


def test_a_fund_is_found_in_any_case_and_leads_to_its_portal(folders: Folders, clock: MovableClock) -> None:
    """C-25"""
    folders.client("portal", PORTAL + FUND)
    registry = folders.live(clock).current()

    fund = registry.fund("ak00")
    portal = registry.client_of_fund("AK00")

    assert fund is not None
    assert portal is not None
    assert (fund.code, portal.client_id) == ("AK00", "portal")


def test_a_client_without_a_brand_wears_the_neutral_one(folders: Folders, clock: MovableClock) -> None:
    registry = folders.live(clock).current()

    assert registry.brand_of(None).id == "neutral"
    assert registry.brand_of(Client(client_id="a", client_name="A")).id == "neutral"


def test_portals_share_a_session_only_where_their_policies_say_so(folders: Folders, clock: MovableClock) -> None:
    together = '[policy]\nsso = "within"\nsso_group = "both"\n'
    folders.client("portal", PORTAL + together)
    folders.client("second", PORTAL.replace("portal", "second") + together)
    folders.client("alone", PORTAL.replace("portal", "alone"))
    groups = {client.client_id: client.sso_group for client in folders.live(clock).current().clients}

    assert groups == {"portal": "both", "second": "both", "alone": "alone"}


def test_a_file_that_turns_faulty_is_logged_once_a_change(folders: Folders, clock: MovableClock) -> None:
    live = folders.live(clock)
    with capture_logs() as lines:
        for text in (PORTAL + "scope = 5\n", None, PORTAL + "scope = 5\ncontacts = 7\n", None, PORTAL):
            if text is not None:
                folders.client("portal", text)
            clock.forward(seconds=5)
            live.current()

    assert [(line["event"], line["file"], line["path"]) for line in lines] == [
        ("client_file_refused", "clients/portal.toml", "scope"),
        ("client_file_refused", "clients/portal.toml", "contacts"),
    ]
