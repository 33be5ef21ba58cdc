"""Fluid: liquidation down to the threshold and no further; a position beyond a maximum limit is absorbed.

Source: Instadapp/fluid-contracts-public at a9949b48, ``vaultT1``, written out in ``fluid_vault.py``. The limits
of ``fluid`` are a textbook example, those of ``fluid-eth-usdc`` were proposed for a launch.
"""

from verifier.language import Design, given, in_fixed

from .books import STILL, AnyPosition, Still
from .fluid_vault import Fluid
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
from .shocks import SLIDE, Drop, Wick

FROM_STOCK = "what the protocol absorbed is sold later for debt that no tier owes any more"


class FluidVault(Design, name="fluid"):
    """Borrowing up to 80 %, threshold 83 %, limit 90 %, penalty 5 %. Default shock: a drop by 17 %, from health 1."""

    not_settled = dict.fromkeys(("cascade_free", "price_floor"), FROM_STOCK)

    shock = Drop(bound="0.17")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = Fluid(
        market=market, oracle=oracle, book=book, borrow_loan_to_value="0.8", liquidation_threshold="0.83",
        absorb_limit="0.9", liquidation_bonus="0.05",
    )  # fmt: skip
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        solvency(shock=SLIDE, book=STILL, keepers="prompt"),
        lender_loss_cap(cap="0.247", shock="0.5", book=STILL),
        borrower_loss_cap(cap="0.1"),
        borrower_loss_cap(cap="0.37", shock=Wick(bound="0.3", duration=5), book=STILL),
        wick_survival(shock=Wick(bound="0.2"), book=STILL),
        liquidation_improves_health(shock="0.5"),
        own_acts_keep_health(book=AnyPosition()),
        healthy_is_safe(),
        given(Fluid.nothing_is_written_off, shock="0.5"),
        Fluid.absorbing_moves_nothing,
        given(Fluid.portions_add_up, shock="0.5"),
        given(Fluid.liquidation_not_stuck, shock="0.5"),
        oracle_noninterference(rules="liquidate absorb withdraw borrow"),
        conservation(),
        in_fixed(conservation()),
    )
    refuted = {
        solvency(shock="0.171"): "absorption waits for a buyer, whom collateral worth less than its debt does not find",
        lender_loss_cap(cap="0.2469", shock="0.5", book=STILL): "half the price pays 0.5/0.664 of the debt",
        healthy_is_safe(shock=Wick(bound="0.5")): "what was absorbed is sold even after the price has recovered",
        borrower_loss_cap(cap="0.0999"): "just beyond the limit the owner loses all equity, 1 - 90 %",
        borrower_loss_cap(
            cap="0.3699", shock=Wick(bound="0.3", duration=5), book=STILL
        ): "the same, and with it the recovery: 1 - 90 % of 0.7",
    }


class FluidOnBase(Design, name="fluid-eth-usdc"):
    """ETH against USDC: up to 85 %, threshold 88 %, limit 93 %, penalty 3 %. Default shock: a drop by 12 %."""

    shock = Drop(bound="0.12")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = Fluid(market=market, oracle=oracle, book=book, **deployed("fluid-eth-usdc"))
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        lender_loss_cap(cap="0.2898", shock="0.5", book=STILL),
        borrower_loss_cap(cap="0.07"),
        liquidation_improves_health(shock="0.5"),
        own_acts_keep_health(book=AnyPosition()),
    )
    refuted = {
        solvency(shock="0.121"): "the threshold leaves a buffer of 1 - 88 %",
        lender_loss_cap(cap="0.2897", shock="0.5", book=STILL): "half the price pays 0.5/0.704 of the debt",
        borrower_loss_cap(cap="0.0699"): "just beyond the limit the owner loses all equity, 1 - 93 %",
    }
