"""Traces for the operator's collector: how long each part of a request, a batch or a delivery took.

Owns the list of what a span may say, and the way to the collector; knows no request, person or message. Entry points:
`tracer.of_settings`, `tracer.Tracer`, `statements.watch`. Off, nothing of OpenTelemetry is imported.
"""
