"""A closed form for where a claim stops to hold: found in a tight violation, then proved for all parameter values.

At a violation as tight as can be, the comparisons that hold with equality are the binding constraints. sympy solves
them for the quantity that varies. What it finds is a suggestion: that the claim holds up to the formula is settled by
the engines with every parameter open, that it fails beyond it by one run whose numbers are formulas themselves. Where
that run is none, the parameters for which it fails show another constraint, and the formula becomes the larger of both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import cast

import attrs

from verifier.analyses.binding import Equations, Path, binds
from verifier.analyses.boundary import Boundary, End, Open
from verifier.engines.ask import GaveUp
from verifier.engines.portfolio import settle
from verifier.evidence.bound import Closed
from verifier.evidence.run import Run, Values
from verifier.evidence.verdict import Proved
from verifier.interpretations.exact import value
from verifier.interpretations.formula import Symbols
from verifier.interpretations.specialise import specialise
from verifier.interpretations.unroll import rigid_facts
from verifier.language.expr import (
    Bool,
    Expr,
    Real,
    Var,
    all_of,
    maximum,
    minimum,
    number,
    show,
    substitute,
    truth,
    variable,
    variables,
)
from verifier.language.lower import compose
from verifier.language.pieces import ANY
from verifier.language.system import defined, timed

BRANCHES = 4
"""How many binding constraints are joined at the most."""


class ClosedForm:
    """Finds the closed form of one end of an interval, with all parameters of the design open."""

    def __init__(self, boundary: Boundary, *, up: bool) -> None:
        self.boundary, self.up = boundary, up
        self.open = all_open(boundary.open)
        self.system = specialise(self.open.problem.system, "real")
        fixed = boundary.open.problem.system.fixed
        self.numbers: Values = {
            var: cast(Fraction, fixed[var.name]) for var in self.system.params if type(fixed.get(var.name)) is Fraction
        }

    def values(self, rules: Sequence[str], tight: Values) -> list[Fraction]:
        """What formulas found at a tight violation come to with the design's own numbers."""
        found = (value(term, self.numbers) for term in self.candidates(rules, self.numbers, tight))
        return [item for item in found if isinstance(item, Fraction)]

    def candidates(self, rules: Sequence[str], numbers: Values, tight: Values) -> Iterator[Real]:
        """Formulas for the quantity at a tight violation, the shortest first."""
        path, symbols = Path(self.system, self.open.problem.claim, rules), Symbols()
        env = zeros(path) | numbers | tight
        equations = Equations([atom for atom in path.atoms(env) if binds(atom, env)], env, symbols)
        equations.eliminate(path.unknowns())
        for root in equations.roots(self.open.var):
            term = symbols.term(root, lambda var: cast(Real, variable(var)))
            if term is not None and set(variables(term)) <= set(self.system.params):
                yield term

    def found(self, end: End, run: Run) -> Closed | None:
        """The closed form of a found end, as far as it could be proved; None where there is none."""
        assert end.safe is not None
        assert end.values is not None
        terms = [t for t in self.candidates(end.rules, self.numbers, end.values) if value(t, self.numbers) == end.safe][
            :1
        ]
        if not terms:
            return None
        witness = self.witness(end.rules, end.values, run)
        missed = self.missed(terms, end.rules, witness)
        while missed and len(terms) < BRANCHES and (more := self.elsewhere(missed)) is not None:
            if any(more is term for term in terms):
                break
            terms.append(more)
            missed = self.missed(terms, end.rules, witness)
        joined = terms[0] if len(terms) == 1 else (maximum if self.up else minimum)(*terms)
        return Closed(show(joined), "", self.safe(joined), missed is None)

    def beyond(self, term: Real) -> list[Bool]:
        return [defined(term), self.open.value > term if self.up else self.open.value < term]

    # Safe up to the formula.

    def safe(self, term: Real) -> bool:
        """Whether the claim is proved up to the formula for all its parameters, the others being the design's."""
        spoken = opened_up(self.boundary.open, {var.name for var in variables(term)})
        within = spoken.value <= term if self.up else spoken.value >= term
        problem = spoken.under(defined(term), within)
        try:
            verdict = settle(specialise(problem.system, "real"), problem.claim, self.boundary.solver).verdict
        except GaveUp:
            return False
        return isinstance(verdict, Proved)

    # Unsafe beyond it.

    def witness(self, rules: Sequence[str], tight: Values, run: Run) -> dict[Var, Expr]:
        """The start and the inputs of a run as formulas: what binds is solved, the rest is as in a readable run."""
        path, plain, symbols = Path(self.system, self.open.problem.claim, rules), read(run), Symbols()
        env = zeros(path) | self.numbers | tight
        atoms = [atom for atom in path.atoms(env) if not (atom.goal or atom.strict or atom.choice) and binds(atom, env)]
        equations = Equations(atoms, env, symbols)
        equations.eliminate(path.unknowns())
        made: dict[Var, Expr] = {var: constant(var, plain.get(var, Fraction(0))) for var in path.unknowns()}
        for symbol, solution in equations.solved.items():
            term = symbols.term(solution, lambda var: cast(Real, made.get(var, variable(var))))
            if term is not None:
                made[symbols.back[symbol]] = term
        return made

    def missed(self, terms: Sequence[Real], rules: Sequence[str], witness: Mapping[Var, Expr]) -> Values | None:
        """Values of the formula's parameters for which, beyond it, the run of formulas is none that violates.

        None if there are none; empty if that was not settled. All other parameters have the design's own values.
        """
        spoken = set(variables(*terms))
        fixed = {var: constant(var, found) for var, found in self.numbers.items() if var not in spoken}
        fixed.pop(self.open.var, None)
        path = Path(self.system, self.open.problem.claim, rules)
        whole = {var: substitute(term, fixed) for var, term in witness.items()} | fixed
        parts = [substitute(part, whole) for part in (*path.facts, ~path.goal)]
        run = all_of(*(all_of(defined(part), part) for part in parts), *(defined(term) for term in whole.values()))
        facts = [substitute(fact, fixed) for fact in rigid_facts(self.system)]
        facts += [fact for term in terms for fact in self.beyond(term)]
        inside = [cast(Bool, variable(var) > 0) for var in spoken]
        try:
            model = self.boundary.solver.ask([*facts, *inside], [run]) or self.boundary.solver.ask(facts, [run])
        except GaveUp:
            return {}
        return None if model is None else {var: model.values[var] for var in spoken if var in model.values}  # type: ignore[misc]

    def elsewhere(self, params: Values) -> Real | None:
        """A formula for the end of the interval at these parameters; None if none is found."""
        own = self.boundary.open
        given = {var.name: found for var, found in params.items()}
        if None in given.values():
            return None
        prop = attrs.evolve(own.prop, arguments=tuple((k, given.get(k, v)) for k, v in own.prop.arguments))
        arguments = dict(prop.arguments)
        settings = {**own.settings, **{name: found for name, found in given.items() if name not in arguments}}
        there = attrs.evolve(own, prop=prop, settings=settings, problem=compose(own.design, prop, settings))
        boundary = Boundary(there, self.boundary.solver, self.boundary.precision)
        numbers = self.numbers | params
        try:
            start = boundary.seed()
            end = None if start is None else boundary.end(start, up=self.up)
        except GaveUp:
            return None
        if end is None or end.safe is None or end.values is None:
            return None
        found = self.candidates(end.rules, numbers, end.values)
        return next((term for term in found if value(term, numbers) == end.safe), None)


def zeros(path: Path) -> Values:
    """Nothing, for what a violation says nothing of."""
    return {var: Fraction(0) if var.sort is Real else False for var in path.unknowns()}


def all_open(own: Open) -> Open:
    """The same claim with every number among its parameters left open."""
    return opened_up(own, {name for name, found in own.problem.system.fixed.items() if type(found) is Fraction})


def opened_up(own: Open, names: Collection[str]) -> Open:
    """The same claim with these parameters left open, too."""
    fixed = set(names) - {own.var.name}
    arguments = {name: ANY if name in fixed else found for name, found in own.prop.arguments}
    prop = attrs.evolve(own.prop, arguments=tuple(sorted(arguments.items())))
    loose = {name: ANY for name in fixed if name not in arguments}
    settings = {**own.settings, **loose}
    problem = compose(own.design, prop, settings)
    var = next(var for var in problem.system.params if var.name == own.var.name)
    return Open(own.design, prop, settings, problem, var, None)


def read(run: Run) -> Values:
    """The start and the inputs of a run by their timed names."""
    found: Values = {timed(var, 0): given for var, given in run.states[0].items()}
    for step, taken in enumerate(run.steps):
        found |= {timed(var, step): given for var, given in taken.inputs.items()}
    return found


def constant(var: Var, given: Fraction | bool) -> Expr:
    """A value as a term of the variable's kind."""
    return truth(given) if isinstance(given, bool) else number(given, var.unit)
