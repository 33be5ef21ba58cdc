"""Settings that come from files: a book of positions as tiers, a depth table as a market."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from verifier.analyses.cases import listed, own_arguments
from verifier.analyses.ledger import read_ledger
from verifier.interpretations.exact import value
from verifier.language.book import Tier
from verifier.language.errors import Site, SpecError
from verifier.language.expr import Q, Var, exchange, number, substitute, variables
from verifier.language.fields import kinds_like
from verifier.language.load import generics
from verifier.language.lower import Problem, compose
from verifier.language.pieces import Book, Crowd, Data, Design, Market, Piece, Seated


def book_settings(
    design: type[Design], settings: Mapping[str, Any], file: Path, tiers: int, price: Fraction | None
) -> dict[str, Any]:
    """The settings with the positions of a file, in so many tiers at the most, in the place of the design's book.

    Where the settings choose a book of positions told apart, it gets each of them. Raises SpecError for a file that is
    no book, and for one with debts where the threshold or the first price is open.
    """
    own = next((name for name, piece in design.slots().items() if isinstance(piece, Book)), "")
    chosen = settings.get(own)
    problem = some_problem(design, {name: given for name, given in settings.items() if name != own})
    slot, kind = slot_and_kind(problem, Book, Crowd)
    ledger = read_ledger(file, threshold=threshold_of(problem), price=price)
    rows = ledger.tiers(tiers)
    kinds = kinds_like(type(problem.wired[slot]))
    if chosen in kinds and issubclass(kinds[chosen], Seated):
        each = tuple(one for tier in ledger.tiers(max(3, ledger.positions)) for one in apart(tier, file))
        return {**settings, slot: kinds[chosen](rows=each)}
    if not rows:
        raise SpecError(
            "there is no position with both collateral and debt, so nothing can ever be liquidated", Site(str(file), 1)
        )
    return {**settings, slot: kind, f"{slot}.rows": rows}


def apart(tier: Tier, file: Path) -> list[Tier]:
    """The positions of a class. Raises SpecError where there are several: each has its own collateral, unknown here."""
    if tier.positions > 1:
        raise SpecError(
            f"{tier.positions} positions have health {tier.lo}; told apart, each needs a health of its own",
            Site(str(file), 1),
        )
    return [tier]


def depth_settings(design: type[Design], settings: Mapping[str, Any], file: Path) -> dict[str, Any]:
    """The settings with the standing bids of a file as the market. Raises SpecError."""
    slot, kind = slot_and_kind(some_problem(design, settings), Market, Market)
    return {**settings, slot: kind, f"{slot}.rows": read_depth_table(file)}


def some_problem(design: type[Design], settings: Mapping[str, Any]) -> Problem:
    """The design under its first claim; settings that are arguments of claims are left out."""
    claims = [claim for claim, _ in listed(design)]
    arguments = {name for claim in claims for name in own_arguments(claim)}
    arguments |= {name for source in generics() for name in source.own}
    return compose(design, claims[0], {name: given for name, given in settings.items() if name not in arguments})


def slot_and_kind(problem: Problem, role: type[Piece], wanted: type[Piece]) -> tuple[str, str]:
    """The slot of the piece in a role, and the name of a kind for it that reads rows. Raises SpecError."""
    slot, piece = next(((name, held) for name, held in problem.wired.items() if isinstance(held, role)), ("", None))
    if piece is None:
        raise SpecError(f"{problem.system.name} has no {role.__name__.lower()} that a file could take the place of")
    for name, kind in kinds_like(type(piece)).items():
        if issubclass(kind, wanted) and kind is not wanted and isinstance(getattr(kind, "rows", None), Data):
            return slot, name
    raise SpecError(f"there is no kind of {role.__name__.lower()} that reads rows")


def threshold_of(problem: Problem) -> Fraction | None:
    """What a position of health one owes for each unit of its collateral's value; None if parameters leave it open."""
    it: Any = problem.pieces[problem.seats[0]]
    reading = it.oracle.quote()
    term = exchange(it.health_value(), reading, number(1, reading.unit))
    term = substitute(term, {cast(Var, it.collateral.leaf): number(1, it.collateral.unit)})
    found = None if variables(term) else value(term, {})
    return found if isinstance(found, Fraction) else None


def read_depth_table(file: Path) -> tuple[tuple[Fraction, Fraction], ...]:
    """Rows of (discount, quantity) from a CSV file with these columns, discounts ascending. Raises SpecError."""
    rows: list[tuple[Fraction, Fraction]] = []
    with file.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.DictReader(stream)
        names = [name.strip() for name in reader.fieldnames or ()]
        for wanted in ("discount", "quantity"):
            if wanted not in names:
                raise SpecError(
                    f"no column '{wanted}'; a depth table has discount,quantity, here: {', '.join(names) or 'nothing'}",
                    Site(str(file), 1),
                )
        reader.fieldnames = names
        for row in reader:
            site = Site(str(file), reader.line_num)
            discount, quantity = (cell(row.get(name), name, site) for name in ("discount", "quantity"))
            if discount > 1:
                raise SpecError(
                    f"column discount: {row['discount']} is more than the whole price; write 0.02 for 2 %", site
                )
            if rows and discount <= rows[-1][0]:
                raise SpecError(
                    "column discount: the rows go from the best bid down, each discount larger than the one before",
                    site,
                )
            rows.append((discount, quantity))
    if not rows:
        raise SpecError("the depth table has no rows", Site(str(file), 1))
    return tuple(rows)


def cell(text: str | None, name: str, site: Site) -> Fraction:
    """A number that is not negative, exactly as written."""
    try:
        found = Q((text or "").strip() or "missing")
    except SpecError:
        raise SpecError(f"column {name}: '{text or ''}' is not a number; write a decimal such as 0.02", site) from None
    if found < 0:
        raise SpecError(f"column {name}: {text} is negative", site)
    return found
