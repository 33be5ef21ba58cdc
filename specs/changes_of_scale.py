"""Savers' accounts in the Stability Pool when the product gets small: v1 changes its scale, and forgets what is little.

Source: ``StabilityPool.sol`` of liquity/dev 39f1f7f8, with the accounts of ``product_and_sum.py``.
"""

from typing import Self

from verifier.language import Bool, Design, Real, implies, invariant, lemma, state, where

from .pool_digits import NINE_DIGITS, SCALE
from .product_and_sum import Savers, Sum


class ScaledSavers(Savers):
    """A product that falls below nine digits is scaled up, and the sum begins anew.

    A saver counts what the sum came to until the scale changes again. A deposit counts as nothing after that, or once
    less than a billionth of it is left.
    """

    changed: Bool = state(False)  # whether the scale changed since the saver's deposit was touched
    changed_again: Bool = state(False)
    sum_at_change: Sum = state(0)  # what the sum had come to then
    sum_at_second: Sum = state(0)

    def left(self) -> Real:
        """What product and scale make of the saver's deposit."""
        return where(self.changed, NINE_DIGITS, 1) * super().worth()

    def worth(self) -> Real:
        return where(~self.changed_again & (self.left() >= NINE_DIGITS * self.deposit), self.left(), 0)

    def brought(self) -> Real:
        later = where(self.changed_again, self.sum_at_second, self.sum)
        return where(self.changed, self.sum_at_change + NINE_DIGITS * later, self.sum)

    def noted(self, deposit: Real) -> Self:
        return super().noted(deposit).after(changed=False, changed_again=False)

    def after_offset(self, left: Real, seized: Real) -> Self:
        post = super().after_offset(left, seized)
        small = post.product < NINE_DIGITS
        return post.after(
            product=where(small, SCALE, 1) * post.product,
            sum=where(small, 0, post.sum),
            changed=self.changed | small,
            changed_again=self.changed_again | (self.changed & small),
            sum_at_change=where(small & ~self.changed, post.sum, self.sum_at_change),
            sum_at_second=where(small & self.changed & ~self.changed_again, post.sum, self.sum_at_second),
        )

    @invariant
    def saver_has_its_part_until_the_second_change(self) -> Bool:
        """Until the second change a saver has its part of the collateral, and of the deposits down to a billionth."""
        kept = implies(self.part >= NINE_DIGITS * self.deposit, self.worth() == self.part)
        return self.changed_again | (kept & (self.gain() == self.gained))

    @invariant
    def saver_has_at_most_its_part(self) -> Bool:
        """No saver ever has more than its part."""
        return (self.worth() <= self.part) & (self.gain() <= self.gained)

    @lemma
    def worth_in_proportion(self) -> Bool:
        scaled = where(self.changed, SCALE, 1) * self.part * self.product_then
        return self.changed_again | (scaled == self.deposit * self.product)

    @lemma
    def gain_in_proportion(self) -> Bool:
        had, counted = self.gained * self.product_then, self.deposit * (self.brought() - self.sum_then)
        return (had >= counted) & (self.changed_again | (had == counted))

    @lemma
    def second_change_comes_after_the_first(self) -> Bool:
        return self.changed | ~self.changed_again


class LiquityOneSavers(Design, name="liquity-v1-savers"):
    """Savers of v1."""

    pool = ScaledSavers()

    proved = (ScaledSavers.saver_has_its_part_until_the_second_change, ScaledSavers.saver_has_at_most_its_part)
    refuted = {
        Savers.saver_has_its_part: "less than a billionth of a deposit counts as nothing",
    }
