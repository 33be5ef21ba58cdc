"""A small design with a proof and a refutation, for the tests of evidence."""

from typing import Annotated
from verifier.language import *

CASH = base("till cash", decimals=2)


class Till(Mechanism):
    """Cash comes in and goes out."""

    fee: Annotated[Real, RATIO] = param
    cash: Annotated[Real, CASH] = state(0)
    taken: Annotated[Real, CASH] = state(0)

    @rule
    def pay(self, paid: Annotated[Real, CASH]) -> Step:
        """Somebody pays, and a fee is kept."""
        return require(paid > 0).then(self.after(cash=self.cash + paid, taken=self.taken + self.fee * paid))

    @rule
    def refund(self, back: Annotated[Real, CASH]) -> Step:
        """Somebody is paid back."""
        return require(back > 0, back <= self.cash - self.taken).then(self.after(cash=self.cash - back))

    @lemma
    def cash_is_there(self) -> Bool:
        return self.cash >= 0

    @invariant
    def fees_are_covered(self) -> Bool:
        """There is at least as much cash as fees were taken."""
        return self.cash >= self.taken

    @invariant
    def never_much(self) -> Bool:
        """There are never more than five of cash: false."""
        return self.cash <= amount(5, CASH)


class TillDesign(Design):
    """A till alone."""

    till = Till(fee="0.1")
    proved = (Till.fees_are_covered,)
    refuted = {Till.never_much: "nothing limits it"}
