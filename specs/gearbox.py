"""Gearbox v3.1: all of an unhealthy account is liquidated, or a part that restores its health.

Source: Gearbox-protocol/core-v3 at 510fc654, ``CreditFacadeV3.sol`` and ``CreditLogic.sol``, written out in
``credit_account.py``; premium and fee as in its tests.
"""

from verifier.language import Design, given, in_fixed

from .books import AnyPosition, Still
from .credit_account import Gearbox
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


class GearboxTextbook(Design, name="gearbox"):
    """Threshold 83 %, premium and fee as in Gearbox's tests. Default shock: a drop by 13.5 %, from health 1."""

    shock = Drop(bound="0.135")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = Gearbox(market=market, oracle=oracle, book=book, liquidation_threshold="0.83", **deployed("gearbox-v3"))
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        lender_loss_cap(cap="0.1904", shock="0.3"),
        borrower_loss_cap(cap="0.055", shock="0.3"),
        wick_survival(shock=Wick(bound="0.2"), health="1.25"),
        liquidation_improves_health(shock="0.5"),
        own_acts_keep_health(book=AnyPosition()),
        healthy_is_safe(),
        given(Gearbox.liquidation_restores_health, shock="0.5"),
        given(Gearbox.one_liquidation_is_enough, shock="0.5"),
        given(Gearbox.unhealthy_can_be_liquidated, shock="0.5"),
        given(Gearbox.part_makes_no_loss, shock="0.5"),
        oracle_noninterference(rules="liquidate liquidate_part withdraw borrow"),
        conservation(),
        in_fixed(conservation()),
        in_fixed(given(Gearbox.liquidation_restores_health, shock="0.5")),
    )
    refuted = {
        solvency(shock="0.136"): "the threshold with its premium leaves a buffer of 1 - 0.83/0.96 = 13.54 %",
        lender_loss_cap(cap="0.1903", shock="0.3"): "0.7 of the price, less the premium, pays 0.7·0.96/0.83",
        borrower_loss_cap(cap="0.0549", shock="0.3"): "premium and fee of a whole account are 5.5 %",
        wick_survival(shock=Wick(bound="0.201"), health="1.25"): "a spot oracle shows every wick deeper than 1 - 1/h",
        given(
            Gearbox.unhealthy_can_be_liquidated, shock="0.5", loss_approved=False
        ): "a loss policy that refuses is a way for bad debt never to be realised",
    }
