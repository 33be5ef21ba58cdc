"""Single positions in the place of a book of tiers: what a run of several positions is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from verifier.language.lower import Problem, compose
from verifier.language.pieces import Book, Crowd, Design


def book_of(problem: Problem) -> Crowd | None:
    """The design's book of tiers, if that is what it has."""
    return next((piece for piece in problem.wired.values() if isinstance(piece, Crowd)), None)


def seats_of(problem: Problem, positions: Iterable[tuple[Fraction, Fraction]]) -> list[Book]:
    """A book for each position (health, collateral), of the kind that the problem's book of tiers names."""
    kind: Any = type(book_of(problem))
    return [kind.seat(health=health, size=collateral) for health, collateral in positions]


def elsewhere_than_the_book(problem: Problem, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that do not address the book: positions of its own kind take its place."""
    slot = next(name for name, piece in problem.wired.items() if isinstance(piece, Crowd))
    own = {slot, "rows", *(f"{slot}.{field}" for field in ("rows", "health", "frozen"))}
    return {name: given for name, given in settings.items() if name not in own}


def seated(
    design: type[Design], problem: Problem, settings: Mapping[str, Any], positions: Iterable[tuple[Fraction, Fraction]]
) -> Problem:
    """The problem's claim about positions (health, collateral) in the place of its book of tiers."""
    return compose(design, problem.prop, elsewhere_than_the_book(problem, settings), seats_of(problem, positions))
