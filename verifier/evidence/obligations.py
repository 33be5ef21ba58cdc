"""What a verdict rests on, as questions that any solver can be asked, built from the system and the claim alone.

Nothing here knows how a proof was found: from the system, the claim and the lemmas follows the whole list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import attrs

from verifier.evidence.witness import Wanted, Witness
from verifier.interpretations.smtlib import Encoding, script
from verifier.interpretations.unroll import (
    Timeline,
    any_run,
    cone,
    goal_at,
    path,
    rigid_facts,
    rule_facts,
    start_facts,
    transitions,
)
from verifier.language.expr import TRUE, Bool, Expr, Var, number, substitute, truth, variable
from verifier.language.system import Arithmetic, Claim, System, defined, timed

if TYPE_CHECKING:
    from verifier.evidence.run import Run

Answer = Literal["sat", "unsat"]


@attrs.frozen(eq=False)
class Obligation:
    """One thing to be shown: under the facts all goals hold, or, where a model is expected, all of this can be."""

    name: str
    facts: tuple[Bool, ...]
    goals: tuple[Bool, ...] = ()
    expected: Answer = "unsat"

    def text(self, encoding: Encoding = "real") -> str:
        """A script with the expected answer exactly where the obligation holds; see ``encodings``."""
        return f"{script(self.facts, self.goals, encoding).text}\n(check-sat)\n"

    def encodings(self, arithmetic: Arithmetic) -> tuple[Encoding, ...]:
        """The encodings of which one is enough: no model of the relaxed one is none of the integers either."""
        if arithmetic == "real":
            return ("real",)
        return ("relaxed", "integer") if self.expected == "unsat" else ("integer",)


def obligations(
    system: System, claim: Claim, k: int, lemmas: Sequence[tuple[str, Bool]], *, identity: bool = False
) -> list[Obligation]:
    """All that makes a proof of the claim by k steps and these lemmas, or by itself."""
    if identity:
        return [Obligation("identity", tuple(rigid_facts(system)), claim.terms())]
    if k > 1:
        part = cone(system, claim, [formula for _, formula in lemmas])
        return [*inductive(part, lemmas), *by_steps(part, claim, k, [formula for _, formula in lemmas])]
    own = [] if claim.on_steps or k == 0 else [("the claim", claim.formula)]
    made = inductive(system, [*lemmas, *own])
    known = [*rigid_facts(system), *(formula for _, formula in (*lemmas, *own))]
    if own:
        made.append(Obligation("property", tuple(known), (claim.formula,)))
        made += divisors("", known, claim.formula)
    for rule in system.rules:
        if rule.name in claim.steps:
            facts, formula = [*known, *rule_facts(system, rule)], claim.steps[rule.name]
            made.append(Obligation(f"property of {rule.name}", tuple(facts), (formula,)))
            made += divisors(f" of {rule.name}", facts, formula)
    return made


def inductive(system: System, known: Sequence[tuple[str, Bool]]) -> list[Obligation]:
    """That the formulas hold at the start, and that each rule keeps them."""
    if not known:
        return []
    fixed, formulas = rigid_facts(system), tuple(formula for _, formula in known)
    made = [Obligation("initiation", (*fixed, *start_facts(system)), formulas)]
    for rule in system.rules:
        memo: dict[Expr, Expr] = {}
        goals = tuple(p for f in formulas if (p := substitute(f, rule.updates, memo)) is not f)
        if goals:
            facts = (*fixed, *formulas, *rule_facts(system, rule))
            made.append(Obligation(f"consecution of {rule.name}", facts, goals))
    return made


def by_steps(system: System, claim: Claim, k: int, lemmas: Sequence[Bool]) -> list[Obligation]:
    """That the first states are within the claim, and that k steps within it lead to a state within it."""
    timeline, made = Timeline(system), []
    for depth in range(k):
        facts = (*any_run(timeline, depth), *(timeline.at(f, s) for s in range(depth + 1) for f in lemmas))
        made.append(Obligation(f"base after {depth} steps", facts, (goal_at(timeline, claim, depth),)))
    facts = (*rigid_facts(system), *transitions(timeline, k))
    facts += tuple(timeline.at(formula, step) for step in range(k + 1) for formula in lemmas)
    facts += tuple(timeline.at(claim.formula, step) for step in range(k))
    made.append(Obligation(f"property after {k} steps", facts, (timeline.at(claim.formula, k),)))
    known = [*rigid_facts(system), *lemmas, claim.formula]
    return [*made, *divisors("", known, claim.formula)]


def divisors(of: str, facts: Sequence[Bool], formula: Bool) -> list[Obligation]:
    """That what is claimed has a value wherever it is claimed, if there is a division in it."""
    goal = defined(formula)
    return [] if goal is TRUE else [Obligation(f"divisors{of}", tuple(facts), (goal,))]


def witnessed(system: System, wanted: Wanted, witness: Witness) -> Obligation:
    """That what must be able to happen does, in the witness's numbers where it has them."""
    way, timeline, run = wanted.ways[witness.way], Timeline(system), witness.run
    name = f"vacuity: {wanted.what}"
    acting = [] if way.rule is None else rule_facts(system, system.rule(way.rule))
    reached = [timeline.at(fact, witness.depth) for fact in (*acting, way.formula)]
    if run is None:
        return Obligation(name, (*any_run(timeline, witness.depth), *reached), expected="sat")
    rules = [system.rule(taken.rule) for taken in run.steps[: witness.depth]]
    return Obligation(name, (*pinned(system, run), *path(timeline, rules), *reached), expected="sat")


def pinned(system: System, run: Run) -> list[Bool]:
    """The numbers of a run: its parameters, its start and its inputs."""
    facts = [equal(var, var, run.params) for var in system.params]
    facts += [equal(var, timed(var, 0), run.states[0]) for var in system.state]
    facts += [equal(var, var, run.states[0]) for var in system.rigid]
    for step, taken in enumerate(run.steps):
        facts += [equal(var, timed(var, step), taken.inputs) for var in taken.inputs]
    return facts


def equal(var: Var, name: Var, values: Mapping[Var, Fraction | bool]) -> Bool:
    """That the variable, under this name, has its value."""
    found = values[var]
    return variable(name) == (truth(found) if isinstance(found, bool) else number(found, var.unit))  # type: ignore[no-any-return]


def no_way_out(system: System, claim: Claim, run: Run) -> list[Obligation]:
    """Of a run that ends where nobody can leave: that no input enables any of the claim's exits."""
    end = [equal(var, var, run.states[-1]) for var in (*system.params, *system.rigid, *system.state)]
    rules = [system.rule(name) for name in claim.exits if system.find(name) is not None]
    return [Obligation(f"no way out by {rule.name}", (*end, *rule_facts(system, rule))) for rule in rules]
