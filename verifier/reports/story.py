"""A run as a story: one row a state, what happened on the left, the design's own columns on the right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import attrs

from verifier.evidence.run import TABLES, Run
from verifier.interpretations.exact import UNDEFINED, value
from verifier.language.expr import Real, Var
from verifier.reports.numbers import exact, readable


@attrs.frozen
class Story:
    """A table of text: headings and rows."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def story(run: Run, columns: Sequence[tuple[str, Real]], *, precisely: bool = False) -> Story:
    """The run as a table; columns in which nothing but zeros or nothing at all stands are left out."""
    show = exact if precisely else readable
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
