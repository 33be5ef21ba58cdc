"""From a path of rules to a run that people can follow: the roundest numbers that still break the claim.

Quantities are fixed one after the other, in the order in which they appear: to a value that people know where the
spec names one, else to the roundest value near what the solver gave. What remains is decided by the exact replay.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Literal

from verifier.engines.ask import GaveUp, Model, Solver
from verifier.engines.unroll import read_start, read_steps
from verifier.evidence.run import Run, Values, replay
from verifier.interpretations.fixed import grid_of
from verifier.interpretations.unroll import Timeline, goal_at, path
from verifier.language.expr import Bool, Real, Var, number, variable
from verifier.language.system import Arithmetic, Claim, Rule, System, timed

LONG = 50
"""Of a run of more steps that is made round at its start only, nothing is: each question would be about all of it."""
Care = Literal["all", "start", "none"]
"""Which numbers of a run are made round: all; those at its start; none, unless some are irrational."""


class NoRun(Exception):  # noqa: N818 (an answer, not an error)
    """The solver knows that a run exists, but gave none in rational numbers."""


def concrete(system: System, claim: Claim, rules: Sequence[Rule], solver: Solver, care: Care = "all") -> Run:
    """A replayed run along these rules that violates the claim, its numbers made round with so much care.

    Raises GaveUp, NoRun or Disagreement.
    """
    timeline = Timeline(system)
    facts = path(timeline, rules)
    goal = goal_at(timeline, claim, len(rules), rules[-1] if rules else None)
    model = solver.ask(facts, [goal])
    if model is None:
        raise NoRun("the path found in a part of the system is none of the whole")
    fixed: list[Bool] = []
    if care == "none" and None in model.values.values():
        care = "all"
    if care == "all" or (care == "start" and len(rules) <= LONG):
        for var, name in free(system, rules if care == "all" else ()):
            model = _fix(solver, facts, fixed, goal, model, var, name)
    return _replayed(system, claim, rules, solver.arithmetic, model)


def free(system: System, rules: Sequence[Rule]) -> list[tuple[Var, Var]]:
    """The quantities that decide a run, each with its name in the unrolled formula: parameters, start, inputs."""
    chosen = [(var, var) for var in system.params]
    chosen += [(var, timed(var, 0)) for var in system.state]
    chosen += [(var, timed(var, step)) for step, rule in enumerate(rules) for var in rule.inputs]
    return [(var, name) for var, name in chosen if var.sort is Real]


def _fix(solver: Solver, facts: list[Bool], fixed: list[Bool], goal: Bool, model: Model, var: Var, name: Var) -> Model:
    """Fix one quantity to the roundest value that leaves a violation, and note it in ``fixed``."""
    present = model.values.get(name)
    if name not in model.values:
        return model
    for value in candidates(var, present, solver.arithmetic):  # type: ignore[arg-type]
        here = variable(name) == number(value, var.unit)
        if value == present:
            fixed.append(here)
            return model
        try:
            better = solver.ask([*facts, *fixed, here], [goal])
        except GaveUp:
            continue
        if better is not None:
            fixed.append(here)
            return better
    return model


def candidates(var: Var, present: Fraction | None, arithmetic: Arithmetic) -> Iterable[Fraction]:
    """Values to try, the most readable first, ending with the present one."""
    tried: list[Fraction] = [] if var.like is None else [var.like]
    if present is not None:
        tried += [v for v in (Fraction(0), Fraction(1)) if var.like is None]
        tried += [rounding for digits in (1, 2, 3, 4, 6) for rounding in rounded(present, digits)]
        tried.append(present)
    if arithmetic == "fixed":
        tried = [value for value in tried if value % grid_of(var) == 0]
    return dict.fromkeys(tried)


def rounded(value: Fraction, digits: int) -> list[Fraction]:
    """The neighbours of a value that have so many significant digits, the nearer one first."""
    if value == 0:
        return []
    unit = Fraction(10) ** (magnitude(value) - digits + 1)
    near = [floor(value / unit) * unit, ceil(value / unit) * unit]
    return sorted(near, key=lambda rounding: (abs(rounding - value), rounding))


def magnitude(value: Fraction) -> int:
    """The exponent of the leading decimal digit."""
    size, exponent = abs(value), 0
    while size >= 10:
        size, exponent = size / 10, exponent + 1
    while size < 1:
        size, exponent = size * 10, exponent - 1
    return exponent


def _replayed(system: System, claim: Claim, rules: Sequence[Rule], arithmetic: Arithmetic, model: Model) -> Run:
    if any(value is None for value in model.values.values()):
        raise NoRun("the violation found is at an irrational number")
    values: Values = dict(model.values)  # type: ignore[arg-type]
    return replay(system, claim, read_start(system, values, arithmetic), read_steps(rules, values), arithmetic)
