"""Morpho's pre-liquidation: a borrower opts into earlier, smaller and cheaper liquidations below the market's LLTV.

Source: morpho-org/pre-liquidation at 9e8b7f42, ``PreLiquidation.sol``, written out in ``zone.py``.
"""

from verifier.language import Design, given, in_fixed

from .books import STILL, AnyPosition, Still
from .keepers import Nobody
from .markets import Infinite
from .oracles import Spot
from .parameters import deployed
from .properties import (
    borrower_loss_cap,
    conservation,
    healthy_is_safe,
    lender_loss_cap,
    liquidation_improves_health,
    oracle_noninterference,
    own_acts_keep_health,
    solvency,
    wick_survival,
)
from .shocks import Drop, Wick
from .zone import PreLiquidation

FLAT = {"last_bonus": "0.01", "last_close_factor": "0.1"}
"""The same close factor and bonus throughout the zone; a fall past it meets neither."""


class PreLiquidated(Design, name="pre-liquidation"):
    """A zone from 80 % to an LLTV of 86 %, in which 10 to 50 % may be repaid at a bonus of 1 to 4.384 %."""

    shock = Drop(bound="0.1")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = PreLiquidation(market=market, oracle=oracle, book=book, **deployed("pre-liquidation"))
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        lender_loss_cap(cap="0.2203", shock="0.3"),
        borrower_loss_cap(cap="0.042", shock="0.3", book=STILL),
        liquidation_improves_health(),
        own_acts_keep_health(book=AnyPosition()),
        given(PreLiquidation.one_liquidation_can_restore_health, shock="0.5"),
        given(PreLiquidation.zone_bonus_is_within_its_bounds, shock="0.5"),
        given(PreLiquidation.pre_liquidation_improves_health, shock="0.5"),
        given(PreLiquidation.waiting_for_the_next_pays_no_more, shock="0.5"),
        given(PreLiquidation.pre_liquidation_makes_no_loss, shock="0.5"),
        PreLiquidation.close_factor_bounds_what_is_repaid_in_all,
        given(PreLiquidation.portions_add_up, shock="0.5"),
        wick_survival(shock=Wick(bound="0.14"), health="1.25"),
        oracle_noninterference(rules="liquidate pre_liquidate withdraw borrow"),
        conservation(),
        in_fixed(conservation()),
        given(PreLiquidation.what_is_seized_is_paid_for, shock="0.5", arithmetic="fixed"),
    )
    refuted = {
        solvency(shock="0.103", **FLAT): "beyond the zone the market's own spread leaves a buffer of 1 - 0.86·1.04384",
        lender_loss_cap(cap="0.22", shock="0.3", **FLAT): "0.7 of the price pays 0.7/(0.86·1.04384) of the debt",
        borrower_loss_cap(
            cap="0.0419", shock="0.3", book=STILL
        ): "where the zone ends the last bonus on all collateral costs 0.04384/1.04384 of it",
        wick_survival(
            shock=Wick(bound="0.141"), health="1.25"
        ): "a wick deeper than 1 - LLTV/(preLLTV·h) is seen in the zone: who opts in gives up that much",
        healthy_is_safe(): "in the zone who is healthy on Morpho is liquidated, as the borrower chose",
        given(
            PreLiquidation.close_factor_bounds_what_is_repaid_in_all,
            first_close_factor="0.01",
            last_close_factor="0.01",
        ): "calls can be repeated, each up to the close factor",
    }
