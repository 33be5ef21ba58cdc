"""What a person reads: a table of verdicts, then each refutation as a story, then whatever is open and why."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import groupby
from typing import TextIO

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from verifier.evidence.record import TOLD, Beginning, Record, Trace, quantity
from verifier.reports.numbers import readable, seconds, steps
from verifier.reports.story import Story, breach, open_parameters, story

COLOURS = {"proved": "green", "refuted": "red", "bounded": "yellow", "vacuous": "magenta", "unknown": "yellow"}
WIDTH, MANY = 132, 3
RUNS = 40
"""Of more runs than these only those are printed that nobody declared."""


def console(stream: TextIO | None = None) -> Console:
    """A console that wraps at the terminal's width, or at a fixed one where there is no terminal."""
    out = stream or sys.stdout
    return Console(file=out, width=None if out.isatty() else WIDTH, highlight=False, soft_wrap=False)


def print_records(records: Sequence[Record], out: Console, *, precisely: bool = False) -> None:
    """Everything about the verdicts; of more than can be read how many a design has, and all about unwanted ones."""
    told = records if len(records) <= TOLD else [record for record in records if not record.expected]
    if len(told) < len(records):
        out.print(overview(records))
        out.print("Name a design to see its claims, what they rest on and the runs that refute; or --json.")
    _print_each(told, out, precisely=precisely)
    if told is records:
        out.print()
        if (assumed := assumption_table(records)).row_count:
            out.print(assumed)
    out.print(summary(records))


def _print_each(told: Sequence[Record], out: Console, *, precisely: bool) -> None:
    """A table of verdicts for each design, then the runs, what is open, and what proofs over tiers speak of."""
    for design, some in groupby(told, key=lambda record: record.design):
        out.print(verdict_table(design, list(some), wide=out.width >= WIDTH - 20))
    refuted = [(record, record.trace) for record in told if record.trace is not None]
    shown = refuted if len(refuted) <= RUNS else [item for item in refuted if not item[0].expected]
    for record, trace in shown:
        print_refuted(record, trace, out, precisely=precisely)
    if len(shown) < len(refuted):
        out.print(
            f"\n{len(refuted) - len(shown)} claims are refuted as declared: name a design to see its runs, or --json."
        )
    for record in told:
        if record.verdict in {"bounded", "unknown", "vacuous"}:
            print_open(record, out)
    for design, notes in dict.fromkeys((r.design, tuple(r.notes)) for r in told if r.verdict == "proved"):
        if notes:
            _print_notes(design, notes, out)


def overview(records: Sequence[Record]) -> Table:
    """One row a design: how many of its claims have which verdict, and how long that took."""
    kinds = [kind for kind in COLOURS if any(record.verdict == kind for record in records)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("design", overflow="fold")
    for heading in (*kinds, "time"):
        table.add_column(heading, justify="right", no_wrap=True)
    for design, some in groupby(records, key=lambda record: record.design):
        own = list(some)
        counts = (str(sum(record.verdict == kind for record in own) or "–") for kind in kinds)
        table.add_row(design, *counts, seconds(sum(record.seconds for record in own)))
    return table


def assumption_table(records: Sequence[Record]) -> Table:
    """What is taken for granted, and how many of the proofs could not do without it."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for heading in ("assumption", "says", "needed by"):
        table.add_column(heading, overflow="fold")
    rows: dict[tuple[str, str], list[bool]] = {}
    for record in records:
        if record.verdict == "proved":
            for name in record.assumptions:
                rows.setdefault((name, record.says(name)), []).append(name not in record.unused_assumptions)
    for (name, statement), needed in rows.items():
        table.add_row(name, statement, f"{sum(needed)} of {len(needed)} proofs")
    return table


def verdict_table(design: str, records: Sequence[Record], *, wide: bool = True) -> Table:
    """One row a verdict on a design, which heads its properties. Where there is room, their names are not broken."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column(design, overflow="fold", no_wrap=wide)
    for heading in ("under", "arithmetic", "borrowers", "verdict"):
        table.add_column(heading, overflow="fold", no_wrap=wide and heading != "under")
    table.add_column("time", justify="right", no_wrap=True)
    for record in records:
        table.add_row(
            record.property,
            under(record),
            record.arithmetic,
            str(record.borrowers),
            Text(verdict_text(record), style=COLOURS[record.verdict]),
            seconds(record.seconds),
        )
    return table


def verdict_text(record: Record) -> str:
    """The verdict with what it needs to be read right."""
    text: str = record.verdict
    match record.verdict:
        case "proved" if record.identity:
            text = "proved (identity)"
        case "bounded":
            text = f"bounded: up to depth {record.depth}"
        case "refuted":
            text = f"refuted in {steps(record.depth)}" + (", as declared" if record.declared is not None else "")
        case "unknown" if record.reason is not None:
            text = f"unknown ({record.reason.kind})"
    wrong = record.declared is not None and record.verdict != "refuted"
    return f"{text}, but declared refuted" if wrong else text


def under(record: Record) -> str:
    """The settings that make this claim this one: what the property says beyond the design."""
    wide_open = [text for text in record.under if text.endswith("= any")]
    if len(wide_open) > MANY:
        rest = [text for text in record.under if text not in wide_open]
        return ", ".join([*rest, f"{len(wide_open)} parameters open"])
    return ", ".join(record.under) or "–"


def _heading(record: Record) -> Text:
    return Text.assemble(
        (f"{record.design} · {record.property}", "bold"),
        f" ({under(record)})" if record.under else "",
        " is ",
        (verdict_text(record), COLOURS[record.verdict]),
    )


def print_refuted(record: Record, trace: Trace, out: Console, *, precisely: bool) -> None:
    """A refutation as a story."""
    out.print()
    out.print(_heading(record))
    out.print(indented(f"claim: {record.statement}"))
    if record.declared is not None:
        out.print(indented(f"why:   {record.declared}"))
    if trace.parameters:
        out.print(indented(f"with:  {open_parameters(trace.parameters, precisely=precisely)}"))
    if broken := breach(trace.broke):
        out.print(indented(f"broke: {broken}"))
    for note in record.notes:
        out.print(indented(f"note:  {note}"))
    if not record.shortest and record.engine != "tiers":
        out.print(indented("That no shorter run exists was not shown."))
    out.print(indented(story_table(story(trace, precisely=precisely))))


def indented(what: RenderableType, by: int = 2) -> Padding:
    """Something set in from the left, without blanks on its right."""
    return Padding(what, (0, 0, 0, by), expand=False)


def story_table(told: Story) -> Table:
    """A story as a table."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for number, heading in enumerate(told.headings):
        left = number == 1
        table.add_column(heading, justify="left" if left else "right", overflow="fold", min_width=18 if left else None)
    for row in told.rows:
        table.add_row(*row)
    return table


def _print_notes(design: str, notes: Sequence[str], out: Console) -> None:
    """What the proofs of one design over its tiers speak of."""
    out.print()
    out.print(Text(f"{design}: what is proved over tiers", style="bold"))
    for note in notes:
        out.print(indented(f"note:  {note}"))


def print_open(record: Record, out: Console) -> None:
    """What is not settled, and why."""
    out.print()
    out.print(_heading(record))
    out.print(indented(f"claim: {record.statement}"))
    out.print(indented(f"why:   {why_open(record)}"))
    if record.breaking is not None:
        out.print(indented(_breaking_text(record.breaking)))


def why_open(record: Record) -> str:
    """Why a verdict is no answer."""
    detail = "" if record.reason is None else record.reason.detail
    if record.verdict == "vacuous":
        return f"{detail}: the claim holds because nothing happens"
    if record.verdict == "bounded":
        return f"no run of up to {steps(record.depth)} violates it, and no proof was found"
    return detail + ("" if record.depth is None else f"; no run of up to {steps(record.depth)} violates it")


def _breaking_text(found: Beginning) -> str:
    values = {name: readable(quantity(text)) for name, text in found.values.items()}
    state = ", ".join(f"{name} = {value}" for name, value in values.items() if "." not in name)
    own = {name.rpartition(".")[2]: value for name, value in values.items() if name.startswith(f"{found.rule}.")}
    inputs = ", ".join(f"{name} = {value}" for name, value in own.items())
    step = found.rule.replace("_", " ") + (f" with {inputs}" if inputs else "")
    return (
        f"This state satisfies all that is known, and {step} leads out of the claim. It is unreachable, or a lemma is "
        f"missing:\n{state}"
    )


def summary(records: Sequence[Record]) -> Text:
    """The last line: how many of each, and whether that is as wanted."""
    words = [record.verdict for record in records]
    counted = ", ".join(f"{words.count(kind)} {kind}" for kind in COLOURS if kind in words)
    unwanted = [record for record in records if not record.expected]
    if not unwanted:
        return Text(f"\n{counted}: all as the designs say.", style="bold green")
    return Text(f"\n{counted}: {len(unwanted)} not as the designs say.", style="bold red")
