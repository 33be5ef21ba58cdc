"""What the gate found, for the reviewer of a pull request: what is weaker and why first, then what is better."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from verifier.evidence.gate import Change, Refinement, Report, Result, as_data, from_data
from verifier.evidence.outcome import Break as Broken
from verifier.evidence.outcome import Outcome
from verifier.evidence.record import Record
from verifier.language.errors import SpecError
from verifier.reports.failures import as_lines
from verifier.reports.story import breach, story
from verifier.reports.terminal import indented, story_table, why_open

VERSION = 1
STORIES, FEW, LARGEST = 5, 6, 64_000_000
"""So many runs are shown as tables; more changes than a few are counted; larger parts are not read."""


def print_gate(report: Report, out: Console, baseline: str) -> None:
    """The report as text."""
    shown = 0
    for result in report.results:
        if result.standing in {"broken", "open"}:
            shown += 1
            print_result(result, out, tables=shown <= STORIES)
    for result in report.results:
        if result.standing == "better":
            out.print()
            out.print(Text.assemble((heading(result), "bold"), " is ", ("stronger", "green")))
            for line in [*result.improvements, *changed(result.changes)]:
                out.print(indented(line))
    out.print()
    if report.refines is not None:
        out.print(refined(report.refines))
    out.print(summary(report, baseline))


def refined(found: Refinement) -> str:
    """Whether the second refines the first, in words."""
    where = ", ".join(f"{name} = {held}" for name, held in found.state.items())
    said = "The second refines the first" if found.shown else "That the second refines the first is not shown"
    return f"{said}: {found.why}{f' (not so at {where})' if where else ''}."


def print_result(result: Result, out: Console, *, tables: bool) -> None:
    """One claim that is weaker, or open."""
    word, colour = ("weaker", "bold red") if result.standing == "broken" else ("open", "bold yellow")
    out.print()
    out.print(
        Text.assemble((heading(result), "bold"), " is ", (word, colour), f": {result.before or 'new'} → {result.after}")
    )
    out.print(indented(f"claim:   {result.statement}"))
    for label, line in lines(result):
        out.print(indented(f"{label + ':':<8} {line}"))
    if result.record is not None and tables:
        print_run(result.record, out)


def lines(result: Result) -> Iterator[tuple[str, str]]:
    """What there is to say of a claim, each with its label."""
    because = "; ".join(changed(result.changes))
    if result.moved is not None:
        yield "bound", result.moved.text(result.property) + (f": {because}" if because else "")
    elif because:
        yield "because", because
    for item in result.breaks:
        if item.kind not in {"verdict", "bound"}:
            where = ", ".join(f"{name} = {held}" for name, held in item.state.items())
            yield "broke", item.text + (f" (not so at {where})" if where else "")
    if result.restores is not None:
        yield "restore", result.restores
    for line in result.improvements:
        yield "better", line
    for line in result.notes:
        yield "note", line


def changed(changes: Sequence[Change]) -> list[str]:
    """What changed, as short as it can be said."""
    made = [change_text(change) for change in changes]
    return made if len(made) <= FEW else [*made[:FEW], f"{len(made) - FEW} more changes"]


def change_text(change: Change) -> str:
    """One change."""
    name = change.name if change.kind == "parameter" else f"{change.kind} {change.name}"
    if change.before is None or change.after is None:
        return f"{name} is {'new' if change.before is None else 'gone'}"
    if change.before == change.after:
        return f"{name} changed"
    return f"{name} {change.before} → {change.after}"


def print_run(found: Record, out: Console) -> None:
    """The counterexample, or why there is no answer."""
    if found.trace is None:
        out.print(indented(f"open:    {why_open(found)}"))
        return
    if broken := breach(found.trace.broke):
        out.print(indented(f"run:     {broken}"))
    out.print()
    out.print(indented(story_table(story(found.trace))))


def heading(result: Result) -> str:
    """Which claim it is."""
    under = f" ({', '.join(result.under)})" if result.under else ""
    fixed = "" if result.arithmetic == "real" else f", {result.arithmetic}"
    return f"{result.design} · {result.property}{under}{fixed}"


def summary(report: Report, baseline: str) -> Text:
    """The last line."""
    what = "The gate" if report.refines is None else "The second beside the first"
    words = [result.standing for result in report.results]
    counted = ", ".join(
        f"{words.count(standing)} {word}"
        for standing, word in (
            ("broken", "weaker"), ("open", "open"), ("better", "stronger"), ("new", "new"), ("held", "as recorded"),
        )
        if standing in words
    )  # fmt: skip
    number, of = report.shard
    part = f" (part {number} of {of})" if of > 1 else ""
    weak = "broken" if report.refines is None else "weaker"
    if "broken" in words:
        return Text(f"{what} is {weak}{part}: {counted}.", style="bold red")
    record = "; record them: verifier gate --update" if {"better", "new"} & set(words) else ""
    if "open" in words:
        return Text(f"{what} is open{part}: {counted}.", style="bold yellow")
    if report.refines is not None:
        return Text(f"{what} is no weaker: {counted}.", style="bold green")
    return Text(f"The gate holds{part}: {counted} in {baseline}{record}.", style="bold green")


def gate_document(report: Report) -> str:
    """The report as one JSON document, which ``--merge`` reads."""
    return json.dumps({"version": VERSION, "gate": as_data(report)}, indent=2, ensure_ascii=False)


def read_part(path: Path) -> Report:
    """The report in a document. Raises SpecError for anything that is none."""
    if not path.is_file():
        raise SpecError(f"there is no file {path}")
    if path.stat().st_size > LARGEST:
        raise SpecError(f"{path} has more than {LARGEST} bytes")
    try:
        data: Any = json.loads(path.read_bytes())
        if not isinstance(data, dict) or set(data) != {"version", "gate"} or data["version"] != VERSION:
            raise ValueError("this is no document of verifier gate --json")  # noqa: TRY301
        return from_data(data["gate"])
    except (ValueError, RecursionError) as error:
        raise SpecError(f"{path}: {str(error)[:500]}") from None


def outcome_of(report: Report) -> Outcome:
    """What reports for CI are made of."""
    breaks = [_break(result) for result in report.results if result.standing in {"broken", "open"}]
    records = [result.record for result in report.results if result.record is not None]
    return Outcome(records, breaks, by_baseline=True)


def _break(result: Result) -> Broken:
    kinds = [item.kind for item in result.breaks if item.kind != "verdict"]
    lower = len(kinds) < len(result.breaks) or result.standing == "open"
    kind = result.record.verdict if lower and result.record is not None else kinds[0]
    told = as_lines(lambda out: print_result(result, out, tables=True))
    return Broken(result.design, result.property, None, kind, told, result.arithmetic, result.under, result.record)
