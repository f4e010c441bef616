"""The variables of this process: those of its environment, and those that were handed over as files.

The environment of a process is inherited by its children and copied into reports of crashes; a file that only this
program may read is not. systemd (`LoadCredential=`) and Kubernetes (a mounted Secret) hand secrets over as the files of
a folder, and `CREDENTIALS_DIRECTORY` names the folder. A file there has the name of the variable it stands for.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from idp.settings import SettingsError

FOLDER = "CREDENTIALS_DIRECTORY"
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")


def variables(environ: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Return these variables (of this process, if none are given) with those of the files.

    Files with other names than a variable has are left alone. One line end at the end of a file is not part of its
    value. Raises `SettingsError` for a file that cannot be read, and for a variable that is given twice.
    """
    environ = os.environ if environ is None else environ
    folder = environ.get(FOLDER, "")
    if not folder:
        return environ
    files = {path.name: path for path in _files(Path(folder))}
    if twice := sorted(files.keys() & environ.keys()):
        raise SettingsError(f"{', '.join(twice)}: given by the environment and by a file in {folder}; keep one of them")
    return {**environ, **{name: _value(path) for name, path in files.items()}}


def _files(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if VARIABLE.fullmatch(path.name) and path.is_file()]
    except OSError as error:
        raise SettingsError(f"{FOLDER}: {error}") from error


def _value(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n")
    except OSError as error:
        raise SettingsError(f"{path}: {error}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: its text is not UTF-8") from error
