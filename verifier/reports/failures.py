"""What is not as wanted, in the words and with the places that every report for CI uses."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import attrs
from rich.console import Console

from verifier.evidence.outcome import Break, Outcome
from verifier.evidence.record import Record
from verifier.reports.story import breach
from verifier.reports.terminal import WIDTH, indented, print_open, print_refuted, under, verdict_text, why_open


@attrs.frozen
class Place:
    """A line of a file: relative to the repository, in it; else the whole path."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def inside(self) -> bool:
        """Whether it lies in the repository."""
        return not Path(self.file).is_absolute()


@attrs.frozen
class Failure:
    """One claim that is not as wanted."""

    design: str
    property: str
    title: str
    """The property with what it is claimed under: unlike that of any other claim of the design."""
    kind: str
    """refuted, vacuous, unknown, bounded, "proved, but declared refuted", or what a gate calls it."""
    place: Place | None
    headline: str
    """One line."""
    text: str
    """The whole story."""
    arithmetic: str
    under: Sequence[str]
    record: Record | None = None


def repository() -> Path:
    """The root of the repository around the working directory; the working directory itself where there is none."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)


def place(site: str | None, root: Path, otherwise: Place | None = None) -> Place | None:
    """A site as a place; outside of the repository, where a reader cannot follow, rather ``otherwise``."""
    if site is None:
        return otherwise
    file, _, line = site.rpartition(":")
    path = Path(file).resolve()
    if path.is_relative_to(root.resolve()):
        return Place(path.relative_to(root.resolve()).as_posix(), int(line))
    return otherwise or Place(path.as_posix(), int(line))


def place_of(record: Record, root: Path) -> Place | None:
    """The line on which a design makes the claim; for one that it took over from elsewhere, the design's own file."""
    own = None if record.file is None else place(f"{record.file}:1", root)
    return place(record.site, root, own if own is not None and own.inside else None)


def title(name: str, conditions: Sequence[str], arithmetic: str) -> str:
    """A claim's name among those of its design: ``solvency[shock = 0.1, fixed]``."""
    told = [*conditions, *(["fixed"] if arithmetic == "fixed" else [])]
    return f"{name}[{', '.join(told)}]" if told else name


def told_apart(titles: Sequence[str]) -> list[str]:
    """The titles, those that were there before with a number among their conditions."""
    seen: dict[str, int] = {}
    made = []
    for text in titles:
        seen[text] = number = seen.get(text, 0) + 1
        inner = f"{text[:-1]}, " if text.endswith("]") else f"{text}["
        made.append(text if number == 1 else f"{inner}#{number}]")
    return made


def titles(records: Sequence[Record]) -> list[str]:
    """A title for each, none twice within a design."""
    found = told_apart([f"{item.design}\0{title(item.property, item.under, item.arithmetic)}" for item in records])
    return [text.partition("\0")[2] for text in found]


def kind_of(record: Record) -> str:
    """What is wrong, in a word where there is one."""
    return "proved, but declared refuted" if record.verdict == "proved" else record.verdict


def failures(outcome: Outcome, root: Path) -> Iterator[Failure]:
    """All that is not as wanted: verdicts in their order, then what a gate finds broken."""
    for record, named in zip(outcome.records, titles(outcome.records), strict=True):
        if outcome.unwanted(record):
            yield Failure(
                record.design, record.property, named, kind_of(record), place_of(record, root), headline(record),
                as_text(record), record.arithmetic, record.under, record,
            )  # fmt: skip
    for found in outcome.breaks:
        yield _broken(found, root)


def _broken(found: Break, root: Path) -> Failure:
    opening = found.message.strip().split("\n", 1)[0]
    at = place(found.site, root) if found.record is None else place_of(found.record, root)
    named = opening.startswith(f"{found.design} · ")
    return Failure(
        found.design, found.property, title(found.property, found.under, found.arithmetic), found.kind, at,
        opening if named else f"{found.design} · {found.property}: {found.kind}: {opening}", found.message,
        found.arithmetic, found.under, found.record,
    )  # fmt: skip


def headline(record: Record) -> str:
    """The verdict in one line, with what broke."""
    if record.verdict in {"bounded", "unknown", "vacuous"}:
        why = why_open(record)
    else:
        why = breach(record.trace.broke) if record.trace is not None else ""
    return f"{_opening(record)}: {why or record.statement}"


def _opening(record: Record) -> str:
    settings = f" ({under(record)})" if record.under else ""
    return f"{record.design} · {record.property}{settings} is {verdict_text(record)}"


def as_text(record: Record) -> str:
    """What a person reads of a verdict: the claim, and its run or why it is open."""
    return as_lines(lambda out: _print(record, out))


def _print(record: Record, out: Console) -> None:
    if record.trace is not None:
        print_refuted(record, record.trace, out, precisely=False)
    elif record.verdict != "proved":
        print_open(record, out)
    else:
        out.print(_opening(record))
        out.print(indented(f"claim: {record.statement}"))
        out.print(indented(f"said:  {record.declared}"))


def as_lines(printing: Callable[[Console], None]) -> str:
    """What is printed, without colours."""
    stream = io.StringIO()
    printing(Console(file=stream, width=WIDTH, highlight=False, markup=False, color_system=None, force_terminal=False))
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()).strip("\n")
