"""A run, made only by replaying it with the exact tables, which share nothing with any solver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import attrs

from verifier.interpretations.exact import UNDEFINED, holds, value
from verifier.interpretations.fixed import TABLES, grid_of
from verifier.language.expr import Expr, Real, Var
from verifier.language.system import Arithmetic, Claim, Rule, System

Values = dict[Var, Fraction | bool]


class Disagreement(Exception):  # noqa: N818 (the field's word)
    """A supposed counterexample that the exact interpreter does not confirm: a bug of the verifier's own."""


@attrs.frozen(eq=False)
class Taken:
    """A step of a run: the rule that fired, with its inputs."""

    rule: str
    inputs: Mapping[Var, Fraction | bool]


@attrs.frozen(eq=False)
class Run:
    """Parameters, steps, and the states before, between and after them (one more than steps)."""

    arithmetic: Arithmetic
    params: Mapping[Var, Fraction | bool]
    states: tuple[Values, ...]
    steps: tuple[Taken, ...]

    def __len__(self) -> int:
        return len(self.steps)


def begins(system: System, state: Values, arithmetic: Arithmetic) -> str | None:
    """Why the values are no initial state of the system, or None if they are one."""
    table = TABLES[arithmetic]
    conditions = [*system.domain, *system.init, *system.unsigned_start()]
    conditions += [item.formula for item in system.assumptions if item.on is None or item.on == "start"]
    for formula in conditions:
        if not holds(formula, state, table):
            return f"at the start {formula!r} does not hold"
    return _off_grid(state) if arithmetic == "fixed" else None


def advance(system: System, rule: Rule, state: Values, inputs: Values, arithmetic: Arithmetic) -> Values | None:
    """The state after the rule's step, or None where the rule is not enabled."""
    table = TABLES[arithmetic]
    memo: dict[Expr, Any] = {}
    env = {**state, **inputs}
    conditions = [rule.guard, *(item.formula for item in system.assumed(rule.name))]
    if not all(holds(formula, env, table, memo) for formula in conditions):
        return None
    post = dict(state)
    for var, term in rule.updates.items():
        result = value(term, env, table, memo)
        if result is UNDEFINED:
            return None
        post[var] = result  # type: ignore[assignment]
    return post


def violated(claim: Claim, states: Sequence[Values], steps: Sequence[Taken], arithmetic: Arithmetic) -> bool:
    """Whether the last state, or the last step, of a run violates the claim."""
    table = TABLES[arithmetic]
    if not claim.on_steps:
        return not holds(claim.formula, states[-1], table)
    if not steps or steps[-1].rule not in claim.steps:
        return False
    before = {**states[-2], **steps[-1].inputs}
    return not holds(claim.steps[steps[-1].rule], before, table)


def replay(system: System, claim: Claim | None, start: Values, steps: Sequence[Taken], arithmetic: Arithmetic) -> Run:
    """The run from this start by these steps, each state computed anew.

    Raises Disagreement if it is no run of the system, or (given a claim) if its end does not violate the claim.
    """
    if (why := begins(system, start, arithmetic)) is not None:
        raise Disagreement(why)
    states = [dict(start)]
    for number, step in enumerate(steps, 1):
        inputs = dict(step.inputs)
        rule = system.find(step.rule)
        if rule is None or set(inputs) != set(rule.inputs):
            raise Disagreement(f"step {number}: the system has no rule {step.rule} with these inputs")
        if arithmetic == "fixed" and (why := _off_grid(inputs)):
            raise Disagreement(f"step {number}: {why}")
        post = advance(system, rule, states[-1], inputs, arithmetic)
        if post is None:
            raise Disagreement(f"step {number}: {step.rule} is not enabled")
        states.append(post)
    if claim is not None and not violated(claim, states, steps, arithmetic):
        raise Disagreement("the run does not violate the claim")
    params = {var: start[var] for var in system.params}
    return Run(arithmetic, params, tuple(states), tuple(steps))


def _off_grid(values: Mapping[Var, Fraction | bool]) -> str | None:
    for var, number in values.items():
        if var.sort is Real and not isinstance(number, bool) and number % grid_of(var):
            return f"{var.name} = {number} is between two grid points"
    return None
