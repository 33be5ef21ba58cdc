"""Everybody else as one: how rules about one holder come to cover any number of holders.

A holding is what one holder has of a total. Each rule that touches a holding is written for one holder; its second
version, "by others", is the same rule acted by the sum of all other holders. Every step of any single other holder is
such a step provided that (1) a guard asks of a holding only that it is large enough, and (2) a step changes a holding
by an amount that does not depend on the holding. Both are read off the rule, and a rule that breaks them is refused.
A rule that changes a total or a holding without the other is between two holders: where it leaves the total alone its
amount moves, and others give to this one; where it leaves the holding alone it changes what another has. Of such a rule
this holder is either or neither.
"""

from collections.abc import Mapping

import attrs

from verifier.language.errors import Site, SpecError
from verifier.language.expr import Expr, Op, Real, Var, substitute, variable, variables
from verifier.language.system import Rule


def with_others(rules: list[Rule], holdings: Mapping[Var, Var]) -> list[Rule]:
    """The rules, each one that touches a holding followed by its version by others."""
    made: list[Rule] = []
    for rule in rules:
        made.append(rule)
        if any(var in holdings for var in variables(rule.guard, *rule.updates.values())):
            made.append(_by_others(rule, holdings, f"{rule.name} by others"))
            if any((total in rule.updates) != (held in rule.updates) for held, total in holdings.items()):
                theirs = _by_others(rule, holdings, f"{rule.name} among others")
                apart = {var: term for var, term in theirs.updates.items() if var not in holdings}
                made.append(attrs.evolve(theirs, updates=apart))
    return made


def _by_others(rule: Rule, holdings: Mapping[Var, Var], name: str) -> Rule:
    fresh = {var: attrs.evolve(var, name=var.name.replace(rule.name, name, 1)) for var in rule.inputs}
    _guard_wants_enough(rule, holdings)
    rest: dict[Var, Expr] = {held: variable(total) - variable(held) for held, total in holdings.items()}
    rest |= {old: variable(new) for old, new in fresh.items()}
    updates: dict[Var, Expr] = {}
    for var, term in rule.updates.items():
        if var in holdings:
            change = _change(rule, var, term, holdings)
            total = rule.updates.get(holdings[var])
            if total is None:
                updates[var] = substitute(variable(var) - change, rest | {var: variable(var)})
            elif _change(rule, holdings[var], total, holdings) is not change:
                raise _refusal(rule, f"it changes {var.name} and its total {holdings[var].name} by different amounts")
        else:
            if any(used in holdings for used in variables(term)):
                raise _refusal(rule, f"{var.name} after the step depends on the size of a holding")
            updates[var] = substitute(term, rest)
    for held, whole in holdings.items():
        if whole in rule.updates and held not in rule.updates:
            change = _change(rule, whole, rule.updates[whole], holdings)
            updates[held] = substitute(variable(held) + change, rest | {held: variable(held)})
    return attrs.evolve(
        rule, name=name, inputs=tuple(fresh.values()), guard=substitute(rule.guard, rest), updates=updates
    )


def _refusal(rule: Rule, why: str) -> SpecError:
    return SpecError(f"rule {rule.name} does not carry over to any number of holders: {why}", rule.site)


def _change(rule: Rule, var: Var, term: Expr, holdings: Mapping[Var, Var]) -> Real:
    """By how much the step changes the variable: ``x + d`` or ``x - d`` with d free of holdings."""
    held = variable(var)
    if term.op in {Op.ADD, Op.SUB} and term.args[0] is held:
        change = term.args[1]
        assert isinstance(change, Real)
        if not any(used in holdings for used in variables(change)):
            return change if term.op is Op.ADD else -change
    raise _refusal(
        rule, f"write {var.name} after the step as {var.name} + d or {var.name} - d, with d free of holdings"
    )


def _guard_wants_enough(rule: Rule, holdings: Mapping[Var, Var]) -> None:
    """A holding stands in the guard only alone, on the greater side of ≤, in a conjunction."""
    conjuncts: list[Expr] = [rule.guard]
    while conjuncts:
        part = conjuncts.pop()
        if part.op is Op.AND:
            conjuncts.extend(part.args)
        elif any(var in holdings for var in variables(part)):
            alone = part.op in {Op.LE, Op.LT} and isinstance(part.args[1].leaf, Var)
            if not alone or any(var in holdings for var in variables(part.args[0])):
                raise _refusal(rule, "its guard asks more of a holding than that it is large enough")


def refuse_holdings(name: str, formula: Expr, holdings: Mapping[Var, Var], site: Site) -> None:
    """An assumption on a rule counts for whoever acts, so it cannot speak of one holder's holding."""
    for var in variables(formula):
        if var in holdings:
            raise SpecError(
                f"assumption {name} speaks of {var.name}, which others do not have; speak of {holdings[var].name}", site
            )
