# error 28: (debt ≤ collateral) mixes units: the left side is in debt, the right side in collateral. Multiply the right side by something in debt/collateral, or compare like with like.
"""Debt is compared with collateral."""

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
        return require(drawn > 0).then(self.after(debt=self.debt + drawn))

    @rule
    def deposit(self, given: Collateral) -> Step:
        """Collateral grows."""
        return require(given > 0).then(self.after(collateral=self.collateral + given))

    @invariant
    def covered(self) -> Bool:
        """The collateral covers the debt."""
        return self.debt <= self.collateral


class Market(Design):
    """The pool by itself."""

    pool = Pool()
