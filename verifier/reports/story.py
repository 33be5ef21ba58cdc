"""A run as a story: one row a state, what happened on the left, the design's own columns on the right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial

import attrs

from verifier.evidence.run import Run
from verifier.interpretations.exact import UNDEFINED, holds, value
from verifier.interpretations.fixed import TABLES
from verifier.language.expr import Expr, Op, Real, Var, shown
from verifier.language.system import Claim
from verifier.reports.numbers import exact, readable

WIDE = 7
"""A table of more columns has numbers of fewer digits."""


@attrs.frozen
class Story:
    """A table of text: headings and rows."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def story(run: Run, columns: Sequence[tuple[str, Real]], *, precisely: bool = False) -> Story:
    """The run as a table; columns in which nothing but zeros or nothing at all stands are left out."""
    show = exact if precisely else partial(readable, digits=3) if len(columns) > WIDE else readable
    cells = [[_cell(term, state, run, show) for _, term in columns] for state in run.states]
    kept = [n for n, _ in enumerate(columns) if any(row[n] not in {"0", "–"} for row in cells)]
    rows = []
    for number, row in enumerate(cells):
        happened = "at the start" if number == 0 else step(run, number - 1, show)
        rows.append((str(number), happened, *(row[n] for n in kept)))
    return Story(("", "what happens", *(columns[n][0] for n in kept)), tuple(rows))


def step(run: Run, number: int, show: Callable[[Fraction | bool], str]) -> str:
    """A step in words: the rule, and its inputs by name."""
    taken = run.steps[number]
    inputs = [f"{var.name.rpartition('.')[2]} {show(given)}" for var, given in taken.inputs.items()]
    return taken.rule.replace("_", " ") + (f" ({', '.join(inputs)})" if inputs else "")


def open_parameters(params: Mapping[Var, Fraction | bool], *, precisely: bool = False) -> str:
    """The values that the run gives to parameters which the claim leaves open."""
    show = exact if precisely else readable
    return ", ".join(f"{var.name} = {show(given)}" for var, given in params.items())


def _cell(term: Real, state: Mapping[Var, Fraction | bool], run: Run, show: Callable[[Fraction | bool], str]) -> str:
    found = value(term, state, TABLES[run.arithmetic])
    return "–" if found is UNDEFINED else show(found)  # type: ignore[arg-type]


LONG = 90
RELATIONS = {Op.LE: "≤", Op.LT: "<", Op.EQ: "="}


def breach(run: Run, claim: Claim) -> str:
    """What is false at the end of the run, with both sides' values; "" where it is no comparison of quantities."""
    table = TABLES[run.arithmetic]
    state, formula = run.states[-1], claim.formula
    if claim.on_steps:
        state, formula = {**run.states[-2], **run.steps[-1].inputs}, claim.steps[run.steps[-1].rule]
    node: Expr = formula
    while node.op in {Op.AND, Op.IMPLIES}:
        node = node.args[1] if node.op is Op.IMPLIES or holds(node.args[0], state, table) else node.args[0]
    if node.op not in RELATIONS or not isinstance(node.args[0], Real):
        return ""
    left, right = (value(side, state, table) for side in node.args)
    if left is UNDEFINED or right is UNDEFINED:
        return f"{shown(node)} divides by zero"
    texts = [readable(side) for side in (left, right)]  # type: ignore[arg-type]
    if texts[0].lstrip("≈") == texts[1].lstrip("≈"):
        texts = [exact(side) for side in (left, right)]  # type: ignore[arg-type]
    text = shown(node, LONG)
    if text.endswith("…"):
        return f"it should be left {RELATIONS[node.op]} right, and here left is {texts[0]}, right {texts[1]}"
    return f"{text}, but here left is {texts[0]}, right {texts[1]}"
