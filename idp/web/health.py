"""`/healthz`: this process answers. `/readyz`: it can do its work now.

Readiness is defined by named checks; each returns an empty text if all is well, otherwise the reason.
Only the networks of `server.monitoring` see the reasons.
"""

from collections.abc import Callable, Mapping

import structlog
from flask import Blueprint, Response, jsonify

from idp.web import metrics, proxies

Checks = Mapping[str, Callable[[], str]]

log = structlog.get_logger()


def blueprint(monitoring: tuple[proxies.Network, ...], checks: Checks) -> Blueprint:
    """The two probes."""
    probes = Blueprint("health", __name__)

    @probes.get("/healthz")
    def alive() -> Response:
        return jsonify({"status": "ok"})

    @probes.get("/readyz")
    def ready() -> Response:
        failed = {name: reason for name, check in checks.items() if (reason := outcome(name, check))}
        body: dict[str, object] = {"status": "unavailable" if failed else "ok"}
        if metrics.may_watch(monitoring):
            body["checks"] = {name: failed.get(name, "ok") for name in checks}
        response = jsonify(body)
        response.status_code = 503 if failed else 200
        return response

    return probes


def outcome(name: str, check: Callable[[], str]) -> str:
    """Return why a check fails; for a check that raises, the name of the exception."""
    try:
        reason = check()
    except Exception as error:
        log.exception("readiness_check_failed", kind=name)
        return type(error).__name__
    if reason:
        log.warning("not_ready", kind=name, reason=reason)
    return reason
