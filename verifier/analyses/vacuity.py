"""Whether a proof is about anything: the start exists, the shock reaches its bound, the claim's premise can come true.

Each is shown by a run of the exact interpreter where chance finds one, else by the solver. What neither reaches within
a few steps counts as never happening: a proof about it is vacuous.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

import attrs

from verifier.engines.ask import GaveUp, Solver
from verifier.engines.simulate import Simulator
from verifier.engines.unroll import Timeline, any_run, rigid_facts, rule_facts
from verifier.evidence.run import TABLES
from verifier.evidence.verdict import Certificate
from verifier.interpretations.exact import holds
from verifier.language.expr import Bool, Op, all_of, conjuncts, truth
from verifier.language.system import Claim, System

RUNS, LENGTH, DEPTH = 24, 8, 4
START = "a first state"


@attrs.frozen(eq=False)
class Wanted:
    """Something that must be able to happen: in some state (rule None), or when some rule fires."""

    what: str
    rule: str | None
    formula: Bool


@attrs.frozen(eq=False)
class Witnessed:
    """Why a proof says nothing, if it does, and the rules that were seen to fire."""

    vacuous: str | None
    fired: frozenset[str]


def witness(system: System, claim: Claim, solver: Solver) -> Witnessed:
    """Whether a proof of the claim says something. Raises GaveUp if that cannot be settled."""
    missing, fired = _by_chance(system, list(wanted(system, claim)), solver)
    rules = [item for item in missing if item.rule is not None]
    if claim.on_steps and len(rules) == len([rule for rule in system.rules if rule.name in claim.steps]):
        # None of the rules that the claim speaks of was seen to fire; one that can is enough.
        found = next((item for item in rules if _within_depth(system, item, solver)), None)
        if found is None:
            return Witnessed(f"within {DEPTH} steps no run reaches {rules[0].what}", fired)
    for item in missing:
        if item.rule is None and not _within_depth(system, item, solver):
            if item.what == START:
                return Witnessed("the assumptions on parameters and start cannot hold together", fired)
            return Witnessed(f"within {DEPTH} steps no run reaches {item.what}", fired)
    return Witnessed(None, fired)


def _within_depth(system: System, item: Wanted, solver: Solver) -> bool:
    formula = item.formula if item.rule is None else all_of(*rule_facts(system, system.rule(item.rule)))
    return any(_reachable(system, formula, solver, depth) for depth in range(DEPTH + 1))


def wanted(system: System, claim: Claim) -> Iterable[Wanted]:
    """What must be able to happen for a proof of the claim to mean something."""
    yield Wanted(START, None, truth(True))
    for formula in system.extremes:
        yield Wanted(f"the shock's bound, {formula!r}", None, formula)
    for premise in premises(claim.formula):
        yield Wanted(f"the claim's premise, {premise!r}", None, premise)
    for rule in system.rules:
        if rule.name in claim.steps:
            yield Wanted(f"a state in which {rule.name} is enabled", rule.name, truth(True))


def premises(formula: Bool) -> Iterable[Bool]:
    """The left sides of the implications that the formula is made of."""
    for part in conjuncts(formula):
        if part.op is Op.IMPLIES and part.args[1].op is not None:
            left = part.args[0]
            assert isinstance(left, Bool)
            yield left


def never_fires(
    system: System, claim: Claim, certificate: Certificate, solver: Solver, fired: frozenset[str]
) -> tuple[str, ...]:
    """The rules that the proof shows never to be enabled; those that were seen to fire need no question."""
    if certificate.k == 0:
        return ()
    known = [claim.formula, *(formula for _, formula in certificate.lemmas)]
    idle = []
    for rule in system.rules:
        try:
            if rule.name not in fired and solver.ask([*rigid_facts(system), *known, *rule_facts(system, rule)]) is None:
                idle.append(rule.name)
        except GaveUp:
            continue
    return tuple(idle)


def _by_chance(system: System, missing: list[Wanted], solver: Solver) -> tuple[list[Wanted], frozenset[str]]:
    """What a number of random runs does not show, and the rules that fired in them."""
    chance, simulator, table = random.Random(0), Simulator(system, solver.arithmetic), TABLES[solver.arithmetic]
    fired: set[str] = set()
    for _ in range(RUNS):
        state = simulator.start(chance.choice)
        for _ in range(LENGTH):
            if state is None:
                break
            missing = [item for item in missing if item.rule is not None or not holds(item.formula, state, table)]
            rules = sorted(system.rules, key=lambda rule: (rule.name in fired, chance.random()))
            moves = ((rule, simulator.step(rule, state, chance.choice)) for rule in rules)
            rule, move = next(((rule, move) for rule, move in moves if move is not None), (None, None))
            if rule is not None:
                fired.add(rule.name)
            state = None if move is None else move[1]
        missing = [item for item in missing if item.rule not in fired]
        if not missing:
            break
    return missing, frozenset(fired)


def _reachable(system: System, formula: Bool, solver: Solver, depth: int) -> bool:
    timeline = Timeline(system)
    return solver.ask([*any_run(timeline, depth), timeline.at(formula, depth)]) is not None
