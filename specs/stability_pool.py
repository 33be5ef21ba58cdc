"""Troves that savers and other borrowers take over: the Stability Pool and redistribution, as both Liquitys have them.

Source: liquity/dev 39f1f7f8 (v1) and liquity/bold 405f9122 (v2), ``TroveManager.sol`` and ``StabilityPool.sol``. One
trove is followed; all others are one, which takes over what savers do not pay for, as it would by their stakes, and all
savers are one, too: what is each saver's is in ``product_and_sum.py``, several troves at once are in
``redistribution.py``. The stablecoin is at par. Without interest, a least debt, and the fixed sum for the liquidator.
"""

from typing import Any

from verifier.language import (
    Bool,
    Real,
    Step,
    amount,
    assumption,
    down,
    implies,
    invariant,
    lemma,
    maximum,
    param,
    require,
    rule,
    state,
)

from .absorbing import Absorbed
from .stablecoin_loans import Stablecoin, StablecoinLoan
from .units import DEBT, Collateral, Ratio


class Trove(StablecoinLoan, Absorbed):
    """A trove among others, and the pool of savers whose deposits pay for who is liquidated.

    Savers' stablecoins outside the pool are among those of liquidators.
    """

    critical_ratio: Ratio = param  # below this collateralisation of all troves borrowing is restricted
    compensation: Ratio = param  # the liquidator's share of the collateral
    first_ratio: Ratio = param  # the least collateralisation of all troves at the start
    last: Bool = param(False)  # whether this trove may be the only one

    others_collateral: Collateral = state(like=90)
    others_debt: Stablecoin = state(like=50000)
    deposits: Stablecoin = state(like=20000)  # what savers have in the pool
    saver_collateral: Collateral = state(0)  # what they were given for what they paid
    surplus: Collateral = state(0)  # what is left for the trove's owner to claim

    @assumption
    def compensation_is_a_share(self) -> Bool:
        """The liquidator's compensation is a share, and not all."""
        return (self.compensation >= 0) & (self.compensation < 1)

    @assumption(on="start")
    def all_troves_are_worth_the_ratio(self) -> Bool:
        """At the start all troves together have at least the stated collateralisation."""
        return ~self.all_below(self.first_ratio)

    @assumption(on="start")
    def there_are_others(self) -> Bool:
        """There is another trove."""
        return self.last | (self.others_collateral > 0)

    def share(self) -> Real:
        return 1 - self.compensation

    def all_below(self, ratio: Real) -> Bool:
        """Whether the collateralisation of all troves together is below this."""
        value = (self.collateral + self.others_collateral) * self.oracle.quote()
        return value < ratio * (self.debt + self.others_debt)

    def others_healthy(self) -> Bool:
        value = self.liquidation_threshold * self.others_collateral * self.oracle.quote()
        return self.others_debt <= value

    def may_borrow(self) -> Bool:
        return self.healthy() & ~self.all_below(self.critical_ratio)

    def liquidatable(self) -> Bool:
        """Whether anyone may liquidate; the last trove is never liquidated."""
        return super().liquidatable() & (self.others_collateral > 0)

    def may_leave(self) -> Bool:
        """Whether savers may have taken deposits out."""
        raise NotImplementedError

    def close(self, offset: Real, to_savers: Real, to_others: Real, reward: Real, counted: Real) -> Step:
        """Savers pay the offset; others take over the rest of the debt; what nobody gets is for the owner to claim.

        Of the collateral so much counts as payment: all that it does not pay is lost to savers and others.
        """
        payment = down(counted * self.oracle.quote(), 18)
        return require(self.liquidatable()).then(
            self.after(
                collateral=0,
                debt=0,
                deficit=self.deficit + maximum(0, self.debt - payment),
                deposits=self.deposits - offset,
                saver_collateral=self.saver_collateral + to_savers,
                others_debt=self.others_debt + (self.debt - offset),
                others_collateral=self.others_collateral + to_others,
                surplus=self.surplus + (self.collateral - reward - to_savers - to_others),
                liquidator_collateral=self.liquidator_collateral + reward,
                pool_cash=self.pool_cash + offset,
            )
        )

    @rule(by="anyone")
    def save(self, given: Stablecoin) -> Step:
        """Somebody puts stablecoins into the pool."""
        return require(given > 0).then(
            self.after(deposits=self.deposits + given, liquidator_cash=self.liquidator_cash - given),
        )

    @rule(by="anyone")
    def leave(self, taken: Stablecoin) -> Step:
        """Savers take stablecoins out of the pool."""
        post = self.after(deposits=self.deposits - taken, liquidator_cash=self.liquidator_cash + taken)
        return require(taken > 0, taken <= self.deposits, post.may_leave()).then(post)

    # Whose a loss is.

    def borrower_wealth(self) -> Real:
        """The trove's equity, and what a liquidation left."""
        return super().borrower_wealth() + self.surplus * self.market.price()

    def totals(self) -> tuple[Real, ...]:
        """Each token's accounts in one sum: collateral, stablecoins, and what all troves owe of them."""
        collateral = self.accounts_of_collateral() + self.saver_collateral + self.others_collateral + self.surplus
        cash = self.owner_cash + self.liquidator_cash + self.deposits + self.pool_cash
        return (collateral, cash, self.pool_cash + self.debt + self.others_debt)

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        others = {"others' collateral": self.others_collateral, "others' debt": self.others_debt}
        return super().columns() | others | {"deposits": self.deposits, "savers got": self.saver_collateral}

    # What holds of both. A claim on a liquidation is one across the rule ``liquidate`` of each.

    @invariant(on="liquidator")
    def others_are_not_dragged_down(self, post: "Trove") -> Bool:
        """What others take over leaves them healthy, if they were."""
        return implies(self.others_healthy(), post.others_healthy())

    @invariant(on="liquidator")
    def savers_shield_others(self, post: "Trove") -> Bool:
        """Where the pool has one unit more than the debt, nobody else is touched."""
        alike = (post.others_debt == self.others_debt) & (post.others_collateral == self.others_collateral)
        return implies(self.deposits > self.debt + amount(1, DEBT), alike)

    @invariant(on="liquidator")
    def savers_are_paid_where_it_is_covered(self, post: "Trove") -> Bool:
        """Savers get collateral worth what they pay, if what the liquidator leaves covers the debt."""
        covered = self.share() * self.collateral * self.oracle.quote() >= self.debt
        return implies(covered, self.savers_gain(post) >= 0)

    @invariant(on="liquidator")
    def savers_lose_nothing(self, post: "Trove") -> Bool:
        """Savers get collateral worth what they pay."""
        return self.savers_gain(post) >= 0

    @invariant(on="liquidator")
    def savers_lose_their_part(self, post: "Trove") -> Bool:
        """Savers lose at most what is not covered."""
        return self.savers_gain(post) + (post.deficit - self.deficit) >= 0

    @invariant(on=leave)
    def savers_bear_what_they_agreed_to(self, post: "Trove") -> Bool:
        """No saver leaves while this trove is to be liquidated at a loss."""
        del post
        return self.debt <= self.share() * self.collateral * self.oracle.quote()

    def savers_gain(self, post: "Trove") -> Real:
        got = (post.saver_collateral - self.saver_collateral) * self.oracle.quote()
        return got - (self.deposits - post.deposits)

    @lemma
    def there_are_still_others(self) -> Bool:
        return self.last | (self.others_collateral > 0)

    @lemma
    def no_surplus_before_a_liquidation(self) -> Bool:
        return (self.surplus == 0) & self.as_begun() | (self.collateral == 0) & (self.debt == 0)

    @lemma
    def all_are_worth_the_ratio_at_the_floor(self) -> Bool:
        value = (self.collateral + self.others_collateral) * self.market.shock.floor()
        owed = (self.debt + self.others_debt) * (1 - self.market.shock.bound)
        return (value >= self.first_ratio * owed) | ((self.collateral == 0) & (self.debt == 0))
