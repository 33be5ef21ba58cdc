"""Compound III: the protocol absorbs an unhealthy account whole, and sells its collateral at a discount.

Source: compound-finance/comet d5a30b0a, ``Comet.sol``, written out in ``comet.py``; the deployed factors of WETH in
the USDC market.
"""

from verifier.language import Design, Q, given, in_fixed

from .books import STILL, AnyPosition, Still
from .comet import Comet
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
    liquidators_need_no_cash,
    nothing_is_sold,
    oracle_noninterference,
    own_acts_keep_health,
    solvency,
    wick_survival,
)
from .shocks import SLIDE, Drop, Wick

WETH = deployed("compound-v3-usdc-weth")
FROM_STOCK = "what the protocol absorbed is sold by whoever buys it later, and tiers know what positions hold"


class CompoundV3(Design, name="compound-v3"):
    """WETH in the USDC market. Default shock: a drop by at most 5.78 %, from health 1."""

    not_settled = dict.fromkeys(("cascade_free", "price_floor"), FROM_STOCK)

    shock = Drop(bound="0.0578")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = Comet(market=market, oracle=oracle, book=book, **WETH)
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        solvency(shock=SLIDE, book=STILL, keepers="prompt"),
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
        liquidators_need_no_cash(),
        liquidation_improves_health(shock="0.5"),
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
        nothing_is_sold(**POOL): "who buys from the storefront sells what it gets",
        Comet.stock_can_be_sold: "with the reserves at their target nothing is for sale, and the price goes on falling",
        given(
            Comet.stock_backs_what_reserves_spent, shock=SLIDE
        ): "what is absorbed may fall further before it is sold: the reserves hold it meanwhile",
        given(
            Comet.buying_goes_both_ways, storefront_factor=0, arithmetic="fixed"
        ): "with no least amount named, one may pay and get nothing",
    }
