"""Charts as drawings (SVG) that the server makes: bars of some buckets of time, with the table behind them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT, FOOT = 720, 160, 20
GAP = 0.25
"""The share of a bar's room that stays empty."""


@dataclass(frozen=True)
class Bar:
    """A rectangle of the drawing, in its units."""

    x: float
    y: float
    width: float
    height: float
    bucket: "Bucket"


@dataclass
class Bucket:
    """An hour, a day or a month, with its counts by label."""

    name: str
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.counts.total()


@dataclass(frozen=True)
class Chart:
    """Buckets in the order of time. `words` are the labels that occur, as people read them."""

    id: str
    title: str
    buckets: Sequence[Bucket]
    words: Mapping[str, str]

    @property
    def total(self) -> int:
        return sum(bucket.total for bucket in self.buckets)

    @property
    def highest(self) -> int:
        return max((bucket.total for bucket in self.buckets), default=0)

    @property
    def bars(self) -> list[Bar]:
        """Return a bar for each bucket that has something."""
        room = WIDTH / max(1, len(self.buckets))
        return [
            Bar(
                x=round(place * room + room * GAP / 2, 1),
                y=round(HEIGHT - self._height(bucket), 1),
                width=round(room * (1 - GAP), 1),
                height=round(self._height(bucket), 1),
                bucket=bucket,
            )
            for place, bucket in enumerate(self.buckets)
            if bucket.total
        ]

    def _height(self, bucket: Bucket) -> float:
        return max(2.0, (HEIGHT - FOOT) * bucket.total / self.highest)
