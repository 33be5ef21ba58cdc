"""Induction with lemmas on demand: a candidate is taken up only to exclude a state that breaks what is to be proved.

The claim is tried first. Where a step leads out of it, the plainest candidate that is false of the state before the
step joins, and has to be kept by every step itself. One that nothing can support is given up for good. What remains
when nothing breaks any more is inductive, and small.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from verifier.engines.ask import GaveUp, Model, Solver
from verifier.engines.induction import CLAIM, Inductive, breaking
from verifier.evidence.run import Values
from verifier.evidence.verdict import Breaking
from verifier.interpretations.exact import holds
from verifier.interpretations.fixed import TABLES
from verifier.interpretations.unroll import rigid_facts, rule_facts, start_facts
from verifier.language.expr import Bool, Expr, variables
from verifier.language.system import Claim, Lemma, Rule, System, after

ROUNDS = 60


def on_demand(
    system: System,
    claim: Claim,
    known: Sequence[Lemma],
    offers: Sequence[Lemma],
    samples: Sequence[Values],
    solver: Solver,
) -> Inductive:
    """
    Whether the claim follows by induction from known lemmas and some of the offers. Raises GaveUp.

    An offer that is false in one of the samples, which are reachable states, is never taken up.
    """
    return _Search(system, claim, list(known), list(offers), samples, solver).run()


@attrs.define
class _Search:
    system: System
    claim: Claim
    known: list[Lemma]
    offers: list[Lemma]
    samples: Sequence[Values]
    solver: Solver
    chosen: list[Lemma] = attrs.field(factory=list)

    def run(self) -> Inductive:
        found: Breaking | None = None
        if not self.claim.on_steps and not self.holds_at_start(self.claim.formula):
            return Inductive(tuple(self.known), holds=False)
        for _ in range(ROUNDS):
            broken = self.broken()
            if broken is None:
                return Inductive((*self.known, *self.chosen), holds=True)
            target, rule, model = broken
            if target.name == CLAIM:
                found = breaking(rule, model)
            if not self.take_up(model):
                if target.name == CLAIM:
                    break
                self.chosen.remove(target)
        return Inductive(tuple(self.known), holds=False, breaking=found)

    def broken(self) -> tuple[Lemma, Rule, Model] | None:
        """A target that some step does not keep, with a state in which it does not."""
        own = [] if self.claim.on_steps else [Lemma(CLAIM, self.claim.formula)]
        assumed = [item.formula for item in (*self.known, *self.chosen, *own)]
        for rule in self.system.rules:
            facts = [*rigid_facts(self.system), *assumed, *rule_facts(self.system, rule)]
            targets = [item for item in (*own, *self.chosen) if set(variables(item.formula)) & set(rule.updates)]
            goals = [after(rule, item.formula) for item in targets]
            if rule.name in self.claim.steps:
                targets.append(Lemma(CLAIM, self.claim.steps[rule.name]))
                goals.append(self.claim.steps[rule.name])
            if goals and (model := self.solver.ask(facts, goals)) is not None:
                return targets[model.failed[0] if model.failed else -1], rule, model
        return None

    def take_up(self, model: Model) -> bool:
        """Add the plainest offer that excludes the state before the step and holds at the start."""
        state: Values = {var: value for var, value in model.values.items() if value is not None}
        table, memo = TABLES[self.solver.arithmetic], dict[Expr, Any]()
        while True:
            excluding = (
                item
                for item in self.offers
                if self.decided(item, state) and not holds(item.formula, state, table, memo)
            )
            offer = next(excluding, None)
            if offer is None:
                return False
            self.offers.remove(offer)
            if self.plausible(offer.formula) and self.holds_at_start(offer.formula):
                self.chosen.append(offer)
                return True

    def decided(self, item: Lemma, state: Values) -> bool:
        return all(var in state for var in variables(item.formula))

    def plausible(self, formula: Bool) -> bool:
        table = TABLES[self.solver.arithmetic]
        return all(holds(formula, sample, table) for sample in self.samples)

    def holds_at_start(self, formula: Bool) -> bool:
        facts = [*rigid_facts(self.system), *start_facts(self.system), *(item.formula for item in self.known)]
        try:
            return self.solver.ask(facts, [formula]) is None
        except GaveUp:
            return False
