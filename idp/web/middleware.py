"""The middleware around every view, in the order in which a request meets it.

client certificate → proxies → request id → trace → log → readable input → overload → CSRF → the view → metrics →
log line → headers. Endpoints for programs meet the same things by a shorter way (`idp.web.lean_lane`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from wsgiref.types import WSGIApplication

from flask import Flask

from idp.provider import Provider
from idp.web import (
    brand_files,
    csrf,
    error_pages,
    front_page,
    health,
    language_switch,
    larger_bodies,
    logging,
    machines,
    metrics,
    overload,
    readable_input,
)
from idp.web.client_certificate import ClientCertificates
from idp.web.draining import Draining
from idp.web.headers import StrictHeaders
from idp.web.lean_lane import LeanLane
from idp.web.proxies import TrustedProxies, networks
from idp.web.request_ids import RequestIds
from idp.web.traced_requests import TracedRequests

ONE_YEAR = 31_536_000


@dataclass(frozen=True, kw_only=True)
class MiddlewareOptions:
    """The application's options for the middleware.

    `machine`: blueprints for programs, answered in JSON and exempt from CSRF. `own_csrf`: blueprints
    of pages that also take POSTs from portals and call `csrf.verify` themselves. `checks` make up `/readyz`,
    `gauges` are asked at each scrape of `/metrics`.
    """

    machine: frozenset[str] = frozenset()
    own_csrf: frozenset[str] = frozenset()
    checks: Mapping[str, Callable[[], str]] = field(default_factory=dict)
    gauges: metrics.Gauges = field(default_factory=dict)


def install(app: Flask, provider: Provider, options: MiddlewareOptions) -> None:
    """Put the middleware around the application. Raises ValueError for a proxy or network that is no CIDR."""
    server = provider.settings.server
    monitoring = networks(server.monitoring)
    app.config["MAX_CONTENT_LENGTH"] = server.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = server.max_body_bytes
    app.extensions[larger_bodies.EXTENSION] = larger_bodies.LargerBodies(server.max_body_bytes)
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = ONE_YEAR
    draining = app.extensions["draining"] = Draining()
    logging.install(app)
    metrics.install(app)
    readable_input.install(app)
    overload.install(app)
    csrf.protect(app, provider, exempt=options.machine | options.own_csrf)
    machines.install(app, options.machine)
    error_pages.install(app, provider, machine=options.machine)
    for blueprint in (
        brand_files.blueprint(provider),
        front_page.blueprint(provider),
        language_switch.blueprint(provider),
        health.blueprint(monitoring, {"draining": draining.reason, **options.checks}),
        metrics.blueprint(monitoring, options.gauges),
    ):
        app.register_blueprint(blueprint)
    trusted = networks(server.trusted_proxies)
    lane = LeanLane(app, app.wsgi_app, options.machine)
    strict: WSGIApplication = StrictHeaders(lane, provider.settings)
    traced = TracedRequests(strict, provider.tracer) if provider.tracer is not None else strict
    layers = TrustedProxies(RequestIds(traced), trusted)
    app.wsgi_app = (  # type: ignore[method-assign]
        ClientCertificates(layers, trusted, server.client_certificate_header, server.client_verified_header)
        if server.client_certificate_header
        else layers
    )
