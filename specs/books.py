"""Who has borrowed: what is known of the positions at the start, and whether they may change by their owners' acts."""

from verifier.language import Book, Bool, assumption, param

from .units import Ratio


class AnyPosition(Book):
    """One generic position, of health at least ``health`` at the start."""

    health: Ratio = param(1)
    frozen: Bool = param(False)

    @assumption
    def health_is_at_least_one(self) -> Bool:
        """Nobody starts liquidatable."""
        return self.health >= 1

    def may_take_risk(self) -> Bool:
        """Whether owners may withdraw and borrow.

        A floor on initial health above 1 says nothing once a borrower may borrow down to 1, so it freezes the book.
        """
        return (self.health == 1) & ~self.frozen
