# error 16: (0 < borrow.drawn) has no truth value: it is a formula. Write & | ~ for and/or/not, where(c, a, b) for if/else, (a <= x) & (x < b) for a <= x < b, and minimum/maximum for min/max.
"""Python's own and between two formulas."""

from verifier.language import Bool, Design, Mechanism, Step, invariant, require, rule, state
from verifier_specs.units import Debt


class Pool(Mechanism):
    """A pool."""

    debt: Debt = state(0)

    @rule
    def borrow(self, drawn: Debt) -> Step:
        """Debt grows."""
        return require(drawn > 0 and drawn <= self.debt).then(self.after(debt=self.debt + drawn))

    @invariant
    def debt_is_not_negative(self) -> Bool:
        """Nobody is owed anything by the pool."""
        return self.debt >= 0


class Market(Design):
    """The pool by itself."""

    pool = Pool()
