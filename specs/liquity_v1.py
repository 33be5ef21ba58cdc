"""Liquity v1: debt is cancelled against savers' deposits, who get the collateral; the rest goes to other borrowers.

Source: liquity/dev 39f1f7f8, ``TroveManager.sol`` (``recovery_mode.py``), ``StabilityPool.sol`` (``stability_pool.py``)
and ``BorrowerOperations.sol``; the pool may be emptied, as in the contracts of 2021. Where two troves go, one
may give to the other: ``redistribution.py``.
"""

from typing import Any

from verifier.language import ANY, Design, Q, given, in_fixed

from .books import STILL, AnyPosition, Still
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
from .recovery_mode import LiquityV1
from .redistribution import Redistribution, WithCompensation
from .shocks import SLIDE, Drop, Wick

V1: dict[str, Any] = deployed("liquity-v1")
V1 |= {"liquidation_threshold": 1 / Q(V1.pop("minimum_ratio")), "first_ratio": 3}


class LiquityOne(Design, name="liquity-v1"):
    """All troves at 300 % at first. Default shock: a drop of at most 8.63 %, from 110 %."""

    shock = Drop(bound="0.0863")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = LiquityV1(market=market, oracle=oracle, book=book, **V1)
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
        given(LiquityV1.unhealthy_can_be_liquidated, shock="0.5"),
        liquidators_need_no_cash(),
        given(LiquityV1.healthy_is_safe_in_normal_mode, first_ratio=1),
        given(LiquityV1.better_than_all_is_safe, first_ratio=1),
        given(LiquityV1.healthy_keeps_the_rest, first_ratio=1),
        given(LiquityV1.no_way_into_recovery, first_ratio=1, book=AnyPosition()),
        given(LiquityV1.savers_never_pay_for_a_lost_trove_in_recovery, first_ratio=1, shock="0.5"),
        given(LiquityV1.savers_shield_others, shock="0.5"),
        LiquityV1.savers_are_paid_where_it_is_covered,
        given(LiquityV1.savers_lose_their_part, shock="0.5"),
        given(LiquityV1.savers_bear_what_they_agreed_to, shock="0.5"),
        oracle_noninterference(rules="liquidate withdraw borrow leave"),
        conservation(),
        in_fixed(conservation()),
        in_fixed(LiquityV1.healthy_is_safe_in_normal_mode),
        in_fixed(LiquityV1.savers_bear_what_they_agreed_to),
    )
    refuted = {
        solvency(shock="0.0864"): "at 110 %, less the liquidator's 0.5 %, the buffer is 1 - 1/(1.1·0.995) = 8.634 %",
        lender_loss_cap(cap="0.3159", shock="0.5", book=STILL): "half the price pays 0.5·1.25·1.1·0.995 of the debt",
        borrower_loss_cap(cap="0.0909", shock="0.5"): "just below 110 % all collateral goes",
        given(healthy_is_safe(), first_ratio=1): "recovery mode opens healthy troves below the average of all",
        given(LiquityV1.own_acts_open_nobody, first_ratio=1, book=AnyPosition()): "a debt paid down to what savers "
        "have can be liquidated in recovery mode, when before it was too large",
        given(
            LiquityV1.others_are_not_dragged_down, first_ratio=1, shock="0.5"
        ): "what savers cannot pay for lowers others' ratio",
        given(
            LiquityV1.savers_shield_others, first_ratio=1, shock="0.5"
        ): "in recovery mode a trove below 100 % goes to other borrowers, however full the pool is",
        given(LiquityV1.savers_lose_nothing, shock="0.5"): "below 100.5 % savers get less than they pay",
        given(
            LiquityV1.unhealthy_can_be_liquidated, last=True, first_ratio=1, shock="0.5"
        ): "the last trove cannot be liquidated",
    }


class LiquityOneRedistribution(Design, name="liquity-v1-redistribution"):
    """Two troves are liquidated with an empty Stability Pool, outside of recovery mode."""

    pool = WithCompensation(price=ANY, minimum_ratio=1 / V1["liquidation_threshold"], compensation=V1["compensation"])

    proved = (
        given(Redistribution.one_by_one_is_as_in_one_call, compensation=0),
        given(Redistribution.order_plays_no_part, compensation=0),
        conservation(),
    )
    refuted = {
        Redistribution.one_by_one_is_as_in_one_call: "the liquidator's share is taken once more of what "
        "the first gives the second",
        Redistribution.order_plays_no_part: "and not as much passes from the second to the first as from the "
        "first to the second",
    }
