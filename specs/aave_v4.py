"""Aave v4: each liquidation is sized to reach a target health factor, at a bonus that grows as health falls.

Source: aave/aave-v4, ``LiquidationLogic.sol``, written out in ``target_health.py``; the deployed parameters of WETH on
the main spoke.
"""

from typing import Any

from verifier.language import ANY, Design, given, in_fixed

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
    liquidation_improves_health,
    oracle_noninterference,
    own_acts_keep_health,
    solvency,
    wick_survival,
)
from .shocks import Drop, Wick
from .target_health import AaveV4

WETH = deployed("aave-v4-weth")
OPEN: dict[str, Any] = dict.fromkeys(WETH, ANY)


class AaveV4Weth(Design, name="aave-v4"):
    """WETH on the main spoke of Aave v4. Default shock: a drop by 12 %, from health 1."""

    shock = Drop(bound="0.12")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = AaveV4(market=market, oracle=oracle, book=book, **WETH)
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        wick_survival(shock=Wick(bound="0.2"), health="1.25"),
        liquidation_improves_health(),
        own_acts_keep_health(book=AnyPosition()),
        healthy_is_safe(),
        given(AaveV4.unhealthy_can_be_liquidated, shock="0.5"),
        AaveV4.bonus_is_within_its_bounds,
        given(AaveV4.bonus_is_the_largest_at_low_health, **OPEN),
        given(AaveV4.bonus_never_rises_with_health, **OPEN),
        given(AaveV4.bonus_at_the_threshold_is_its_share, **OPEN),
        given(AaveV4.no_collateral_no_debt, shock="0.5", book=AnyPosition()),
        given(AaveV4.repays_no_more_than_is_owed, shock="0.5"),
        given(AaveV4.liquidators_get_no_more_than_is_seized, shock="0.5"),
        given(AaveV4.splitting_never_pays, shock="0.5"),
        AaveV4.sloped_liquidation_improves_health,
        AaveV4.no_dust_is_left,
        given(AaveV4.never_past_the_target, shock="0.5"),
        lender_loss_cap(cap="0.201", shock="0.3"),
        borrower_loss_cap(cap="0.0526", shock="0.3", health="1.25"),
        given(AaveV4.full_repayment_restores, least_leftover=0),
        given(AaveV4.whole_debt_where_it_is_covered_no_more, shock="0.5"),
        oracle_noninterference(rules="liquidate liquidate_all_debt liquidate_all_collateral withdraw borrow"),
        conservation(),
        in_fixed(conservation()),
        in_fixed(AaveV4.no_dust_is_left),
    )
    refuted = {
        solvency(shock="0.124"): "the threshold with its largest bonus leaves a buffer of 1 - 0.83·1.0555 = 12.39 %",
        lender_loss_cap(cap="0.2009", shock="0.3"): "0.7 of the price pays 0.7/(0.83·1.0555) of the debt",
        borrower_loss_cap(
            cap="0.0525", shock="0.3", health="1.25"
        ): "who is just not covered loses the largest bonus on all collateral, 0.0555/1.0555",
        liquidation_improves_health(shock="0.13"): "below a health of 0.83·1.0555 each liquidation makes it worse",
        given(
            AaveV4.splitting_never_pays, full_bonus_health="0.85", shock="0.2"
        ): "a largest bonus that begins below a health of 0.83·1.0555 leaves room in which health "
        "falls and the bonus grows",
    }
