"""Whether a proof is about anything: the start exists, the shock reaches its bound, the claim's premise can come true.

Each is shown by a run of the exact interpreter where chance finds one, else by the solver. What neither reaches within
a few steps counts as never happening: a proof about it is vacuous.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence

import attrs

from verifier.engines.ask import GaveUp, Model, Solver
from verifier.engines.concrete import NoRun, concrete
from verifier.engines.simulate import Simulator
from verifier.engines.unroll import read_rules, read_start, read_steps
from verifier.evidence.run import Disagreement, Run, Taken, Values, replay
from verifier.evidence.verdict import Certificate
from verifier.evidence.witness import START, Wanted, Way, Witness, happens, wanted
from verifier.interpretations.unroll import Timeline, any_run, rigid_facts, rule_facts
from verifier.language.errors import Site
from verifier.language.expr import TRUE, all_of
from verifier.language.system import Arithmetic, Claim, Rule, System

RUNS, LENGTH, DEPTH = 8, 8, 4


@attrs.frozen(eq=False)
class Witnessed:
    """Why a proof says nothing, if it does; the rules that were seen to fire; a run for each thing that must happen."""

    vacuous: str | None
    fired: frozenset[str]
    witnesses: tuple[Witness, ...] = ()


def witness(system: System, claim: Claim, solver: Solver) -> Witnessed:
    """Whether a proof of the claim says something. Raises GaveUp if that cannot be settled."""
    if claim.on_steps and not any(rule.name in claim.steps for rule in system.rules):
        return Witnessed(f"the parameters rule out every step it speaks of: {', '.join(claim.steps)}", frozenset())
    asked = wanted(system, claim)
    found, fired = _by_chance(system, asked, solver)
    for item in asked:
        if item.what not in found:
            seen = _by_solver(system, item, solver)
            if seen is None:
                return Witnessed(_missing(item), fired)
            found[item.what] = seen
    return Witnessed(None, fired, tuple(found[item.what] for item in asked))


def _missing(item: Wanted) -> str:
    if item.what == START:
        return "the assumptions on parameters and start cannot hold together"
    return f"within {DEPTH} steps no run reaches {item.what}"


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


def _by_chance(system: System, asked: Sequence[Wanted], solver: Solver) -> tuple[dict[str, Witness], frozenset[str]]:
    """What a number of random runs shows, and the rules that fired in them."""
    seen, fired, found = _sampled(system, solver.arithmetic), set[str](), dict[str, Witness]()
    for number in range(RUNS):
        states, steps = seen.run(number)
        fired |= {taken.rule for taken in steps}
        for length in range(len(states)):
            part = states[: length + 1], steps[:length]
            for item in asked:
                if item.what not in found and (way := happens(item, *part, solver.arithmetic)) is not None:
                    run = replay(system, None, states[0], part[1], solver.arithmetic)
                    found[item.what] = Witness(item.what, way, run, length - (item.ways[way].rule is not None))
        if len(found) == len(asked):
            break
    return found, frozenset(fired)


class _Sampled:
    """Random runs of one system, made when they are asked for; claims of one design share them."""

    def __init__(self, system: System, arithmetic: Arithmetic) -> None:
        self.system, self.simulator, self.chance = system, Simulator(system, arithmetic), random.Random(0)
        self.fired: set[str] = set()
        self.runs: list[tuple[list[Values], list[Taken]]] = []
        self.lock = threading.Lock()

    def run(self, number: int) -> tuple[list[Values], list[Taken]]:
        """The states of a run, and the steps between them."""
        with self.lock:
            while len(self.runs) <= number:
                self.runs.append(self.another())
            return self.runs[number]

    def another(self) -> tuple[list[Values], list[Taken]]:
        states: list[Values] = []
        steps: list[Taken] = []
        state = self.simulator.start(self.chance.choice)
        while state is not None:
            states.append(state)
            if len(states) > LENGTH:
                break
            rules = sorted(self.system.rules, key=lambda rule: (rule.name in self.fired, self.chance.random()))
            moves = (self.simulator.step(rule, states[-1], self.chance.choice) for rule in rules)
            move = next((move for move in moves if move is not None), None)
            self.fired.add("" if move is None else move[0].rule)
            steps += [] if move is None else [move[0]]
            state = None if move is None else move[1]
        return states, steps


_SAMPLED: dict[object, _Sampled] = {}


def _sampled(system: System, arithmetic: Arithmetic) -> _Sampled:
    """The runs of this very system: terms are interned, so what is equal is the same."""
    facts = [*system.init, *system.domain, *(item.formula for item in system.assumptions)]
    terms = [term for rule in system.rules for term in (rule.guard, *rule.updates.values())]
    names = tuple(rule.name for rule in system.rules)
    key = (arithmetic, names, system.params, system.state, tuple(system.rigid), *map(id, (*facts, *terms)))
    return _SAMPLED.setdefault(key, _Sampled(system, arithmetic))


def _by_solver(system: System, item: Wanted, solver: Solver) -> Witness | None:
    """That it happens within a few steps. Raises GaveUp."""
    for number, way in enumerate(item.ways):
        rule = None if way.rule is None else system.rule(way.rule)
        formula = all_of(*([] if rule is None else rule_facts(system, rule)), way.formula)
        for depth in range(DEPTH + 1):
            timeline = Timeline(system)
            model = solver.ask([*any_run(timeline, depth), timeline.at(formula, depth)])
            if model is not None:
                run = _run(
                    system, way, [*_rules(timeline, model, depth), *([] if rule is None else [rule])], model, solver
                )
                if run is not None and happens(item, run.states, run.steps, solver.arithmetic, within=number) is None:
                    raise Disagreement(f"the run found does not reach {item.what}")
                return Witness(item.what, number, run, depth)
    return None


def _rules(timeline: Timeline, model: Model, depth: int) -> list[Rule]:
    return read_rules(timeline, {var: found for var, found in model.values.items() if found is not None}, depth)


def _run(system: System, way: Way, rules: list[Rule], model: Model, solver: Solver) -> Run | None:
    """The model's run, or one beside it; None where only numbers are known that are not rational."""
    if all(found is not None for found in model.values.values()):
        values: Values = dict(model.values)  # type: ignore[arg-type]
        start, steps = read_start(system, values, solver.arithmetic), read_steps(rules, values)
        return replay(system, None, start, steps, solver.arithmetic)
    never = Claim("", TRUE if way.rule else ~way.formula, {way.rule: ~way.formula} if way.rule else {}, "", Site("", 0))
    try:
        return concrete(system, never, rules, solver, "start")
    except (NoRun, GaveUp):
        return None
