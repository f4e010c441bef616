"""`python -m flows` redraws `docs/journeys.md`."""

from pathlib import Path

from flows import JOURNEYS
from flows.engine.diagram import document

PAGE = Path(__file__).resolve().parent.parent / "docs" / "journeys.md"

if __name__ == "__main__":
    PAGE.write_text(document(JOURNEYS), encoding="utf-8")
