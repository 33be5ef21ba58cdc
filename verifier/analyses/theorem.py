"""The theorem on two groups of borrowers, by induction: for every number in it, and for the design's oracle.

Its environment is any path of the fundamental price that keeps a floor, so that it speaks of each path by the lowest
price that the path in fact reaches; that the design's own shock keeps its floor is shown beside it, and where an oracle
must come to the lowest price, that the shock stays there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import Any, cast

import attrs

from verifier.analyses.lift import NotLifted, asks_for, oracle_terms, told
from verifier.engines.ask import Solver
from verifier.engines.induction import induction, signs
from verifier.evidence.obligations import Obligation
from verifier.evidence.verdict import Certificate
from verifier.interpretations.specialise import specialise
from verifier.interpretations.unroll import cone, rigid_facts, rule_facts, start_facts
from verifier.language.expr import Bool, Expr, Real, Var, substitute, variable, variables, where
from verifier.language.fields import fields_of
from verifier.language.history import at_start, lowest
from verifier.language.lower import Problem, compose, marked_in
from verifier.language.pieces import (
    ANY,
    Crowd,
    Design,
    DesignType,
    Mechanism,
    Oracle,
    Param,
    Property,
    Shock,
    as_property,
    generic,
)
from verifier.language.system import Lemma, System

ON_FLOOR = "of the shock: "
AT_ONCE = "at once: "


@generic
def fundamental_keeps_its_floor(it: Any) -> Bool:
    """The fundamental price never falls by more than the shock's bound below the first one."""
    shock, first = it.market.shock, at_start(it.market.shock.price)
    kept = (shock.price >= shock.floor()) & (shock.floor() >= (1 - shock.bound) * first)
    return kept & (first > 0)  # type: ignore[no-any-return]


@generic
def fundamental_never_recovers(it: Any) -> Bool:
    """Once below the first one, the fundamental price is always the lowest so far."""
    price = it.market.shock.price
    return (price == lowest(price)) | (lowest(price) >= at_start(price))  # type: ignore[no-any-return]


@generic
def fundamental_falls_at_once(it: Any) -> Bool:
    """Once below the first one, the fundamental price never changes again."""
    price = it.market.shock.price
    first = at_start(price)
    least_fall = lowest(where(price < first, first - price, first))
    unmoved = (lowest(price) >= first) & (least_fall == first)
    return unmoved | ((price < first) & (price == lowest(price)) & (first - price == least_fall))  # type: ignore[no-any-return]


def theorem(
    design: type[Design], problem: Problem, settings: Mapping[str, Any], book: Crowd, solver: Solver, *, paid: bool,
    stays: bool = False, known: Collection[str] | None = None,
) -> Certificate:  # fmt: skip
    """The theorem for the problem's oracle, and that its shock keeps the floor, whatever its bound.

    ``stays`` asks that the shock stay at its lowest price. ``known`` are the names of the lemmas on which that rests,
    if they need not be found. Raises NotLifted, GaveUp.
    """
    kind: Any = type(book)
    lemmas, floor = of_the_shock(FLOOR, design, problem, settings, solver, known)
    oracle = next(piece for piece in problem.pieces.values() if isinstance(piece, Oracle))
    if stays or (oracle.settled() is not oracle and asks_for(problem, "fundamental", "seats")):
        more, lowest_last = of_the_shock(OWNERS if stays else STAYS, design, problem, settings, solver, known)
        lemmas, floor = [*lemmas, *(item for item in more if item not in lemmas)], [*floor, *lowest_last]
    groups = [kind.groups, kind.paid_groups] if paid else [kind.groups]
    parts = [shown(problem, each, kind.fall, solver) for each in groups]
    obligations = (*floor, *(item for part in parts for item in part.obligations))
    on_floor = tuple((f"{ON_FLOOR}{item.name}", item.formula) for item in lemmas)
    return attrs.evolve(parts[-1], lemmas=(*on_floor, *parts[-1].lemmas), obligations=obligations)


def and_at_once(
    certificate: Certificate, design: type[Design], problem: Problem, settings: Mapping[str, Any], solver: Solver,
    known: Collection[str] | None,
) -> Certificate | None:  # fmt: skip
    """The certificate with a proof that the shock falls once and stays there; None where it may do something else."""
    own = None if known is None else {name.removeprefix(AT_ONCE) for name in known if name.startswith(AT_ONCE)}
    try:
        lemmas, falls = of_the_shock(ONCE, design, problem, settings, solver, own)
    except NotLifted:
        return None
    more = tuple((f"{ON_FLOOR}{AT_ONCE}{item.name}", item.formula) for item in lemmas)
    return attrs.evolve(
        certificate, lemmas=(*more, *certificate.lemmas), obligations=(*certificate.obligations, *falls)
    )


def with_bound(problem: Problem, settings: Mapping[str, Any], bound: Any) -> dict[str, Any]:
    """All settings of the problem with another bound on the shock."""
    slot = next(name for name, piece in problem.wired.items() if isinstance(piece, Shock))
    label = next((name for name in ("bound", f"{slot}.bound") if name in problem.system.fixed), f"{slot}.bound")
    merged = {**dict(problem.prop.settings), **settings}
    return {k: v for k, v in merged.items() if problem.named.get(k) != label} | {f"{slot}.bound": bound}


FLOOR = (
    fundamental_keeps_its_floor(),
    "the shock keeps its floor",
    "the shock's kind keeps no floor, so no tiers can be safe from it",
)
STAYS = (
    fundamental_never_recovers(),
    "the shock stays at its lowest price",
    "the oracle remembers prices, and may never come to one from which the shock recovers",
)
OWNERS = (*STAYS[:2], "owners may act while the price is low, and the shock may recover")
ONCE = (
    fundamental_falls_at_once(),
    "the shock falls at once",
    "the shock may lead through prices at which something is sold",
)
"""Claims on a shock alone, each with what it is called and what is said where it fails."""


def of_the_shock(
    what: tuple[Property, str, str], design: type[Design], problem: Problem, settings: Mapping[str, Any],
    solver: Solver, known: Collection[str] | None,
) -> tuple[list[Lemma], list[Obligation]]:  # fmt: skip
    """A claim on the design's own shock, whatever its bound, which nothing else reads. Raises NotLifted, GaveUp."""
    claim, called, refusal = what
    composed = compose(design, claim, with_bound(problem, settings, ANY))
    system = specialise(composed.system, "real")
    shock = next(name for name, piece in composed.wired.items() if isinstance(piece, Shock))
    bound = {var for var in system.params if var in set(variables(composed.pieces[shock].bound))}
    if bound & set(variables(*read_by_others(composed, system, shock))):
        raise NotLifted("the bound of the shock is read elsewhere, and it is the environment's own")
    own = {var for var in system.state if system.owners[var] == shock}
    own |= {var for var, term in system.rigid.items() if set(variables(term)) <= own}
    about = [item for item in system.lemmas if set(variables(item.formula)) <= own]  # a shock knows nothing of sales
    part = cone(attrs.evolve(system, lemmas=tuple(about)), composed.claim, [item.formula for item in about])
    if known is None:
        found = induction(part, composed.claim, part.lemmas, solver)
        if not found.holds:
            raise NotLifted(f"{refusal}: {composed.claim.doc}")
        lemmas = list(found.lemmas)
    else:
        lemmas = [item for item in (*signs(part), *part.lemmas) if item.name in known]
    formulas = [*(item.formula for item in lemmas), composed.claim.formula]
    return lemmas, inductive(called, part, formulas, solver)


def read_by_others(composed: Problem, system: System, shock: str) -> list[Expr]:
    """All terms of the other pieces: of their rules and assumptions, of the market's laws, the oracle and health."""
    it: Any = composed.pieces[composed.seats[0]]
    sold = cast(Real, variable(Var("sold", Real, it.collateral.unit)))
    terms: list[Expr] = [
        it.market.impact(sold),
        it.market.worth(sold),
        it.market.price(),
        it.oracle.quote(),
        it.health_value(),
    ]
    terms += [it.spread()] if hasattr(type(it), "spread") else []
    for rule in system.rules:
        terms += [term for var, term in rule.updates.items() if system.owners[var] != shock]
        terms += [rule.guard] if rule.owner != shock else []
    return terms + [item.formula for item in system.assumptions if item.owner != shock]


def shown(problem: Problem, groups: type[Mechanism], fall: type[Shock], solver: Solver) -> Certificate:
    """The theorem on these groups for the problem's oracle, shown once. Raises NotLifted, GaveUp."""
    slot = next(name for name, piece in problem.wired.items() if isinstance(piece, Oracle))
    about = (type(solver), groups, fall, type(problem.wired[slot]), tuple(in_force(problem, slot).items()))
    if about not in _SHOWN:
        _SHOWN[about] = proved(problem, groups, fall, solver)
    return _SHOWN[about]


_SHOWN: dict[object, Certificate] = {}


def proved(problem: Problem, groups: type[Mechanism], fall: type[Shock], solver: Solver) -> Certificate:
    """The theorem, by induction."""
    composed = compose(two_groups(problem, groups, fall), as_property(vars_of(groups)["floor_and_reach"]))
    system = specialise(composed.system, "real")
    refuse_foresight(composed, system)
    oracle: Any = next(piece for piece in composed.pieces.values() if isinstance(piece, Oracle))
    begins = Obligation("the groups' market begins", (*rigid_facts(system), *start_facts(system)), expected="sat")
    if solver.ask(begins.facts) is None:
        raise NotLifted("the oracle's start fits no market of which only the laws are known")
    start = Obligation(
        "the oracle's first reading is not above the market price",
        (*rigid_facts(system), *start_facts(system)),
        (oracle.quote() <= oracle.market.price(),),
    )
    ask(start, solver)
    lemmas = [*signs(system), *(item for item in system.lemmas if apart_from_sales(item, composed, groups))]
    known = [*(item.formula for item in lemmas), composed.claim.formula]
    try:
        steps = inductive(f"the theorem on {groups.__name__}", system, known, solver)
    except NotLifted as why:
        remembers = any(isinstance(held, Real) for held in oracle.__dict__["_state"].values())
        if remembers and "kept by tick fails" in str(why):
            raise NotLifted("no lemma keeps what the oracle remembers above the lowest price so far") from None
        raise
    return Certificate(1, tuple((item.name, item.formula) for item in lemmas), obligations=(begins, start, *steps))


def apart_from_sales(item: Lemma, composed: Problem, groups: type[Mechanism]) -> bool:
    """Whether a lemma may hold where sales move the price: an oracle's own that know the shock's bound do not."""
    shock: Any = next(piece for piece in composed.pieces.values() if isinstance(piece, Shock))
    return item.name in vars_of(groups) or not set(variables(shock.bound)) & set(variables(item.formula))


def vars_of(cls: type) -> dict[str, Any]:
    """What the class and those that it extends define."""
    return {name: found for base in reversed(cls.__mro__) for name, found in vars(base).items()}


def refuse_foresight(composed: Problem, system: System) -> None:
    """An oracle sees the fundamental price at most, never what the shock may still do. Raises NotLifted."""
    slots = {
        kind: name for kind in (Shock, Oracle) for name, piece in composed.pieces.items() if isinstance(piece, kind)
    }
    shock, oracle = composed.pieces[slots[Shock]], composed.pieces[slots[Oracle]]
    price = cast(Var, shock.price.leaf)
    own = set(variables(*(held for held in vars(shock).values() if isinstance(held, Expr)))) - {price}
    names = {marked.name for marked in marked_in(cast(type, type(oracle))) if marked.kind == "assumption"}
    terms = oracle_terms(system, oracle, slots[Oracle], without=Mechanism)
    terms += [item.formula for item in system.assumptions if item.name in names]
    more = [var.name for var in variables(*terms) if var in own]
    if more:
        raise NotLifted(f"the oracle sees {', '.join(more)} of the shock, and not prices alone")


def inductive(what: str, system: System, known: Sequence[Bool], solver: Solver) -> list[Obligation]:
    """An invariant by induction: one question for the start and one for each rule. Raises NotLifted where it breaks."""
    fixed = rigid_facts(system)
    made = [Obligation(f"{what}: at the start", (*fixed, *start_facts(system)), tuple(known))]
    for rule in system.rules:
        memo: dict[Expr, Expr] = {}
        goals = [post for fact in known if (post := substitute(fact, rule.updates, memo)) is not fact]
        made.append(
            Obligation(f"{what}: kept by {rule.name}", (*fixed, *known, *rule_facts(system, rule)), tuple(goals))
        )
    for obligation in made:
        if obligation.goals:
            ask(obligation, solver)
    return [obligation for obligation in made if obligation.goals]


def ask(obligation: Obligation, solver: Solver) -> None:
    """Have it settled. Raises NotLifted with the state that breaks it, GaveUp."""
    if (model := solver.ask(obligation.facts, obligation.goals)) is not None:
        raise NotLifted(f"{obligation.name} fails for this oracle or shock: {told(model)}")


def two_groups(problem: Problem, groups: type[Mechanism], shock: type[Shock]) -> type[Design]:
    """The problem's oracle with its borrowers as two groups, in a market of which only the laws are known."""
    slot = next(name for name, piece in problem.wired.items() if isinstance(piece, Oracle))
    pressed = next(base.__annotations__["market"] for base in groups.__mro__ if "market" in base.__annotations__)
    fall = shock(**{field.name: ANY for field in fields_of(shock)[0] if isinstance(field.declared, Param)})
    market = pressed(shock=fall)
    seeing = type(problem.wired[slot])(**{**in_force(problem, slot), "market": market})
    body = {"shock": fall, "market": market, "oracle": seeing, "groups": groups(market=market, oracle=seeing)}
    return cast("type[Design]", DesignType(groups.__name__, (Design,), body))


def in_force(problem: Problem, slot: str) -> dict[str, Any]:
    """The parameters and rows of a piece under all settings; what it refers to is left out."""
    made: dict[str, Any] = {}
    for field in fields_of(type(problem.wired[slot]))[0]:
        held = problem.pieces[slot].__dict__.get(field.name)
        if isinstance(field.declared, Param):
            made[field.name] = held.leaf if isinstance(held.leaf, (Fraction, bool)) else ANY
        elif isinstance(held, tuple):
            made[field.name] = held
    return made
