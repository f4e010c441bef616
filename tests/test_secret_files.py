"""Secrets as files: each stands for the variable of its name, and says so when it cannot."""

from pathlib import Path

import pytest

from idp import secret_files
from idp.settings import SettingsError
from idp.settings_loader import load_settings

KEY = f"k1:{'A' * 43}="


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "IDP_SECRETS").write_text(KEY + "\n", "utf-8")
    return tmp_path


def environ(folder: Path, **more: str) -> dict[str, str]:
    return {"CREDENTIALS_DIRECTORY": str(folder), **more}


def test_settings_and_secrets_are_read_from_files(folder: Path) -> None:
    (folder / "IDP_DATABASE__URL").write_text("postgresql+psycopg://idp:secret@localhost/idp", "utf-8")

    settings = load_settings(environ(folder))

    assert settings.secrets.active == "k1"
    assert settings.database.url == "postgresql+psycopg://idp:secret@localhost/idp"


def test_a_mounted_secret_of_kubernetes_is_read_through_its_links(tmp_path: Path) -> None:
    (tmp_path / "..2026_11_30").mkdir()
    (tmp_path / "..2026_11_30" / "IDP_SECRETS").write_text(KEY, "utf-8")
    (tmp_path / "..data").symlink_to("..2026_11_30")
    (tmp_path / "IDP_SECRETS").symlink_to("..data/IDP_SECRETS")

    assert secret_files.variables(environ(tmp_path))["IDP_SECRETS"] == KEY


def test_only_the_line_end_at_the_end_is_dropped(folder: Path) -> None:
    (folder / "IDP_MAIL_PASSWORD").write_text(" two words\n\n", "utf-8")

    assert secret_files.variables(environ(folder))["IDP_MAIL_PASSWORD"] == " two words\n"


def test_files_that_are_no_variables_are_left_alone(folder: Path) -> None:
    (folder / "tls.key").write_bytes(b"\xff")
    (folder / "IDP_FOLDER").mkdir()

    assert set(secret_files.variables(environ(folder))) == {"CREDENTIALS_DIRECTORY", "IDP_SECRETS"}


def test_a_secret_that_is_given_twice_is_refused(folder: Path) -> None:
    with pytest.raises(SettingsError, match="IDP_SECRETS: given by the environment and by a file"):
        load_settings(environ(folder, IDP_SECRETS=KEY))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"CREDENTIALS_DIRECTORY: .*nowhere"):
        load_settings(environ(tmp_path / "nowhere"))


def test_a_file_that_is_no_text_is_named_and_not_shown(folder: Path) -> None:
    (folder / "IDP_SMS_TOKEN").write_bytes(b"token\xff")

    with pytest.raises(SettingsError, match="IDP_SMS_TOKEN: its text is not UTF-8") as refused:
        load_settings(environ(folder))
    assert "token\\xff" not in str(refused.value)


def test_without_a_folder_the_environment_is_what_it_is() -> None:
    assert secret_files.variables({"IDP_SECRETS": KEY}) == {"IDP_SECRETS": KEY}
