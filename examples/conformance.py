"""`python -m examples.conformance`: the provider for a conformance run (docs/conformance.md), until Ctrl-C.

Prepares the database and the person who knows every claim, then serves the issuer with gunicorn and runs the worker
that delivers logout notices. Everything else is said by `config/conformance.toml` and the variables over it.
"""

import argparse
import os
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from examples.run import DEMONSTRATION, IDP, ROOT, Service, run, secrets, supervise
from idp.settings import SettingsError
from idp.settings_loader import load_settings

PERSON = ROOT / "examples" / "demonstration" / "conformance.toml"


def main(words: Sequence[str]) -> int:
    """Start everything and wait. Exit status 1 when something could not start or died."""
    environment = {**os.environ, **variables(words), "IDP_ENVIRONMENT": "conformance"}
    environment.setdefault("IDP_SECRETS", secrets())
    try:
        settings = load_settings(environment)
    except SettingsError as error:
        print(error)
        return 1
    (ROOT / settings.files.variable).mkdir(parents=True, exist_ok=True)
    for command in ([*IDP, "db", "upgrade"], [*DEMONSTRATION, "load"]):
        done = run(command, environment)
        if done.returncode:
            print(done.stdout + done.stderr)
            return 1
    services = [Service("provider", [*IDP, "serve"]), Service("worker", [*IDP, "worker"])]
    return supervise(services, environment, overview(settings.server.issuer))


def variables(words: Sequence[str]) -> Mapping[str, str]:
    """Return the settings that the command line names, as variables."""
    parser = argparse.ArgumentParser(prog="python -m examples.conformance", description=__doc__)
    parser.add_argument("--issuer", help="the https address under which the suite finds the provider")
    parser.add_argument("--bind", help="where to listen, for example 0.0.0.0:9443")
    parser.add_argument("--certificate", type=Path, help="PEM with the certificate and its chain")
    parser.add_argument("--key", type=Path, help="PEM with the key of the certificate")
    given = parser.parse_args(words)
    named = {
        "IDP_SERVER__ISSUER": given.issuer,
        "IDP_BIND": given.bind,
        "IDP_SERVER__CERTIFICATE": given.certificate and str(given.certificate.resolve()),
        "IDP_SERVER__CERTIFICATE_KEY": given.key and str(given.key.resolve()),
    }
    return {name: value for name, value in named.items() if value}


def overview(issuer: str) -> str:
    person = tomllib.loads(PERSON.read_text(encoding="utf-8"))["people"][0]
    return f"\n  provider    {issuer}\n  identifier  {person['email']}\n  password    {person['password']}\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
