"""What a proof rests on: the lemmas it needs, and which of the assumptions.

For each obligation hypotheses are taken up until they suffice, each because it excludes a state that breaks the
obligation, assumptions before lemmas and the last declared first; then those that the others make superfluous are
spared, in the order of their declaration, so that the same proof always names the same ones. Only what survives is
called needed, and from then on it may serve every obligation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from verifier.engines.ask import GaveUp, Model, Solver
from verifier.engines.induction import CLAIM
from verifier.evidence.verdict import Certificate
from verifier.interpretations.exact import holds
from verifier.interpretations.fixed import TABLES
from verifier.language.expr import Bool, variables
from verifier.language.system import Claim, Rule, System, after

SHARE = 0.02
"""Of the solver's allowance, for each question here: what is not spared within it counts as needed."""
PATIENCE = 4
"""How many questions of one proof may stay open before the rest counts as needed."""


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
    aside = attrs.evolve(solver, scale=SHARE * solver.scale, thorough=False)
    try:
        return _Reduction(system, claim, certificate, aside).run()
    except GaveUp:
        return Support(certificate, everything)


class _Reduction:
    def __init__(self, system: System, claim: Claim, certificate: Certificate, solver: Solver) -> None:
        self.system, self.claim, self.certificate, self.solver = system, claim, certificate, solver
        self.lemmas = dict(certificate.lemmas)
        self.used: set[str] = set()
        self.waiting: list[str] = []
        self.needed: dict[str, Bool] = {}
        self.open = 0

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
        """Note the assumptions and lemmas without which the obligation fails, beside those that are noted already."""
        fixed = [h for h in hypotheses if h.kind in {"system", "itself"} or self.noted(h)]
        optional = [h for h in hypotheses if h.kind in {"lemma", "assumption"} and not self.noted(h)]
        optional.sort(key=lambda h: h.kind == "assumption")  # lemmas are tried first, so that assumptions explain
        obligation = _Obligation(fixed, goals, self)
        for item in smallest(obligation.enough(optional), obligation.follows):
            if item.kind == "assumption":
                self.used.add(item.name)
            elif item.name not in self.needed:
                self.needed[item.name] = item.formula
                self.waiting.append(item.name)

    def noted(self, item: Named) -> bool:
        """Whether some other obligation needs it, so that it may as well serve here."""
        return item.name in (self.used if item.kind == "assumption" else self.needed)

    def ask(self, hypotheses: Sequence[Named], goals: Sequence[Bool]) -> Model | None:
        """A model that breaks the obligation, or None if it follows. Raises GaveUp, at last without being asked."""
        if self.open >= PATIENCE:
            raise GaveUp("resources", "too many questions of this proof stayed open")
        try:
            return self.solver.ask([h.formula for h in hypotheses], goals)
        except GaveUp:
            self.open += 1
            raise


@attrs.define(eq=False)
class _Obligation:
    """What follows from which hypotheses, with the states in which it does not as far as they are known."""

    fixed: Sequence[Named]
    goals: Sequence[Bool]
    reduction: _Reduction
    broken: list[Model] = attrs.field(factory=list)

    def enough(self, optional: Sequence[Named]) -> list[Named]:
        """Hypotheses that suffice, in their order: few where models can be had."""
        taken: list[Named] = []
        try:
            while not self.follows_from(taken):
                open_ones = [item for item in optional if item not in taken]
                false = [item for item in open_ones if self.truth(item, self.broken[-1]) is False]
                taken.append((false or open_ones)[-1])
        except (GaveUp, IndexError):  # everything together suffices, as the proof said with a larger allowance
            return list(optional)
        return [item for item in optional if item in taken]

    def follows(self, hypotheses: Sequence[Named]) -> bool:
        """Whether the obligation is shown to follow."""
        if any(all(self.truth(item, model) is True for item in hypotheses) for model in self.broken):
            return False
        try:
            return self.follows_from(hypotheses)
        except GaveUp:
            return False

    def follows_from(self, hypotheses: Sequence[Named]) -> bool:
        model = self.reduction.ask([*self.fixed, *hypotheses], self.goals)
        self.broken += [] if model is None else [model]
        return model is None

    def truth(self, item: Named, model: Model) -> bool | None:
        """Whether a hypothesis is true in a model; None where that says nothing of some variable."""
        known = {var: value for var, value in model.values.items() if value is not None}
        if not known.keys() >= set(variables(item.formula)):
            return None
        return holds(item.formula, known, TABLES[self.reduction.solver.arithmetic])


def smallest(items: Sequence[Named], proves: Callable[[list[Named]], bool], rest: Sequence[Named] = ()) -> list[Named]:
    """What is left when every item that can be spared beside the rest, in order, is: halves at once where they can."""
    if not items or proves(list(rest)):
        return []
    if len(items) == 1:
        return list(items)
    early, late = items[: len(items) // 2], items[len(items) // 2 :]
    kept = smallest(early, proves, [*late, *rest])
    return [*kept, *smallest(late, proves, [*kept, *rest])]
