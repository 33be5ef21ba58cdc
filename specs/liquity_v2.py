"""Liquity v2: savers and other borrowers take over at most the debt with a penalty, and a failing branch is shut down.

Source: liquity/bold 405f9122, ``TroveManager.sol``, ``BorrowerOperations.sol`` (both in ``branches.py``) and README.md,
known issues 9, 14, 23 and 24, and 17 for ``redistribution.py``.
"""

from typing import Any

from verifier.language import ANY, Design, Q, given, in_fixed

from .books import STILL, AnyPosition, Still
from .branches import LiquityV2
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
from .redistribution import Redistribution, WithPenalty
from .shocks import SLIDE, Drop, Wick

V2: dict[str, Any] = deployed("liquity-v2-weth")
V2 |= {"liquidation_threshold": 1 / Q(V2.pop("minimum_ratio")), "first_ratio": 3}
WEAK: dict[str, Any] = {"first_ratio": 1, "shock": "0.5"}
LOW: dict[str, Any] = {"pool_penalty": "0.05", "redistribution_penalty": "0.06"}


class LiquityTwo(Design, name="liquity-v2"):
    """The WETH branch, at 300 % at first. Default shock: a drop of at most 8.63 %, from 110 %."""

    shock = Drop(bound="0.0863")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = LiquityV2(market=market, oracle=oracle, book=book, **V2)
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        solvency(shock=SLIDE, book=STILL, keepers="prompt"),
        lender_loss_cap(cap="0.3159375", shock="0.5", book=STILL),
        borrower_loss_cap(cap=Q("1/11"), shock="0.5"),
        wick_survival(shock=Wick(bound="0.2"), book=STILL),
        own_acts_keep_health(book=AnyPosition()),
        nothing_is_sold(**POOL),
        liquidation_improves_health(shock="0.5"),
        healthy_is_safe(**WEAK),
        given(LiquityV2.unhealthy_can_be_liquidated, shock="0.5"),
        liquidators_need_no_cash(),
        given(LiquityV2.no_more_than_the_penalty_is_taken, **WEAK, **LOW),
        given(LiquityV2.redemption_costs_nothing, redeemed=True, **WEAK),
        given(LiquityV2.urgent_redemption_costs_the_bonus, redeemed=True, **WEAK),
        given(LiquityV2.urgent_redemption_keeps_health_of_who_can_pay, redeemed=True, **WEAK),
        given(LiquityV2.shutdown_is_final, redeemed=True, book=AnyPosition(), **WEAK),
        given(LiquityV2.savers_shield_others, **WEAK),
        LiquityV2.savers_are_paid_where_it_is_covered,
        oracle_noninterference(rules="liquidate shut_down redeem redeem_urgently withdraw borrow"),
        given(conservation(), redeemed=True),
        given(conservation(), redeemed=True, arithmetic="fixed"),
        in_fixed(healthy_is_safe()),
        given(LiquityV2.shutdown_is_final, redeemed=True, arithmetic="fixed", **WEAK),
    )
    refuted = {
        solvency(shock="0.0864"): "at 110 %, less the liquidator's 0.5 %, the buffer is 1 - 1/(1.1·0.995) = 8.634 %",
        lender_loss_cap(cap="0.3159", shock="0.5", book=STILL): "half the price pays 0.5·1.25·1.1·0.995 of the debt",
        borrower_loss_cap(cap="0.0909", shock="0.5"): "others take 10 % beyond the debt, if the pool is empty",
        wick_survival(
            shock=Wick(bound="0.2"), book=STILL, redeemed=True
        ): "any trove may be redeemed from, however healthy",
        given(
            LiquityV2.urgent_redemption_keeps_health, redeemed=True, **WEAK
        ): "below 102 % the bonus takes more than its share of the collateral",
        given(
            LiquityV2.all_can_be_redeemed_after_a_shutdown, redeemed=True, **WEAK
        ): "a trove that is worth less than 102 % does not pay all of its debt",
        given(LiquityV2.others_are_not_dragged_down, **WEAK): "what savers cannot pay for lowers others' ratio",
        given(LiquityV2.savers_lose_nothing, shock="0.5"): "below 100.5 % savers get less than they pay",
        given(
            LiquityV2.savers_lose_their_part, shock="0.5"
        ): "the compensation is all theirs, and others may gain while they lose",
        given(LiquityV2.savers_bear_what_they_agreed_to, shock="0.5"): "savers may leave before a liquidation",
    }


class LiquityTwoRedistribution(Design, name="liquity-v2-redistribution"):
    """Two troves of the WETH branch are liquidated with an empty Stability Pool; its penalty takes all they have."""

    pool = WithPenalty(price=ANY, minimum_ratio=1 / V2["liquidation_threshold"], penalty=V2["redistribution_penalty"])

    proved = (
        Redistribution.one_by_one_is_as_in_one_call,
        Redistribution.order_plays_no_part,
        Redistribution.who_waits_is_liquidated_all_the_same,
        conservation(),
        in_fixed(Redistribution.no_more_is_given_than_there_was),
    )
    refuted = {
        given(
            Redistribution.one_by_one_is_as_in_one_call, penalty="0.05"
        ): "a penalty below the minimum ratio's leaves owners something, and "
        "what the second's would have kept pays for what the first lacks",
        given(Redistribution.order_plays_no_part, penalty="0.05"): "only the second makes up for what the first lacks",
    }
