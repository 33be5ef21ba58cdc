"""Bounds for people and as a JSON document: what is proved, what is refuted beside it, and the formula between."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from rich.console import Console
from rich.text import Text

from verifier.evidence.bound import Bound, Closed, Edge
from verifier.evidence.record import as_data, record
from verifier.evidence.trace import exact
from verifier.evidence.verdict import Refuted, Vacuous
from verifier.reports.document import written
from verifier.reports.numbers import readable, steps
from verifier.reports.story import open_parameters, story
from verifier.reports.terminal import indented, story_table

SHOCK = frozenset({"shock", "bound", "shock.bound"})
"""How the shock is called, which people read in percent."""


def shocked(found: Bound) -> bool:
    """Whether it is the shock that varies."""
    return found.vary in SHOCK


def print_bounds(bounds: Sequence[Bound], out: Console, *, precisely: bool = False) -> None:
    """Everything about the bounds."""
    for number, found in enumerate(bounds):
        if number:
            out.print()
        print_bound(found, out, precisely=precisely)


def print_bound(found: Bound, out: Console, *, precisely: bool) -> None:
    """The answer first, then its two sides, then what it rests on."""
    out.print(headline(found, precisely=precisely))
    out.print(indented(f"claim:  {found.doc}"))
    if found.proof is not None:
        out.print(indented(f"safe:   {safe_text(found, precisely=precisely)}"))
    for edge in (found.low, found.high):
        if edge is not None and edge.closed is not None:
            for line in closed_lines(edge.closed):
                out.print(indented(line))
    if found.elsewhere:
        points = ", ".join(amount(found, x, precisely=precisely) for x in found.elsewhere)
        out.print(indented(f"also:   proved outside of the interval at {found.vary} = {points}"))
    if found.why:
        out.print(indented(f"open:   {found.why}"))
    for note in found.notes:
        out.print(indented(f"note:   {note}"))
    for edge in (found.low, found.high):
        if edge is not None and edge.refuted is not None:
            print_unsafe(found, edge, out, precisely=precisely)


def headline(found: Bound, *, precisely: bool) -> Text:
    """The answer in one line."""
    name = f"{found.design} · {found.claim}" + (f" ({', '.join(found.arguments)})" if found.arguments else "")
    edge = found.edge
    sure = found.verdict == "proved"
    if edge is None:
        answer = f"holds for every {found.vary}" if found.is_safe else f"no bound on {found.vary} was found"
    elif found.low is not None and found.high is not None:
        ends = " to ".join(amount(found, end.safe, precisely=precisely) for end in (found.low, found.high))
        answer = f"holds {'' if sure else 'at least '}for {found.vary} from {ends}"
    else:
        at = "" if sure else "at least " if found.side == "largest" else "at most "
        answer = f"the {found.side} {found.vary} is {at}{amount(found, edge.safe, precisely=precisely)}"
    colour = "green" if found.verdict == "proved" else "yellow"
    return Text.assemble((name, "bold"), ": ", (answer, colour))


def amount(found: Bound, value: Fraction, *, precisely: bool) -> str:
    """A value of what varies: a shock in percent, with its exact value where that is another text."""
    whole = exact(value)
    if precisely:
        return whole
    text = f"{readable(100 * value)} %" if shocked(found) else readable(value)
    short = len(whole) <= 24 and whole != text.lstrip("≈")
    return f"{text} ({whole})" if short and text.startswith("≈") else text


def safe_text(found: Bound, *, precisely: bool) -> str:
    """What was proved, and how."""
    assert found.proof is not None
    low = None if found.low is None else amount(found, found.low.safe, precisely=precisely)
    high = None if found.high is None else amount(found, found.high.safe, precisely=precisely)
    reach = {
        (True, True): f"every {found.vary}",
        (True, False): f"every {found.vary} up to {high}",
        (False, True): f"every {found.vary} from {low} on",
        (False, False): f"every {found.vary} from {low} to {high}",
    }[low is None, high is None]
    said = "proved, all at once" if found.proof.engine != "tiers" else "proved for every smaller shock at once"
    if isinstance(found.proof.verdict, Vacuous):
        said = f"{said} ({found.proof.verdict.why})"
    return f"{reach}, {said}; borrowers: {found.proof.borrowers}"


def closed_lines(closed: Closed) -> list[str]:
    """The formula, what its letters mean, and for what it is proved."""
    proved = {
        (True, True): "proved safe up to it and unsafe beyond it, for all values of what it speaks of",
        (True, False): "proved safe up to it for all values of what it speaks of; unsafe beyond it here",
        (False, True): "unsafe beyond it for all values of what it speaks of; safe up to it here",
        (False, False): "found here; not proved for other values",
    }[closed.safe_for_all, closed.tight_for_all]
    lines = [f"form:   {closed.formula}", f"        {proved}"]
    if closed.meaning:
        lines.append(f"        {closed.meaning}")
    if closed.polynomial:
        lines.append(f"        here a root of {closed.polynomial}")
    return lines


def print_unsafe(found: Bound, edge: Edge, out: Console, *, precisely: bool) -> None:
    """The counterexample beside an end."""
    finding = edge.refuted
    assert finding is not None
    assert edge.unsafe is not None
    gap = "" if edge.gap is None else f", {float(edge.gap):.2g} away"
    out.print()
    if not isinstance(finding.verdict, Refuted):
        why = getattr(finding.verdict, "detail", type(finding.verdict).__name__.lower())
        out.print(indented(f"open:   {found.vary} = {exact(edge.unsafe)} was not refuted: {why}"))
        return
    trace = record(finding).trace
    assert trace is not None
    out.print(
        indented(
            Text(f"unsafe: {found.vary} = {exact(edge.unsafe)}{gap}, refuted in {steps(len(trace.steps))}", style="red")
        )
    )
    if trace.parameters:
        out.print(indented(f"with:   {open_parameters(trace.parameters, precisely=precisely)}"))
    if len(finding.columns) <= MANY:
        out.print(indented(story_table(story(trace, precisely=precisely))))
    else:
        out.print(indented(f"The run has {len(finding.positions)} positions; --json has it whole."))


MANY = 16
"""A table of more columns than this helps nobody."""


def bounds_document(bounds: Sequence[Bound]) -> str:
    """The whole document as text."""
    return written("bounds", [bound_data(item) for item in bounds])


def bound_data(found: Bound) -> dict[str, Any]:
    """One bound as an object of the document: exact values as text."""
    edge = found.edge
    closed = edge.closed if edge is not None else None
    return {
        "design": found.design,
        "property": found.claim,
        "statement": found.doc,
        "under": list(found.arguments),
        "vary": found.vary,
        "side": found.side,
        "safe": None if edge is None else exact(edge.safe),
        "unsafe": None if edge is None or edge.unsafe is None else exact(edge.unsafe),
        "gap": None if edge is None or edge.gap is None else exact(edge.gap),
        "exact": edge is not None and edge.exact,
        "interval": [None if end is None else exact(end.safe) for end in (found.low, found.high)],
        "elsewhere": [exact(value) for value in found.elsewhere],
        "closed_form": None if closed is None else closed_data(closed),
        "precision": exact(found.precision),
        "verdict": found.verdict,
        "reason": found.why or None,
        "borrowers": None if found.proof is None else record(found.proof).borrowers,
        "proof": None if found.proof is None else as_data(record(found.proof)),
        "refutations": [as_data(record(end.refuted)) for end in (found.low, found.high) if end and end.refuted],
        "curve": curve_data(found),
        "notes": list(found.notes),
        "seconds": round(found.seconds, 3),
    }


def closed_data(closed: Closed) -> dict[str, Any]:
    return {
        "formula": closed.formula,
        "meaning": closed.meaning or None,
        "safe_for_all": closed.safe_for_all,
        "tight_for_all": closed.tight_for_all,
        "polynomial": closed.polynomial,
    }


def curve_data(found: Bound) -> list[dict[str, Any]] | None:
    """The pieces of the cascade curve."""
    if found.curve is None:
        return None
    return [
        {
            "over": exact(s.over),
            "to": exact(s.to),
            "fallen": s.fallen,
            "price_just_over": exact(s.highest),
            "price_at_end": exact(s.lowest),
        }
        for s in found.curve.steps
    ]
