"""Prometheus metrics: few labels, none of them a person or address; a client where the fault is one client's.

`/metrics` answers to the networks of `server.monitoring` only (this machine by default) and looks like an unknown
address to everybody else. Under several processes `PROMETHEUS_MULTIPROC_DIR` must be set before the start
(`config/gunicorn.conf.py` does); values that are asked for at the scrape (`gauges`) come from the process that answers.
"""

import math
import os
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from wsgiref.types import WSGIEnvironment

from flask import Blueprint, Flask, Request, Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

from idp.database import DatabaseUnavailable
from idp.web import proxies, request_ids, traced_requests
from idp.web.application import current_request

Gauge = Callable[[], float | Mapping[str, float]]
"""Answers with one value, or with one for each client."""

Gauges = Mapping[str, Gauge]

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})  # anything else is one label

REQUESTS = Counter("idp_requests", "Answers by route pattern, method and status class.", ["route", "method", "status"])
SECONDS = Histogram(
    "idp_request_seconds",
    "Time to answer, by route pattern.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


def install(app: Flask) -> None:
    """Count and time every request."""

    def after(response: Response) -> Response:
        request = current_request()
        count(request.environ, route_of(request), response.status_code)
        return response

    app.after_request(after)


def count(environ: WSGIEnvironment, route: str, status: int) -> None:
    """Count a request that is answered, and name its trace."""
    method = method_of(environ)
    counter, histogram = _of(route, method, status // 100)
    counter.inc()
    traced_requests.describe(environ, method, route, status)
    histogram.observe(request_ids.seconds_since_start(environ))


def method_of(environ: WSGIEnvironment) -> str:
    """Return the method; `other` for one that nobody knows, however long it is."""
    method: str = environ["REQUEST_METHOD"]
    return method if method in METHODS else "other"


def route_of(request: Request) -> str:
    """Return the pattern of the address that was asked for."""
    return request.url_rule.rule if request.url_rule is not None else "unmatched"


@lru_cache(maxsize=1024)
def _of(route: str, method: str, status: int) -> tuple[Counter, Histogram]:
    """Look the counters of an answer up once: routes, methods and classes of status are few."""
    return REQUESTS.labels(route, method, f"{status}xx"), SECONDS.labels(route)


def blueprint(monitoring: tuple[proxies.Network, ...], gauges: Gauges) -> Blueprint:
    """`/metrics`. Each gauge is `name → function`, called at the scrape."""
    pages = Blueprint("metrics", __name__)

    @pages.get("/metrics")
    def scrape() -> Response:
        if not may_watch(monitoring):
            abort(404)
        return Response(exposition(gauges), content_type=CONTENT_TYPE_LATEST)

    return pages


def may_watch(monitoring: tuple[proxies.Network, ...]) -> bool:
    """Return whether this request comes from a monitoring network, and not through a proxy that we do not know."""
    forwarded = request.environ.get(proxies.STRANGER, False)
    return not forwarded and proxies.within(request.remote_addr or "", monitoring)


def exposition(gauges: Gauges) -> bytes:
    """Everything measured so far, over all processes, in Prometheus' text format."""
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        registry.register(_PolledGauges(gauges))
        return generate_latest(registry)
    registry.register(_PolledGauges(gauges))
    return generate_latest(REGISTRY) + generate_latest(registry)


class _PolledGauges(Collector):
    def __init__(self, gauges: Gauges) -> None:
        self._gauges = gauges

    def collect(self) -> Iterable[GaugeMetricFamily]:
        for name, ask in self._gauges.items():
            yield _measured(name, name.removeprefix("idp_").replace("_", " "), _value(ask))


def _measured(name: str, description: str, value: float | Mapping[str, float]) -> GaugeMetricFamily:
    if not isinstance(value, Mapping):
        return GaugeMetricFamily(name, description, value=value)
    family = GaugeMetricFamily(name, description, labels=["client"])
    for client, of_client in value.items():
        family.add_metric([client], of_client)
    return family


def _value(ask: Gauge) -> float | Mapping[str, float]:
    try:
        return ask()
    except DatabaseUnavailable:
        return math.nan  # the other values still tell what is going on
