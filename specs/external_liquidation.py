"""Twyne v1 where the external market liquidates first: what it leaves is split three ways.

Source: 0xTwyne/twyne-contracts-v1 at dafcb7d5, ``splitCollateralAfterExtLiq`` and ``handleExternalLiquidation``, alike
for Aave, Euler and Morpho. Whoever settles pays the rest of the debt; credit gets back what that rest, at the largest
loan-to-value, does not need; settler and user share the remainder as heir and user do. That a position without credit
is settled by its user only is left out.
"""

from typing import Any

from verifier.language import (
    Bool,
    Real,
    Step,
    assumption,
    closed_form,
    down,
    implies,
    invariant,
    lemma,
    maximum,
    minimum,
    param,
    require,
    rule,
    state,
    where,
)

from .inheritance import Twyne
from .oracles import Spot
from .shocks import Drop
from .units import Collateral, Debt, Ratio


class TwyneExternal(Twyne):
    """A position that the external market may liquidate."""

    external_bonus: Ratio = param  # what the external market's liquidators take at most on top of what they repay

    taken: Collateral = state(0)  # what they took, of user and credit together
    unreturned: Collateral = state(0)  # credit that was lost

    @assumption
    def bonus_is_not_negative(self) -> Bool:
        """The external bonus is not negative."""
        return self.external_bonus >= 0

    @assumption(on=("owner", Twyne.rebalance, Twyne.liquidate))
    def settlement_comes_first(self) -> Bool:
        """The contract refuses all else between an external liquidation and its settlement."""
        return self.taken == 0

    def balance(self) -> Real:
        """What there is of the user's collateral and the credit."""
        return self.collateral + self.credit - self.taken

    def healthy_outside(self) -> Bool:
        return self.debt <= self.external_threshold * self.balance() * self.oracle.quote()

    def needed(self) -> Real:
        """The collateral that secures the debt at the largest loan-to-value."""
        return down(self.debt / (self.largest * self.oracle.quote()))

    def safe(self) -> Real:
        """The collateral that each unit of debt asks for, so that credit is whole whatever is liquidated outside."""
        return maximum(1 / self.largest, 1 + self.external_bonus)

    @rule(by="liquidator")
    def liquidate_outside(self, paid: Debt, got: Collateral) -> Step:
        """The external market liquidates a part."""
        worth = got * self.oracle.quote() <= paid * (1 + self.external_bonus)
        return require(
            self.oracle.fresh(), ~self.healthy_outside(), got > 0, got <= self.balance(), paid <= self.debt, worth
        ).then(
            self.after(
                debt=self.debt - paid,
                taken=self.taken + got,
                liquidator_collateral=self.liquidator_collateral + got,
                liquidator_cash=self.liquidator_cash - paid,
                pool_cash=self.pool_cash + paid,
            )
        )

    def released(self) -> Real:
        """What credit gets back."""
        return minimum(self.balance() - minimum(self.balance(), self.needed()), self.credit)

    @rule(by="liquidator")
    def settle(self) -> Step:
        """Anyone pays the rest of the debt, once it is healthy outside; the rest of the collateral is split."""
        rest = self.balance() - self.released()
        claim = where(self.debt > 0, self.kept(rest), rest)
        return require(self.taken > 0, self.healthy_outside()).then(
            self.after(
                collateral=0,
                credit=0,
                taken=0,
                debt=0,
                unreturned=self.unreturned + (self.credit - self.released()),
                handed_out=self.handed_out + where(self.inherited, 0, claim),
                former_heirs=self.former_heirs + where(self.inherited, claim, 0),
                credit_lenders=self.credit_lenders + self.released(),
                liquidator_collateral=self.liquidator_collateral + (rest - claim),
                liquidator_cash=self.liquidator_cash - self.debt,
                pool_cash=self.pool_cash + self.debt,
            )
        )

    def totals(self) -> tuple[Real, ...]:
        """Each token's accounts in one sum: collateral and credit, cash, and what the external market is owed."""
        held = self.accounts_of_collateral() + self.credit_lenders + self.credit - self.taken
        return (held, *super().totals()[1:3])

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return super().columns() | {"taken": self.taken, "unreturned": self.unreturned}

    # What holds of it.

    @invariant(on=settle)
    def who_settles_does_not_lose(self, post: "TwyneExternal") -> Bool:
        """Whoever settles gets at least the worth of the debt that it pays."""
        got = post.liquidator_collateral - self.liquidator_collateral
        return got * self.oracle.quote() >= self.debt

    @invariant(on=settle)
    def credit_comes_before_the_user(self, post: "TwyneExternal") -> Bool:
        """The user gets something only if all credit is back."""
        got = (post.handed_out - self.handed_out) + (post.former_heirs - self.former_heirs)
        return (got == 0) | (post.unreturned == self.unreturned)

    @invariant(on=settle)
    def user_pays_first(self, post: "TwyneExternal") -> Bool:
        """All credit is back if the user's part, less what was taken, is enough at the largest loan-to-value."""
        enough = self.collateral - self.taken >= self.needed()
        return implies(enough, post.unreturned == self.unreturned)

    @invariant(on=liquidate_outside)
    def enough_stays_enough(self, post: "TwyneExternal") -> Bool:
        """Where the user's part is worth the debt over λmax, and the debt with its bonus, it still is afterwards."""
        price = self.oracle.quote()
        enough = self.debt * self.safe() <= (self.collateral - self.taken) * price
        return implies(enough, post.debt * self.safe() <= (post.collateral - post.taken) * price)

    @invariant
    def credit_loses_nothing(self) -> Bool:
        """All credit is given back."""
        return self.unreturned == 0

    @lemma
    def users_part_is_enough_at_the_floor(self) -> Bool:
        return self.debt * self.safe() <= (self.collateral - self.taken) * self.market.shock.floor()

    @lemma
    def nothing_happens_outside(self) -> Bool:
        return self.taken == 0

    @closed_form(credit_loses_nothing, "bound")
    def largest_harmless_fall(self) -> Real | None:
        """1 - max(1/λmax, 1 + b)·λ/h, or 1 - β/h, before which nothing is liquidated outside."""
        if not isinstance(self.market.shock, Drop) or type(self.oracle) is not Spot:
            return None
        return 1 - minimum(self.liquidation_threshold * self.safe(), self.buffer) / self.book.floor()
