"""Term Finance: a loan of fixed term, liquidated for damages, but not far past its initial ratio; defaulted after it.

Source: term-finance/term-finance-contracts at 127b74d8, ``TermRepoCollateralManager.sol``, written out in
``repurchase.py``. The ratios of ``term`` are a textbook example, those of ``term-weth-usdc`` the documentation's: each
term has its own.
"""

from verifier.language import Design, Q, given, in_fixed

from .books import STILL, AnyPosition, Still
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
from .repurchase import Term
from .shocks import SLIDE, Drop, Wick


class TermRepo(Design, name="term"):
    """Maintenance at 120.48 %, initial ratio 125 %, damages 5 %, cap 5 %. Default shock: a drop of at most 12.85 %."""

    shock = Drop(bound="0.1285")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = Term(
        market=market, oracle=oracle, book=book, liquidation_threshold="0.83", liquidation_bonus="0.05",
        initial_ratio="1.25", net_exposure_cap="0.05", protocol_share="0.02", least_excess=100,
    )  # fmt: skip
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        solvency(shock=SLIDE, book=STILL, keepers="prompt"),
        lender_loss_cap(cap="0.2829", shock="0.5", book=STILL),
        borrower_loss_cap(cap=Q("1/21")),
        wick_survival(shock=Wick(bound="0.2"), book=STILL),
        liquidation_improves_health(),
        own_acts_keep_health(book=AnyPosition()),
        healthy_is_safe(),
        given(Term.excess_is_capped, shock="0.5"),
        given(Term.covered_debt_is_not_all_repaid, shock="0.5"),
        Term.protocol_gets_its_share_of_damages,
        given(Term.liquidation_not_stuck, shock="0.5"),
        given(Term.splitting_changes_nothing, shock="0.5"),
        given(Term.full_repayment_restores, least_excess=0),
        oracle_noninterference(rules="liquidate withdraw borrow"),
        conservation(),
        in_fixed(conservation()),
        in_fixed(given(Term.covered_debt_is_not_all_repaid, shock="0.5")),
    )
    refuted = {
        solvency(shock="0.1286"): "the threshold with the damages leaves a buffer of 1 - 0.83·1.05 = 12.85 %",
        lender_loss_cap(cap="0.2828", shock="0.5", book=STILL): "half the price pays 0.5/(0.664·1.05) of the debt",
        liquidation_improves_health(shock="0.2"): "past a loan-to-value of 1/(1 + damages) a part makes it worse",
        healthy_is_safe(little_is_open=True): "an earlier version closed loans of little excess while still healthy",
        healthy_is_safe(ended=True): "once the window has ended, what was not repurchased is in default",
        wick_survival(shock=Wick(bound="0.2"), book=STILL, ended=True): "however healthy it is",
        Term.never_past_the_target: "a loan that has little left may be closed whole, and in any part",
    }


class TermDocumented(Design, name="term-weth-usdc"):
    """Maintenance at 125 %, initial ratio 150 %, damages 8 %. Default shock: a drop of at most 13.6 %."""

    shock = Drop(bound="0.136")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = Term(market=market, oracle=oracle, book=book, **deployed("term-weth-usdc"))
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        lender_loss_cap(cap="0.2767", shock="0.5", book=STILL),
        borrower_loss_cap(cap=Q("2/27")),
        liquidation_improves_health(),
        own_acts_keep_health(book=AnyPosition()),
        given(Term.excess_is_capped, shock="0.5"),
    )
    refuted = {
        solvency(shock="0.1361"): "the threshold with the damages leaves a buffer of 1 - 0.8·1.08 = 13.6 %",
        lender_loss_cap(cap="0.2766", shock="0.5", book=STILL): "half the price pays 0.5/(0.64·1.08) of the debt",
    }
