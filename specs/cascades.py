"""No cascade below X %: textbook loans on a pool that their liquidations move, for any number of borrowers.

Quantities are shares of the pool's collateral reserve when the liquidations begin. ``docs/tiers.md`` proves why the
tiers of a book speak for all borrowers in it, and derives the closed form for the two lowest classes.

Source: textbook models, no contract; the pool is Uniswap v2's public model without its fee, ``UniswapV2Pair.sol``.
"""

from verifier.language import Design

from .books import Tiers, classes
from .closing import CloseOut, QuarterClose
from .markets import ConstantProduct, Infinite
from .means import Mean
from .oracles import Spot
from .properties import (
    amplification,
    conservation,
    no_cascade,
    no_cascade_beyond,
    no_spread,
    price_floor,
    rounds,
)
from .seizure import FixedSpread
from .shocks import Drop

TWO = classes(("1.05", ".03"), ("1.15", ".1"))
EIGHT = classes(
    ("1.05", ".002"), ("1.10", ".004"), ("1.20", ".01"), ("1.40", ".02"),
    ("1.80", ".05"), ("2", ".05"), ("2.5", ".1"), ("3", ".1"),
)  # fmt: skip


class CloseOutTwo(Design, name="close-out"):
    """Whole positions sold into a pool, two classes of borrowers: no cascade up to a drop of 7.748 %."""

    shock = Drop(bound="0.077")
    market = ConstantProduct(shock=shock, depth=1)
    oracle = Spot(market=market)
    book = Tiers(rows=TWO)
    pool = CloseOut(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")

    proved = (
        no_cascade(),
        no_spread(),
        price_floor(floor="0.87"),
        conservation(),
    )
    refuted = {
        no_cascade(
            shock="0.078"
        ): "what the first class sells takes 1 - 1/1.03² off the price, and the second, at 1.15, "
        "falls from 1 - 1.03²/1.15 = 7.748 % on",
    }


class CloseOutMean(Design, name="close-out-mean"):
    """The two classes by the mean of the last four prices: it postpones the cascade and does not prevent it."""

    shock = Drop(bound="0.077")
    market = ConstantProduct(shock=shock, depth=1)
    oracle = Mean(market=market)
    book = Tiers(rows=TWO)
    pool = CloseOut(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")

    proved = (
        no_cascade(),
        no_cascade(oracle="ema"),
        price_floor(floor="0.87"),
        price_floor(floor="0.87", oracle="delayed"),
    )
    refuted = {
        no_cascade(shock="0.078"): "the mean comes to the price in four ticks, and then the first class sells",
    }


class CloseOutEight(Design, name="close-out-eight"):
    """The same with eight classes: quiet and violent shocks alternate, so a larger one can be the milder one."""

    shock = Drop(bound="0.087")
    market = ConstantProduct(shock=shock, depth=1)
    oracle = Spot(market=market)
    book = Tiers(rows=EIGHT)
    pool = CloseOut(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")

    proved = (
        no_cascade(),
        price_floor(floor="0.5590", shock="0.4"),
        price_floor(floor="0.2801", shock="0.5"),
        amplification(factor="1.3236", shock="0.45"),
        no_cascade_beyond(tolerance="0.004", shock="0.1566"),
        rounds(most=2, shock="0.48"),
    )
    refuted = {
        no_cascade(shock="0.088"): "the first class drags the second along",
        price_floor(floor="0.5591", shock="0.4"): "four classes sell, and the price is left at 0.55903",
        price_floor(floor="0.2802", shock="0.5"): "at half the price all classes sell, and it is left at 0.28013",
        amplification(factor="1.3235", shock="0.45"): "just over 41.03 % six classes fall",
        no_cascade_beyond(tolerance="0.004", shock="0.157"): "just over 15.66 % the third class is dragged along",
        rounds(most=2, shock="0.5"): "just over 49.08 % the eighth class falls in the third round",
    }


class FixedSpreadTwo(Design, name="fixed-spread"):
    """A fixed bonus and any portions, the same two classes: less is sold, and the cascade begins only at 8.131 %."""

    shock = Drop(bound="0.0813")
    market = ConstantProduct(shock=shock, depth=1)
    oracle = Spot(market=market)
    book = Tiers(rows=TWO)
    pool = FixedSpread(market=market, oracle=oracle, book=book, liquidation_threshold="0.83", liquidation_bonus="0.05")

    proved = (no_cascade(), no_spread(), conservation())
    refuted = {
        no_cascade(
            shock="0.0826"
        ): "the first class, liquidated in few pieces, moves the price enough to reach the second",
    }


class NoImpact(Design, name="close-out-infinite"):
    """Without impact nothing is dragged along, at any shock."""

    shock = Drop(bound="0.99")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Tiers(rows=EIGHT)
    pool = CloseOut(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")

    proved = (no_cascade(), no_spread(), price_floor(floor="0.01"), rounds(most=0))


class Chain(Design, name="close-out-chain"):
    """Eight classes in which each falls only because of the one before."""

    shock = Drop(bound="0.048")
    market = ConstantProduct(shock=shock, depth=1)
    oracle = Spot(market=market)
    book = Tiers(
        rows=classes(
            ("1.05", ".03"), ("1.11", ".03"), ("1.17", ".03"), ("1.23", ".03"),
            ("1.30", ".03"), ("1.37", ".03"), ("1.45", ".03"), ("1.53", ".03"),
        )
    )  # fmt: skip
    pool = CloseOut(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")

    proved = (rounds(most=7), price_floor(floor="0.6190"))
    refuted = {
        no_cascade(): "the first class, at 1.05, pulls down the second, and so on to the eighth",
        rounds(most=6): "the eighth class falls in the seventh round",
    }


class Quarters(Design, name="quarter-close"):
    """One position sells a quarter of what it has left in each round: the price left by round 8 opens the second."""

    shock = Drop(bound="0.06")
    market = ConstantProduct(shock=shock, depth=1)
    oracle = Spot(market=market)
    book = Tiers(rows=classes(("1.05", ".05"), ("1.159", ".1")))
    pool = QuarterClose(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")

    proved = (no_cascade(book=Tiers(rows=classes(("1.05", ".05"), ("1.173", ".1")))),)
    refuted = {
        no_cascade(): "seven rounds sell 4.333 % of the pool and leave the second class healthy, eight sell 4.499 %",
    }
