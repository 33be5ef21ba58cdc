"""Bounded model checking: the runs of 0, 1, 2, ... steps, so that the first violation found is a shortest one."""

from __future__ import annotations

from collections.abc import Iterable

from verifier.engines.ask import Solver
from verifier.engines.concrete import Care, NoRun, concrete
from verifier.engines.unroll import read_rules
from verifier.evidence.run import Run
from verifier.interpretations.unroll import Timeline, any_run, cone, goal_at
from verifier.language.system import Claim, System


def bmc(system: System, claim: Claim, solver: Solver, depths: Iterable[int], care: Care = "all") -> Run | None:
    """A shortest violating run within these depths, or None if there is none. Raises GaveUp, NoRun."""
    part = cone(system, claim)
    for depth in depths:
        try:
            run = _run(part, system, claim, solver, depth, care)
        except NoRun:
            run = _run(system, system, claim, solver, depth, care)
        if run is not None:
            return run
    return None


def _run(part: System, system: System, claim: Claim, solver: Solver, depth: int, care: Care) -> Run | None:
    """A violating run of this depth: its rules from a part of the system, everything else from the whole."""
    timeline = Timeline(part)
    model = solver.ask(any_run(timeline, depth), [goal_at(timeline, claim, depth)])
    if model is None:
        return None
    rules = read_rules(timeline, dict(model.values), depth)  # type: ignore[arg-type]
    return concrete(system, claim, [system.rule(rule.name) for rule in rules], solver, care)
