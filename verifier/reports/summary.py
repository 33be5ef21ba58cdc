"""A page of Markdown for a pull request: what is not as wanted first, then how many of each, then the runs."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from verifier.evidence.outcome import Outcome
from verifier.evidence.record import Record
from verifier.reports.failures import Failure, as_text, failures, place, titles
from verifier.reports.terminal import COLOURS

ROOM = 900_000
"""GitHub refuses a summary of more than a megabyte; what does not fit is left out, and said to be."""


def summary(outcome: Outcome, root: Path) -> str:
    """The page."""
    found = list(failures(outcome, root))
    parts = [f"### verifier: {_opening(outcome, found)}\n"]
    if outcome.trouble:
        troubles = [(str(place(item.site, root) or ""), item.message) for item in outcome.trouble]
        parts.append(_table(("where", "why not all is settled"), troubles))
    if found:
        rows = [(item.design, item.title, item.kind, str(item.place or "")) for item in found]
        parts.append(_table(("design", "claim", "is", "where"), rows))
    if outcome.records:
        parts.append(f"{counted(outcome.records)}.\n")
    parts += [_details(item.headline, item.text) for item in found]
    declared = [
        _details(f"{record.design} · {text}", as_text(record))
        for record, text in zip(outcome.records, titles(outcome.records), strict=True)
        if not outcome.by_baseline and record.expected and record.trace is not None
    ]
    if declared:
        parts += ["Refuted, as the designs say:\n", *declared]
    return _fitting(parts)


def _opening(outcome: Outcome, found: Sequence[Failure]) -> str:
    if outcome.trouble and not outcome.records:
        return "not everything could be set up"
    total = len(outcome.records)
    claims = "1 claim" if total == 1 else f"{total} claims"
    if outcome.good:
        return f"{claims}, all as {'recorded' if outcome.by_baseline else 'the designs say'}"
    broken = len(outcome.breaks)
    parts = [f"{len(found) - broken} of {claims} not as the designs say"] if len(found) > broken else [claims]
    if broken:
        parts.append("1 guarantee broken" if broken == 1 else f"{broken} guarantees broken")
    return ", ".join([*parts, *(["not everything was settled"] if outcome.trouble else [])])


def counted(records: Iterable[Record]) -> str:
    """How many of each verdict."""
    words = [record.verdict for record in records]
    return ", ".join(f"{words.count(kind)} {kind}" for kind in COLOURS if kind in words)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *([_cell(text) for text in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(text: str) -> str:
    """Text in a table: nothing in it is markup."""
    escaped = re.sub(r"([\\`*_\[\]|~])", r"\\\1", html.escape(text, quote=False))
    return "<br>".join(escaped.splitlines())


def _details(headline: str, text: str) -> str:
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    heading = html.escape(headline, quote=False)
    return f"<details><summary>{heading}</summary>\n\n{fence}text\n{text}\n{fence}\n\n</details>\n"


def _fitting(parts: Sequence[str]) -> str:
    """As many parts as there is room for."""
    kept: list[str] = []
    room = ROOM
    for number, part in enumerate(parts):
        room -= len(part.encode("utf-8")) + 1
        if room < 0:
            kept.append(f"{len(parts) - number} more are left out here.\n")
            break
        kept.append(part)
    return "\n".join(kept)
