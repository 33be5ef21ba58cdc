"""What rounding does to the Stability Pool's product: a saver who is alone in the pool, in whole units.

Source: ``StabilityPool.sol`` of liquity/dev 39f1f7f8 (v1), where the share that each deposit loses is rounded up by a
digit and what that takes too much is left out of the next offset, and of liquity/bold 405f9122 (v2), which multiplies
by what is left at once; for products of less than nine digits, liquity/dev's advisory GHSA-m9f3-hrx8-x2g3. Nobody comes
or leaves, and runs end before the scale changes again. What a saver has before rounding: ``product_and_sum.py``.
"""

from typing import Annotated

from verifier.language import (
    RATIO,
    Bool,
    Design,
    Mechanism,
    Q,
    Real,
    Step,
    amount,
    base,
    down,
    given,
    implies,
    in_fixed,
    initially,
    invariant,
    lemma,
    param,
    require,
    rule,
    state,
    where,
)

STABLECOIN = base("stablecoin", decimals=18)
Stablecoin = Annotated[Real, STABLECOIN]
Product = Annotated[Real, RATIO.kept_to(36)]
ShortProduct = Annotated[Real, RATIO.kept_to(18)]
Excess = Annotated[Real, STABLECOIN.kept_to(36)]

SCALE = 10**9
NINE_DIGITS, DIGIT = 1 / Q(SCALE), amount(Q(1) / 10**18, RATIO)


class SoleSaver(Mechanism):
    """One saver's deposit, made at a product of one, and what offsets make of the product, as in v2."""

    digits = 36

    deposit: Stablecoin = param
    least: Stablecoin = param(1)  # what stays in the pool

    deposits: Stablecoin = state()
    product: Product = state(1)
    rescaled: Bool = state(False)

    @initially
    def all_deposits_are_the_savers(self) -> Bool:
        """All deposits are the saver's."""
        return self.deposits == self.deposit

    def shrunk(self, debt: Real) -> Real:
        """The product after an offset, before its scale is changed."""
        return self.product * (self.deposits - debt) / self.deposits

    def spares(self, debt: Real) -> Bool:
        """Whether enough stays in the pool."""
        return self.deposits - debt >= self.least

    @rule(by="liquidator")
    def offset(self, debt: Stablecoin) -> Step:
        """Debt is cancelled against deposits; a product that falls below nine digits is scaled up."""
        small = down(self.shrunk(debt), self.digits) < NINE_DIGITS
        return require(debt > 0, self.spares(debt), ~(small & self.rescaled)).then(
            self.after(
                deposits=self.deposits - debt,
                product=down(where(small, SCALE, 1) * self.shrunk(debt), self.digits),
                rescaled=self.rescaled | small,
            )
        )

    def worth(self) -> Real:
        """What the saver is owed."""
        whole = down(self.deposit * self.product, 18)
        return where(self.rescaled, down(whole / SCALE, 18), whole)

    @invariant
    def pool_has_what_it_owes(self) -> Bool:
        """The saver is owed at most what is in the pool."""
        return self.worth() <= self.deposits

    @invariant
    def product_keeps_nine_digits(self) -> Bool:
        """The product never falls below nine digits."""
        return self.product >= NINE_DIGITS

    @invariant(on=offset)
    def nine_digits_leave_a_product(self, post: "SoleSaver") -> Bool:
        """From a product of nine digits no offset makes nothing, at which contracts refuse it."""
        return implies(self.product >= NINE_DIGITS, post.product > 0)

    @lemma
    def deposits_only_shrink(self) -> Bool:
        return self.deposits <= self.deposit

    @lemma
    def owed_before_rounding(self) -> Bool:
        return self.deposit * self.product <= where(self.rescaled, SCALE, 1) * self.deposits


class RoundedUp(SoleSaver):
    """The same in v1, where each deposit loses a share in 18 digits."""

    digits = 18

    carries: Bool = param(True)  # whether what was taken too much is left out of the next offset

    product: ShortProduct = state(1)
    excess: Excess = state(0)  # what was taken too much

    def lost(self, debt: Real) -> Real:
        """The share that each deposit loses: rounded up by a whole digit."""
        return down((debt - self.excess) / self.deposits, 18) + DIGIT

    def shrunk(self, debt: Real) -> Real:
        return self.product * (1 - self.lost(debt))

    def worth(self) -> Real:
        return where(super().worth() < down(self.deposit / SCALE, 18), 0, super().worth())

    def spares(self, debt: Real) -> Bool:
        some = super().spares(debt) & (debt < self.deposits) & (self.lost(debt) < 1)
        return some & (self.excess <= debt)  # without which the contract's subtraction fails

    @rule(by="liquidator")
    def offset(self, debt: Stablecoin) -> Step:
        """As in v2, with what was taken too much."""
        step = super().offset(debt)
        excess = self.lost(debt) * self.deposits - (debt - self.excess)
        return require(step.guard).then(step.posts[0].after(excess=where(self.carries, excess, 0)))

    @lemma
    def nothing_is_carried(self) -> Bool:
        return self.carries | (self.excess == 0)


class LiquityTwoDigits(Design, name="liquity-v2-digits"):
    """A saver of v2 with a billion stablecoins."""

    pool = SoleSaver(deposit=10**9)

    proved = (in_fixed(SoleSaver.pool_has_what_it_owes), in_fixed(SoleSaver.product_keeps_nine_digits))


class LiquityOneDigits(Design, name="liquity-v1-digits"):
    """A saver of v1 with a thousand stablecoins, of which any part may be offset."""

    pool = RoundedUp(deposit=1000, least=0)

    proved = (
        given(SoleSaver.pool_has_what_it_owes, carries=False, arithmetic="fixed"),
        in_fixed(SoleSaver.nine_digits_leave_a_product),
    )
    refuted = {
        in_fixed(
            SoleSaver.pool_has_what_it_owes
        ): "what an offset took too much is left out of a later one whole, when "
        "only a part of what deposits lost by it is left to give back",
        in_fixed(SoleSaver.product_keeps_nine_digits): "one change of scale may not be enough",
    }
