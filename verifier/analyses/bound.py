"""How far a claim holds: the largest shock, the smallest cap, the largest value of any parameter.

A bound has two sides: what is proved, for the whole interval at once with the quantity left open, and a counterexample
at most a precision away. Where a formula says where they meet, it is proved for all parameter values.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import attrs

from verifier.analyses.boundary import Boundary, End, Open, opened
from verifier.analyses.cases import Case, cases, listed, with_arguments
from verifier.analyses.closed import ClosedForm
from verifier.analyses.prove import judge
from verifier.analyses.seats import book_of
from verifier.analyses.tiers import arguments_of, bound_over_tiers
from verifier.engines.ask import GaveUp, Solver, Worker
from verifier.engines.memory import Memory
from verifier.evidence.bound import Bound, Edge
from verifier.evidence.verdict import Finding, Refuted, reason, word
from verifier.language.errors import SpecError
from verifier.language.load import generics
from verifier.language.pieces import Design, Shock

ZERO = Fraction(0)
PRECISION = Fraction(1, 10**6)
Tell = Callable[[str], None]


def bound(
    case: Case, solver: Solver, *, vary: str | None = None, precision: Fraction = PRECISION, tell: Tell = lambda _: None
) -> Bound:
    """How far the claim of the case holds as one quantity varies; the shock unless another one is named.

    Raises SpecError for a name that nothing has. What could not be settled is said in the result.
    """
    started = time.perf_counter()
    if case.prop.arithmetic != "real":
        raise SpecError(f"bounds are about real numbers; {case.prop.name} is claimed in fixed-point arithmetic here")
    problem = case.problem()
    shocks = [slot for slot, piece in problem.wired.items() if isinstance(piece, Shock)]
    if vary is None and not shocks:
        raise SpecError(f"{case.design.title} has no shock: say what varies with --vary NAME")
    name = vary or shocks[0]
    if case.prop.crowd and book_of(problem) is not None:
        found = bound_over_tiers(case, problem, solver, name, precision, tell)
    else:
        found = _Single(case, solver, name, precision, tell).bound()
    if found.proof is not None and not found.is_safe:
        found = unproved(found)
    return attrs.evolve(found, seconds=time.perf_counter() - started, questions=solver.questions)


def unproved(found: Bound) -> Bound:
    """A bound whose interval was not proved as a whole: it has no ends."""
    assert found.proof is not None
    verdict = found.proof.verdict
    why = f"what looked safe was not proved as a whole: {reason(verdict) or word(verdict)}"
    return attrs.evolve(found, low=None, high=None, proof=None, why=f"{why}; {found.why}" if found.why else why)


@attrs.define(eq=False)
class _Single:
    """A bound of a claim about single positions."""

    case: Case
    solver: Solver
    vary: str
    precision: Fraction
    tell: Tell

    def bound(self) -> Bound:
        open_ = opened(self.case.design, self.case.prop, dict(self.case.settings), self.vary)
        try:
            return self.found(open_)
        except GaveUp as why:
            return self.result(open_, None, None, str(why))

    def found(self, open_: Open) -> Bound:
        """The bound. Raises GaveUp."""
        boundary = Boundary(open_, self.solver, self.precision)
        self.tell("looking for a value that is safe")
        seed = boundary.seed()
        if seed is None:
            return self.result(open_, None, None, "no value was found for which the claim is proved")
        forms = {up: ClosedForm(boundary, up=up) for up in (True, False)}
        self.tell("where it ends")
        high, low = (boundary.end(seed, up=up, guess=forms[up].values) for up in (True, False))
        edges = {
            up: self.edge(open_, forms[up], end) for up, end in ((True, high), (False, low)) if end.safe is not None
        }
        why = "; ".join(end.why for end in (low, high) if end.why)
        found = self.result(open_, edges.get(False), edges.get(True), why)
        self.tell("the interval at once")
        found = attrs.evolve(found, proof=self.proof(open_, low, high))
        return attrs.evolve(found, elsewhere=tuple(self.elsewhere(boundary, found)))

    def elsewhere(self, boundary: Boundary, found: Bound) -> Iterator[Fraction]:
        """Safe values outside of the interval, where a parameter of a piece varies: a few far points are tried."""
        if boundary.open.var.name in dict(self.case.prop.arguments) or self.of_the_shock(boundary.open):
            return
        for edge, sign in ((found.high, 1), (found.low, -1)):
            step = ZERO if edge is None else max(abs(edge.safe), Fraction(1, 10))
            points = [] if edge is None else [edge.safe + sign * far * step for far in (Fraction(1, 2), 1, 4)]
            yield from (x for x in points if x >= 0 and boundary.safe_at(x))

    @staticmethod
    def of_the_shock(open_: Open) -> bool:
        """Whether it is the shock that varies: a smaller one is part of a larger one."""
        shocks = [piece for piece in open_.problem.pieces.values() if isinstance(piece, Shock)]
        return any(held is open_.value for shock in shocks for held in vars(shock).values())

    def result(self, open_: Open, low: Edge | None, high: Edge | None, why: str) -> Bound:
        return Bound(
            design=self.case.design.title, claim=open_.problem.claim.name, doc=open_.problem.claim.doc,
            arguments=arguments_of(self.case, self.vary), vary=self.vary, precision=self.precision, low=low, high=high,
            why=why,
        )  # fmt: skip

    def edge(self, open_: Open, form: ClosedForm, end: End) -> Edge:
        """One end with its counterexample and its closed form."""
        assert end.safe is not None
        if end.unsafe is None:
            return Edge(end.safe)
        self.tell("the counterexample")
        refuted = judge(*self.at(open_, end.unsafe), self.solver, time.perf_counter())
        if not isinstance(refuted.verdict, Refuted):
            return Edge(end.safe)
        self.tell("a closed form")
        try:
            closed = form.found(end, refuted.verdict.run)
        except GaveUp:
            closed = None
        return Edge(end.safe, end.unsafe, refuted, closed)

    def at(self, open_: Open, value: Fraction) -> tuple[Case, Any]:
        """The case with the quantity at a value."""
        name, prop, settings = open_.var.name, open_.prop, dict(open_.settings)
        if name in dict(prop.arguments):
            prop = with_arguments(prop, {name: value})
        else:
            settings[name] = value
        there = attrs.evolve(self.case, prop=prop, settings=settings, declared=None)
        return there, there.problem()

    def proof(self, open_: Open, low: End, high: End) -> Finding:
        """The finding on the whole interval, with the quantity open."""
        problem = open_.between(low.safe, high.safe)
        there = attrs.evolve(self.case, prop=open_.prop, settings=open_.settings, declared=None)
        return judge(there, problem, self.solver, time.perf_counter())


def bound_case(design: type[Design], name: str, settings: Mapping[str, Any], vary: str | None) -> Case:
    """The claim of this name that the bound is about: the first that the design says is proved, or one of the library.

    Raises SpecError.
    """
    claimed = [claim for claim, reason in listed(design) if claim.name == name and reason is None]
    takes = any(vary in source.own for source in generics() if source.name == name)
    has = any(vary in dict(claim.arguments) for claim in claimed)
    given = {vary: Fraction(0), **settings} if vary is not None and takes and not has else settings
    found = cases([design], only=(name,), settings=given)
    if vary is not None and takes:
        found = [case for case in found if vary in dict(case.prop.arguments)]
    return next((case for case in found if case.declared is None), found[0])


def bounds(
    todo: Sequence[Case],
    *,
    vary: str | None = None,
    precision: Fraction = PRECISION,
    seconds: float,
    memory: Memory | None = None,
    tell: Tell = lambda _: None,
) -> Iterator[Bound]:
    """The bound of each case, one after the other, each as soon as it is found, by one worker."""
    worker, memory = Worker(), memory or Memory()
    try:
        for case in todo:
            solver = Solver("real", time.monotonic() + seconds, worker, memory)
            about = f"{case.design.title} {case.prop.name}"
            yield bound(
                case,
                solver,
                vary=vary,
                precision=precision,
                tell=lambda text, about=about: tell(f"{about}: {text}"),  # type: ignore[misc]
            )
    finally:
        worker.close()
