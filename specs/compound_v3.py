"""Compound III (Comet): the protocol absorbs an unhealthy account whole, and sells its collateral at a discount.

Source: compound-finance/comet d5a30b0a, ``Comet.sol`` (isLiquidatable, absorb, buyCollateral, getReserves). One
collateral asset, no interest, and no least borrowing. A positive balance that an absorption leaves counts as
withdrawn. Whoever absorbs needs no capital and is given points only; the reserves pay, and hold the collateral.
"""

from types import MappingProxyType
from typing import Any

from verifier.language import (
    RATIO,
    Bool,
    Design,
    Q,
    Real,
    Step,
    all_of,
    amount,
    assumption,
    at_start,
    closed_form,
    down,
    given,
    implies,
    in_fixed,
    invariant,
    lemma,
    maximum,
    param,
    require,
    rule,
    state,
    where,
)

from .absorbing import Absorbed
from .books import AnyPosition, Still
from .keepers import Nobody
from .markets import Infinite
from .oracles import Spot
from .parameters import deployed
from .properties import (
    borrower_loss_cap,
    conservation,
    healthy_is_safe,
    lender_loss_cap,
    oracle_noninterference,
    own_acts_keep_health,
    solvency,
    wick_survival,
)
from .shocks import Drop, Slide, Wick
from .units import Collateral, Debt, DebtFlow, Ratio


class Comet(Absorbed):
    """An account that anyone may absorb, the reserves that pay for it, and the storefront that sells what they got."""

    borrow_factor: Ratio = param  # share of the collateral's value that may be borrowed against
    liquidation_factor: Ratio = param  # share of its value that an absorbed account is credited
    storefront_factor: Ratio = param  # share of the rest by which the storefront's price is below the oracle's
    target_reserves: Debt = param  # the storefront is open while reserves are below this

    reserves: DebtFlow = state()  # cash and what is borrowed, less what is supplied
    stock: Collateral = state(0)  # absorbed collateral

    @assumption
    def factors_are_shares_in_order(self) -> Bool:
        """All factors are shares, and borrowing stops before liquidation."""
        borrowing = (self.borrow_factor > 0) & (self.borrow_factor < self.liquidation_threshold)
        return borrowing & (self.liquidation_factor <= 1) & (self.storefront_factor <= 1)

    def share(self) -> Real:
        return self.liquidation_factor

    def value(self) -> Real:
        return down(self.collateral * self.oracle.quote(), 8)

    def health_value(self) -> Real:
        return down(self.liquidation_threshold * self.value(), 8)

    def may_borrow(self) -> Bool:
        return self.debt <= down(self.borrow_factor * self.value(), 8)

    def credit(self) -> Real:
        """What the account is credited for all its collateral."""
        return down(down(self.liquidation_factor * self.value(), 8), 6)

    def storefront_price(self) -> Real:
        """The price at which the protocol sells."""
        discount = down(self.storefront_factor * (1 - self.liquidation_factor), 18)
        return down(self.oracle.quote() * (1 - discount), 8)

    @rule(by="liquidator")
    def absorb(self) -> Step:
        """Anyone has the reserves pay off an unhealthy account, and credit it what its collateral is worth beyond."""
        left = maximum(0, self.credit() - self.debt)
        return require(self.liquidatable()).then(
            self.after(
                collateral=0,
                debt=0,
                deficit=self.deficit + maximum(0, self.debt - self.credit()),
                stock=self.stock + self.collateral,
                reserves=self.reserves - (self.debt + left),
                owner_cash=self.owner_cash + left,
                pool_cash=self.pool_cash - left,
            )
        )

    @rule(by="anyone")
    def buy(self, paid: Debt) -> Step:
        """Anyone buys absorbed collateral while reserves are below their target."""
        bought = down(paid / self.storefront_price())
        return require(paid > 0, bought <= self.stock, not_for_sale=self.reserves < self.target_reserves).then(
            self.after(
                stock=self.stock - bought,
                reserves=self.reserves + paid,
                liquidator_collateral=self.liquidator_collateral + bought,
                liquidator_cash=self.liquidator_cash - paid,
                pool_cash=self.pool_cash + paid,
            ),
            self.market.sell(bought),
        )

    # Whose a loss is.

    def borrower_wealth(self) -> Real:
        """The account's equity, and the balance that an absorption left."""
        return super().borrower_wealth() + self.owner_cash

    def totals(self) -> tuple[Real, ...]:
        """Each token's accounts in one sum: collateral, cash, and what suppliers are owed."""
        return (
            self.accounts_of_collateral() + self.stock,
            self.owner_cash + self.liquidator_cash + self.pool_cash,
            self.pool_cash + self.debt - self.reserves,
        )

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return super().columns() | {"reserves": self.reserves, "stock": self.stock}

    # What holds of it.

    @invariant(on=absorb)
    def absorbed_leaves_no_debt(self, post: "Comet") -> Bool:
        """An absorption leaves its account no collateral and a balance of at least zero, and only the reserves pay."""
        taken = (post.collateral == 0) & (post.stock == self.stock + self.collateral) & (post.debt == 0)
        paid = self.reserves - post.reserves
        got = post.owner_cash - self.owner_cash
        return taken & (got >= 0) & (paid == self.debt + got) & (post.liquidator_cash == self.liquidator_cash)

    @invariant(on=absorb)
    def absorb_reserves_decrease(self, post: "Comet") -> Bool:
        """An absorption never raises the reserves."""
        return post.reserves <= self.reserves

    @invariant(on=absorb)
    def absorb_moves_collateral_against_debt(self, post: "Comet") -> Bool:
        """Where an absorption takes collateral in, less is borrowed."""
        return implies(post.stock > self.stock, post.debt < self.debt)

    @invariant(on=absorb)
    def no_double_absorb(self, post: "Comet") -> Bool:
        """An account that was absorbed cannot be absorbed again."""
        del self
        return ~post.absorb().enabled()

    @invariant(exits=(absorb,))
    def unhealthy_can_be_absorbed(self) -> Bool:
        """Whatever is unhealthy can be absorbed, even with no collateral left, so that bad debt is always realised."""
        return implies(~self.healthy(), self.absorb().enabled())

    @invariant(on=buy)
    def buying_goes_both_ways(self, post: "Comet") -> Bool:
        """Whoever buys pays something and gets something."""
        return (post.pool_cash > self.pool_cash) & (post.stock < self.stock)

    @invariant(on=buy)
    def never_sold_below_credit(self, post: "Comet") -> Bool:
        """The storefront sells at no less than an account would be credited at the same price."""
        sold, paid = self.stock - post.stock, post.reserves - self.reserves
        return paid >= self.liquidation_factor * self.oracle.quote() * sold

    @invariant(on=buy)
    def discount_is_the_stated_one(self, post: "Comet") -> Bool:
        """The storefront's price is the oracle's, less the storefront factor's share of what liquidation takes."""
        sold, paid = self.stock - post.stock, post.reserves - self.reserves
        return paid == sold * self.oracle.quote() * (1 - self.storefront_factor * (1 - self.liquidation_factor))

    @invariant(on=buy)
    def sold_below_target_only(self, post: "Comet") -> Bool:
        """Collateral is sold only while the reserves are below their target."""
        del post
        return self.reserves < self.target_reserves

    @invariant(exits=(buy,))
    def stock_can_be_sold(self, paid: Debt) -> Bool:
        """Whatever was absorbed can be bought."""
        affordable = (paid > 0) & (paid <= self.stock * self.storefront_price())
        return implies(affordable, self.buy(paid).enabled())

    @invariant
    def stock_backs_what_reserves_spent(self) -> Bool:
        """What reserves lack beyond written-off debt is there as collateral, at the storefront's price."""
        spent = at_start(self.reserves) - self.reserves - self.deficit
        return spent <= self.stock * self.storefront_price()

    @lemma
    def nothing_in_stock_before_an_absorption(self) -> Bool:
        nothing = (self.stock == 0) & (self.reserves == at_start(self.reserves)) & (self.owner_cash == 0)
        untouched = (self.collateral == at_start(self.collateral)) & (self.debt == at_start(self.debt))
        shock, closed = self.market.shock, (self.collateral == 0) & (self.debt == 0)
        return nothing & untouched | closed & (shock.moved_once if isinstance(shock, Drop) else all_of())

    @lemma
    def credited_at_a_price_that_stays(self) -> Bool:
        shock = self.market.shock
        price = self.market.price() if isinstance(shock, Drop) else shock.floor()
        credit = self.liquidation_factor * at_start(self.collateral) * price
        return (self.debt > 0) | (self.collateral > 0) | (self.owner_cash >= credit - at_start(self.debt))

    @closed_form(borrower_loss_cap, "cap")
    def dearest_absorption(self) -> Real | None:
        """What the credit leaves of all collateral at the lowest price, with the recovery that it misses."""
        shock, best = self.market.shock, maximum(self.liquidation_factor, self.liquidation_threshold)
        if type(self.oracle) is not Spot or not isinstance(shock, (Drop, Wick)):
            return None
        low = 1 - shock.bound if isinstance(shock, Wick) else amount(1, RATIO)
        return where(self.never_unhealthy(), 0, 1 - best * low)


STILL = Still(health="1.25")
HALF = Slide(bound="0.5", step="0.02")
WETH = deployed("compound-v3-usdc-weth")


FROM_STOCK = "what the protocol absorbed is sold by whoever buys it later, and tiers know what positions hold"


class CompoundV3(Design, name="compound-v3"):
    """WETH in the USDC market. Default shock: a drop by at most 5.78 %, from health 1."""

    not_settled = MappingProxyType(dict.fromkeys(("cascade_free", "price_floor"), FROM_STOCK))

    shock = Drop(bound="0.0578")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = Comet(market=market, oracle=oracle, book=book, **WETH)
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        solvency(shock=HALF, book=STILL, keepers="prompt"),
        lender_loss_cap(cap=Q("241/716"), shock="0.5", book=STILL),
        borrower_loss_cap(cap="0.05", shock="0.5"),
        wick_survival(shock=Wick(bound="0.2"), book=STILL),
        own_acts_keep_health(book=AnyPosition()),
        healthy_is_safe(),
        Comet.absorbed_leaves_no_debt,
        Comet.absorb_reserves_decrease,
        Comet.absorb_moves_collateral_against_debt,
        Comet.no_double_absorb,
        given(Comet.unhealthy_can_be_absorbed, shock="0.5"),
        Comet.buying_goes_both_ways,
        Comet.never_sold_below_credit,
        Comet.discount_is_the_stated_one,
        Comet.sold_below_target_only,
        given(Comet.stock_backs_what_reserves_spent, shock="0.5"),
        oracle_noninterference(rules="absorb buy withdraw borrow"),
        conservation(),
        in_fixed(conservation()),
        in_fixed(Comet.absorbed_leaves_no_debt),
        in_fixed(healthy_is_safe()),
        in_fixed(Comet.no_double_absorb),
        given(Comet.unhealthy_can_be_absorbed, shock="0.5", arithmetic="fixed"),
    )
    refuted = {
        solvency(shock="0.058"): "what an account is credited leaves a buffer of 1 - 0.895/0.95 = 5.789 %",
        solvency(liquidation_factor="0.89", shock="0.01"): "with a credit below the liquidation threshold even an "
        "account that is barely unhealthy costs the reserves",
        lender_loss_cap(cap="0.3365", shock="0.5", book=STILL): "half the price pays 0.5·1.25·0.95/0.895 of the debt",
        borrower_loss_cap(cap="0.0499", shock="0.5"): "an absorbed account is credited 95 %",
        Comet.stock_can_be_sold: "with the reserves at their target nothing is for sale, and the price goes on falling",
        given(
            Comet.stock_backs_what_reserves_spent, shock=HALF
        ): "what is absorbed may fall further before it is sold: the reserves hold it meanwhile",
        given(
            Comet.buying_goes_both_ways, storefront_factor=0, arithmetic="fixed"
        ): "with no least amount named, one may pay and get nothing",
    }
