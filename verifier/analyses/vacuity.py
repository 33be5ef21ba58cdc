"""Whether a proof is about anything: the start exists, the shock reaches its bound, the claim's premise can come true.

Each is shown by a run of the exact interpreter where chance finds one, else by the solver. What neither reaches within
a few steps counts as never happening: a proof about it is vacuous.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable
from typing import cast

import attrs

from verifier.engines.ask import GaveUp, Solver
from verifier.engines.simulate import Simulator
from verifier.evidence.run import Values
from verifier.evidence.verdict import Certificate
from verifier.interpretations.exact import holds
from verifier.interpretations.fixed import TABLES
from verifier.interpretations.unroll import Timeline, any_run, rigid_facts, rule_facts
from verifier.language.expr import Bool, Op, all_of, conjuncts, truth
from verifier.language.system import Arithmetic, Claim, System

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
    spoken_of = [rule for rule in system.rules if rule.name in claim.steps]
    if claim.on_steps and not spoken_of:
        return Witnessed(f"the parameters rule out every step it speaks of: {', '.join(claim.steps)}", frozenset())
    missing, fired = _by_chance(system, list(wanted(system, claim)), solver)
    rules = [item for item in missing if item.rule is not None]
    if claim.on_steps and len(rules) == len(spoken_of):
        # None of the rules that the claim speaks of was seen to fire; one that can is enough.
        found = next((item for item in rules if _within_depth(system, item, solver)), None)
        if found is None:
            return Witnessed(f"within {DEPTH} steps no run reaches {rules[0].what}", fired)
    if (idle := unmet_premise(system, claim, solver)) is not None:
        return Witnessed(idle, fired)
    for item in missing:
        if item.rule is None and not _within_depth(system, item, solver):
            if item.what == START:
                return Witnessed("the assumptions on parameters and start cannot hold together", fired)
            return Witnessed(f"within {DEPTH} steps no run reaches {item.what}", fired)
    return Witnessed(None, fired)


def _within_depth(system: System, item: Wanted, solver: Solver) -> bool:
    acting = [] if item.rule is None else rule_facts(system, system.rule(item.rule))
    formula = all_of(*acting, item.formula)
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


def unmet_premise(system: System, claim: Claim, solver: Solver) -> str | None:
    """Why no step that the claim speaks of ever meets its premise; None where one does, or where it has none."""
    why = None
    for rule in system.rules:
        if rule.name in claim.steps:
            formula = claim.steps[rule.name]
            own = (
                cast(Bool, formula.args[1]) if formula.op is Op.AND else formula
            )  # what precedes it says it is defined
            asked = list(premises(own))
            if not asked or any(_within_depth(system, Wanted("", rule.name, premise), solver) for premise in asked):
                return None
            why = f"within {DEPTH} steps no run takes {rule.name} with the claim's premise"
    return why


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
    table, seen, fired = TABLES[solver.arithmetic], _sampled(system, solver.arithmetic), set[str]()
    for number in range(RUNS):
        for state, rule in seen.run(number):
            missing = [item for item in missing if item.rule is not None or not holds(item.formula, state, table)]
            fired |= {rule} - {""}
        missing = [item for item in missing if item.rule not in fired]
        if not missing:
            break
    return missing, frozenset(fired)


class _Sampled:
    """Random runs of one system, made when they are asked for; claims of one design share them."""

    def __init__(self, system: System, arithmetic: Arithmetic) -> None:
        self.system, self.simulator, self.chance = system, Simulator(system, arithmetic), random.Random(0)
        self.fired: set[str] = set()
        self.runs: list[list[tuple[Values, str]]] = []
        self.lock = threading.Lock()

    def run(self, number: int) -> list[tuple[Values, str]]:
        """The states of a run, each with the rule that fired in it ("" for none)."""
        with self.lock:
            while len(self.runs) <= number:
                self.runs.append(list(self.another()))
            return self.runs[number]

    def another(self) -> Iterable[tuple[Values, str]]:
        state = self.simulator.start(self.chance.choice)
        for _ in range(LENGTH):
            if state is None:
                return
            rules = sorted(self.system.rules, key=lambda rule: (rule.name in self.fired, self.chance.random()))
            moves = ((rule.name, self.simulator.step(rule, state, self.chance.choice)) for rule in rules)
            name, move = next(((name, move) for name, move in moves if move is not None), ("", None))
            self.fired |= {name}
            yield state, name
            state = None if move is None else move[1]


_SAMPLED: dict[object, _Sampled] = {}


def _sampled(system: System, arithmetic: Arithmetic) -> _Sampled:
    """The runs of this very system: terms are interned, so what is equal is the same."""
    facts = [*system.init, *system.domain, *(item.formula for item in system.assumptions)]
    terms = [term for rule in system.rules for term in (rule.guard, *rule.updates.values())]
    names = tuple(rule.name for rule in system.rules)
    key = (arithmetic, names, system.params, system.state, tuple(system.rigid), *map(id, (*facts, *terms)))
    return _SAMPLED.setdefault(key, _Sampled(system, arithmetic))


def _reachable(system: System, formula: Bool, solver: Solver, depth: int) -> bool:
    timeline = Timeline(system)
    return solver.ask([*any_run(timeline, depth), timeline.at(formula, depth)]) is not None
