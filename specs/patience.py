"""The price of patience: one position under each oracle, what it survives and what it costs its lenders.

Source: textbook models, no contract.
"""

from verifier.language import Design

from .books import Still
from .keepers import Prompt
from .loans import CloseOut, FixedSpread
from .markets import Infinite
from .means import Delayed, Ema, Mean
from .oracles import Spot
from .properties import solvency
from .shocks import Drop


class SpotSpread(Design, name="spot"):
    """spot"""

    shock = Drop(bound="0.25")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still(health="1.25")
    pool = FixedSpread(market=market, oracle=oracle, book=book, liquidation_threshold="0.83", liquidation_bonus="0.05")
    keepers = Prompt(pool=pool)

    proved = (solvency(),)


class DelayedSale(Design, name="delayed"):
    """x"""

    shock = Drop(bound="0.25")
    market = Infinite(shock=shock)
    oracle = Delayed(market=market)
    book = Still(health="1.25")
    pool = CloseOut(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")
    keepers = Prompt(pool=pool)

    proved = (solvency(),)


class SpotSale(DelayedSale, name="spot-sale"):
    """x"""

    oracle = Spot(market=DelayedSale.market)
    proved = (solvency(),)


class MeanSale(DelayedSale, name="mean"):
    """x"""

    oracle = Mean(market=DelayedSale.market)
    proved = (solvency(),)


class EmaSale(DelayedSale, name="ema"):
    """x"""

    oracle = Ema(market=DelayedSale.market)
    proved = (solvency(),)
