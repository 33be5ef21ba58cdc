"""Designs side by side under one environment: each number proved on its safe side and refuted beside it."""

from __future__ import annotations

import importlib
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from typing import Any

import attrs

from verifier.analyses.bound import bound
from verifier.analyses.boundary import number_of, stated
from verifier.analyses.cases import Case
from verifier.analyses.frequencies import Frequencies
from verifier.analyses.prove import Prover
from verifier.analyses.selection import Side
from verifier.analyses.tradeoff import tradeoffs
from verifier.engines.ask import Solver
from verifier.engines.portfolio import Effort
from verifier.evidence.bound import Bound
from verifier.evidence.comparison import Cell, Comparison, Premium, Row, Standing, standing
from verifier.evidence.verdict import Finding, Proved, reason, word
from verifier.interpretations.specialise import specialise
from verifier.language.errors import SpecError, known
from verifier.language.expr import all_of
from verifier.language.fields import SETTABLE, fields_of
from verifier.language.figure import Environment, Figure, Term
from verifier.language.load import LIBRARY
from verifier.language.lower import Problem, compose
from verifier.language.pieces import (
    ANY,
    Design,
    Marked,
    Market,
    Oracle,
    Piece,
    Property,
    as_property,
    kind_name,
    opening,
)
from verifier.language.system import Actor, Rule, System

ZERO, ONE = Fraction(0), Fraction(1)
ANYTHING = as_property(Marked("invariant", lambda _: all_of()))
"""A claim that any design can make, to look at its system."""
BESIDE = Fraction(1, 10000)
"""How far from the proved value the refuted one lies: a hundredth of a percent."""
TAKERS = "what takers do with collateral is not looked at"
WIDEST = 64
"""No collateral ratio above this is looked at."""


def comparison(
    sides: Sequence[Side],
    settings: Mapping[str, Any],
    often: Frequencies,
    prover: Prover,
    tell: Callable[[str], None] = lambda _: None,
    *,
    named: bool,
) -> Comparison:
    """Designs side by side: those that are named, or all that say how the book's position maps to them.

    Raises SpecError. An interrupt keeps the rows that are there.
    """
    terms, figures = library(settings, often)
    mapped = compared([side.design for side in sides])
    chosen = [side for side in sides if named or side.design in mapped]
    reference = importlib.import_module(f"{LIBRARY}.comparison").REFERENCE
    chosen.sort(key=lambda side: side.text != reference)
    env = {term.name: term.value for term in terms}
    refuse_what_is_common(chosen, figures, env)
    made: list[Row] = []
    try:
        for found in rows(chosen, figures, env, often.rows, prover):
            made.append(found)
            tell(f"[{len(made)}/{len(chosen)}] {found.design}")
    except KeyboardInterrupt:
        tell(f"interrupted: {len(made)} of {len(chosen)} designs are compared")
    return Comparison(terms, figures, tuple(made), often.rows, often.source, tradeoffs(made))


def library(settings: Mapping[str, Any], often: Frequencies) -> tuple[tuple[Term, ...], tuple[Figure, ...]]:
    """The environment with what is set in it, and the figures. Raises SpecError for a name that it has not."""
    module = importlib.import_module(f"{LIBRARY}.comparison")
    terms: tuple[Term, ...] = module.ENVIRONMENT
    for name, given in settings.items():
        if name not in {term.name for term in terms}:
            raise SpecError(
                f"the environment has no '{name}'; {known([term.name for term in terms], name)}. What is a design's "
                f"own is given with its name: 'spot({name}=...)'"
            )
        if not isinstance(given, Fraction):
            raise SpecError(f"{name} of the environment is a number, not '{given}'")
    terms = tuple(attrs.evolve(term, value=settings.get(term.name, term.value)) for term in terms)
    return terms, module.figures(tuple(size for size, _ in often.rows))


def refuse_what_is_common(sides: Sequence[Side], figures: Sequence[Figure], env: Environment) -> None:
    """Raise SpecError where a design is given for itself what the environment sets for all."""
    asked = dict(setting for figure in figures for setting in figure.claim(env, ONE / 2).settings)
    inner = {name.rpartition(".")[2] for name in asked}
    inner |= {name for value in asked.values() if isinstance(value, Piece) for name in value.__dict__["_config"]}
    for side in sides:
        for name in side.settings:
            slot, _, field = name.rpartition(".")
            if slot in asked or field in asked or (not slot and field in inner):
                raise SpecError(f"{side.text}: {name} is the same for all designs; --set changes the environment")


def row(side: Side, cells: Mapping[str, Cell], premiums: Sequence[Premium]) -> Row:
    """One design's numbers."""
    said = vars(side.design)
    position, capital = said.get("position", "collateral and debt as they are"), said.get("capital", "")
    oracle = oracle_of(side)
    return Row(side.text, opening(side.design.__doc__), position, oracle, capital, cells, tuple(premiums))


def oracle_of(side: Side) -> str:
    """What the design sees of the price: the oracle's kind, and what that says of itself."""
    pieces = compose(side.design, ANYTHING, side.settings).wired.values()
    kinds = dict.fromkeys(type(piece) for piece in pieces if isinstance(piece, Oracle))
    firsts = {kind_name(kind): opening(kind.__doc__).partition(". ")[0].rstrip(".") for kind in kinds}
    return "; ".join(f"{name} ({first[:1].lower()}{first[1:]})" for name, first in firsts.items())


def compared(designs: Sequence[type[Design]]) -> list[type[Design]]:
    """Those of the designs that say how the book's position maps to them, and that lend."""
    found = [design for design in designs if "position" in vars(design)]
    return [design for design in found if "lender_loss" not in vars(design).get("not_applicable", {})]


def rows(
    sides: Sequence[Side],
    figures: Sequence[Figure],
    env: Environment,
    frequencies: Sequence[tuple[Fraction, Fraction]],
    prover: Prover,
) -> Iterator[Row]:
    """The rows of the table, each as soon as it is there."""
    with ThreadPoolExecutor(max_workers=prover.jobs) as pool:
        waiting: list[list[Future[Cell]]] = [
            [pool.submit(Asked(side.design, figure, env, prover, side.settings).cell) for figure in figures]
            for side in sides
        ]
        try:
            for side, futures in zip(sides, waiting, strict=True):
                cells = {}
                for future, figure in zip(futures, figures, strict=True):
                    cells[figure.name] = future.result()
                yield row(side, cells, premiums(cells, frequencies))
        except BaseException:
            for future in (future for futures in waiting for future in futures):
                future.cancel()
            prover.__exit__()
            raise


@attrs.frozen(eq=False)
class Asked:
    """One figure asked of one design."""

    design: type[Design]
    figure: Figure
    env: Environment
    prover: Prover
    settings: Mapping[str, Any] = {}
    """What is another than the design says."""

    def cell(self) -> Cell:
        """The number, with what stands behind it and what the design's author remarks on it."""
        found, remark = self.asked(), self.said("remarks")
        why = "; ".join(text for text in (found.why, remark) if text)
        return found if remark is None else attrs.evolve(found, why=why)

    def asked(self) -> Cell:
        """The number, with what stands behind it."""
        if (said := self.said("not_applicable")) is not None:
            return Cell(self.figure, "not applicable", why=said)
        if (said := self.said("not_settled")) is not None:
            return Cell(self.figure, "unknown", why=said)
        try:
            return self.among_many() if self.figure.crowd else self.alone()
        except SpecError as why:
            return Cell(self.figure, "unknown", why=why.message)

    def said(self, attribute: str) -> str | None:
        """What the design says of this figure, by the property's name or by how the figure's own begins."""
        reasons: Mapping[str, str] = vars(self.design).get(attribute, {})
        names = [self.claim(ONE / 2).name, *(key for key in reasons if self.figure.name.startswith(key))]
        return next((reasons[name] for name in names if name in reasons), None)

    # One position.

    def alone(self) -> Cell:
        stated = self.ratio() if self.figure.vary == "ratio" else self.stated()
        if stated is None:
            return self.searched()
        return self.judged(stated)

    def stated(self) -> Fraction | None:
        """What the author's closed form says, moved into the quantity's domain."""
        found = stated(self.problem(ONE / 2), self.figure.vary)
        if found is None:
            return None
        return min(max(found, ZERO), ONE) if self.figure.end is not None else found

    def ratio(self) -> Fraction | None:
        """The least collateral over debt, to four digits, at which the author's form for the loss is small enough."""
        problem = self.problem(ANY)
        term = problem.forms.get("cap")
        health = next((var for var in problem.system.params if var.name.rpartition(".")[2] == "health"), None)
        cap = problem.system.fixed.get("cap")
        if term is None or health is None or not isinstance(cap, Fraction):
            return None
        low, high = (ONE / self.env["line"] / BESIDE).__ceil__(), int(WIDEST / BESIDE)

        def enough(steps: int) -> bool:
            loss = number_of(term, {health: steps * BESIDE * self.env["line"]})
            return loss is not None and loss <= cap

        if not enough(high):
            return None
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if enough(middle) else (middle + 1, high)
        return low * BESIDE

    def judged(self, stated: Fraction) -> Cell:
        """The number with both sides."""
        up = self.figure.holds == "up to"
        ends = stated == self.figure.end
        everything, nothing = up and ends, up and stated == ZERO
        if everything:
            always = self.finding(ANY, effort="lemmas")
            if isinstance(always.verdict, Proved):
                return Cell(self.figure, "exact", stated, "", always)
            return self.nearly_always(stated - BESIDE)
        safe = None if nothing else self.finding(stated)
        if safe is not None and not isinstance(safe.verdict, Proved):
            return self.unsettled(stated, safe)
        least = self.figure.vary == "ratio" and stated * self.env["line"] - BESIDE * self.env["line"] < 1
        unsafe = None if ends or least else self.finding(stated + BESIDE if up else stated - BESIDE, effort="runs")
        stands = standing(safe, unsafe, closed=ends or least)
        why = "" if stands == "exact" or unsafe is None else "no run that breaks it just beyond was found"
        return Cell(self.figure, stands, stated, why, safe, unsafe)

    def nearly_always(self, stated: Fraction) -> Cell:
        """A number next to the end of its domain, where the proof for the whole domain does not come out."""
        safe = self.finding(stated)
        if not isinstance(safe.verdict, Proved):
            return self.unsettled(stated, safe)
        return Cell(self.figure, "proved", stated, "for all of them at once the proof does not come out", safe)

    def unsettled(self, stated: Fraction, safe: Finding) -> Cell:
        why = f"the design's own closed form says {stated}, and that is {told(safe)}"
        return Cell(self.figure, "unknown", None, why, safe)

    def searched(self) -> Cell:
        """Where the author states nothing: what a search finds."""
        case = self.case(ZERO if self.figure.vary == "cap" else ONE / 2)
        vary = {"ratio": "health"}.get(self.figure.vary, self.figure.vary)
        found = self.found(self.bound(case, vary))
        if found.value is None:
            return attrs.evolve(found, why=f"no closed form is stated, and a search ended: {found.why}")
        return attrs.evolve(found, value=found.value / self.env["line"]) if self.figure.vary == "ratio" else found

    def found(self, found: Bound) -> Cell:
        """What a search found as a number: exact only where both of its sides are as close as a stated one's."""
        edge = found.high if self.figure.holds == "up to" else found.low
        end = self.figure.end if edge is None else edge.safe
        if edge is None and self.figure.vary == "ratio":  # at any health, so at one: no position starts below
            end = ONE
        if found.proof is None or not isinstance(found.proof.verdict, Proved) or end is None:
            why = found.why or (told(found.proof) if found.proof is not None else "no bound was found")
            return Cell(self.figure, "unknown", why=in_words(why), bound=found)
        stands: Standing = "exact" if found.verdict == "proved" else "proved"
        return Cell(self.figure, stands, end, in_words(found.why), found.proof, edge.refuted if edge else None, found)

    # A market.

    def among_many(self) -> Cell:
        case = self.case(ONE / 2)
        problem = compose(self.design, attrs.evolve(ANYTHING, settings=case.prop.settings), self.settings)
        if not sales(problem, specialise(problem.system, "real")):
            return self.without_sales(sales(problem, problem.system), problem.system)
        found = self.found(self.bound(case, self.figure.vary))
        if not hasattr(type(problem.pieces[problem.seats[0]]), "most_held"):
            return found
        return attrs.evolve(found, why="; ".join(part for part in (found.why, TAKERS) if part))

    def without_sales(self, barred: Sequence[Rule], system: System) -> Cell:
        """Nothing is sold: the price is the fundamental one, and nobody is dragged along."""
        assumed = {item.name: item.doc for rule in barred for item in system.assumed(rule.name)}
        why = "nothing is sold: no rule of the mechanism moves the market"
        why += f", under {' and '.join(assumed)}" if assumed else f"; {TAKERS}"
        value = ONE if self.figure.size is None else ONE - self.figure.size
        return Cell(self.figure, "exact", value, why, assumed=assumed)

    # Asking.

    def finding(self, at: Any, effort: Effort = "all") -> Finding:
        return self.prover.finding(self.case(at), effort=effort, explain=self.figure.in_table)

    def bound(self, case: Case, vary: str) -> Bound:
        until = time.monotonic() + self.prover.seconds / (1 if self.figure.crowd else 2)
        solver = Solver("real", until, self.prover.worker(), self.prover.memory)
        return bound(case, solver, vary=vary, precision=BESIDE)

    def problem(self, at: Any) -> Problem:
        return self.case(at).problem()

    def case(self, at: Any) -> Case:
        return Case(self.design, self.claim(at), self.settings, None)

    def claim(self, at: Any) -> Property:
        """The property with its quantity at a value, under those settings that the design has a place for."""
        asked = self.figure.claim(self.env, at)
        return attrs.evolve(asked, settings=tuple((k, v) for k, v in asked.settings if self.has(k)))

    def has(self, name: str) -> bool:
        slots = self.design.slots()
        slot, _, field = name.rpartition(".")
        if slot:
            return slot in slots
        return field in slots or any(
            part.name == field
            for piece in slots.values()
            for part in fields_of(type(piece))[0]
            if isinstance(part.declared, SETTABLE)
        )


def sales(problem: Problem, system: System) -> list[Rule]:
    """The rules of anybody but the environment that move the market."""
    markets = {slot for slot, piece in problem.wired.items() if isinstance(piece, Market)}
    moved = {var for var, slot in system.owners.items() if slot in markets}
    return [rule for rule in system.rules if rule.actor is not Actor.ENVIRONMENT and moved & set(rule.updates)]


def in_words(why: str) -> str:
    """A reason, once, without the values by which a solver shows it."""
    return "; ".join(dict.fromkeys(re.sub(r"( fails[^:]*):.*", r"\1", why, flags=re.DOTALL).split("; ")))


def told(finding: Finding) -> str:
    """A verdict that is no answer, with its reason."""
    why = reason(finding.verdict)
    return f"{word(finding.verdict)}{f': {why}' if why else ''}"


def premiums(cells: Mapping[str, Cell], frequencies: Sequence[tuple[Fraction, Fraction]]) -> list[Premium]:
    """What covers the proved worst losses a year, by the kind of shock."""
    return [premium(kind, cells, frequencies) for kind in ("drop", "slide")]


def premium(kind: str, cells: Mapping[str, Cell], frequencies: Sequence[tuple[Fraction, Fraction]]) -> Premium:
    """The sum of frequency times loss; none where a loss is not known, or has no meaning."""
    total = ZERO
    for size, often in frequencies:
        cell = cells.get(f"lender_loss_{kind}_{100 * size}")
        if cell is not None and cell.standing == "not applicable":
            return Premium(kind, "not applicable", why=cell.why)
        if cell is None or cell.value is None:
            told = cell.standing if cell else "not asked for"
            return Premium(kind, "unknown", why=f"the loss at a {kind} of {100 * size} % is {told}")
        total += often * cell.value
    return Premium(kind, "proved", total)
