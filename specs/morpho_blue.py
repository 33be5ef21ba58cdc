"""Morpho Blue: one market, in which anyone may close any part of an unhealthy position at a fixed incentive.

Source: morpho-org/morpho-blue 1.0.0 (3085651a), written out in ``debt_shares.py`` and ``isolated_market.py``; what its
roundings cost is in ``share_roundings.py``. The parameters are those of the market of WETH against USDC.
"""

from typing import Any

from verifier.language import ANY, Bool, Design, down, given, implies, in_fixed, invariant, lemma

from .books import DROP, AnyPosition, Exactly
from .debt_shares import VIRTUAL_ASSETS, VIRTUAL_SHARES, ScaledDrawdown
from .isolated_market import IsolatedMarket
from .keepers import Nobody
from .markets import POOL, Infinite
from .oracles import Spot
from .parameters import deployed
from .properties import (
    borrower_loss_cap,
    conservation,
    healthy_is_safe,
    lender_loss_cap,
    liquidation_improves_health,
    nothing_is_sold,
    oracle_noninterference,
    own_acts_keep_health,
    solvency,
    wick_survival,
)
from .share_roundings import (
    conservation_to_a_unit,
    health_is_never_overstated,
    nobody_owes_more_than_is_borrowed_of_two_units,
    numbers_fit,
    solvency_to_a_unit,
    wick_survived_by_all_but_the_smallest,
)
from .shocks import Wick
from .suppliers import SuppliedMarket
from .units import ROUNDED

OTHERS_COUNT = "what shares owe depends on what others have borrowed; tiers know positions by what each has and owes"
LIQUIDATIONS = (IsolatedMarket.liquidate, IsolatedMarket.liquidate_shares)


class MorphoBlue(SuppliedMarket):
    """A market and one of its positions, and what holds of them."""

    @lemma
    def part_of_all(self) -> Bool:
        return self.owed_shares <= self.borrow_shares

    @lemma
    def no_share_is_worth_less_than_the_first(self) -> Bool:
        worth = self.borrow_shares / VIRTUAL_SHARES <= self.borrow_assets / VIRTUAL_ASSETS
        return self.bears_interest | ROUNDED | worth

    @lemma
    def covered_at_the_floor(self) -> Bool:
        return self.bears_interest | ROUNDED | self.covered(self.market.shock.floor())

    def improves(self, post: "MorphoBlue") -> Bool:
        """Whether each unit of collateral bears no more shares of debt than before."""
        return post.owed_shares * self.collateral <= self.owed_shares * post.collateral

    @invariant(on=LIQUIDATIONS)
    def who_owes_just_what_it_may_is_safe(self, post: "MorphoBlue") -> Bool:
        """A position that owes exactly what it may owe is not liquidated."""
        del post
        return self.debt != self.health_value()

    @invariant(on=LIQUIDATIONS)
    def what_is_seized_is_paid_for(self, post: "MorphoBlue") -> Bool:
        """Collateral is given at most for what is repaid and the incentive, to the last unit."""
        seized, paid = self.collateral - post.collateral, self.cash_outside - post.cash_outside
        return implies(self.stored(), seized * self.oracle.quote() <= paid * self.incentive())

    @invariant(on=LIQUIDATIONS)
    def covered_debt_is_not_written_off(self, post: "MorphoBlue") -> Bool:
        """Where the collateral covers debt and incentive, a liquidation writes off nothing."""
        return ~self.stored() | ~self.covered() | (post.deficit == self.deficit)

    @invariant(on=LIQUIDATIONS)
    def covered_debt_stays_covered(self, post: "MorphoBlue") -> Bool:
        """Cover for debt and incentive outlasts a liquidation, as long as anything is borrowed."""
        return ~self.stored() | ~self.covered() | (post.borrow_assets == 0) | post.covered()

    @invariant(on=LIQUIDATIONS)
    def covered_positions_improve(self, post: "MorphoBlue") -> Bool:
        """Where the collateral covers debt and incentive, a liquidation leaves no more shares of debt on each unit."""
        return ~self.stored() | ~self.covered() | self.improves(post)

    @invariant(on=LIQUIDATIONS)
    def improves_what_the_highest_incentive_would(self, post: "MorphoBlue") -> Bool:
        """Where the highest incentive as a constant bonus would do no harm, each unit bears no more shares of debt."""
        harmless = self.owed() * self.most_incentive <= self.worth(self.oracle.quote())
        return implies(self.stored() & harmless, self.improves(post))

    @invariant(on=IsolatedMarket.liquidate)
    def nothing_is_owed_on_nothing(self, post: "MorphoBlue") -> Bool:
        """What is left without collateral of any worth owes nothing: its debt is written off."""
        return (down(post.collateral * self.oracle.quote()) > 0) | (post.owed_shares == 0)

    @invariant(helps=False)
    def always_collateralized(self) -> Bool:
        """Whoever owes anything has some collateral."""
        return (self.owed_shares == 0) | (self.collateral > 0)

    @invariant
    def nobody_owes_more_than_is_borrowed(self) -> Bool:
        """What a position owes is a part of all that is borrowed."""
        return self.debt <= self.borrow_assets

    @invariant(on=(*LIQUIDATIONS, IsolatedMarket.repay, IsolatedMarket.borrow))
    def no_share_gets_dearer(self, post: "MorphoBlue") -> Bool:
        """As long as anything is borrowed, no act on a position makes another one's debt larger."""
        after = (post.borrow_assets + VIRTUAL_ASSETS) * (self.borrow_shares + VIRTUAL_SHARES)
        before = (self.borrow_assets + VIRTUAL_ASSETS) * (post.borrow_shares + VIRTUAL_SHARES)
        return implies(self.stored(), (post.borrow_assets == 0) | (after <= before))

    @invariant
    def threshold_leaves_room_for_the_incentive(self) -> Bool:
        """The incentive at the threshold never takes more than all."""
        return self.incentive() * self.liquidation_threshold < 1


TEN_AT_ONE = {"shock": "0.5", "book": Exactly(health=1, size=10)}
"""A start: a liquidation speaks for itself, and needs one only to be seen to happen."""


INDEBTED: dict[str, Any] = {"shock": "0.5", "bears_interest": True}
"""What holds of whoever owes something at any time."""


def in_units(claim: Any, **settings: Any) -> Any:
    """The claim in the contract's integers, whatever interest accrues."""
    return given(claim, arithmetic="fixed", bears_interest=True, **settings)


class MorphoWethUsdc(Design, name="morpho-blue"):
    """Morpho Blue, WETH against USDC at an LLTV of 86 %."""

    not_settled = dict.fromkeys(("cascade_free", "price_floor"), OTHERS_COUNT)

    shock = ScaledDrawdown(bound="0.1022")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = AnyPosition()
    pool = MorphoBlue(market=market, oracle=oracle, book=book, **deployed("morpho-weth-usdc"))
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        lender_loss_cap(cap="0.2203", **DROP),
        borrower_loss_cap(cap="0.042", **DROP),
        wick_survival(shock=Wick(bound="0.2"), health="1.25"),
        own_acts_keep_health(),
        healthy_is_safe(),
        oracle_noninterference(rules="liquidate liquidate_shares withdraw_collateral borrow"),
        conservation(shock="0.5"),
        MorphoBlue.covered_debt_is_not_written_off,
        MorphoBlue.covered_debt_stays_covered,
        MorphoBlue.covered_positions_improve,
        health_is_never_overstated(),
        given(MorphoBlue.nothing_is_owed_on_nothing, shock="0.5"),
        MorphoBlue.who_owes_just_what_it_may_is_safe,
        MorphoBlue.what_is_seized_is_paid_for,
        MorphoBlue.no_share_gets_dearer,
        MorphoBlue.nobody_owes_more_than_is_borrowed,
        given(MorphoBlue.always_collateralized, shock="0.5"),
        in_units(MorphoBlue.always_collateralized, shock="0.5"),
        given(MorphoBlue.no_more_is_borrowed_than_supplied, **INDEBTED),
        given(MorphoBlue.suppliers_lose_by_write_offs_only, **INDEBTED),
        given(MorphoBlue.unhealthy_can_be_liquidated, **INDEBTED),
        given(MorphoBlue.all_debt_can_be_repaid, **INDEBTED),
        given(MorphoBlue.all_debt_can_be_repaid_by_its_worth, **INDEBTED),
        given(MorphoBlue.who_owes_nothing_can_leave, **INDEBTED),
        in_fixed(solvency_to_a_unit()),
        in_fixed(wick_survived_by_all_but_the_smallest(shock=Wick(bound="0.2"), health="1.27")),
        in_fixed(oracle_noninterference(rules="liquidate liquidate_shares withdraw_collateral borrow")),
        given(conservation_to_a_unit(), arithmetic="fixed", shock="0.5"),
        in_units(MorphoBlue.covered_debt_is_not_written_off),
        in_units(MorphoBlue.covered_debt_stays_covered),
        in_units(MorphoBlue.covered_positions_improve),
        in_units(health_is_never_overstated()),
        in_units(MorphoBlue.who_owes_just_what_it_may_is_safe),
        in_units(MorphoBlue.what_is_seized_is_paid_for),
        in_units(MorphoBlue.no_share_gets_dearer),
        in_units(MorphoBlue.suppliers_lose_by_write_offs_only, fee="0.25"),
        in_units(MorphoBlue.all_debt_can_be_repaid),
        in_units(numbers_fit()),
    )
    refuted = {
        solvency(
            shock="0.1023"
        ): "the threshold with its incentive leaves a buffer of 1 - 0.86/0.958 = 10.229 %, not more",
        lender_loss_cap(cap="0.2202", **DROP): "0.7 of the price pays 0.7·0.958/0.86 of the debt",
        borrower_loss_cap(cap="0.0419", **DROP): "the incentive on all collateral costs 0.3·(1 - 0.86) of it",
        wick_survival(shock=Wick(bound="0.201"), health="1.25"): "a spot oracle shows every wick deeper than 1 - 1/h",
        given(
            MorphoBlue.nothing_is_owed_on_nothing, arithmetic="fixed", book=Exactly(health="0.5", size=10)
        ): "debt is written off at exactly no collateral: one unit left blocks it",
        given(
            nobody_owes_more_than_is_borrowed_of_two_units(),
            arithmetic="fixed",
            book=Exactly(health="0.5", size="1e-9"),
        ): "each repayment is rounded up to a unit, so the shares left cost a unit more than is borrowed",
        nothing_is_sold(**POOL): "what is seized is sold, and the next is liquidated at the price that is left",
        in_units(
            MorphoBlue.all_debt_can_be_repaid_by_its_worth
        ): "what is owed is rounded up to a unit, which may be worth more shares than are owed",
        liquidation_improves_health(shock="0.2"): "past a loan-to-value of 1/LIF each liquidation makes the position "
        "worse",
    }


class MorphoAnyMarket(Design, name="morpho-blue-any"):
    """Morpho Blue at any LLTV, under any curve of the incentive that stays within what the threshold leaves."""

    shock = ScaledDrawdown(bound=ANY)
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = AnyPosition()
    pool = MorphoBlue(market=market, oracle=oracle, book=book)

    proved = (
        MorphoBlue.threshold_leaves_room_for_the_incentive,
        in_fixed(MorphoBlue.threshold_leaves_room_for_the_incentive),
        MorphoBlue.what_is_seized_is_paid_for,
        MorphoBlue.covered_debt_is_not_written_off,
        MorphoBlue.covered_debt_stays_covered,
        MorphoBlue.covered_positions_improve,
        MorphoBlue.improves_what_the_highest_incentive_would,
        MorphoBlue.shares_bring_what_they_cost,
        in_units(MorphoBlue.what_is_seized_is_paid_for, **TEN_AT_ONE),
        in_units(MorphoBlue.covered_debt_is_not_written_off, **TEN_AT_ONE),
        in_units(MorphoBlue.covered_debt_stays_covered, **TEN_AT_ONE),
    )
    refuted = {
        in_units(
            MorphoBlue.shares_bring_what_they_cost, **TEN_AT_ONE
        ): "what is repaid is rounded up, so the shares for one unit of collateral may bring another one",
    }
