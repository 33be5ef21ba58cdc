# error 23: assumption little_debt asks for inputs that borrow does not have: darwn; did you mean 'drawn'? Known: drawn
"""An assumption that asks a rule for an input it does not have."""

from verifier.language import Bool, Design, Mechanism, Step, assumption, invariant, require, rule, state
from verifier_specs.units import Debt


class Pool(Mechanism):
    """A pool."""

    debt: Debt = state(0)

    @rule
    def borrow(self, drawn: Debt) -> Step:
        """Debt grows."""
        return require(drawn > 0).then(self.after(debt=self.debt + drawn))

    @invariant
    def debt_is_not_negative(self) -> Bool:
        """Nobody is owed anything by the pool."""
        return self.debt >= 0

    @assumption(on=borrow)
    def little_debt(self, darwn: Debt) -> Bool:
        """Little is drawn."""
        return darwn <= self.debt


class Market(Design):
    """The pool by itself."""

    pool = Pool()
