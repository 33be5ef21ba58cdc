"""Savers' accounts in the Stability Pool: one product and one sum for all of them, whatever their number.

Source: ``StabilityPool.sol`` of liquity/dev 39f1f7f8 (v1) and liquity/bold 405f9122 (v2). A deposit ``d`` is worth
``d·P/P_t`` and has brought collateral ``d·(S - S_t)/P_t``, with the product and the sum of when it was last touched.
Of one saver that is set beside its part of each offset, worked out one by one; all savers together, of any number, are
counted by the sums of ``d/P_t`` and of ``d·S_t/P_t``. No offset takes all deposits; interest and other rewards are left
out. Without changes of scale, which are in ``changes_of_scale.py``; what rounding does is in ``pool_digits.py``.
"""

from typing import Annotated, Self

from verifier.language import (
    RATIO,
    Bool,
    Design,
    Mechanism,
    Real,
    Step,
    invariant,
    lemma,
    require,
    rule,
    state,
)

from .pool_digits import STABLECOIN, Stablecoin
from .units import COLLATERAL, Collateral, CollateralFlow

Product = Annotated[Real, RATIO]
Sum = Annotated[Real, COLLATERAL / STABLECOIN]


class Savers(Mechanism):
    """Deposits that pay for liquidated debt, each for its part of the collateral, as v2 counts them."""

    deposits: Stablecoin = state(0)
    collateral: Collateral = state(0)  # what savers have not taken out yet
    product: Product = state(1)
    sum: Sum = state(0)
    shares: Stablecoin = state(0)  # all deposits, each over the product of when it was touched
    entries: CollateralFlow = state(0)  # and times the sum of then

    deposit: Stablecoin = state(0)  # the saver's own, with the product and the sum of then
    product_then: Product = state(1)
    sum_then: Sum = state(0)
    part: Stablecoin = state(0)  # what offset by offset is left of it
    gained: Collateral = state(0)  # and the collateral for what is not

    def worth(self) -> Real:
        """What the saver's deposit has come to."""
        return self.deposit * self.product / self.product_then

    def brought(self) -> Real:
        """What the sum has come to for the saver."""
        return self.sum

    def gain(self) -> Real:
        """The collateral that its deposit has brought."""
        return self.deposit * (self.brought() - self.sum_then) / self.product_then

    def after_offset(self, left: Real, seized: Real) -> Self:
        """Product and sum when so much is left of the deposits."""
        return self.after(
            product=self.product * left / self.deposits,
            sum=self.sum + self.product * seized / self.deposits,
        )

    @rule(by="liquidator")
    def offset(self, debt: Stablecoin, seized: Collateral) -> Step:
        """Debt is cancelled against deposits, for collateral."""
        left = self.deposits - debt
        return require(debt > 0, left > 0).then(
            self.after_offset(left, seized).after(
                deposits=left,
                collateral=self.collateral + seized,
                part=self.part * left / self.deposits,
                gained=self.gained + self.part * seized / self.deposits,
            )
        )

    def touched(self, given: Real, claimed: Real) -> Self:
        """The pool when a saver has come, with this more or less, and was paid its collateral."""
        shares = given / self.product
        return self.after(
            deposits=self.deposits + given,
            collateral=self.collateral - claimed,
            shares=self.shares + shares,
            entries=self.entries + claimed + shares * self.sum,
        )

    def noted(self, deposit: Real) -> Self:
        """The saver's own deposit anew."""
        return self.after(deposit=deposit, part=deposit, gained=0, product_then=self.product, sum_then=self.sum)

    @rule(by="owner")
    def save(self, given: Stablecoin) -> Step:
        """The saver puts stablecoins in."""
        return require(given > 0).then(self.touched(given, self.gain()).noted(self.worth() + given))

    @rule(by="owner")
    def leave(self, taken: Stablecoin) -> Step:
        """The saver takes some or all out."""
        return require(taken > 0, taken <= self.worth()).then(
            self.touched(-taken, self.gain()).noted(self.worth() - taken)
        )

    @rule(by="anyone")
    def others_save(self, given: Stablecoin, claimed: Collateral) -> Step:
        """Others put stablecoins in, and are paid collateral that is theirs."""
        return require(claimed <= self.collateral - self.gained).then(self.touched(given, claimed))

    @rule(by="anyone")
    def others_leave(self, taken: Stablecoin, claimed: Collateral) -> Step:
        """Others take out what is theirs."""
        return require(taken <= self.deposits - self.part, claimed <= self.collateral - self.gained).then(
            self.touched(-taken, claimed)
        )

    # What holds.

    @invariant
    def saver_has_its_part(self) -> Bool:
        """A saver has exactly its part of the deposits, and of the collateral of each offset."""
        return (self.worth() == self.part) & (self.gain() == self.gained)

    @invariant
    def pool_owes_what_it_has(self) -> Bool:
        """All savers together are owed the pool's deposits and collateral: no more, no less."""
        gains = self.shares * self.sum - self.entries
        return (self.shares * self.product == self.deposits) & (gains == self.collateral)

    @lemma
    def worth_in_proportion(self) -> Bool:
        return self.part * self.product_then == self.deposit * self.product

    @lemma
    def gain_in_proportion(self) -> Bool:
        return self.gained * self.product_then == self.deposit * (self.sum - self.sum_then)

    @lemma
    def products_are_positive(self) -> Bool:
        return (self.product > 0) & (self.product_then > 0)


class LiquityTwoSavers(Design, name="liquity-v2-savers"):
    """Savers of one branch of v2."""

    pool = Savers()

    proved = (Savers.saver_has_its_part, Savers.pool_owes_what_it_has)
