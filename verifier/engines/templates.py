"""Lemmas from the spec's own terms: inequalities between the quantities that guards and claim compare.

A term is a product of state variables on one side of a comparison, also with one price of the environment in place of
another (the running maximum for the price); a coefficient is a factor made of parameters. What holds of
them is for induction to find out.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from itertools import combinations, permutations
from typing import cast

from verifier.engines.simulate import Simulator
from verifier.evidence.run import Values
from verifier.language.expr import (
    COMPARISONS,
    ROUNDINGS,
    Bool,
    Expr,
    Op,
    Real,
    Var,
    implies,
    number,
    rebuild,
    substitute,
    variable,
    variables,
    walk,
)
from verifier.language.system import Arithmetic, Claim, Lemma, System, after

STATES, MOST_FACTORS, MOST_TERMS, MOST = 150, 7, 10, 3000


def candidates(system: System, claim: Claim, arithmetic: Arithmetic) -> list[Lemma]:
    """What might be invariant, in a fixed order, the plainest first.

    In whole units what held before rounding comes first: a step that keeps it may not keep it once it is rounded.
    """
    terms, factors = _terms_and_factors(system, claim)
    formulas = [variable(var) == start for var, start in _starting_values(system)]
    asked = list(_at_other_prices(system))
    formulas += [*map(_unrounded, asked), *asked] if arithmetic == "fixed" else asked
    formulas += list(_sums(terms))
    formulas += list(_orders(terms, factors))
    phases = [variable(var) for var in system.state if var.sort is Bool]
    formulas += [implies(phase, formula) for b in phases for phase in (b, ~b) for formula in formulas]
    return [Lemma(f"{formula!r}", formula) for formula in dict.fromkeys(formulas)][:MOST]


def reachable(system: System, arithmetic: Arithmetic, seed: int = 0, most: int = STATES) -> Iterable[Values]:
    """States of random runs."""
    chance, simulator, found = random.Random(seed), Simulator(system, arithmetic), 0
    for _ in range(most):
        state = simulator.start(chance.choice)
        for _ in range(8):
            if state is None or found >= most:
                break
            found += 1
            yield state
            taken = simulator.any_step(state, chance)
            state = taken[1] if taken else None


def _starting_values(system: System) -> Iterable[tuple[Var, Bool | Real]]:
    """State that starts at a number: it may never leave it."""
    for fact in system.init:
        if fact.op is Op.EQ and isinstance(fact.args[0].leaf, Var) and fact.args[1].op is None:
            right = fact.args[1]
            if isinstance(right, Real) and not isinstance(right.leaf, Var):
                yield fact.args[0].leaf, right


def _orders(terms: Sequence[Real], factors: Sequence[Real]) -> Iterable[Bool]:
    for one, two in permutations(terms, 2):
        if one.unit is not None and one.unit.fits(two.unit):
            for k in factors:
                for n in factors:
                    if k is not n or k is factors[0]:
                        yield _times(k, one) <= _times(n, two)


def _at_other_prices(system: System) -> Iterable[Bool]:
    """What holds at the start, and what guards ask for, as it is and with another price in place of one."""
    facts: list[Expr] = [rule.guard for rule in system.rules]
    facts += [item.formula for item in system.assumptions if item.on == "start"]
    prices = _prices(system)
    for node in dict.fromkeys(node for fact in facts for node in walk(fact)):
        mentioned = variables(node)
        if isinstance(node, Bool) and node.op in {Op.LE, Op.LT} and all("." not in var.name for var in mentioned):
            yield node
            for old in (var for var in mentioned if var in prices):
                for new in (var for var in prices if var != old and old.unit and old.unit.fits(var.unit)):
                    yield substitute(node, {old: variable(new)})


def _unrounded(formula: Bool) -> Bool:
    """The formula as it reads where nothing is rounded."""
    plain: dict[Expr, Expr] = {}
    for node in walk(formula):
        args = tuple(plain[arg] for arg in node.args)
        plain[node] = args[0] if node.op in ROUNDINGS else node if node.op is None else rebuild(node.op, node, args)
    return cast(Bool, plain[formula])


def _prices(system: System) -> list[Var]:
    """What the environment holds, with what is remembered of it."""
    shared = {var for var in system.state if system.owners.get(var) in system.environment}
    prices = [var for var in system.state if var in shared and var.sort is Real]
    return prices + [var for var, term in system.rigid.items() if set(variables(term)) <= shared]


def _sums(terms: Sequence[Real]) -> Iterable[Bool]:
    plain = [term for term in terms if isinstance(term.leaf, Var)]
    for total in plain:
        for a, b in combinations([term for term in plain if term is not total], 2):
            if total.unit is not None and total.unit.fits(a.unit) and total.unit.fits(b.unit):
                yield a + b == total


def _times(factor: Real, term: Real) -> Real:
    return term if factor.leaf == 1 else factor * term


def _terms_and_factors(system: System, claim: Claim) -> tuple[list[Real], list[Real]]:
    known = set(system.state) | set(system.rigid)
    formulas: list[Expr] = [*claim.terms(), *(item.formula for item in system.lemmas)]
    for rule in system.rules:
        formulas += [rule.guard, *(item.formula for item in system.assumed(rule.name)), *rule.updates.values()]
        formulas += [after(rule, term) for term in claim.terms() if len(walk(term)) < 40]
    formulas += [*system.init, *(item.formula for item in system.assumptions)]
    terms: dict[Real, None] = {}
    factors: dict[Real, None] = {number(1): None}
    for side in (arg for root in formulas for node in walk(root) if node.op in COMPARISONS for arg in node.args):
        for addend in _addends(side):
            coefficients, product = _split(addend, known)
            factors |= dict.fromkeys(k for k in coefficients if k.unit is not None and not k.unit.powers)
            if product is not None:
                terms[product] = None
    prices = _prices(system)
    terms = dict.fromkeys(other for term in terms for other in (term, *_with_other_price(term, prices)))
    return list(terms)[:MOST_TERMS], list(factors)[:MOST_FACTORS]


def _addends(term: Expr) -> Iterable[Real]:
    if term.op in {Op.ADD, Op.SUB, Op.MIN, Op.MAX}:
        for arg in term.args:
            yield from _addends(arg)
    elif term.op in ROUNDINGS:
        yield from _addends(term.args[0])
    elif isinstance(term, Real):
        yield term


def _split(term: Real, known: set[Var]) -> tuple[list[Real], Real | None]:
    """The factors of parameters only, and the product of the state variables; None if there is anything else."""
    coefficients: list[Real] = []
    product: Real | None = None
    for factor in _factors(term):
        mentioned = variables(factor)
        if not any(var in known for var in mentioned):
            if all("." not in var.name for var in mentioned):
                coefficients.append(factor)
        elif isinstance(factor.leaf, Var):
            product = factor if product is None else product * factor
        else:
            return coefficients, None
    return coefficients, product


def _factors(term: Expr) -> Iterable[Real]:
    if term.op is Op.MUL:
        for arg in term.args:
            yield from _factors(arg)
    elif term.op in ROUNDINGS:
        yield from _factors(term.args[0])
    elif isinstance(term, Real):
        yield term


def _with_other_price(term: Real, prices: Sequence[Var]) -> Iterable[Real]:
    factors = list(_factors(term))
    for position, factor in enumerate(factors):
        for price in prices:
            if factor.leaf in prices and factor.leaf != price and price.unit and price.unit.fits(factor.unit):
                swapped = [*factors[:position], variable(price), *factors[position + 1 :]]
                product = swapped[0]
                for other in swapped[1:]:
                    product = product * other
                yield product
