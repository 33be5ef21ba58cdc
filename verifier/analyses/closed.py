"""A closed form for where a claim stops to hold: found in a tight violation, then proved for all parameter values.

At a violation as tight as can be, the comparisons that hold with equality are the binding constraints. sympy solves
them for the quantity that varies. What it finds is a suggestion: that the claim holds up to the formula is settled by
the engines with every parameter open, that it fails beyond it by one run whose numbers are formulas themselves. Where
that run is none, the parameters for which it fails show another constraint, and the formula becomes the larger of both.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, cast

import attrs

from verifier.analyses.boundary import Boundary, Open, opened
from verifier.engines.ask import GaveUp, Solver
from verifier.engines.portfolio import settle
from verifier.engines.unroll import rigid_facts, rule_facts, start_facts
from verifier.evidence.run import Values
from verifier.evidence.verdict import Proved
from verifier.interpretations.exact import EXACT, UNDEFINED, value
from verifier.interpretations.formula import Symbols
from verifier.interpretations.specialise import specialise
from verifier.language.expr import (
    Bool,
    Expr,
    Op,
    Real,
    Var,
    all_of,
    maximum,
    minimum,
    rebuild,
    substitute,
    variable,
    walk,
)
from verifier.language.pieces import ANY
from verifier.language.system import Claim, System, defined, timed

NEAR = Fraction(1, 10**5)
"""Relative difference below which a comparison at a tight violation counts as binding."""
BRANCHES = 4


@attrs.frozen(eq=False)
class Atom:
    """A comparison that a violation rests on; ``goal`` where it is part of the claim that fails."""

    left: Expr
    right: Expr
    strict: bool
    goal: bool


@attrs.frozen(eq=False)
class Closed:
    """A formula in the parameters for the end of the safe interval."""

    term: Real
    safe_for_all: bool
    """The claim is proved up to the formula, whatever the parameters."""
    tight_for_all: bool
    """Beyond the formula there is a violation, whatever the parameters."""


@attrs.define(eq=False)
class Finder:
    """Finds the closed form of one end of an interval, with all parameters of the design open."""

    boundary: Boundary
    up: bool
    whole: Open = attrs.field(init=False)
    system: System = attrs.field(init=False)
    claim: Claim = attrs.field(init=False)
    numbers: Values = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        own = self.boundary.open
        fixed = {k: v for k, v in own.problem.system.fixed.items() if type(v) is Fraction}
        arguments = {k: ANY if k in fixed else v for k, v in own.prop.arguments}
        prop = attrs.evolve(own.prop, arguments=tuple(sorted(arguments.items())))
        settings = {**dict(own.prop.settings), **own.settings, **{k: ANY for k in fixed if k not in arguments}}
        self.whole = opened(own.design, prop, settings, self.name_of(own))
        self.system = specialise(self.whole.problem.system, "real")
        self.claim = self.whole.problem.claim
        self.numbers = {var: cast(Fraction, fixed[var.name]) for var in self.system.params if var.name in fixed}

    @staticmethod
    def name_of(own: Open) -> str:
        return own.var.name

    def candidates(self, rules: Sequence[str], values: Values) -> Iterator[Real]:
        """Formulas for the quantity at a tight violation, the shortest first."""
        env = {**self.numbers, **values}
        path = Path(self.system, self.claim, rules)
        binding = [atom for atom in path.atoms(env) if binds(atom, env)]
        symbols = Symbols()
        found = solved(binding, self.whole.var, env, set(self.system.params), symbols)
        terms = [symbols.term(formula, lambda var: cast(Real, variable(var))) for formula in found]
        yield from (term for term in terms if term is not None)
