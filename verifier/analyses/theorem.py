"""The theorem on two groups of borrowers, by induction: for every number in it, and for the design's oracle.

Its environment is any path of the fundamental price that keeps a floor, so that it speaks of each path by the lowest
price that the path in fact reaches; that the design's own shock keeps its floor is shown beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from verifier.analyses.lift import NotLifted, told
from verifier.engines.ask import Solver
from verifier.engines.induction import signs
from verifier.engines.unroll import rigid_facts, rule_facts, start_facts
from verifier.evidence.verdict import Certificate
from verifier.interpretations.specialise import specialise
from verifier.language.expr import Bool, Expr, substitute
from verifier.language.fields import fields_of
from verifier.language.lower import Problem, compose
from verifier.language.pieces import (
    ANY,
    Crowd,
    Design,
    DesignType,
    Marked,
    Mechanism,
    Oracle,
    Param,
    Shock,
    as_property,
)
from verifier.language.system import System


def theorem(problem: Problem, book: Crowd, solver: Solver, *, paid: bool) -> Certificate:
    """The theorem for the problem's oracle, and that its shock keeps the floor. Raises NotLifted, GaveUp."""
    kind: Any = type(book)
    shock = next(piece for piece in problem.wired.values() if isinstance(piece, Shock))
    shown(problem, kind.groups, type(shock), kind.groups.fundamental_price_keeps_its_floor, solver)
    plain = shown(problem, kind.groups, kind.fall, kind.groups.floor_and_reach, solver)
    return shown(problem, kind.paid_groups, kind.fall, kind.groups.floor_and_reach, solver) if paid else plain


def shown(problem: Problem, groups: type[Mechanism], shock: type[Shock], claim: Marked, solver: Solver) -> Certificate:
    """A claim of the two groups under any shock of this kind. Raises NotLifted, GaveUp."""
    composed = compose(two_groups(problem, groups, shock), as_property(claim))
    system = specialise(composed.system, "real")
    lemmas = [*signs(system), *system.lemmas]
    failed = inductive(system, [*(item.formula for item in lemmas), composed.claim.formula], solver)
    if failed is not None:
        raise NotLifted(f"{composed.claim.doc} Not shown for this oracle and shock: {failed}")
    return Certificate(1, tuple((item.name, item.formula) for item in lemmas))


def inductive(system: System, known: Sequence[Bool], solver: Solver) -> str | None:
    """The step that breaks an invariant, or None: one question for the start and one for each rule."""
    fixed = rigid_facts(system)
    model = solver.ask([*fixed, *start_facts(system)], list(known))
    if model is not None:
        return f"at the start, {told(model)}"
    for rule in system.rules:
        memo: dict[Expr, Expr] = {}
        goals = [post for fact in known if (post := substitute(fact, rule.updates, memo)) is not fact]
        model = solver.ask([*fixed, *known, *rule_facts(system, rule)], goals)
        if model is not None:
            return f"{rule.name}, {told(model)}"
    return None


def two_groups(problem: Problem, groups: type[Mechanism], shock: type[Shock]) -> type[Design]:
    """The problem's oracle with its borrowers as two groups, in a market of which only the laws are known."""
    oracle = next(piece for piece in problem.wired.values() if isinstance(piece, Oracle))
    pressed = next(base.__annotations__["market"] for base in groups.__mro__ if "market" in base.__annotations__)
    fall = shock(**{field.name: ANY for field in fields_of(shock)[0] if isinstance(field.declared, Param)})
    market = pressed(shock=fall)
    seeing = type(oracle)(**{**oracle.__dict__["_config"], "market": market})
    body = {"shock": fall, "market": market, "oracle": seeing, "groups": groups(market=market, oracle=seeing)}
    return cast("type[Design]", DesignType(groups.__name__, (Design,), body))
