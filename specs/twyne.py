"""Twyne v1: a borrower rents others' unused borrowing power; whoever liquidates inherits the position.

Source: 0xTwyne/twyne-contracts-v1 at ac8e5461 and dafcb7d5, written out in ``inheritance.py``, and for what the
external market liquidates first in ``external_liquidation.py``. The ratios of ``twyne`` are a textbook
example; ``twyne-weth-usdc`` has what a deployment's own check expects.
"""

from verifier.language import Design, Q, given, in_fixed

from .books import STILL, AnyPosition, Still
from .external_liquidation import TwyneExternal
from .inheritance import Twyne
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
from .shocks import Drop, Slide, Wick

FAST = Slide(bound="0.5", step="0.1")


class TwyneVault(Design, name="twyne"):
    """External threshold 83 %, buffer 98 %, chosen 90 %, largest 93 %. Default shock: a drop by a tenth."""

    shock = Drop(bound="0.1")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = Twyne(
        market=market, oracle=oracle, book=book, liquidation_threshold="0.9", external_threshold="0.83", buffer="0.98",
        largest="0.93",
    )  # fmt: skip
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        solvency(shock=FAST, book=STILL, keepers="prompt"),
        lender_loss_cap(cap=Q("11/36"), shock="0.5", book=STILL),
        borrower_loss_cap(cap="0.07"),
        borrower_loss_cap(cap="0.349", shock=Wick(bound="0.3")),
        wick_survival(shock=Wick(bound="0.2"), book=STILL),
        own_acts_keep_health(book=AnyPosition()),
        nothing_is_sold(**POOL),
        liquidation_improves_health(shock="0.5"),
        healthy_is_safe(),
        Twyne.comes_before_the_external_liquidation,
        given(Twyne.external_liquidation_is_not_reached, shock="0.02"),
        given(Twyne.rebalancing_leaves_health, book=AnyPosition(), shock=FAST),
        given(Twyne.unhealthy_can_be_inherited, shock=FAST),
        given(Twyne.heirs_do_not_lose, shock=FAST),
        given(Twyne.heirs_gain_what_exceeds_the_usable, shock=FAST),
        given(Twyne.users_keep_nothing_from_the_largest_on, shock=FAST),
        given(Twyne.inherited_is_healthy, shock=FAST),
        oracle_noninterference(rules="liquidate withdraw borrow"),
        given(conservation(), shock=FAST),
        given(conservation(), shock=FAST, arithmetic="fixed"),
        in_fixed(Twyne.inherited_is_healthy),
    )
    refuted = {
        solvency(shock="0.1001"): "from a drop by 1 - 90 % on what the user has is worth less than the debt",
        lender_loss_cap(cap="0.3055", shock="0.5", book=STILL): "0.5·1.25/0.9 of the debt is covered, "
        "the rest is the credit's to pay",
        borrower_loss_cap(cap="0.0699"): "at 93 % all equity is the heir's",
        given(Twyne.external_liquidation_is_not_reached, shock="0.0201"): "a drop by more than the buffer of 2 %",
        given(Twyne.heirs_never_lose, shock="0.5"): "nobody inherits what is worth less than its debt",
    }


class TwyneDeployed(Design, name="twyne-weth-usdc"):
    """As deployed: all of the external threshold may be used. Default shock: a drop by a tenth."""

    shock = Drop(bound="0.1")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = Twyne(market=market, oracle=oracle, book=book, **deployed("twyne-weth-usdc"))
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        Twyne.comes_before_the_external_liquidation,
        own_acts_keep_health(book=AnyPosition()),
        healthy_is_safe(),
    )
    refuted = {
        solvency(shock="0.101"): "the chosen loan-to-value leaves a buffer of 1 - 90 %",
        given(Twyne.external_liquidation_is_not_reached, shock="0.01"): "no room is left between the two thresholds",
    }


class TwyneOutside(Design, name="twyne-external"):
    """The same ratios, external bonus 5 %, and nobody inherits in time. Default shock: a drop by 3.2 %."""

    shock = Drop(bound="0.032")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = TwyneExternal(
        market=market, oracle=oracle, book=book, liquidation_threshold="0.9", external_threshold="0.83", buffer="0.98",
        largest="0.93", external_bonus="0.05",
    )  # fmt: skip
    keepers = Nobody(pool=pool)

    proved = (
        TwyneExternal.credit_loses_nothing,
        given(TwyneExternal.who_settles_does_not_lose, shock="0.5"),
        given(TwyneExternal.credit_comes_before_the_user, shock="0.5"),
        given(TwyneExternal.user_pays_first, shock="0.5"),
        given(TwyneExternal.enough_stays_enough, shock="0.5"),
        given(conservation(), shock="0.5"),
        in_fixed(conservation()),
    )
    refuted = {
        given(TwyneExternal.credit_loses_nothing, shock="0.0323"): "past 1 - 0.9/0.93 the user's part is not enough",
        given(
            TwyneExternal.credit_loses_nothing, external_bonus="0.1"
        ): "a bonus of 10 % takes more than the 7.5 % that 93 % leaves, after a drop by 2 %",
    }
