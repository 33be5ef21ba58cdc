"""Pictures as files: PNG or SVG by their name, the same bytes for the same content."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from verifier.language.errors import SpecError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = (".png", ".svg")


@contextmanager
def picture(path: Path, *, wide: float = 9, high: float = 5) -> Iterator[Figure]:
    """A figure, ``wide`` by ``high`` inches, that is written when it is drawn. Raises SpecError."""
    if path.suffix not in KINDS:
        raise SpecError(f"a picture's name ends in {' or '.join(KINDS)}; '{path.name}' does not")
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        why = "pictures need matplotlib, which is not installed"
        raise SpecError(f"{why}: pip install 'liquidation-verifier[plot]'") from None
    with rc_context({"svg.hashsalt": "verifier", "svg.fonttype": "none"}):
        figure = Figure(figsize=(wide, high), dpi=160, layout="constrained")
        yield figure
        try:
            figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
        except OSError as error:
            raise SpecError(f"{path} cannot be written: {error.strerror}") from None
