"""A pass from system to system: what the fixed parameters decide by themselves is decided before any engine sees it."""

from typing import Any

import attrs

from verifier.interpretations.exact import value
from verifier.interpretations.fixed import TABLES
from verifier.language.expr import Bool, Interpretation, conjuncts, disjuncts, variables
from verifier.language.system import Arithmetic, Assumption, Rule, System


def specialise(system: System, arithmetic: Arithmetic) -> System:
    """The system without what is true by numbers alone, and without rules that are false by numbers alone.

    Conditions on the start are taken apart, so that each can be kept or left out by itself. An assumption on the
    parameters that is false by numbers stays: a proof under it is vacuous, and must be found so.
    """
    table = TABLES[arithmetic]
    assumptions = tuple(item for item in system.assumptions if decided(item.formula, table) is not True)
    switched_off = {rule.name for rule in system.rules if _never(rule, assumptions, table)}
    return attrs.evolve(
        system,
        assumptions=assumptions,
        rules=tuple(rule for rule in system.rules if rule.name not in switched_off),
        init=tuple(part for fact in system.init for part in conjuncts(fact) if decided(part, table) is not True),
        domain=tuple(fact for fact in system.domain if decided(fact, table) is not True),
        lemmas=tuple(item for item in system.lemmas if not idle(item.formula, table)),
    )


def idle(lemma: Bool, table: Interpretation[Any]) -> bool:
    """Whether a lemma says nothing under these parameters, or in this reading."""
    return any(decided(part, table) is True for part in disjuncts(lemma))


def decided(formula: Bool, table: Interpretation[Any]) -> object:
    """The truth of a formula without variables, or None."""
    return None if variables(formula) else value(formula, {}, table)


def _never(rule: Rule, assumptions: tuple[Assumption, ...], table: Interpretation[Any]) -> bool:
    named = [item.formula for item in assumptions if isinstance(item.on, tuple) and rule.name in item.on]
    return any(decided(part, table) is False for formula in (rule.guard, *named) for part in conjuncts(formula))
