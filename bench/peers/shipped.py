"""The packages that an operator installs, in an environment of their own.

What only the tests install is found by libraries that look for it, and takes memory that no operator gives.
"""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from idp.settings import HOME


def python(folder: Path) -> str:
    """Return the interpreter of that environment, made or brought up to date in `folder`."""
    environment = folder / f"shipped-{sys.version_info.major}.{sys.version_info.minor}"
    made = environment / "bin" / "python"
    if not made.exists():
        base = getattr(sys, "_base_executable", sys.executable)
        subprocess.run([base, "-m", "venv", "--without-pip", str(environment)], check=True)
    install = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--python", str(made)]
    locks = [HOME / "requirements.lock", HOME / "tools" / "build.lock"]
    subprocess.run([*install, "--require-hashes", *(f"--requirement={lock}" for lock in locks)], check=True)
    subprocess.run([*install, "--no-deps", f"granian=={version('granian')}"], check=True)
    subprocess.run([*install, "--no-deps", "--no-build-isolation", f"--editable={HOME}"], check=True)
    return str(made)
