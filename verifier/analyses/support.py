"""What a proof rests on: the lemmas it needs, and which of the assumptions.

Each obligation's hypotheses are reduced to a core and then one by one, assumptions in the order of their declaration
before lemmas, so that the same proof always names the same ones. Only what survives is called needed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import attrs

from verifier.engines.ask import GaveUp, Solver
from verifier.engines.induction import CLAIM
from verifier.evidence.verdict import Certificate
from verifier.language.expr import Bool, variables
from verifier.language.system import Claim, Rule, System, after

SOON = 1.0
"""Seconds for a core; a slow machine may name more assumptions than a fast one, and never fewer than are needed."""
SHARE = 0.02
"""Of the solver's allowance, for each question here: what is not spared within it counts as needed."""


@attrs.frozen(eq=False)
class Support:
    """The certificate with only the lemmas it needs, and the names of the assumptions it needs."""

    certificate: Certificate
    used: frozenset[str]


@attrs.frozen(eq=False)
class Named:
    """A hypothesis of an obligation: an assumption or a lemma by name, or part of the system itself."""

    kind: str
    name: str
    formula: Bool


def support(system: System, claim: Claim, certificate: Certificate, solver: Solver) -> Support:
    """Reduce a certificate. A certificate by k steps is left as it is, and all assumptions count as needed."""
    everything = frozenset(item.name for item in system.assumptions)
    if certificate.k > 1:
        return Support(certificate, everything)
    try:
        return _Reduction(system, claim, certificate, attrs.evolve(solver, scale=SHARE * solver.scale)).run()
    except GaveUp:
        return Support(certificate, everything)


class _Reduction:
    def __init__(self, system: System, claim: Claim, certificate: Certificate, solver: Solver) -> None:
        self.system, self.claim, self.certificate, self.solver = system, claim, certificate, solver
        self.lemmas = dict(certificate.lemmas)
        self.used: set[str] = set()
        self.waiting: list[str] = []
        self.needed: dict[str, Bool] = {}

    def run(self) -> Support:
        if self.claim.on_steps or self.certificate.k == 0:
            self.steps_alone()
        else:
            self.inductive(CLAIM, self.claim.formula)
        while self.waiting:
            name = self.waiting.pop(0)
            self.inductive(name, self.lemmas[name])
        kept = tuple((name, formula) for name, formula in self.certificate.lemmas if name in self.needed)
        return Support(attrs.evolve(self.certificate, lemmas=kept), frozenset(self.used))

    def steps_alone(self) -> None:
        """A claim that is true by itself, or of the named steps from any state within the lemmas."""
        if self.certificate.identity:
            self.reduce(self.assumed(None), list(self.claim.terms()))
            return
        for name, formula in self.claim.steps.items():
            rule = self.system.find(name)
            if rule is not None:
                self.reduce(self.at(rule), [formula])

    def inductive(self, name: str, formula: Bool) -> None:
        start = self.assumed(None) + self.assumed("start")
        start += [Named("system", "", fact) for fact in (*self.system.unsigned_start(), *self.system.init)]
        self.reduce(start, [formula])
        itself = [Named("itself", name, formula)]
        touched = set(variables(formula))
        for rule in self.system.rules:
            if touched & set(rule.updates):
                self.reduce(itself + self.at(rule), [after(rule, formula)])

    def at(self, rule: Rule) -> list[Named]:
        hypotheses = [Named("system", "", rule.guard), *self.assumed(None), *self.assumed(rule.name)]
        return hypotheses + [Named("lemma", name, formula) for name, formula in self.lemmas.items()]

    def assumed(self, where: str | None) -> list[Named]:
        found = [Named("assumption", item.name, item.formula) for item in self.system.assumed(where)]
        return found + ([Named("system", "", fact) for fact in self.system.domain] if where is None else [])

    def reduce(self, hypotheses: list[Named], goals: Sequence[Bool]) -> None:
        """Note the assumptions and lemmas without which the obligation fails."""
        fixed = [h for h in hypotheses if h.kind in {"system", "itself"}]
        if self.proves(fixed, goals):
            return
        core = self.core(hypotheses, goals)
        optional = [h for h in hypotheses if h.kind in {"lemma", "assumption"}]
        fewer = [hypotheses[position] for position in core if hypotheses[position] in optional]
        if self.proves([*fixed, *fewer], goals):
            optional = fewer
        optional.sort(key=lambda h: h.kind == "assumption")  # lemmas are tried first, so that assumptions explain
        for item in smallest(optional, lambda some: self.proves([*fixed, *some], goals)):
            if item.kind == "assumption":
                self.used.add(item.name)
            elif item.name not in self.needed:
                self.needed[item.name] = item.formula
                self.waiting.append(item.name)

    def core(self, hypotheses: Sequence[Named], goals: Sequence[Bool]) -> Sequence[int]:
        """Positions to begin with: the solver's own core if it comes soon, since that may run on past its allowance."""
        soon = attrs.evolve(self.solver, deadline=min(self.solver.deadline, time.monotonic() + SOON))
        try:
            return soon.core([h.formula for h in hypotheses], goals)
        except GaveUp:
            return range(len(hypotheses))

    def proves(self, hypotheses: Sequence[Named], goals: Sequence[Bool]) -> bool:
        try:
            return self.solver.ask([h.formula for h in hypotheses], goals) is None
        except GaveUp:
            return False


def smallest(items: list[Named], proves: Callable[[list[Named]], bool]) -> list[Named]:
    """What is left when every item that can be spared, in order, is."""
    for item in list(items):
        fewer = [other for other in items if other is not item]
        if proves(fewer):
            items = fewer
    return items
