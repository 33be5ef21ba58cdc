# error 18: Pool.debt is in debt, but (borrow.drawn/price) is in collateral; multiply it by something in debt/collateral
"""Debt is set to an amount of collateral."""

from verifier.language import Bool, Design, Mechanism, Step, invariant, param, require, rule, state
from verifier_specs.units import Collateral, Debt, Price


class Pool(Mechanism):
    """A pool."""

    debt: Debt = state(0)
    collateral: Collateral = state(0)
    price: Price = param

    @rule
    def borrow(self, drawn: Debt) -> Step:
        """Debt grows."""
        return require(drawn > 0).then(self.after(debt=drawn / self.price))

    @rule
    def deposit(self, given: Collateral) -> Step:
        """Collateral grows."""
        return require(given > 0).then(self.after(collateral=self.collateral + given))

    @invariant
    def debt_is_not_negative(self) -> Bool:
        """Nobody is owed anything by the pool."""
        return self.debt >= 0


class Market(Design):
    """The pool by itself."""

    pool = Pool()
