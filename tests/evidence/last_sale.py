"""Longs on a pool that their liquidations move: whoever is worth less than its debt is not sold."""

from verifier.language import Design
from verifier_specs.books import Tiers, classes
from verifier_specs.markets import ConstantProduct
from verifier_specs.oracles import Spot
from verifier_specs.perpetual import Perpetual
from verifier_specs.properties import price_floor
from verifier_specs.shocks import Drop


class LastSale(Design, name="last-sale"):
    """A drop to half of the price sells nobody."""

    shock = Drop(bound="0.5")
    market = ConstantProduct(shock=shock, depth=1)
    oracle = Spot(market=market)
    book = Tiers(rows=classes(("1.25", "0.02"), ("1.375", "0.04")))
    pool = Perpetual(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")

    proved = (price_floor(floor="0.5"),)
