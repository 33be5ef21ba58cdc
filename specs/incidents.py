"""Incidents: deployed mechanisms with the fault of their price that cost somebody, beside the same without it.

Source: press and forum accounts. Compound v2, 26 November 2020: DAI at 1.30, some 89 million of it liquidated. Moonwell
(forum.moonwell.fi), 15 February 2026: cbETH at 1.12 dollars for want of a factor of about 2000, 1096.317 seized, 1.78
million of bad debt. Stream's xUSD, November 2025: feeds that kept par, as is widely said (unconfirmed); of its fall an
example is taken, by 77 %.
"""

from verifier.language import Bool, Design, Q, Real, at_start, generic

from .books import Still
from .compound_v2 import CompoundV2
from .feeds import BoundedError
from .keepers import Nobody
from .markets import Infinite
from .morpho_blue import MorphoBlue
from .oracles import Spot
from .parameters import deployed
from .properties import lender_loss_cap, solvency, wick_survival
from .shocks import Drop


class Par(Spot):
    """A price that was written down once."""

    def quote(self) -> Real:
        return at_start(self.market.price())


def bears_the_error(it: CompoundV2) -> Bool:
    return Q("1.3") * it.owed() <= it.worth(it.market.shock.floor()) * it.liquidation_threshold


wick_survived_at_an_error = generic(on="not the owner", name="wick_survival", lemmas=(bears_the_error,))(
    wick_survival.function
)


def healthy_at_par(it: MorphoBlue) -> Bool:
    return it.owed() <= it.worth(at_start(it.market.price())) * it.liquidation_threshold


lender_loss_cap_at_par = generic(name="lender_loss_cap", lemmas=(healthy_at_par,))(lender_loss_cap.function)


class CompoundDai(Design, name="compound-v2-dai"):
    """A debt token priced 30 % too high, which shows collateral 1 - 1/1.3 too low: who has a health below 1.3 loses."""

    shock = Drop(bound=0)
    market = Infinite(shock=shock)
    oracle = BoundedError(market=market, error=Q("3/13"))
    book = Still(health="1.3")
    pool = CompoundV2(market=market, oracle=oracle, book=book, **deployed("compound-v2-weth-usdc"))
    keepers = Nobody(pool=pool)

    proved = (wick_survived_at_an_error(), wick_survival(oracle=Spot(market=market), health=1))
    refuted = {
        wick_survival(health="1.29"): "at a price that never fell, a debt counted 1.3 times is more than may be owed",
    }


class MoonwellCbEth(Design, name="moonwell-cbeth"):
    """Collateral at a two-thousandth of its price: all of it goes for next to nothing, and the debt stays."""

    shock = Drop(bound=0)
    market = Infinite(shock=shock)
    oracle = BoundedError(market=market, error="0.9995")
    book = Still()
    pool = CompoundV2(market=market, oracle=oracle, book=book, **deployed("compound-v2-weth-usdc"))
    keepers = Nobody(pool=pool)

    proved = (solvency(oracle=Spot(market=market)),)
    refuted = {
        solvency(): "what is seized at this price is worth two thousand times what is repaid",
        lender_loss_cap(cap="0.99"): "all collateral goes for a two-thousandth of its worth, less the incentive",
    }


class XusdAtPar(Design, name="morpho-blue-par"):
    """Morpho with a price that stays: nobody is ever liquidated, and lenders bear the fall."""

    shock = Drop(bound="0.77")
    market = Infinite(shock=shock)
    oracle = Par(market=market)
    book = Still()
    pool = MorphoBlue(market=market, oracle=oracle, book=book, **deployed("morpho-weth-usdc"))
    keepers = Nobody(pool=pool)

    proved = (wick_survival(), lender_loss_cap_at_par(cap="0.7326"))
    refuted = {
        lender_loss_cap_at_par(cap="0.7325"): "0.23 of the price pays 0.23/0.86 of the debt",
        wick_survival(oracle=Spot(market=market)): "at the market's price it is liquidated",
    }
