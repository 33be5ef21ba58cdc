"""Runs of a given length as formulas: every variable once a step, and what holds between neighbouring steps."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import attrs

from verifier.language.expr import TRUE, Bool, Expr, Var, all_of, any_of, implies, substitute, variable, variables
from verifier.language.system import Claim, Rule, System, timed


def rigid_facts(system: System) -> list[Bool]:
    """What holds of the parameters throughout."""
    return [*system.domain, *(item.formula for item in system.assumed(None))]


def start_facts(system: System) -> list[Bool]:
    """What holds in every initial state."""
    return [*system.unsigned_start(), *system.init, *(item.formula for item in system.assumed("start"))]


def rule_facts(system: System, rule: Rule) -> list[Bool]:
    """What holds in every state in which the rule acts."""
    return [rule.guard, *(item.formula for item in system.assumed(rule.name))]


class Timeline:
    """Renames state and inputs to their copies at each step; terms are renamed once."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.memos: dict[int, dict[Expr, Expr]] = {}
        self.renamings: dict[int, dict[Var, Expr]] = {}

    def at(self, formula: Bool, step: int) -> Bool:
        """The formula about the state and inputs of a step."""
        return substitute(formula, self.renaming(step), self.memos.setdefault(step, {}))

    def term(self, term: Expr, step: int) -> Expr:
        return substitute(term, self.renaming(step), self.memos.setdefault(step, {}))

    def renaming(self, step: int) -> dict[Var, Expr]:
        if step not in self.renamings:
            inputs = [var for rule in self.system.rules for var in rule.inputs]
            self.renamings[step] = {var: variable(timed(var, step)) for var in (*self.system.state, *inputs)}
        return self.renamings[step]

    def updates(self, rule: Rule, step: int) -> list[Bool]:
        """The next state's values in terms of this one's."""
        facts = []
        for var in self.system.state:
            then = variable(timed(var, step + 1))
            facts.append(then == self.term(rule.updates.get(var, variable(var)), step))
        return facts

    def moved(self, rule: Rule, step: int) -> list[Bool]:
        """All that holds when the rule takes the step."""
        return [*(self.at(fact, step) for fact in rule_facts(self.system, rule)), *self.updates(rule, step)]


def chosen(rule: Rule, step: int) -> Bool:
    """That the rule takes the step."""
    return variable(Var(f"{rule.name} takes step {step + 1}", Bool))  # type: ignore[no-any-return]


def any_run(timeline: Timeline, depth: int) -> list[Bool]:
    """All runs of ``depth`` steps, from an initial state."""
    system = timeline.system
    facts = [*rigid_facts(system), *(timeline.at(fact, 0) for fact in start_facts(system))]
    return facts + transitions(timeline, depth)


def transitions(timeline: Timeline, depth: int) -> list[Bool]:
    """``depth`` steps from anywhere."""
    facts = []
    for step in range(depth):
        takers = [chosen(rule, step) for rule in timeline.system.rules]
        facts.append(any_of(*takers))
        facts += [~(one & other) for one, other in combinations(takers, 2)]
        facts += [implies(chosen(r, step), all_of(*timeline.moved(r, step))) for r in timeline.system.rules]
    return facts


def path(timeline: Timeline, rules: Sequence[Rule]) -> list[Bool]:
    """The runs that take exactly these rules in this order, from an initial state."""
    system = timeline.system
    facts = [*rigid_facts(system), *(timeline.at(fact, 0) for fact in start_facts(system))]
    for step, rule in enumerate(rules):
        facts += timeline.moved(rule, step)
    return facts


def goal_at(timeline: Timeline, claim: Claim, depth: int, last: Rule | None = None) -> Bool:
    """That a run of ``depth`` steps does not violate the claim at its end; ``last`` is its last rule where fixed."""
    if not claim.on_steps:
        return timeline.at(claim.formula, depth)
    if depth == 0:
        return TRUE
    if last is not None:
        return timeline.at(claim.steps.get(last.name, TRUE), depth - 1)
    judged = [rule for rule in timeline.system.rules if rule.name in claim.steps]
    return all_of(*(implies(chosen(r, depth - 1), timeline.at(claim.steps[r.name], depth - 1)) for r in judged))


def cone(system: System, claim: Claim, lemmas: Sequence[Bool] = ()) -> System:
    """The part of the system that the claim can depend on.

    A rule that writes nothing of it leaves it as it is, so leaving the rule out changes no reachable state of it.
    Only conditions on the start that speak of the rest are lost; a run is therefore solved again in the whole system.
    """
    kept = set(variables(*claim.terms(), *lemmas))
    kept |= {var for term in (v for k, v in system.rigid.items() if k in kept) for var in variables(term)}
    rules: list[Rule] = []
    grew = True
    while grew:
        before = len(kept)
        rules = [r for r in system.rules if any(var in kept for var in r.updates) or r.name in claim.steps]
        for rule in rules:
            kept |= set(variables(*rule_facts(system, rule)))
            kept |= {v for var, term in rule.updates.items() if var in kept for v in variables(term)}
        kept |= {var for term in (v for k, v in system.rigid.items() if k in kept) for var in variables(term)}
        grew = len(kept) > before
    state = tuple(var for var in system.state if var in kept)
    slim = [attrs.evolve(r, updates={v: t for v, t in r.updates.items() if v in kept}) for r in rules]
    dropped = set(system.state) - kept | (set(system.rigid) - kept)
    return attrs.evolve(
        system,
        state=state,
        rigid={var: term for var, term in system.rigid.items() if var in kept},
        rules=tuple(slim),
        init=tuple(fact for fact in system.init if not set(variables(fact)) & dropped),
        assumptions=tuple(
            item for item in system.assumptions if item.on != "start" or not set(variables(item.formula)) & dropped
        ),
        lemmas=tuple(item for item in system.lemmas if not set(variables(item.formula)) & dropped),
    )
