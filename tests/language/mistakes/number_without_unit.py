# error 16: (borrow.drawn ≤ 1000) mixes units: the left side is in debt, the right side in ratio. Give the number its unit: amount(1000, UNIT) with the unit of borrow.drawn.
"""A plain number beside an amount."""

from verifier.language import Bool, Design, Mechanism, Step, invariant, require, rule, state
from verifier_specs.units import Debt


class Pool(Mechanism):
    """A pool."""

    debt: Debt = state(0)

    @rule
    def borrow(self, drawn: Debt) -> Step:
        """Debt grows."""
        return require(drawn > 0, drawn <= 1000).then(self.after(debt=self.debt + drawn))

    @invariant
    def debt_is_not_negative(self) -> Bool:
        """Nobody is owed anything by the pool."""
        return self.debt >= 0


class Market(Design):
    """The pool by itself."""

    pool = Pool()
