"""Aave v3.3 and later: fixed-spread liquidation of one collateral asset against one debt asset.

Source: aave-dao/aave-v3-origin, ``LiquidationLogic.sol`` (close factor, bonus, fee, leftovers, deficit),
``GenericLogic.sol`` (health factor) and ``ValidationLogic.sol``. The debt asset is taken at par with the unit of
account, one position has one collateral and one debt, and no interest accrues.
"""

from typing import Any

from verifier.language import (
    ANY,
    Bool,
    Design,
    Q,
    Real,
    Step,
    amount,
    assumption,
    at_start,
    down,
    generic,
    given,
    implies,
    in_fixed,
    invariant,
    lemma,
    maximum,
    minimum,
    param,
    require,
    rule,
    state,
    up,
    where,
)

from .bonus import FixedBonus
from .books import AnyPosition, Still
from .keepers import Nobody
from .markets import POOL, Infinite
from .oracles import Spot
from .parameters import deployed
from .properties import (
    borrower_loss_cap,
    conservation,
    healthy_is_safe,
    improves_health_to,
    lender_loss_cap,
    liquidation_improves_health,
    nothing_is_sold,
    oracle_noninterference,
    own_acts_keep_health,
    solvency,
    wick_survival,
)
from .shocks import Drawdown, Drop, Wick
from .units import COLLATERAL, DEBT, CollateralFlow, Debt, Ratio

UNIT_OF_VALUE = amount(Q("1e-8"), DEBT)


class AaveV3(FixedBonus):
    """A position that anyone may liquidate at a fixed bonus once its health factor is below 1."""

    loan_to_value: Ratio = param  # share of the collateral's value that may be borrowed against
    protocol_fee: Ratio = param  # the treasury's share of the bonus
    close_factor: Ratio = param  # share of the debt that one liquidation may repay
    full_close_health: Ratio = param  # at or below this health factor all of the debt may be repaid
    small_position: Debt = param  # below this value of debt or collateral all of the debt may be repaid
    least_leftover: Debt = param  # what a partial liquidation must leave of both debt and collateral

    treasury_collateral: CollateralFlow = state(0, tally=True)

    @assumption
    def parameters_are_shares(self) -> Bool:
        """Loan-to-value, close factor and fee are shares, the first at most the threshold."""
        return (
            (self.loan_to_value > 0)
            & (self.loan_to_value <= self.liquidation_threshold)
            & (self.protocol_fee <= 1)
            & (self.close_factor > 0)
            & (self.close_factor <= 1)
            & (self.full_close_health <= 1)
        )

    def value(self) -> Real:
        return down(self.collateral * self.oracle.quote(), 8)

    def health_value(self) -> Real:
        """The numerator of the health factor; the debt is its denominator."""
        return self.liquidation_threshold * self.value()

    def close_limit(self) -> Real:
        """The most that one call may repay: half of the debt, or all where the position is small or nearly lost."""
        large = (self.value() >= self.small_position) & (self.debt >= self.small_position)
        return where(
            large & (self.health_value() > self.full_close_health * self.debt),
            down(self.close_factor * self.debt),
            self.debt,
        )

    def may_borrow(self) -> Bool:
        """Whether a position may have this much debt right after borrowing: up to the loan-to-value."""
        return self.debt <= self.loan_to_value * self.value()

    # The liquidator.

    @rule(by="liquidator")
    def liquidate(self, offer: Debt) -> Step:
        """Anyone repays part of an unhealthy position's debt and takes collateral of that value and the bonus."""
        price, bonus = self.oracle.quote(), 1 + self.liquidation_bonus
        limited = minimum(offer, self.close_limit())
        wanted = down(down(limited / price) * bonus)
        too_much = wanted > self.collateral
        seized = where(too_much, self.collateral, wanted)
        repaid = where(too_much, up(self.value() / bonus), limited)
        fee = up((seized - down(seized / bonus)) * self.protocol_fee)
        left_collateral, left_debt = self.collateral - seized, self.debt - repaid
        emptied = left_collateral == 0
        no_dust = (
            emptied
            | (left_debt == 0)
            | ((left_debt >= self.least_leftover) & (down(left_collateral * price, 8) >= self.least_leftover))
        )
        return require(offer > 0, ~self.healthy(), no_dust).then(
            self.after(
                collateral=left_collateral,
                debt=where(emptied, 0, left_debt),
                deficit=self.deficit + where(emptied, left_debt, 0),
                liquidator_collateral=self.liquidator_collateral + (seized - fee),
                treasury_collateral=self.treasury_collateral + fee,
                liquidator_cash=self.liquidator_cash - repaid,
                pool_cash=self.pool_cash + repaid,
            ),
            self.market.sell(seized),
        )

    # What holds of it.

    def accounts_of_collateral(self) -> Real:
        return super().accounts_of_collateral() + self.treasury_collateral

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        lost = self.deficit + maximum(0, self.debt - self.collateral * self.market.price())
        return super().columns() | {"lender's loss": lost}

    @lemma
    def deficit_is_within_the_gap(self) -> Bool:
        return self.deficit * (1 + self.liquidation_bonus) <= maximum(0, at_start(self.last_gap()))

    def last_gap(self) -> Real:
        """What would be lost, with the bonus, if all collateral were seized at the lowest price to come."""
        return self.cover_gap(self.market.shock.floor())

    @invariant(exits=(liquidate,))
    def unhealthy_can_be_liquidated(self) -> Bool:
        """Of whatever is unhealthy at the market's price what the close factor allows can be repaid, or a quarter."""
        part = self.liquidate(self.debt / 4).enabled()
        return implies(self.unhealthy_at_the_market(), self.liquidate(self.debt).enabled() | part)

    @invariant
    def close_factor_can_be_used_up(self, offer: Debt) -> Bool:
        """Whoever offers all of a debt that is unhealthy at the market's price repays what the close factor allows."""
        return implies(self.unhealthy_at_the_market() & (offer >= self.debt), self.liquidate(offer).enabled())

    @invariant
    def any_part_can_be_repaid(self, offer: Debt) -> Bool:
        """Of whatever is unhealthy at the market's price any part of the debt can be repaid."""
        part = (offer > 0) & (offer <= self.debt)
        return implies(self.unhealthy_at_the_market() & part, self.liquidate(offer).enabled())

    @invariant(on=liquidate)
    def close_factor_bounds_what_is_repaid_in_all(self, post: "AaveV3") -> Bool:
        """What was repaid and may now be repaid is within what might be repaid before."""
        repaid = self.debt - post.debt
        return post.healthy() | (repaid + post.close_limit() <= self.close_limit())

    @invariant(on=liquidate)
    def liquidation_keeps_the_shortfall(self, post: "AaveV3") -> Bool:
        """Debt and deficit less the collateral's value without its bonus are the same after a liquidation as before."""
        price, bonus = self.oracle.quote(), 1 + self.liquidation_bonus

        def shortfall(it: "AaveV3") -> Real:
            return (it.debt + it.deficit) * bonus - it.collateral * price

        return shortfall(post) == shortfall(self)

    @invariant(on=liquidate)
    def covered_liquidation_improves_health(self, post: "AaveV3") -> Bool:
        """While the collateral covers the debt with its bonus, a liquidation never lowers the health factor.

        What it takes is worth no more than what it repays and the bonus, even where both are rounded.
        """
        bonus = 1 + self.liquidation_bonus
        covered = self.stored() & (self.value() >= bonus * self.debt)
        paid_for = self.value() - post.value() <= bonus * (self.debt - post.debt)
        improved = post.health_value() * self.debt >= self.health_value() * post.debt
        return ~covered | (paid_for & implies(paid_for, improved))

    @invariant(on=liquidate)
    def covered_liquidation_improves_health_to_a_unit(self, post: "AaveV3") -> Bool:
        """The same where what is left is worth a unit of value more: not every bonus on a unit is whole units of it."""
        bonus, spared = 1 + self.liquidation_bonus, post.value() + UNIT_OF_VALUE
        covered = self.stored() & (self.value() >= bonus * self.debt)
        paid_for = self.value() - spared <= bonus * (self.debt - post.debt)
        improved = spared * self.debt >= self.value() * post.debt
        held = self.liquidation_threshold * spared * self.debt >= self.health_value() * post.debt
        return ~covered | (paid_for & implies(paid_for, improved) & implies(improved, held))

    @invariant
    def who_left_a_deficit_has_no_collateral(self) -> Bool:
        """Who left a deficit has no collateral, neither then nor later."""
        return (self.deficit == 0) | (self.collateral == 0)

    @invariant(on=liquidate)
    def liquidation_keeps_the_shortfall_to_a_unit(self, post: "AaveV3") -> Bool:
        """The shortfall rises by less than a unit of value and falls by less than a unit repaid and one seized."""
        price, bonus = self.oracle.quote(), 1 + self.liquidation_bonus

        def shortfall(it: "AaveV3") -> Real:
            return (it.debt + it.deficit) * bonus - it.collateral * price

        rise = shortfall(post) - shortfall(self)
        most = bonus * amount(Q("1e-6"), DEBT) + (1 + bonus) * amount(Q("1e-18"), COLLATERAL) * price
        return ~self.stored() | ((rise < UNIT_OF_VALUE) & (rise > -most))

    def stored(self) -> Bool:
        """Whether amounts and price are as a contract has them, in a state that is reached or not."""
        return (self.debt >= 0) & (self.collateral >= 0) & (self.oracle.quote() > 0)


def gap_grows_by_less_than_a_unit(it: AaveV3) -> Bool:
    """It does when all collateral is seized, whose value is rounded; then nothing is owed any more."""
    return it.last_gap() <= at_start(it.last_gap()) + where(it.debt == 0, UNIT_OF_VALUE, 0)


def deficit_is_within_the_gap_to_a_unit(it: AaveV3) -> Bool:
    return it.deficit * (1 + it.liquidation_bonus) <= maximum(0, at_start(it.last_gap())) + UNIT_OF_VALUE


@generic(name="lender_loss_cap", lemmas=(gap_grows_by_less_than_a_unit, deficit_is_within_the_gap_to_a_unit))
def lender_loss_cap_to_a_unit(it: AaveV3, cap: Real) -> Bool:
    """What the lender has lost is at most the cap's share of its claim at the start, and a unit of value."""
    return it.lender_loss() <= cap * at_start(it.lender_claim()) + UNIT_OF_VALUE


E_MODE: dict[str, Any] = {"loan_to_value": "0.95", "liquidation_threshold": "0.965", "liquidation_bonus": "0.01"}
"""For collateral that moves with ether: aave-dao/aave-proposals-v3, the same change of 2026-07-08."""

BONUS = Q(deployed("aave-v3-weth-usdc")["liquidation_bonus"])


class AaveV3WethUsdc(Design, name="aave-v3"):
    """Aave v3 on Ethereum: WETH against USDC. Default shock: a drawdown of at most 12.85 %, from health 1."""

    shock = Drawdown(bound="0.1285")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = AnyPosition()
    pool = AaveV3(market=market, oracle=oracle, book=book, **deployed("aave-v3-weth-usdc"))
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        solvency(shock=Drop(bound="0.1285")),
        lender_loss_cap(cap="0.1968", shock="0.3", frozen=True),
        borrower_loss_cap(cap=BONUS / (1 + BONUS), shock=Drop(bound="0.1285"), frozen=True),
        wick_survival(shock=Wick(bound="0.2"), health="1.25"),
        liquidation_improves_health(),
        own_acts_keep_health(),
        healthy_is_safe(),
        given(AaveV3.unhealthy_can_be_liquidated, shock="0.5"),
        given(AaveV3.unhealthy_can_be_liquidated, shock="0.5", **E_MODE),
        given(AaveV3.close_factor_can_be_used_up, shock="0.5"),
        AaveV3.covered_liquidation_improves_health,
        given(AaveV3.liquidation_keeps_the_shortfall, shock="0.5"),
        oracle_noninterference(rules="liquidate withdraw borrow"),
        given(AaveV3.who_left_a_deficit_has_no_collateral, shock="0.5", book=Still()),
        conservation(shock="0.5"),
        in_fixed(solvency()),
        in_fixed(solvency(shock=Drop(bound="0.1285"))),
        in_fixed(lender_loss_cap_to_a_unit(cap="0.1968", shock="0.3", frozen=True)),
        in_fixed(borrower_loss_cap(cap=BONUS / (1 + BONUS), shock=Drop(bound="0.1285"), frozen=True)),
        in_fixed(wick_survival(shock=Wick(bound="0.2"), health="1.261")),  # a hundredth more, for debts of a unit
        in_fixed(improves_health_to(margin="1e-8")),
        in_fixed(AaveV3.covered_liquidation_improves_health),
        given(AaveV3.liquidation_keeps_the_shortfall_to_a_unit, arithmetic="fixed", shock="0.5"),
        in_fixed(oracle_noninterference(rules="liquidate withdraw borrow")),
        in_fixed(conservation(shock="0.5")),
    )
    refuted = {
        solvency(shock="0.129"): "the threshold with its bonus leaves a buffer of 1 - 0.83·1.05 = 12.85 %, not more",
        lender_loss_cap(
            cap="0.1967", shock="0.3", frozen=True
        ): "all collateral at 0.7 of its price pays 0.7/(0.83·1.05) of the debt, so 19.68 % is lost",
        borrower_loss_cap(cap="0.0476", shock=Drop(bound="0.1285"), frozen=True): "the bonus on everything costs "
        "b/(1 + b) = 1/21 of the collateral",
        wick_survival(shock=Wick(bound="0.201"), health="1.25"): "a spot oracle shows every wick deeper than 1 - 1/h",
        given(AaveV3.close_factor_can_be_used_up, **E_MODE): "of 2000 dollars half of the debt with its bonus leaves "
        "less than 1000",
        AaveV3.any_part_can_be_repaid: "a rest of less than 1000 dollars on either side is refused, unless it is none",
        AaveV3.close_factor_bounds_what_is_repaid_in_all: "each call counts the close factor anew, of what is left",
        nothing_is_sold(**POOL): "what is seized is sold, and the next is liquidated at the price that is left",
        liquidation_improves_health(shock="0.2"): "past a loan-to-value of 1/(1 + bonus) each liquidation makes the "
        "position worse",
        in_fixed(
            wick_survival(shock=Wick(bound="0.2"), health="1.25")
        ): "what the collateral is worth is rounded down, and at health exactly 1 a unit decides",
        given(
            AaveV3.liquidation_keeps_the_shortfall, arithmetic="fixed", shock="0.5"
        ): "what is seized is rounded down, so the shortfall falls by a unit",
        given(AaveV3.who_left_a_deficit_has_no_collateral, shock="0.5"): "it may be deposited again",
    }


HALF_A_PERCENT = {
    "liquidation_bonus": "0.005",
    "liquidation_threshold": "0.9",
    "close_factor": "0.5",
    "full_close_health": 0,
    "small_position": 0,
    "least_leftover": 0,
    "protocol_fee": 0,
}


class AaveV3AnyParameters(Design, name="aave-v3-any"):
    """Fixed-spread liquidation with every parameter open: solvent up to a drawdown of 1 - LT·(1 + b)/h."""

    shock = Drawdown(bound=ANY)
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = AnyPosition(health=ANY)
    pool = AaveV3(market=market, oracle=oracle, book=book)
    keepers = Nobody(pool=pool)

    @assumption
    def threshold_leaves_room_for_the_bonus(self) -> Bool:
        """LT·(1 + b) is at most 1."""
        return self.pool.liquidation_threshold * (1 + self.pool.liquidation_bonus) <= 1

    @assumption
    def shock_and_buffer(self) -> Bool:
        """The drawdown is at most 1 - LT·(1 + b)/h."""
        worst = self.pool.liquidation_threshold * (1 + self.pool.liquidation_bonus)
        return self.shock.bound * self.book.health <= self.book.health - worst

    proved = (
        solvency(),
        AaveV3.liquidation_keeps_the_shortfall,
        AaveV3.covered_liquidation_improves_health,
        conservation(),
        in_fixed(solvency()),
        in_fixed(AaveV3.liquidation_keeps_the_shortfall_to_a_unit),
        in_fixed(AaveV3.covered_liquidation_improves_health_to_a_unit),
        in_fixed(conservation()),
    )
    refuted = {
        given(
            AaveV3.liquidation_keeps_the_shortfall, arithmetic="fixed", shock="0.05"
        ): "what is seized is rounded down, so the shortfall falls by a unit",
        given(
            AaveV3.covered_liquidation_improves_health, arithmetic="fixed", **HALF_A_PERCENT
        ): "with a bonus of half a percent a unit repaid is worth no whole units of value",
    }


class AaveV3Beyond(AaveV3AnyParameters, name="aave-v3-beyond"):
    """The same just beyond that drawdown: there are parameters with which lenders lose."""

    @assumption
    def shock_and_buffer(self) -> Bool:
        """The drawdown is more than 1 - LT·(1 + b)/h, by at most a hundredth of a percent."""
        worst = self.pool.liquidation_threshold * (1 + self.pool.liquidation_bonus) / self.book.health
        return (1 - worst < self.shock.bound) & (self.shock.bound <= 1 - worst + 0.0001)

    refuted = {
        solvency(): "the whole collateral at the lowest price no longer pays the debt with its bonus",
    }
