# error 16: down(borrow.drawn²) needs a scale: its unit (debt^2) has no decimals, or several. Write down(..., 18) for eighteen decimals.
"""A rounding in a unit that has no decimals."""

from verifier.language import Bool, Design, Mechanism, Step, down, invariant, require, rule, state
from verifier_specs.units import Debt


class Pool(Mechanism):
    """A pool."""

    debt: Debt = state(0)

    @rule
    def borrow(self, drawn: Debt) -> Step:
        """Debt grows."""
        return require(down(drawn * drawn) > 0).then(self.after(debt=self.debt + drawn))

    @invariant
    def debt_is_not_negative(self) -> Bool:
        """Nobody is owed anything by the pool."""
        return self.debt >= 0


class Market(Design):
    """The pool by itself."""

    pool = Pool()
