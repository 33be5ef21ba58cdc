"""Property-based search over a case, in the real and in the fixed-point reading."""

from __future__ import annotations

import attrs

from verifier.analyses.cases import Case
from verifier.analyses.seats import book_of, seated
from verifier.engines.fuzz import Search, fuzz
from verifier.interpretations.specialise import specialise
from verifier.language.elsewhere import refuse_off_grid
from verifier.language.errors import SpecError
from verifier.language.expr import Real
from verifier.language.system import Arithmetic

FEW = 8
"""Of no more tiers than these one position each is told apart."""


@attrs.frozen(eq=False)
class Searched:
    """What the search of one case did, by arithmetic; the reason where an arithmetic has no place here."""

    case: Case
    doc: str
    columns: tuple[tuple[str, Real], ...]
    results: dict[Arithmetic, Search | str]

    @property
    def unexpected(self) -> bool:
        """A violation in the claim's own arithmetic that the design does not declare."""
        result = self.results[self.case.prop.arithmetic]
        return isinstance(result, Search) and result.found is not None and self.case.declared is None


def search(case: Case, *, examples: int, length: int, seed: int) -> Searched:
    """Search one case in both arithmetics."""
    problem = case.problem()
    if case.prop.crowd and (book := book_of(problem)) is not None:
        rows = next(piece for piece in problem.pieces.values() if isinstance(piece, type(book))).rows
        if len(rows) > FEW:
            why = f"not searched: {len(rows)} tiers are too many to tell positions apart"
            return Searched(case, problem.claim.doc, problem.system.columns, {"real": why, "fixed": why})
        problem = seated(case.design, problem, case.settings, [(tier.lo, tier.collateral) for tier in rows])
    results: dict[Arithmetic, Search | str] = {}
    for arithmetic in ("real", "fixed"):
        try:
            system = specialise(problem.system, arithmetic)
            for rule in system.rules if arithmetic == "fixed" else ():
                refuse_off_grid(rule)
            results[arithmetic] = fuzz(system, problem.claim, arithmetic, examples=examples, length=length, seed=seed)
        except SpecError as error:
            results[arithmetic] = error.message
    return Searched(case, problem.claim.doc, problem.system.columns, results)
