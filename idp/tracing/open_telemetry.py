"""Traces by OpenTelemetry's SDK, sent as OTLP over HTTP by our own client. Imported only where traces are wanted."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from importlib.metadata import version

import structlog
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, StatusCode

from idp.outbound.exchange import OutboundFailed, OutboundRequest, exchange
from idp.settings import Tracing
from idp.tracing.tracer import Attributes, Role, permitted

NAME = "vestibule"
TIME_LIMIT = 10.0
LARGEST_ANSWER = 64 * 1024
KINDS: Mapping[Role, SpanKind] = {
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}

log = structlog.get_logger()


class CollectorExporter(SpanExporter):
    """Sends spans to the collector of the operator; a failure loses them and is logged, and delays no request."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        body = encode_spans(spans).SerializeToString()
        request = OutboundRequest(self._endpoint, "POST", {"Content-Type": "application/x-protobuf"}, body)
        try:
            answer = exchange(request, allow_private=True, time_limit=TIME_LIMIT, largest=LARGEST_ANSWER)
        except OutboundFailed as failure:
            return self._lost(len(spans), str(failure))
        if answer.status != HTTPStatus.OK:
            return self._lost(len(spans), f"answered {answer.status}")
        return SpanExportResult.SUCCESS

    def _lost(self, count: int, reason: str) -> SpanExportResult:
        log.warning("spans_lost", count=count, reason=reason)
        return SpanExportResult.FAILURE


class RecordedSpan:
    """A span of OpenTelemetry that takes no more than it may say."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def describe(self, name: str, attributes: Attributes) -> None:
        self._span.update_name(name)
        self._span.set_attributes(permitted(attributes))

    def fail(self, error: BaseException) -> None:
        self._span.set_status(StatusCode.ERROR)
        self._span.set_attributes(permitted({"error.type": type(error).__name__}))

    def end(self, error: BaseException | None = None) -> None:
        if error is not None:
            self.fail(error)
        self._span.end()


class OpenTelemetryTracer:
    """`share` of all traces is kept, decided where a trace begins: what a caller says of traces is not believed."""

    def __init__(self, processor: SpanProcessor, share: float) -> None:
        resource = Resource({"service.name": NAME, "service.version": version(NAME)})
        provider = TracerProvider(sampler=ParentBased(TraceIdRatioBased(share)), resource=resource)
        provider.add_span_processor(processor)
        self._tracer = provider.get_tracer(NAME)

    @contextmanager
    def span(self, name: str, role: Role, attributes: Attributes) -> Iterator[RecordedSpan]:
        opened = self._tracer.start_as_current_span(
            name,
            kind=KINDS[role],
            attributes=permitted(attributes),
            record_exception=False,
            set_status_on_exception=False,
        )
        with opened as span:
            recorded = RecordedSpan(span)
            try:
                yield recorded
            except Exception as error:
                recorded.fail(error)
                raise

    def begin(self, name: str, role: Role, attributes: Attributes) -> RecordedSpan:
        return RecordedSpan(self._tracer.start_span(name, kind=KINDS[role], attributes=permitted(attributes)))


def exporting(settings: Tracing) -> OpenTelemetryTracer:
    """Return the tracer that sends what it records to `tracing.endpoint`, from a thread of its own."""
    return OpenTelemetryTracer(BatchSpanProcessor(CollectorExporter(settings.endpoint)), settings.share)
