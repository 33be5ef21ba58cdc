"""One position under a fixed spread: what the bonus costs lenders, and what slippage leaves of it.

Source: textbook models, no contract. The toxic frontier is that of Warmuz, Chaudhary and Pinna (arXiv 2212.07306), with
slippage that of McFarlane (arXiv 2510.10171); capacity of a constant product: Uniswap v2's public model.
"""

from verifier.language import ANY, Design, Q, given

from .books import AnyPosition, Exactly
from .closing import CloseOut
from .markets import ConstantProduct, Infinite
from .oracles import Spot
from .properties import (
    covered_up_to,
    improves_health_up_to,
    liquidation_improves_health,
    liquidation_pays,
    solvency,
)
from .seizure import FixedSpread, SlopedSpread
from .shocks import Drawdown


class Spread(Design, name="spread"):
    """Threshold 83 %, bonus 5 %, from health 1.05: solvent for drawdowns up to 1 - LT·(1 + b)/h = 17 %."""

    shock = Drawdown(bound="0.17")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = AnyPosition(health="1.05")
    pool = FixedSpread(market=market, oracle=oracle, book=book, liquidation_threshold="0.83", liquidation_bonus="0.05")

    proved = (solvency(), given(FixedSpread.portions_add_up, liquidation_threshold=ANY, liquidation_bonus=ANY))
    refuted = {solvency(shock="0.1701"): "the buffer of 1 - 0.83·1.05/1.05 = 17 % is used up"}


class SpreadOnPool(Design, name="spread-on-pool"):
    """The same with what is seized sold into a pool: how much pays, and when slippage makes it toxic."""

    shock = Drawdown(bound="0.5")
    market = ConstantProduct(shock=shock, depth=1)
    oracle = Spot(market=market)
    book = Exactly(health=1, size="0.2")
    pool = FixedSpread(market=market, oracle=oracle, book=book, liquidation_threshold="0.83", liquidation_bonus="0.05")

    proved = (
        liquidation_pays(most=Q("1/21")),
        liquidation_pays(most="0.0447", fee="0.003"),
        improves_health_up_to(loan_to_value="0.8658", size="0.05"),
    )
    refuted = {
        liquidation_pays(most="0.0477"): "more than y·i/(1 + i) of the pool's debt token does not come back",
        liquidation_pays(most="0.0448", fee="0.003"): "with a fee that is y·((1 - f)·(1 + i) - 1)/((1 - f)·(1 + i))",
        improves_health_up_to(
            loan_to_value="0.8659", size="0.05"
        ): "beyond 1/((1 + i)·(1 + 2·c/y)) its own slippage costs more health than the repayment brings",
    }


class CloseOutOnPool(Design, name="close-out-on-pool"):
    """A whole position sold into a pool pays its debt up to a loan-to-value of 1/(1 + c/y)."""

    shock = Drawdown(bound="0.5")
    market = ConstantProduct(shock=shock, depth=1)
    oracle = Spot(market=market)
    book = Exactly(health=1, size="0.05")
    pool = CloseOut(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")

    proved = (covered_up_to(loan_to_value=Q("20/21")),)
    refuted = {covered_up_to(loan_to_value="0.9524"): "selling 5 % of the pool brings 1/1.05 of its first price"}


class SlopedBonus(Design, name="sloped-bonus"):
    """A bonus that grows with ill health, i·(1 - health), is no cure: past (1 + i·LT)/(1 + i) it is toxic, too."""

    shock = Drawdown(bound="0.9")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = AnyPosition()
    pool = SlopedSpread(market=market, oracle=oracle, book=book, liquidation_threshold="0.9", liquidation_bonus="0.2")

    proved = (improves_health_up_to(loan_to_value=Q("59/60")),)
    refuted = {
        improves_health_up_to(loan_to_value="0.9834"): "beyond (1 + i·LT)/(1 + i) = 59/60 the slope does not help",
        liquidation_improves_health(): "only at its onset, where the loan-to-value is the threshold, is it always safe",
    }
