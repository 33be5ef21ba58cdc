"""Progress on standard error: a live display on a terminal, a plain line for each claim elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from verifier.evidence.record import Record

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from verifier.analyses.cases import Case


class Shown(Protocol):
    """What a display is told."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def working(self, case: Case) -> None: ...
    def settled(self, record: Record) -> None: ...


def progress(total: int) -> Shown:
    """The display that fits standard error."""
    return Live(total) if sys.stderr.isatty() else Lines(total)


class Lines:
    """A line when a claim is settled."""

    def __init__(self, total: int) -> None:
        self.total, self.done = total, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def working(self, case: Case) -> None:
        """Nothing: what is going on is for terminals."""

    def settled(self, record: Record) -> None:
        """Say so in one line."""
        self.done += 1
        line = f"[{self.done}/{self.total}] {record.design} {record.property}: {record.verdict}"
        print(f"{line} ({record.seconds:.2f} s)", file=sys.stderr, flush=True)


class Live:
    """A bar, with the claim that is waited for."""

    def __init__(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
        self.bars: Bars = Progress(*columns, console=Console(stderr=True), transient=True)
        self.task = self.bars.add_task("", total=total)

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bars.stop()

    def working(self, case: Case) -> None:
        """Show what is waited for."""
        self.bars.update(self.task, description=f"{case.design.title} {case.prop.name}")

    def settled(self, record: Record) -> None:
        """Move the bar."""
        del record
        self.bars.advance(self.task)
