"""Documents that are the same for everybody: the short path answers them without looking at more than their address."""

from collections.abc import Callable, Mapping

from flask import Response


class FixedAnswer:
    """A view whose answer depends on nothing in the request. `body` is asked each time, and may change between them."""

    def __init__(self, body: Callable[[], bytes], headers: Mapping[str, str]) -> None:
        self.body = body
        self.headers = [*headers.items()]

    def __call__(self) -> Response:
        """Answer a request that takes Flask's path."""
        return Response(self.body(), headers=self.headers)
