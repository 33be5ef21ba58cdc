"""What a state remembers of its past: the start, the lowest value so far, whether something was ever so.

Each is an ordinary variable that lowering adds where a claim, a guard or a lemma speaks of it, so that every engine and
the exact replay treat it like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import attrs

from verifier.language.expr import (
    ROUNDINGS,
    TRUE,
    Bool,
    Expr,
    Op,
    Real,
    Var,
    all_of,
    fingerprint,
    implies,
    minimum,
    shown,
    substitute,
    variable,
    variables,
    walk,
    where,
)
from verifier.language.system import Actor, Claim, Lemma, Rule, defined


def at_start(term: Real) -> Real:
    """The value that the term had in the initial state."""
    changing = [var for var in variables(term) if var.changes]
    return substitute(term, {var: variable(remembered(var)) for var in changing})


def remembered(var: Var) -> Var:
    """The variable that keeps a state variable's initial value."""
    kept = attrs.evolve(var, name=f"initial {var.name}", changes=False, like=None)
    _REMEMBERED[kept] = var
    return kept


_REMEMBERED: dict[Var, Var] = {}


def remembers(var: Var) -> Var | None:
    """The state variable whose initial value this one keeps, if it is such a one."""
    return _REMEMBERED.get(var)


def lowest(term: Real) -> Real:
    """The lowest value that the term had in any state so far, this one included, where it had one."""
    var = Var(f"lowest {name_of(term)}", Real, term.unit, signed=_may_be_negative(term), changes=True)
    return variable(_kept(var, term))  # type: ignore[no-any-return]


def _may_be_negative(term: Real) -> bool:
    """Whether anything but the quantities' own signs keeps the term from being negative."""

    def could(node: Expr) -> bool:
        if isinstance(node.leaf, Var):
            return node.leaf.signed
        return node.op is Op.SUB or (isinstance(node, Real) and node.op is None and node.leaf < 0)  # type: ignore[operator]

    return any(map(could, walk(term)))


def once(formula: Bool, *, since_owner: bool = False) -> Bool:
    """Whether the formula held in any state so far, this one included, or in any since the position's owner acted.

    Where it divides by zero it does not hold.
    """
    words = f"since its owner acted {name_of(formula)}" if since_owner else f"once {name_of(formula)}"
    var = _kept(Var(words, Bool, None, changes=True), formula)
    if since_owner:
        _SINCE_OWNER.add(var)
    return variable(var)  # type: ignore[no-any-return]


_SINCE_OWNER: set[Var] = set()


def name_of(term: Expr) -> str:
    """The term as text; where that is cut or could be another's, with a digest, so that no two terms share a name."""
    text = shown(term)
    return f"{text} #{fingerprint(term)[:12]}" if text.endswith("…") or _ambiguous(term) else text


def _ambiguous(term: Expr) -> bool:
    """Whether the text leaves out a grid, or has a fraction or a dot that reads as an operation."""
    nodes = walk(term)
    names = "".join(node.leaf.name for node in nodes if isinstance(node.leaf, Var))
    broken = any("/" in f"{node!r}" for node in nodes if node.op is None)
    return broken or "·" in names or any(node.op in ROUNDINGS for node in nodes)


def _kept(var: Var, about: Expr) -> Var:
    _ABOUT[var] = about
    return var


_ABOUT: dict[Var, Expr] = {}


def histories(terms: Sequence[Expr]) -> dict[Var, Expr]:
    """The variables among the terms that keep something of the past, with what they keep it of."""
    found: dict[Var, Expr] = {}
    waiting = list(terms)
    while waiting:
        for var in variables(waiting.pop()):
            if var in _ABOUT and var not in found:
                found[var] = _ABOUT[var]
                waiting.append(found[var])
    ordered: dict[Var, Expr] = {}

    def add(var: Var) -> None:
        """Inner ones first: a memory of a memory is kept up after the one it is about."""
        for inner in variables(found[var]):
            if inner in found and inner not in ordered:
                add(inner)
        ordered[var] = found[var]

    for var in found:
        add(var)
    return ordered


def begun(found: Mapping[Var, Expr]) -> list[Bool]:
    """What they are at the start: what they are about."""
    return [
        variable(var) == _plain(about) if isinstance(about, Bool) else _where_defined(about, variable(var) == about)
        for var, about in found.items()
    ]


def kept_up(rule: Rule, found: Mapping[Var, Expr], owners: Mapping[Var, str]) -> Rule:
    """The rule with what it does to them; ``owners`` has the slot each belongs to.

    What they are about may be undefined after the step: that does not keep anybody from taking it.
    """
    updates = dict(rule.updates)
    for var, about in found.items():
        after = substitute(about, updates)  # a memory of a memory is about the inner one as it is now
        if var in _SINCE_OWNER and rule.actor is Actor.OWNER and owners[var] == rule.owner:
            updates[var] = _plain(cast(Bool, after))
        elif after is not about:
            updates[var] = _joined(var, after)
    return attrs.evolve(rule, updates=updates)


def _joined(var: Var, now: Expr) -> Expr:
    past = variable(var)
    if isinstance(now, Bool):
        return cast(Bool, past | _plain(now))
    lower, known = minimum(past, cast(Real, now)), defined(now)
    return lower if known is TRUE else where(known, lower, past)


def _plain(formula: Bool) -> Bool:
    """The formula, false where it divides by zero."""
    return all_of(defined(formula), formula)


def _where_defined(about: Expr, formula: Bool) -> Bool:
    """The formula, where what it is about is a number."""
    known = defined(about)
    return formula if known is TRUE else implies(known, formula)


def known_of(found: Mapping[Var, Expr]) -> list[Lemma]:
    """What holds of them in every state: the present is part of the past."""
    made = []
    for var, about in found.items():
        formula = variable(var) | ~about if isinstance(about, Bool) else variable(var) <= about
        made.append(Lemma(f"{var.name} counts the present", _where_defined(about, formula)))
    return made


def judged_where_defined(claim: Claim) -> Claim:
    """The claim, broken as well where something whose past it speaks of is divided by zero."""
    asked = all_of(*(defined(about) for about in histories(claim.terms()).values()))
    if asked is TRUE:
        return claim
    if claim.on_steps:
        return attrs.evolve(claim, steps={name: all_of(asked, formula) for name, formula in claim.steps.items()})
    return attrs.evolve(claim, formula=all_of(asked, claim.formula))
