"""Models of runs read back: which rules they take, from which start, with which inputs."""

from __future__ import annotations

from collections.abc import Sequence

from verifier.evidence.run import Taken, Values
from verifier.interpretations.fixed import grid_of
from verifier.interpretations.unroll import Timeline, chosen
from verifier.language.expr import Bool, Expr, Var
from verifier.language.system import Arithmetic, Rule, System, timed


def read_rules(timeline: Timeline, values: Values, depth: int) -> list[Rule]:
    """The rules that a model of ``any_run`` takes."""
    rules = timeline.system.rules
    return [next(r for r in rules if values.get(_var(chosen(r, step))) is True) for step in range(depth)]


def _var(term: Expr) -> Var:
    assert isinstance(term.leaf, Var)
    return term.leaf


def read_start(system: System, values: Values, arithmetic: Arithmetic) -> Values:
    """The parameters and the initial state of a model; what the solver did not need is zero, or false."""

    def read(var: Var, name: Var) -> object:
        found = values.get(name, False if var.sort is Bool else 0)
        return found if var.sort is Bool or arithmetic == "real" else found - found % grid_of(var)

    start = {var: read(var, timed(var, 0)) for var in system.state}
    return start | {var: read(var, var) for var in (*system.params, *system.rigid)}  # type: ignore[return-value]


def read_steps(rules: Sequence[Rule], values: Values) -> list[Taken]:
    """The steps of a model along these rules, with their inputs."""
    steps = []
    for step, rule in enumerate(rules):
        inputs = {var: values.get(timed(var, step), False if var.sort is Bool else 0) for var in rule.inputs}
        steps.append(Taken(rule.name, inputs))  # type: ignore[arg-type]
    return steps
