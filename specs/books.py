"""Who has borrowed: what is known of the positions at the start, and whether they may change by their owners' acts."""

from typing import Any

from verifier.language import Book, Bool, Crowd, Q, Real, Seated, Tier, all_of, amount, assumption, data, param

from .groups import PaidGroups, TwoGroups
from .shocks import Drop, Floor
from .units import COLLATERAL, Collateral, Ratio


def classes(*rows: tuple[str, str]) -> tuple[Tier, ...]:
    """Tiers of one health each, from pairs of health and collateral."""
    return tuple(Tier(Q(health), Q(health), Q(collateral)) for health, collateral in rows)


class AnyPosition(Book):
    """One generic position, of health at least ``health`` at the start."""

    health: Ratio = param(1)
    frozen: Bool = param(False)

    @assumption
    def health_is_at_least_one(self) -> Bool:
        """Nobody starts liquidatable."""
        return self.health >= 1

    def floor(self) -> Real:
        """The lowest health at the start."""
        return self.health

    def holds(self, collateral: Real) -> Bool:
        """Whether a position may start with this collateral."""
        del collateral
        return all_of()

    def keeps(self, collateral: Real) -> Bool:
        """What remains so of the collateral, whatever is done."""
        del collateral
        return all_of()

    def may_take_risk(self) -> Bool:
        """Whether owners may withdraw and borrow.

        A floor on initial health above 1 says nothing once a borrower may borrow down to 1, so it freezes the book.
        """
        return (self.health == 1) & ~self.frozen

    def may_top_up(self) -> Bool:
        """Whether owners may add collateral, which could be sold later."""
        return all_of()

    def may_repay(self) -> Bool:
        """Whether owners may pay debt back, after which a position that was rightly open must be dragged along anew."""
        return all_of()


class Still(AnyPosition):
    """A position whose owner does nothing after the start."""

    def may_take_risk(self) -> Bool:
        return ~all_of()

    def may_top_up(self) -> Bool:
        return ~all_of()

    def may_repay(self) -> Bool:
        return ~all_of()


STILL = Still(health="1.25")
DROP: dict[str, Any] = {"shock": Drop(bound="0.3"), "book": Still()}
"""A drop by 30 %, of a position at health one or more whose owner does nothing."""


class Exactly(Still):
    """One position with this much collateral, of health at least ``health``, whose owner does nothing."""

    size: Collateral = param

    @assumption
    def health_is_at_least_one(self) -> Bool:
        """The position's health is positive."""
        return self.health > 0

    def holds(self, collateral: Real) -> Bool:
        return collateral == self.size

    def keeps(self, collateral: Real) -> Bool:
        return collateral <= self.size

    def most(self) -> Real:
        """All that can be sold."""
        return self.size


class Positions(Seated):
    """Several positions, told apart: ``rows`` are Tier objects, each one position with its health and collateral."""

    rows: tuple[Tier, ...] = data()

    def seats(self) -> tuple[Book, ...]:
        given: tuple[Tier, ...] = self.__dict__["_config"]["rows"]
        return tuple(Exactly(health=tier.lo, size=tier.collateral) for tier in given)


class Tiers(Still, Crowd):
    """Any number of borrowers, grouped by health at the start into the tiers that ``rows`` lists; no owner acts."""

    seat = Exactly
    fall = Floor
    groups = TwoGroups
    paid_groups = PaidGroups

    def floor(self) -> Real:
        lowest: Any = min((tier.lo for tier in self.rows), default=1)
        return self.health * Q(lowest)

    def most(self) -> Real:
        """All that can be sold."""
        held: Any = sum(tier.collateral for tier in self.rows)
        return amount(Q(held), COLLATERAL)
