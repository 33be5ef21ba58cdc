"""Whether one system refines another: each of its initial states and steps is one of the other's, over equal names."""

from __future__ import annotations

from typing import cast

import attrs

from verifier.analyses.cases import Case
from verifier.analyses.containment import Ask, truth_of
from verifier.analyses.environment import constant, equation, signs
from verifier.engines.ask import GaveUp
from verifier.evidence.gate import Refinement
from verifier.interpretations.specialise import specialise
from verifier.interpretations.unroll import rigid_facts, rule_facts, start_facts
from verifier.language.expr import Bool, Expr, Var, all_of, conjuncts, shown, substitute, variable, variables
from verifier.language.pieces import Marked, as_property
from verifier.language.system import Rule, System, primed

ANYTHING = as_property(Marked("invariant", lambda _: all_of()))
"""A claim that any design can make, to look at its system."""


def refinement(one: Case, other: Case, ask: Ask) -> Refinement:
    """Whether the second design refines the first, each under its case's settings. Raises SpecError."""
    whole, part = (specialise(attrs.evolve(case, prop=ANYTHING).problem().system, "real") for case in (one, other))
    return _Refinement(whole, part, ask).found()


@attrs.define(eq=False)
class _Refinement:
    whole: System
    part: System
    ask: Ask

    def found(self) -> Refinement:
        lacking = sorted({var.name for var in self.whole.state} - {var.name for var in self.part.state})
        if lacking:
            return Refinement(False, f"the second has no {', '.join(lacking)}")
        names = {var.name for var in (*self.part.state, *self.part.params, *self.part.rigid)}
        for where, facts, goals in self.questions():
            inputs = {var.name for fact in facts for var in variables(fact)}
            new = sorted({var.name for goal in goals for var in variables(goal)} - names - inputs)
            if new:
                return Refinement(
                    False, f"{where}: the first speaks of {', '.join(new)}, of which the second knows nothing"
                )
            left = [goal for goal in goals if truth_of(goal) is not True]
            try:
                model = self.ask([*facts, *signs(variables(*facts, *left))], left) if left else None
            except GaveUp as why:
                return Refinement(False, f"{where}: not settled: {why}")
            if model is not None:
                failed = left[model.failed[0]] if model.failed else all_of(*left)
                state = {var.name: str(held) for var, held in model.values.items() if held is not None}
                return Refinement(False, f"{where}: the first needs {shown(failed, 120)}", dict(sorted(state.items())))
        return Refinement(True, "each initial state and each step of the second is one of the first")

    def questions(self) -> list[tuple[str, list[Bool], list[Bool]]]:
        """What must follow from what, each with a name."""
        rigid = [*rigid_facts(self.part), *(equation(var, term) for var, term in self.part.rigid.items())]
        start = [part for fact in self.whole.init for part in conjuncts(fact)]
        start = [fact for fact in start if not (isinstance(fact.leaf, Var) or self.remembers(fact))]
        start += [item.formula for item in self.whole.assumed("start")]
        asked = [("the start", [*rigid, *start_facts(self.part)], self.mine(start))]
        for rule in self.part.rules:
            same = self.whole.find(rule.name)
            asked.append(self.unmoved(rule) if same is None else self.moved(rule, same))
        return asked

    def remembers(self, fact: Expr) -> bool:
        return bool(fact.args) and fact.args[0].leaf in self.whole.rigid

    def moved(self, rule: Rule, same: Rule) -> tuple[str, list[Bool], list[Bool]]:
        facts = [*rigid_facts(self.part), *rule_facts(self.part, rule), *self.after(self.part, rule)]
        goals = [part for fact in rule_facts(self.whole, same) for part in conjuncts(fact)]
        return f"rule {rule.name}", facts, self.mine([*goals, *self.after(self.whole, same)])

    def unmoved(self, rule: Rule) -> tuple[str, list[Bool], list[Bool]]:
        """A rule of its own must leave alone what the first speaks of."""
        facts = [*rigid_facts(self.part), *rule_facts(self.part, rule), *self.after(self.part, rule)]
        return (
            f"rule {rule.name}, which the first has not",
            facts,
            self.mine(equation(primed(var), cast(Expr, variable(var))) for var in self.whole.state),
        )

    def after(self, system: System, rule: Rule) -> list[Bool]:
        return [equation(primed(var), rule.updates.get(var, variable(var))) for var in system.state]

    def mine(self, formulas: object) -> list[Bool]:
        """Formulas of the first over the second's quantities of these names and sorts."""
        own = {var.name: var for var in (*self.part.state, *self.part.params, *self.part.rigid)}
        own |= {var.name: var for rule in self.part.rules for var in rule.inputs}
        own |= {primed(var).name: primed(var) for var in self.part.state}
        numbers = self.part.fixed
        made = []
        for formula in cast("list[Bool]", list(formulas)):  # type: ignore[call-overload]
            changes: dict[Var, Expr] = {}
            for var in variables(formula):
                held = numbers.get(var.name)
                if var.name in own and own[var.name].sort is var.sort:
                    changes[var] = cast(Expr, variable(own[var.name]))
                elif held is not None and not isinstance(held, str) and not var.changes:
                    changes[var] = constant(held, var)
            made.append(substitute(formula, changes))
        return made
