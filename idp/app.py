"""`create_app`: the one list of what is plugged in."""

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import entry_points
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask

from idp import secret_files
from idp.api import endpoint as api
from idp.api import rights as api_rights
from idp.clients import registered
from idp.clients.client import Client
from idp.clients.client_keys import ClientKeys
from idp.clients.files import Circumstances
from idp.clients.reconcile import disappeared
from idp.clients.registry import LiveRegistry
from idp.clock import Clock, SystemClock
from idp.codes import rules as code_rules
from idp.codes import service as codes
from idp.credentials.breached import BreachedPasswords, UnusableFilter
from idp.credentials.hasher import Hasher
from idp.credentials.quality import Quality
from idp.credentials.waiting_hashes import WaitingHashes
from idp.database import Database, open_database
from idp.events.push import SecurityEventPush
from idp.events.transmission import PUSH, Transmission
from idp.events.webhook_delivery import WebhookDelivery
from idp.events.webhooks import KIND as WEBHOOK
from idp.events.webhooks import WebhookAnnouncement
from idp.grants.end_access import LOGOUT
from idp.imports.directory_call import DirectoryCalls
from idp.imports.legacy_directory import LegacyDirectories
from idp.imports.values import ImportSettings
from idp.limits.rate_limit import Limiter
from idp.limits.recent_failures import RecentFailures
from idp.messages import inbox, transports, worker
from idp.messages.composer import Composer
from idp.messages.delivery import stateless
from idp.messages.traced_deliveries import QueuedMessages, traced
from idp.messages.worker import Worker
from idp.oidc import (
    device_authorization,
    device_pages,
    discovery,
    end_session,
    introspection,
    jwks,
    par,
    protected_resource,
    revocation,
    userinfo,
)
from idp.oidc.authorize import endpoint as authorize
from idp.oidc.backchannel_logout import BackchannelLogout
from idp.oidc.registration import endpoint as registration
from idp.oidc.served_client import ServedClient
from idp.oidc.shared_signals import endpoint as shared_signals
from idp.oidc.token import endpoint as token
from idp.outbound.client import Outbound
from idp.provider import Provider
from idp.replica import Replica, open_replica
from idp.resources import TEMPLATES
from idp.scim import endpoint as scim
from idp.sealing import Sealer
from idp.settings import HOME, Settings, SettingsError
from idp.signing_keys import SigningKeys
from idp.tracing import statements
from idp.tracing.tracer import Tracer, of_settings
from idp.upkeep import probes
from idp.web import logging, middleware, related_origins
from idp.web.application import Application
from idp.web.middleware import MiddlewareOptions
from idp.web.pages import Pages
from idp.web.static_files import StaticFiles
from idp.wording import Wording

WORKER_PATIENCE = 0.2
"""Seconds that a delivery waits for its turn at a portal: logouts of one portal come in crowds."""

PROTOCOL = (
    authorize,
    device_authorization,
    device_pages,
    discovery,
    end_session,
    introspection,
    jwks,
    par,
    revocation,
    shared_signals,
    token,
    userinfo,
)

MACHINE_BLUEPRINTS = frozenset(
    {
        "api",
        "device_authorization",
        "discovery",
        "introspection",
        "jwks",
        "par",
        "protected_resource",
        "registration",
        "related_origins",
        "revocation",
        "scim",
        "shared_signals",
        "token",
        "userinfo",
    }
)
"""Spoken to by programs: answered in JSON, authenticated by themselves, no CSRF token."""

BLUEPRINTS_WITH_OWN_CSRF = frozenset({"authorize", "end_session"})
"""Pages that take POSTs from portals too (authorization, logout) and verify their own forms themselves."""


BlueprintFactory = Callable[[Provider], Blueprint]
"""Makes the blueprint that serves some pages."""


def create_app(settings: Settings, *, flows: Sequence[BlueprintFactory], clock: Clock | None = None) -> Flask:
    """Return the WSGI application for these settings, offering these journeys."""
    logging.configure(settings)
    app = Application("idp", template_folder=str(TEMPLATES), static_folder=str(TEMPLATES / "static"))
    provider = _build(app, settings, clock or SystemClock())
    app.extensions["provider"] = provider
    middleware.install(app, provider, _middleware_options(provider))
    for endpoint in PROTOCOL:
        app.register_blueprint(endpoint.blueprint(provider))
    app.register_blueprint(related_origins.blueprint(provider))
    app.register_blueprint(api.blueprint(provider))
    app.register_blueprint(scim.blueprint(provider))
    if settings.registration.like:
        app.register_blueprint(registration.blueprint(provider))
    if settings.environment == "conformance":
        app.register_blueprint(protected_resource.blueprint(provider))
    if transports.uses_inbox(settings):
        app.register_blueprint(inbox.blueprint(transports.inbox(settings), ZoneInfo(settings.pages.time_zone)))
    for pages in flows:
        app.register_blueprint(pages(provider))
    return app


def installed_flows() -> Sequence[BlueprintFactory]:
    """Return the journeys of this installation, found by entry point: `idp` may not import what stands above it."""
    return [flow for point in entry_points(group="vestibule.flows") for flow in point.load()]


def worker_of(provider: Provider) -> Worker:
    """Return the worker of this provider, with everything it can deliver."""
    outbound = Outbound(provider.clock, at_once=worker.threads(provider.settings.outbox), patience=WORKER_PATIENCE)
    logout = stateless(BackchannelLogout(provider, outbound))
    sending = transports.deliveries(provider.settings, provider.clock, provider.composer, outbound)
    deliveries = {
        **sending,
        LOGOUT: logout,
        PUSH: stateless(_security_events(provider, outbound)),
        WEBHOOK: stateless(_webhooks(provider, outbound)),
    }
    if provider.tracer is not None:
        deliveries = {kind: traced(kind, each, provider.tracer) for kind, each in deliveries.items()}
    return Worker(provider.settings.outbox, provider.clock, provider.database, deliveries, codes.undelivered)


def _security_events(provider: Provider, outbound: Outbound) -> SecurityEventPush:
    return SecurityEventPush(
        provider.database,
        provider.registry,
        provider.signing_keys,
        outbound,
        issuer=provider.settings.server.issuer,
        at_once=worker.share_of_one(provider.settings.outbox),
    )


def _webhooks(provider: Provider, outbound: Outbound) -> WebhookDelivery:
    at_once = worker.share_of_one(provider.settings.outbox)
    return WebhookDelivery(provider.database, provider.registry, outbound, at_once=at_once)


def _middleware_options(provider: Provider) -> MiddlewareOptions:
    return MiddlewareOptions(
        machine=MACHINE_BLUEPRINTS,
        own_csrf=BLUEPRINTS_WITH_OWN_CSRF,
        checks=probes.readiness(provider),
        gauges=probes.gauges(provider),
    )


def _build(app: Flask, settings: Settings, clock: Clock) -> Provider:
    sealer = Sealer(settings.secrets.keys, settings.secrets.active)
    database = open_database(app, settings.database, clock, sealer)
    replica = open_replica(settings.database, database)
    tracer = _tracer(settings, database, replica)
    wording = Wording(TEMPLATES / "translations", settings.pages.languages, settings.pages.time_zone)
    registry = _registry(settings, clock, database)
    database.observe(Transmission(registry.current, settings.server.issuer))
    database.observe(WebhookAnnouncement(registry.current))
    hasher = Hasher(settings.passwords, sealer, WaitingHashes(database, clock))
    outbound = Outbound(clock, at_once=max(1, settings.server.threads // 2))
    return Provider(
        settings=settings,
        clock=clock,
        sealer=sealer,
        database=database,
        replica=replica,
        wording=wording,
        registry=registry,
        outbound=outbound,
        client_keys=ClientKeys(outbound.fetch, clock),
        signing_keys=SigningKeys(database, sealer, settings.keys, clock),
        limiter=Limiter(settings.limits),
        failures_of_clients=RecentFailures(),
        composer=Composer(wording, registry, TEMPLATES, issuer=settings.server.issuer),
        hasher=hasher,
        legacy_directories=_legacy_directories(settings, clock, database, hasher, outbound),
        quality=Quality(settings.passwords.context_words, _breached(settings)),
        pages=Pages(
            TEMPLATES,
            HOME / settings.files.brands,
            StaticFiles(TEMPLATES / "static", changing=settings.development),
            secure=settings.server.secure,
            changing=settings.development,
        ),
        tracer=tracer,
    )


def _tracer(settings: Settings, database: Database, replica: Replica) -> Tracer | None:
    """Return the tracer, watching the database, where `tracing.endpoint` names a collector."""
    tracer = of_settings(settings.tracing)
    if tracer is not None:
        database.observe(QueuedMessages(tracer))
        statements.watch(database.writing_engine, tracer)
        if database.reading_engine.pool is not database.writing_engine.pool:
            statements.watch(database.reading_engine, tracer)
        if replica.engine is not None:
            statements.watch(replica.engine, tracer)
    return tracer


def _breached(settings: Settings) -> BreachedPasswords | None:
    path = settings.passwords.breached_filter
    try:
        return BreachedPasswords(HOME / path) if path else None
    except UnusableFilter as error:
        raise SettingsError(f"passwords.breached_filter: {error}") from error


def _legacy_directories(
    settings: Settings, clock: Clock, database: Database, hasher: Hasher, outbound: Outbound
) -> LegacyDirectories:
    judged_by = ImportSettings(settings.pages.languages, settings.sms.countries, clock)
    calls = DirectoryCalls(settings.legacy_directories, secret_files.variables(), outbound, clock)
    return LegacyDirectories(calls, database, hasher, judged_by)


def circumstances(settings: Settings, environ: Mapping[str, str]) -> Circumstances:
    """Return the conditions for the rules of client files, with a copy of the variables for client secrets."""
    return Circumstances(
        settings.environment,
        settings.pages.languages,
        dict(environ),
        kind=ServedClient,
        algorithms=settings.keys.algorithms,
        rules=(code_rules.faults, api_rights.faults),
        template=settings.registration.like,
    )


def _registry(settings: Settings, clock: Clock, database: Database) -> LiveRegistry:
    """Follows the client and brand files, and finds the clients that registered themselves."""
    like = settings.registration.like

    def registered_client(client_id: str) -> Client | None:
        if not like or client_id == like:
            return None
        return registered.find(database, client_id, registry.current().client(like), settings.registration)

    registry = LiveRegistry(
        HOME / settings.files.clients,
        HOME / settings.files.brands,
        clock,
        circumstances(settings, secret_files.variables()),
        reload=settings.files.reload,
        disabled=lambda: disappeared(database),
        registered=registered_client,
    )
    return registry
