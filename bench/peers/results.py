"""Results of a run as a table and as JSON, beside the bars that they are held to."""

import json
import os
import platform
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.peers.measuring import Sample

TITLES = {
    "discovery": "discovery",
    "jwks": "JWKS",
    "client_credentials": "client_credentials, ES256",
    "userinfo": "userinfo",
    "introspection": "introspection",
    "refresh": "refresh, rotated",
    "code": "authorize with a session + code + token",
    "login_page": "sign-in page",
    "sign_in": "whole sign-in",
}
NPM, KEYCLOAK = "oidc-provider", "keycloak"
BARS: dict[tuple[str, str], dict[str, float]] = {
    ("discovery", NPM): {"granian": 0.9, "gunicorn": 0.35},
    ("jwks", NPM): {"granian": 0.9, "gunicorn": 0.35},
    ("client_credentials", NPM): {"granian": 1.15, "gunicorn": 0.6},
    ("client_credentials", KEYCLOAK): {"granian": 4, "gunicorn": 2.5},
    ("userinfo", NPM): {"granian": 0.6, "gunicorn": 0.35},
    ("userinfo", KEYCLOAK): {"granian": 2, "gunicorn": 1.2},
    ("introspection", NPM): {"granian": 0.65, "gunicorn": 0.4},
    ("introspection", KEYCLOAK): {"granian": 2, "gunicorn": 1.3},
    ("refresh", NPM): {"granian": 0.75, "gunicorn": 0.5},
    ("refresh", KEYCLOAK): {"granian": 2.5, "gunicorn": 1.6},
    ("code", KEYCLOAK): {"granian": 1.3, "gunicorn": 1.0},
    ("login_page", KEYCLOAK): {"granian": 1.0, "gunicorn": 0.7},
    ("sign_in", KEYCLOAK): {"granian": 1.2, "gunicorn": 1.0},
}
"""Least rate of ours divided by the peer's."""
AT_MOST: dict[str, dict[str, float]] = {
    "processor of a sign-in ÷ its own hash": {"granian": 1.4, "gunicorn": 1.6},
    "p99 ÷ p50 of a sign-in": {"granian": 3, "gunicorn": 3},
    "connections of one process ÷ an even share": {"granian": 2, "gunicorn": 2},
    "memory of all processes after sign-ins, PSS, MiB": {"granian": 250, "gunicorn": 220},
}
NOT_COMPARED = {("login_page", NPM), ("sign_in", NPM)}
"""oidc-provider has no pages and no passwords of its own."""


@dataclass
class Results:
    """`rounds`: server → operation → what each round measured; `facts`: server → other figures."""

    titles: dict[str, str]
    rounds: dict[str, dict[str, list[Sample]]] = field(default_factory=dict)
    facts: dict[str, dict[str, float]] = field(default_factory=dict)
    machine: str = ""
    notes: list[str] = field(default_factory=list)

    def add(self, server: str, operation: str, sample: Sample) -> None:
        self.rounds.setdefault(server, {}).setdefault(operation, []).append(sample)

    def mean(self, server: str, operation: str) -> Sample | None:
        samples = self.rounds.get(server, {}).get(operation)
        if not samples or (operation, server) in NOT_COMPARED:
            return None
        columns: Mapping[str, list[float]] = {
            name: [asdict(sample)[name] for sample in samples] for name in asdict(samples[0])
        }
        return Sample(**{name: statistics.fmean(values) for name, values in columns.items()})

    def ratio(self, ours: str, operation: str, peer: str) -> float | None:
        here, there = self.mean(ours, operation), self.mean(peer, operation)
        return here.rate / there.rate if here and there else None

    def as_json(self) -> dict[str, Any]:
        tree: dict[str, Any] = {"machine": self.machine, "notes": self.notes, "servers": self.facts}
        for operation in TITLES:
            tree[operation] = {
                server: {name: round(value, 2) for name, value in asdict(found).items()}
                for server in self.titles
                if (found := self.mean(server, operation))
            }
            tree[operation]["ratio"] = {
                f"{ours} ÷ {peer}": round(found, 3)
                for peer in (NPM, KEYCLOAK)
                for ours in ("granian", "gunicorn")
                if (found := self.ratio(ours, operation, peer)) is not None
            }
        return tree

    def as_markdown(self) -> str:
        return "\n".join([*self._head(), *self._rates(), "", *self._bars(), "", *self._facts(), ""])

    def _head(self) -> Iterator[str]:
        yield "# Beside its peers\n"
        yield f"{self.machine}. Written by `make bench-peers`; [README.md](README.md) says what is compared with what."
        yield from (f"\n{note}" for note in self.notes)
        yield ""

    def _rates(self) -> Iterator[str]:
        yield "Operations a second, and processor µs of the server's processes (of its database) for each:\n"
        yield _row("operation", *self.titles.values())
        yield _row("---", *("---" for _ in self.titles))
        for operation, title in TITLES.items():
            yield _row(title, *(_cell(self.mean(server, operation)) for server in self.titles))

    def _bars(self) -> Iterator[str]:
        yield "Ours divided by the peer, in rate; the bar in brackets:\n"
        yield _row("operation", "÷", "granian", "gunicorn")
        yield _row(*["---"] * 4)
        for (operation, peer), bars in BARS.items():
            if peer in self.titles:
                cells = [_judged(self.ratio(ours, operation, peer), bar, least=True) for ours, bar in bars.items()]
                yield _row(TITLES[operation], self.titles[peer], *cells)
        for name, bars in AT_MOST.items():
            cells = [_judged(self.facts.get(ours, {}).get(name), bar, least=False) for ours, bar in bars.items()]
            yield _row(name, "", *cells)

    def as_summary(self) -> str:
        """Return the table of the README: rates, and ours divided by each peer's."""
        lines = [f"Operations a second; {self.machine}.\n", _row("operation", *self.titles.values())]
        lines.append(_row("---", *("---" for _ in self.titles)))
        for operation, title in TITLES.items():
            means = [self.mean(server, operation) for server in self.titles]
            lines.append(_row(title, *(f"{mean.rate:,.0f}" if mean else "–" for mean in means)))
        return "\n".join([*lines, ""])

    def _facts(self) -> Iterator[str]:
        names = list(dict.fromkeys(name for facts in self.facts.values() for name in facts))
        yield _row("", *self.titles.values())
        yield _row("---", *("---" for _ in self.titles))
        for name in names:
            yield _row(
                name,
                *(f"{self.facts[server][name]:.2f}" if name in self.facts[server] else "–" for server in self.titles),
            )


def write(results: Results, folder: Path) -> None:
    """Write the results into the folder, and their summary into the README above it."""
    readme = folder.parent / "README.md"
    before, mark, rest = readme.read_text(encoding="utf-8").partition("<!-- measured:")
    head, _, behind = rest.partition("\n")
    end = "<!-- end of measured -->"
    after = behind.partition(end)[2]
    readme.write_text(f"{before}{mark}{head}\n\n{results.as_summary()}\n{end}{after}", encoding="utf-8")
    folder.joinpath("results.md").write_text(results.as_markdown(), encoding="utf-8")
    text = json.dumps(results.as_json(), indent=2, ensure_ascii=False)
    folder.joinpath("results.json").write_text(text + "\n", encoding="utf-8")


def machine() -> str:
    """Name the processor, its cores and how busy they are, and the Python that serves."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown processor"
    )
    python = f"Python {platform.python_version()} ({platform.python_compiler()})"
    return f"{model}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start; {python}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(sample: Sample | None) -> str:
    return f"{sample.rate:.0f}, {sample.cpu_us:.0f} ({sample.database_us:.0f})" if sample else "–"


def _judged(value: float | None, bar: float, *, least: bool) -> str:
    if value is None:
        return "–"
    holds = value >= bar if least else value <= bar
    return f"{value:.2f} ({'≥' if least else '≤'} {bar:g}){'' if holds else ' **missed**'}"


def facts_of_sign_in(samples: Sequence[Sample], hash_us: float) -> dict[str, float]:
    """Return the figures of AT_MOST that come from sign-ins."""
    cpu = statistics.fmean(sample.cpu_us for sample in samples)
    spread = statistics.fmean(sample.p99_ms / sample.p50_ms for sample in samples)
    return {"processor of a sign-in ÷ its own hash": cpu / hash_us, "p99 ÷ p50 of a sign-in": spread}
