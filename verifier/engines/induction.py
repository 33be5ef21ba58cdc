"""Induction with lemmas: the largest set of candidates that every step keeps (Houdini), with the claim among them.

One question a rule, so that the answer names the rule that breaks the claim. A candidate that falls is dropped and
never assumed again; those that stay are proved together with the claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import attrs

from verifier.engines.ask import GaveUp, Model, Solver
from verifier.evidence.verdict import Breaking
from verifier.interpretations.unroll import Timeline, rigid_facts, rule_facts, start_facts, transitions
from verifier.language.expr import Bool, Op, Real, variables
from verifier.language.system import Claim, Lemma, Rule, System, after

CLAIM = "the claim"
TOGETHER = 0.1
"""Of the solver's allowance, for a question about several candidates: one by one they are often easy."""


@attrs.frozen(eq=False)
class Inductive:
    """What induction established: the lemmas that hold, whether the claim does, and else the step that breaks it."""

    lemmas: tuple[Lemma, ...]
    holds: bool
    breaking: Breaking | None = None


def signs(system: System) -> list[Lemma]:
    """That unsigned quantities stay so, and positive ones positive: candidates like any other."""
    made = [Lemma(f"{term!r} ≥ 0", term >= 0) for term in system.unsigned()]
    positive = [fact.args[1] for fact in system.init if fact.op is Op.LT and fact.args[0].leaf == 0]
    return made + [Lemma(f"{term!r} > 0", term > 0) for term in positive if isinstance(term, Real)]


def induction(system: System, claim: Claim, lemmas: Sequence[Lemma], solver: Solver) -> Inductive:
    """Whether the claim follows by induction from the lemmas that are themselves inductive."""
    candidates = [*signs(system), *lemmas]
    if not claim.on_steps:
        candidates.append(Lemma(CLAIM, claim.formula))
    search = _Houdini(system, candidates, solver)
    kept = search.run()
    if not claim.on_steps:
        holds = any(lemma.name == CLAIM for lemma in kept)
        return Inductive(tuple(item for item in kept if item.name != CLAIM), holds, search.breaking)
    for name, formula in claim.steps.items():
        rule = system.find(name)
        if rule is None:
            continue
        facts = [*rigid_facts(system), *(item.formula for item in kept), *rule_facts(system, rule)]
        model = solver.ask(facts, [formula])
        if model is not None:
            return Inductive(tuple(kept), holds=False, breaking=breaking(rule, model))
    return Inductive(tuple(kept), holds=True)


@attrs.define
class _Houdini:
    system: System
    kept: list[Lemma]
    solver: Solver
    breaking: Breaking | None = None

    def run(self) -> list[Lemma]:
        facts = [*rigid_facts(self.system), *start_facts(self.system)]
        self.weed(facts, lambda formula: formula, None)
        stable = False
        while not stable:
            stable = True
            for rule in self.system.rules:
                stable &= not self.weed_rule(rule)
        return self.kept

    def weed_rule(self, rule: Rule) -> bool:
        """Drop what the rule's step does not keep; whether anything fell."""
        before = len(self.kept)
        facts = [*rigid_facts(self.system), *(item.formula for item in self.kept), *rule_facts(self.system, rule)]
        self.weed(facts, lambda formula: after(rule, formula), rule)
        return len(self.kept) < before

    def weed(self, facts: list[Bool], view: object, rule: Rule | None) -> None:
        assert callable(view)
        touched = None if rule is None else set(rule.updates)
        asked = [item for item in self.kept if touched is None or touched & set(variables(item.formula))]
        while asked:
            goals = [view(item.formula) for item in asked]
            try:
                model = self.solver.ask(facts, goals, TOGETHER if len(goals) > 1 else 1.0)
            except GaveUp as why:
                if why.kind == "time":
                    raise
                fallen = self.one_by_one(facts, asked, view)
                self.drop(fallen)
                return
            if model is None:
                return
            fallen = [asked[position] for position in model.failed] or asked[-1:]
            if rule is not None and any(item.name == CLAIM for item in fallen):
                self.breaking = breaking(rule, model)
            self.drop(fallen)
            asked = [item for item in asked if item not in fallen]
            if rule is not None:
                facts = [*rigid_facts(self.system), *(i.formula for i in self.kept), *rule_facts(self.system, rule)]

    def one_by_one(self, facts: list[Bool], asked: list[Lemma], view: object) -> list[Lemma]:
        assert callable(view)
        fallen = []
        for item in asked:
            try:
                if self.solver.ask(facts, [view(item.formula)]) is not None:
                    fallen.append(item)
            except GaveUp:
                if item.name == CLAIM:
                    raise
                fallen.append(item)
        return fallen

    def drop(self, fallen: list[Lemma]) -> None:
        self.kept = [item for item in self.kept if item not in fallen]


def k_induction(system: System, claim: Claim, lemmas: Sequence[Lemma], solver: Solver, k: int) -> bool:
    """Whether ``k`` steps within claim and lemmas are always followed by a state within the claim."""
    timeline = Timeline(system)
    facts = [*rigid_facts(system), *transitions(timeline, k)]
    facts += [timeline.at(item.formula, step) for step in range(k + 1) for item in lemmas]
    facts += [timeline.at(claim.formula, step) for step in range(k)]
    return solver.ask(facts, [timeline.at(claim.formula, k)]) is None


def breaking(rule: Rule, model: Model) -> Breaking:
    """The state and the inputs from which the rule's step leads out of a claim."""
    values: dict[str, Fraction | bool] = {var.name: value for var, value in model.values.items() if value is not None}
    return Breaking(rule.name, values)
