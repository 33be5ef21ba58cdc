"""Compound v2: two of its markets, in which anyone may repay a part of an unhealthy position's debt for cTokens.

Source: @venusprotocol/venus-protocol 0.7.0, a fork of compound-finance/compound-protocol (a3214f67) that liquidates in
the same way, written out in ``ctokens.py`` and ``ctoken_markets.py``; what its truncations cost is in
``ctoken_digits.py``. The parameters are those of WETH against USDC.
"""

from typing import Any

from verifier.language import Bool, Design, Q, Real, amount, down, given, implies, in_fixed, invariant, lemma, minimum

from .books import DROP, AnyPosition, Exactly
from .ctoken_digits import (
    health_is_never_overstated,
    health_is_overstated_by_less_than_a_unit,
    nothing_is_owed_on_nothing_with_digits,
    numbers_fit,
    solvency_with_digits,
    wick_survival_with_digits,
)
from .ctoken_markets import CTokenMarkets
from .ctokens import CTOKENS, EXCHANGE, MantissaDrawdown
from .keepers import Nobody
from .markets import POOL, Infinite
from .oracles import Spot
from .parameters import deployed
from .properties import (
    add_up,
    borrower_loss_cap,
    healthy_is_safe,
    lender_loss_cap,
    liquidation_improves_health,
    nothing_is_sold,
    oracle_noninterference,
    own_acts_keep_health,
    solvency,
    wick_survival,
)
from .shocks import Wick
from .units import ROUNDED, Debt


class CompoundV2(CTokenMarkets):
    """A position with cTokens of one market and a debt of another one, and what holds of it."""

    @lemma
    def indices_have_begun(self) -> Bool:
        return (self.own_index > 0) & (self.own_index <= self.borrow_index)

    @lemma
    def others_hold_what_stands_for_something(self) -> Bool:
        return (self.tokens >= 0) & (self.tokens < self.token_supply) & (self.backing() > 0)

    @lemma
    def covered_at_the_floor(self) -> Bool:
        """The debt with the incentive is at most what all collateral is worth at the lowest price to come."""
        covered = self.owed() * self.liquidation_incentive <= self.worth(self.market.shock.floor())
        return self.bears_interest | ROUNDED | covered

    @invariant
    def who_owes_just_what_it_may_is_safe(self, repaid: Debt) -> Bool:
        """A position that owes exactly what it may owe is not liquidated, for no amount."""
        even = self.are_open() & (self.debt_value() == self.health_value())
        return implies(even, ~self.liquidate_borrow(repaid).enabled())

    @invariant(on=CTokenMarkets.liquidate_borrow)
    def close_factor_is_kept(self, post: "CompoundV2") -> Bool:
        """One liquidation repays at most the close factor's share of the debt."""
        return post.principal >= (1 - self.close_factor) * self.debt

    @invariant(exits=(CTokenMarkets.liquidate_borrow,))
    def unhealthy_can_be_liquidated(self) -> Bool:
        """Of whatever is unhealthy the less of what the close factor allows and what cTokens pay for can be repaid."""
        covered = self.collateral * self.oracle.quote() / (self.liquidation_incentive * self.debt_price)
        largest = minimum(self.close_factor * self.debt, covered)
        return implies(self.due(), self.liquidate_borrow(largest).enabled())

    @invariant
    def any_part_can_be_repaid(self, repaid: Debt) -> Bool:
        """Of whatever is unhealthy any part can be repaid that the close factor allows."""
        part = (repaid > 0) & (repaid <= self.close_factor * self.debt)
        return implies(self.due() & part, self.liquidate_borrow(repaid).enabled())

    @invariant(on=CTokenMarkets.liquidate_borrow)
    def close_factor_bounds_what_is_repaid_in_all(self, post: "CompoundV2") -> Bool:
        """What was repaid and may now be repaid is within what might be repaid before."""
        repaid, more = self.debt - post.debt, self.close_factor * post.debt
        return post.healthy() | (repaid + more <= self.close_factor * self.debt)

    @invariant(on=(CTokenMarkets.liquidate_borrow, CTokenMarkets.borrow, CTokenMarkets.repay_borrow))
    def balance_sheet_is_kept(self, post: "CompoundV2") -> Bool:
        """Cash makes up for what is borrowed, to the unit of the position's own debt; the rate of its cTokens stays."""
        lent = (post.cash + post.borrows == self.cash + self.borrows) & (post.reserves == self.reserves)
        owed = post.borrows - self.borrows == post.debt - self.debt
        return implies(self.are_open(), lent & owed & (post.exchange_rate() == self.exchange_rate()))

    @invariant
    def what_is_seized_is_paid_for(self, repaid: Debt) -> Bool:
        """CTokens are given at most for what is repaid and the incentive, at what they are worth."""
        price = self.oracle.quote() * self.exchange_rate()
        return implies(self.are_open() & (price > 0), self.seize_tokens(repaid) * price <= self.paid_for(repaid))

    @invariant
    def what_is_seized_is_paid_for_at_the_truncated_price(self, repaid: Debt) -> Bool:
        """The same at the price of a cToken as the contract truncates it."""
        price = down(self.oracle.quote() * self.exchange_rate(), EXCHANGE)
        return implies(self.are_open() & (price > 0), self.seize_tokens(repaid) * price <= self.paid_for(repaid))

    def paid_for(self, repaid: Real) -> Real:
        """What is repaid is worth, with the incentive."""
        return repaid * self.debt_price * self.liquidation_incentive

    @invariant
    def portions_add_up(self, one: Debt, other: Debt) -> Bool:
        """Two liquidations at one price, in either order, end where one of both sums does."""
        return add_up(self.liquidate_borrow, one, other, "tokens debt cash")

    @invariant
    def portions_seize_as_much_to_a_unit(self, one: Debt, other: Debt) -> Bool:
        """For two portions a liquidator gets as many cTokens as for both at once, or a unit less."""
        price = down(self.oracle.quote() * self.exchange_rate(), EXCHANGE)
        apart, whole = self.seize_tokens(one) + self.seize_tokens(other), self.seize_tokens(one + other)
        alike = (apart <= whole) & (whole <= apart + amount(Q("1e-8"), CTOKENS))
        return implies(self.are_open() & (price > 0), alike)

    @invariant(on=CTokenMarkets.liquidate_borrow)
    def nothing_is_owed_on_nothing(self, post: "CompoundV2") -> Bool:
        """Who has no collateral left owes nothing."""
        return (post.tokens > 0) | (post.principal == 0)


def in_units(claim: Any) -> Any:
    """The claim in the contract's integers, whatever interest accrues."""
    return given(claim, arithmetic="fixed", bears_interest=True)


CTOKENS_COUNT = "collateral is what cTokens stand for; tiers know positions by what each itself has and owes"


class CompoundWethUsdc(Design, name="compound-v2"):
    """Compound v2, WETH against USDC: solvent for drawdowns of up to 1 - 0.75·1.08 = 19 %."""

    not_settled = dict.fromkeys(("cascade_free", "price_floor"), CTOKENS_COUNT)

    shock = MantissaDrawdown(bound="0.19")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = AnyPosition()
    pool = CompoundV2(market=market, oracle=oracle, book=book, **deployed("compound-v2-weth-usdc"))
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        lender_loss_cap(cap=Q("11/81"), **DROP),
        borrower_loss_cap(cap=Q("2/27"), **DROP),
        wick_survival(shock=Wick(bound="0.2"), health="1.25"),
        own_acts_keep_health(),
        healthy_is_safe(),
        given(CompoundV2.unhealthy_can_be_liquidated, shock="0.5"),
        oracle_noninterference(rules="liquidate_borrow redeem borrow"),
        health_is_never_overstated(),
        CompoundV2.close_factor_is_kept,
        CompoundV2.balance_sheet_is_kept,
        CompoundV2.what_is_seized_is_paid_for,
        CompoundV2.who_owes_just_what_it_may_is_safe,
        CompoundV2.nothing_is_owed_on_nothing,
        CompoundV2.portions_add_up,
        in_fixed(solvency_with_digits(shock="0.1899", frozen=True)),
        in_fixed(nothing_is_owed_on_nothing_with_digits(shock="0.1899", frozen=True)),
        in_fixed(wick_survival_with_digits(shock=Wick(bound="0.2"), health="1.27")),
        in_fixed(oracle_noninterference(rules="liquidate_borrow redeem borrow")),
        given(CompoundV2.close_factor_is_kept, arithmetic="fixed", shock="0.5", bears_interest=True),
        in_units(health_is_overstated_by_less_than_a_unit()),
        in_units(CompoundV2.what_is_seized_is_paid_for_at_the_truncated_price),
        in_units(CompoundV2.balance_sheet_is_kept),
        in_units(CompoundV2.who_owes_just_what_it_may_is_safe),
        in_units(CompoundV2.portions_seize_as_much_to_a_unit),
        given(numbers_fit(), arithmetic="fixed", shock="0.5"),
    )
    refuted = {
        solvency(
            shock="0.1901", close_factor=1
        ): "factor and incentive leave a buffer of 1 - 0.75·1.08 = 19 %, not more",
        lender_loss_cap(cap="0.1357", **DROP): "0.7 of the price pays 0.7/(0.75·1.08) of the debt",
        borrower_loss_cap(
            cap="0.074", close_factor=1, **DROP
        ): "the incentive on all collateral costs 0.08/1.08 of it, which half after half comes near",
        wick_survival(shock=Wick(bound="0.201"), health="1.25"): "a spot oracle shows every wick deeper than 1 - 1/h",
        given(
            CompoundV2.any_part_can_be_repaid, shock="0.5"
        ): "who offers more than all cTokens pay for is refused, instead of getting what there is",
        CompoundV2.close_factor_bounds_what_is_repaid_in_all: "each call counts the close factor anew, of what is left",
        nothing_is_sold(**POOL): "what is seized is sold, and the next is liquidated at the price that is left",
        liquidation_improves_health(shock="0.3"): "past a loan-to-value of 1/1.08 each liquidation makes the position "
        "worse",
        given(CompoundV2.nothing_is_owed_on_nothing, shock="0.5"): "debt without collateral stays for ever: nothing "
        "writes it off",
        in_units(health_is_never_overstated()): "the debt is rounded down where health is checked",
        in_units(
            CompoundV2.what_is_seized_is_paid_for
        ): "a cToken's price is truncated where it divides, so a liquidator may get more",
        given(
            CompoundV2.portions_add_up, arithmetic="fixed", book=Exactly(health="0.5", size=10)
        ): "the cTokens for each portion are truncated, so that both may be a unit fewer",
    }
