"""A pass from system to system: what the fixed parameters decide by themselves is decided before any engine sees it."""

import attrs

from verifier.interpretations.exact import value
from verifier.language.expr import Bool, conjuncts, variables
from verifier.language.system import Assumption, Rule, System


def specialise(system: System) -> System:
    """The system without assumptions that are true by numbers alone, and without rules that are false by numbers alone.

    Conditions on the start are taken apart, so that each can be kept or left out by itself. An assumption on the
    parameters that is false by numbers stays: a proof under it is vacuous, and must be found so.
    """
    assumptions = tuple(item for item in system.assumptions if decided(item.formula) is not True)
    switched_off = {rule.name for rule in system.rules if _never(rule, assumptions)}
    return attrs.evolve(
        system,
        assumptions=assumptions,
        rules=tuple(rule for rule in system.rules if rule.name not in switched_off),
        init=tuple(part for fact in system.init for part in conjuncts(fact) if decided(part) is not True),
        domain=tuple(fact for fact in system.domain if decided(fact) is not True),
    )


def decided(formula: Bool) -> object:
    """The truth of a formula without variables, or None."""
    return None if variables(formula) else value(formula, {})


def _never(rule: Rule, assumptions: tuple[Assumption, ...]) -> bool:
    named = [item.formula for item in assumptions if isinstance(item.on, tuple) and rule.name in item.on]
    return any(decided(part) is False for formula in (rule.guard, *named) for part in conjuncts(formula))
