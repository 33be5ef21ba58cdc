"""A run as a story: one row a state, what happened on the left, the design's own columns on the right."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import attrs

from verifier.evidence.record import Broke, Step, Trace, Values, quantity
from verifier.reports.numbers import readable

WIDE = 7
"""A table of more columns has numbers of fewer digits."""
Show = Callable[[str], str]


@attrs.frozen
class Story:
    """A table of text: headings and rows."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def story(trace: Trace, *, precisely: bool = False) -> Story:
    """The run as a table; columns in which nothing but zeros or nothing at all stands are left out."""
    headings = trace.table.headings
    show = shower(precisely=precisely, digits=3 if len(headings) > WIDE else None)
    cells = [["–" if text is None else show(text) for text in row] for row in trace.table.rows]
    kept = [n for n, _ in enumerate(headings) if any(row[n] not in {"0", "–"} for row in cells)]
    happened = ["at the start", *(step(taken, show) for taken in trace.steps)]
    rows = [(str(n), happened[n], *(row[column] for column in kept)) for n, row in enumerate(cells)]
    return Story(("", "what happens", *(headings[n] for n in kept)), tuple(rows))


def shower(*, precisely: bool, digits: int | None = None) -> Show:
    """How exact text is shown: as it is, or as a readable number."""
    if precisely:
        return str
    short = readable if digits is None else partial(readable, digits=digits)
    return lambda text: short(quantity(text))


def step(taken: Step, show: Show) -> str:
    """A step in words: the rule, and its inputs by name."""
    inputs = [f"{name.rpartition('.')[2]} {show(given)}" for name, given in taken.inputs.items()]
    return taken.rule.replace("_", " ") + (f" ({', '.join(inputs)})" if inputs else "")


def open_parameters(params: Values, *, precisely: bool = False) -> str:
    """The values that the run gives to parameters which the claim leaves open."""
    show = shower(precisely=precisely)
    return ", ".join(f"{name} = {show(given)}" for name, given in params.items())


def breach(broke: Broke | None) -> str:
    """What is false at the end of a run, with both sides' values; "" where it is no comparison of quantities."""
    if broke is None:
        return ""
    if broke.left is None or broke.right is None:
        return f"{broke.formula or 'the claim'} divides by zero"
    texts = [readable(quantity(side)) for side in (broke.left, broke.right)]
    if texts[0].lstrip("≈") == texts[1].lstrip("≈"):
        texts = [broke.left, broke.right]
    if broke.formula is None:
        return f"it should be left {broke.relation} right, and here left is {texts[0]}, right {texts[1]}"
    return f"{broke.formula}, but here left is {texts[0]}, right {texts[1]}"
