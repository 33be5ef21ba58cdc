"""Designs side by side: for a terminal, as Markdown, as one JSON document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import attrs
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from verifier.evidence.comparison import Cell, Comparison, Premium, Row
from verifier.evidence.record import as_data, record
from verifier.evidence.trace import exact
from verifier.evidence.verdict import Refuted
from verifier.language.figure import Figure
from verifier.reports.document import VERSION
from verifier.reports.terminal import indented

STYLES = {"exact": "green", "proved": "yellow", "unknown": "red", "not applicable": "dim"}
LEGEND = (
    "Each number is proved on its safe side, for every path and any number of borrowers, and refuted just beyond it. "
    "≤ and ≥: proved on that side only. any: at every depth. n/a: without a meaning there. ?: not settled."
)
PREMIUM = (
    "A year's premium is the sum over shock sizes of frequency times the proved worst loss, as a share of what is "
    "lent: an upper bound on what lenders would have to earn on top of other rates to break even."
)


@attrs.define
class Notes:
    """Footnotes, each text once."""

    texts: list[str] = attrs.field(factory=list)

    def mark(self, text: str) -> str:
        """The mark of a footnote with this text; nothing without one."""
        if not text:
            return ""
        if text not in self.texts:
            self.texts.append(text)
        return f"[{self.texts.index(text) + 1}]"


def rounded(value: Fraction, *, up: bool, digits: int = 2) -> str:
    """A number cut to so many digits, on the side that stays true."""
    scale = 10**digits
    steps = (value * scale).__ceil__() if up else (value * scale).__floor__()
    text = f"{steps // scale}.{steps % scale:0{digits}d}"
    return text.rstrip("0").rstrip(".")


def number(figure: Figure, value: Fraction) -> str:
    """A figure's number, rounded towards its safe side."""
    up = figure.holds == "from"
    return f"{rounded(100 * value, up=up)} %" if figure.percent else rounded(value, up=up, digits=3)


def text_of(cell: Cell) -> str:
    """A cell in a word."""
    if cell.standing == "not applicable":
        return "n/a"
    if cell.value is None:
        return "?"
    if cell.always:
        return "any"
    side = "" if cell.standing == "exact" else "≤ " if cell.figure.holds == "from" else "≥ "
    return side + number(cell.figure, cell.value)


def note_of(cell: Cell) -> str:
    """What must be said beside a cell: why it has no meaning, why it is not settled, that it is about one borrower."""
    if cell.why or cell.safe is None or cell.safe.borrowers == "any":
        return cell.why
    return f"proved for a position by itself, not for any number of them: {cell.safe.borrowers}"


def premium_text(premium: Premium) -> str:
    if premium.standing == "not applicable":
        return "n/a"
    return "?" if premium.value is None else f"{rounded(100 * premium.value, up=True)} %"


def groups(figures: Iterable[Figure]) -> dict[str, list[Figure]]:
    """The figures that have a column, by group."""
    found: dict[str, list[Figure]] = {}
    for figure in figures:
        if figure.in_table:
            found.setdefault(figure.group, []).append(figure)
    return found


def table_of(comparison: Comparison, group: str, figures: Sequence[Figure], notes: Notes) -> list[list[str]]:
    """One group of figures as rows of text, headings first."""
    premium = group == "lenders"
    kinds = [premium.kind for premium in comparison.rows[0].premiums] if premium and comparison.rows else []
    made = [["design", *(figure.title for figure in figures), *(f"yearly premium, {kind}s" for kind in kinds)]]
    for row in comparison.rows:
        cells = [row.cells[figure.name] for figure in figures]
        texts = [f"{text_of(cell)} {notes.mark(note_of(cell))}".strip() for cell in cells]
        texts += [f"{premium_text(item)} {notes.mark(item.why)}".strip() for item in row.premiums if premium]
        made.append([row.design, *texts])
    return made


def print_comparison(comparison: Comparison, out: Console) -> None:
    """Everything, for a person."""
    notes = Notes()
    out.print(Text("One environment for all", style="bold"))
    for term in comparison.environment:
        out.print(indented(Text.assemble((f"{term.name:9}", "bold"), term.sentence)))
    out.print(indented(Text.assemble(("each     ", "bold"), "no owner acts after the start; drops come in one tick")))
    for group, figures in groups(comparison.figures).items():
        out.print()
        out.print(Text(group.capitalize(), style="bold"))
        out.print(as_table(table_of(comparison, group, figures, notes)))
    out.print(LEGEND)
    out.print(f"{PREMIUM} Frequencies: {comparison.source}.")
    for mark, text in enumerate(notes.texts, 1):
        out.print(indented(f"[{mark}] {text}"), markup=False)
    out.print()
    out.print(Text("How the position maps, and what each relies on", style="bold"))
    for row in comparison.rows:
        out.print(indented(Text.assemble((row.design, "bold"), f": {rests_on(row)}")))
    out.print()
    out.print(Text("The trade-off", style="bold"))
    for sentence in comparison.words:
        out.print(indented(sentence), markup=False)


def rests_on(row: Row) -> str:
    """How the position maps, which oracle and whose capital there is, and by name what its proofs assume."""
    told = [row.position, f"Oracle: {row.oracle or 'none'}", f"Capital: {row.capital}" if row.capital else ""]
    needs = ", ".join(row.relies) or "no assumption"
    told.append(f"Needs {needs}" if row.settled else "Nothing is proved of it here")
    return " ".join(f"{part}." for part in told if part)


def as_table(rows: Sequence[Sequence[str]]) -> Table:
    """Rows of text as a table."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for place, heading in enumerate(rows[0]):
        table.add_column(heading, justify="right" if place else "left", no_wrap=not place)
    for row in rows[1:]:
        table.add_row(*(Text(text, style=colour(text) if place else "bold") for place, text in enumerate(row)))
    return table


def colour(text: str) -> str:
    """A cell's colour by how it stands."""
    standing = {"n": "not applicable", "?": "unknown", "≤": "proved", "≥": "proved"}.get(text[:1], "exact")
    return STYLES[standing]


def markdown(comparison: Comparison) -> str:
    """Everything, as Markdown."""
    notes = Notes()
    lines = ["# Side by side", "", "One environment for all:", ""]
    lines += [f"- `{term.name}`: {term.sentence}" for term in comparison.environment]
    for group, figures in groups(comparison.figures).items():
        head, *body = table_of(comparison, group, figures, notes)
        lines += ["", f"## {group.capitalize()}", "", line_of(head), line_of(["---"] + ["---:"] * (len(head) - 1))]
        lines += [line_of(row) for row in body]
    lines += ["", LEGEND, "", f"{PREMIUM} Frequencies: {comparison.source}.", ""]
    lines += [f"- [{mark}] {text}" for mark, text in enumerate(notes.texts, 1)]
    lines += ["", "## How the position maps, and what each relies on", ""]
    lines += [f"- **{row.design}**: {rests_on(row)}" for row in comparison.rows]
    lines += ["", "## The trade-off", ""]
    lines += [f"- {sentence}" for sentence in comparison.words]
    return "\n".join(lines)


def line_of(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def comparison_data(comparison: Comparison) -> dict[str, Any]:
    """Everything, as data: exact numbers as text."""
    return {
        "version": VERSION,
        "environment": [
            {"name": term.name, "value": exact(term.value), "says": term.sentence} for term in comparison.environment
        ],
        "frequencies": [{"size": exact(size), "per_year": exact(often)} for size, often in comparison.frequencies],
        "frequencies_source": comparison.source,
        "figures": [
            {"name": figure.name, "group": figure.group, "title": figure.title, "holds": figure.holds,
             "percent": figure.percent, "in_table": figure.in_table,
             "size": None if figure.size is None else exact(figure.size)}
            for figure in comparison.figures
        ],
        "designs": [row_data(row) for row in comparison.rows],
        "trade_off": list(comparison.words),
    }  # fmt: skip


def row_data(row: Row) -> dict[str, Any]:
    return {
        "design": row.design,
        "says": row.says,
        "position": row.position,
        "oracle": row.oracle,
        "capital": row.capital,
        "relies_on": row.relies,
        "cells": {name: cell_data(cell) for name, cell in row.cells.items()},
        "premiums": {item.kind: _premium(item) for item in row.premiums},
    }


def cell_data(cell: Cell) -> dict[str, Any]:
    """A cell with what was proved and what refuted for it."""
    refuted = cell.unsafe is not None and isinstance(cell.unsafe.verdict, Refuted)
    return {
        "standing": cell.standing,
        "value": None if cell.value is None else exact(cell.value),
        "text": text_of(cell),
        "why": cell.why,
        "assumed": dict(cell.assumed),
        "proved": None if cell.safe is None else as_data(record(cell.safe)),
        "refuted": as_data(record(cell.unsafe)) if cell.unsafe is not None and refuted else None,
    }


def _premium(item: Premium) -> Mapping[str, Any]:
    value = None if item.value is None else exact(item.value)
    return {"standing": item.standing, "value": value, "text": premium_text(item), "why": item.why}
