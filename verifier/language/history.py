"""What a state remembers of its past: the start, the lowest value so far, whether something was ever so.

Each is an ordinary variable that lowering adds where a claim, a guard or a lemma speaks of it, so that every engine and
the exact replay treat it like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import attrs

from verifier.language.expr import (
    Bool,
    Expr,
    Real,
    Var,
    all_of,
    fingerprint,
    minimum,
    shown,
    substitute,
    variable,
    variables,
)
from verifier.language.system import Actor, Lemma, Rule, defined


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
    """The lowest value that the term had in any state so far, this one included."""
    return variable(_kept(Var(f"lowest {name_of(term)}", Real, term.unit, changes=True), term))  # type: ignore[no-any-return]


def once(formula: Bool, *, since_owner: bool = False) -> Bool:
    """Whether the formula held in any state so far, this one included, or in any since the position's owner acted."""
    words = f"since its owner acted {name_of(formula)}" if since_owner else f"once {name_of(formula)}"
    var = _kept(Var(words, Bool, None, changes=True), formula)
    if since_owner:
        _SINCE_OWNER.add(var)
    return variable(var)  # type: ignore[no-any-return]


_SINCE_OWNER: set[Var] = set()


def name_of(term: Expr) -> str:
    """The term as text; where that is cut, with a digest of the whole, so that no two terms share a name."""
    text = shown(term)
    return f"{text} #{fingerprint(term)[:12]}" if text.endswith("…") else text


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
    return [variable(var) == about for var, about in found.items()]


def kept_up(rule: Rule, found: Mapping[Var, Expr], owners: Mapping[Var, str]) -> Rule:
    """The rule with what it does to them; ``owners`` has the slot each belongs to."""
    updates, guards = dict(rule.updates), [rule.guard]
    for var, about in found.items():
        after = substitute(about, updates)  # a memory of a memory is about the inner one as it is now
        if var in _SINCE_OWNER and rule.actor is Actor.OWNER and owners[var] == rule.owner:
            updates[var] = after
        elif after is not about:
            guards.append(defined(after))
            updates[var] = _joined(var, after)
    return attrs.evolve(rule, updates=updates, guard=all_of(*guards))


def _joined(var: Var, now: Expr) -> Expr:
    past = variable(var)
    return past | now if isinstance(now, Bool) else minimum(past, cast(Real, now))


def known_of(found: Mapping[Var, Expr]) -> list[Lemma]:
    """What holds of them in every state: the present is part of the past."""
    made = []
    for var, about in found.items():
        formula = variable(var) | ~about if isinstance(about, Bool) else variable(var) <= about
        made.append(Lemma(f"{var.name} counts the present", formula))
    return made
