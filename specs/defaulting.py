"""Liquidation by defaulting: lenders take an unhealthy position's collateral pro rata, and nothing is sold.

Source: silo-finance/silo-contracts-v2 at 340a49b8, ``PartialLiquidationByDefaulting.sol``: some way beyond the
liquidation threshold a keeper may cancel the debt against collateral of its worth and the fee; the keeper gets a share
of the fee and the lenders of that debt the rest. Here the whole debt is cancelled at once and no interest accrues.

How lenders share what they take, by what each lent, is in ``defaulting-claims``; that is the pool of ``physical``, not
the contract's own bookkeeping, which was not read.

Lenders' losses are counted at today's price of what they hold, ``default_loss_cap`` at the price of the default.
"""

from typing import Any

from verifier.language import (
    RATIO,
    Bool,
    Design,
    Q,
    Real,
    Step,
    all_of,
    amount,
    assumption,
    at_start,
    closed_form,
    down,
    generic,
    given,
    implies,
    in_fixed,
    invariant,
    lemma,
    maximum,
    minimum,
    param,
    require,
    rule,
    state,
    where,
)

from .books import AnyPosition, Still
from .keepers import Nobody, Prompt, unsold
from .loans import Loan
from .markets import POOL, ConstantProduct, Infinite
from .oracles import Spot
from .parameters import deployed
from .physical import SHARING, PoolClaims
from .properties import (
    borrower_loss_cap,
    conservation,
    lender_loss_cap,
    liquidation_improves_health,
    liquidators_need_no_cash,
    nothing_is_sold,
    oracle_noninterference,
    solvency,
    wick_survival,
)
from .shocks import Drop, Slide, Wick
from .units import Collateral, CollateralFlow, Debt, DebtFlow, Ratio


@generic
def default_loss_cap(it: "Defaulting", cap: Real) -> Bool:
    """What lenders lack by the price at which they were given collateral is at most the cap's share of the debt."""
    return it.loss_at_first() <= cap * at_start(it.debt)


class Defaulting(Loan):
    """A position whose debt is cancelled against its collateral beyond a margin past the threshold."""

    margin: Ratio = param  # how far past the liquidation threshold the loan-to-value must be
    liquidation_fee: Ratio = param  # what is taken on top of the debt's worth
    keeper_share: Ratio = param  # the keeper's share of the fee
    holders_sell: Bool = param(False)

    lender_collateral: Collateral = state(0)
    liquidator_collateral: Collateral = state(0)
    cancelled: Debt = state(0)
    lender_cash: DebtFlow = state(0, tally=True)
    buyer_collateral: CollateralFlow = state(0, tally=True)
    buyer_cash: DebtFlow = state(0, tally=True)

    @assumption
    def parameters_are_shares(self) -> Bool:
        """The margin and the fee are not negative, the line with its margin is at most 1, the keeper's is a share."""
        return (
            (self.margin >= 0)
            & (self.line() <= 1)
            & (self.liquidation_fee >= 0)
            & (self.keeper_share >= 0)
            & (self.keeper_share <= 1)
        )

    def line(self) -> Real:
        """The loan-to-value beyond which a position may be defaulted."""
        return self.liquidation_threshold + self.margin

    def due(self) -> Bool:
        """Whether a keeper may act."""
        unhealthy = self.debt > self.line() * self.collateral * self.oracle.quote()
        return self.oracle.fresh() & unhealthy & (self.collateral > 0)

    def kept(self) -> Real:
        """What lenders get of seized collateral, the keeper's share being taken."""
        return 1 - self.keeper_share * self.liquidation_fee / (1 + self.liquidation_fee)

    @rule(by="liquidator")
    def default(self) -> Step:
        """Anyone has the debt cancelled; lenders take collateral of its worth and the fee, less the keeper's share."""
        price = self.oracle.quote()
        seized = minimum(self.collateral, down(self.debt * (1 + self.liquidation_fee) / price))
        reward = down(seized * self.keeper_share * self.liquidation_fee / (1 + self.liquidation_fee))
        missing = maximum(0, self.debt - down((seized - reward) * price))
        return require(self.due()).then(
            self.after(
                collateral=self.collateral - seized,
                debt=0,
                cancelled=self.cancelled + self.debt,
                deficit=self.deficit + missing,
                lender_collateral=self.lender_collateral + (seized - reward),
                liquidator_collateral=self.liquidator_collateral + reward,
            )
        )

    @rule
    def sell(self, sold: Collateral, reward: Collateral) -> Step:
        """Lenders and the keeper sell some of what they got."""
        raised, brought = self.market.proceeds(sold), self.market.proceeds(sold + reward)
        return require(sold <= self.lender_collateral, reward <= self.liquidator_collateral).then(
            self.after(
                lender_collateral=self.lender_collateral - sold,
                liquidator_collateral=self.liquidator_collateral - reward,
                buyer_collateral=self.buyer_collateral + (sold + reward),
                lender_cash=self.lender_cash + raised,
                liquidator_cash=self.liquidator_cash + (brought - raised),
                buyer_cash=self.buyer_cash - brought,
            ),
            self.market.sell(sold + reward),
        )

    holders_keep = unsold(sell)

    def lender_loss(self) -> Real:
        """What lenders lack of the debt with what they hold at today's price, and with what they got for the rest."""
        price = self.market.price()
        held = self.lender_collateral * price + self.lender_cash
        return maximum(0, self.cancelled - held) + maximum(0, self.debt - self.collateral * price)

    def loss_at_first(self) -> Real:
        """What lenders lacked at the default, or what an open position lacks."""
        return self.deficit + maximum(0, self.debt - self.collateral * self.market.price())

    # What holds of it.

    def accounts_of_collateral(self) -> Real:
        return super().accounts_of_collateral() + self.lender_collateral + self.buyer_collateral

    def totals(self) -> tuple[Real, ...]:
        """Each token's accounts in one sum: collateral, cash, and what lenders are owed or gave up."""
        cash = self.owner_cash + self.liquidator_cash + self.pool_cash + self.lender_cash + self.buyer_cash
        return (self.accounts_of_collateral(), cash, self.pool_cash + self.debt + self.cancelled)

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        held = self.lender_collateral * self.market.price()
        return super().columns() | {"lenders hold": self.lender_collateral, "worth": held, "for": self.cancelled}

    @lemma
    def untouched_or_defaulted(self) -> Bool:
        kept = (self.collateral == at_start(self.collateral)) & (self.debt == at_start(self.debt))
        nothing = (self.lender_collateral == 0) & (self.cancelled == 0) & (self.deficit == 0)
        defaulted = (self.debt == 0) & (self.cancelled == at_start(self.debt))
        return (kept & nothing) | defaulted

    @lemma
    def one_fall_beyond_the_line(self) -> Bool:
        left = 1 - self.market.shock.fastest()
        return self.debt * left <= self.line() * self.collateral * self.market.price()

    def seized(self) -> Real:
        """The collateral that the position has lost."""
        return at_start(self.collateral) - self.collateral

    @lemma
    def enough_is_seized(self) -> Bool:
        least = minimum(1, self.line() * (1 + self.liquidation_fee)) * at_start(self.collateral)
        return (self.cancelled == 0) | (self.lender_collateral >= self.kept() * least)

    @lemma
    def no_more_is_seized_than_at_the_lowest_price(self) -> Bool:
        due = at_start(self.debt) * (1 + self.liquidation_fee)
        return self.seized() * self.market.shock.floor() <= due

    @lemma
    def no_more_is_seized_than_at_the_worst_ratio(self) -> Bool:
        return self.seized() <= self.worst_ratio() * (1 + self.liquidation_fee) * at_start(self.collateral)

    @lemma
    def due_at_the_lowest_price(self) -> Bool:
        lowest_value = at_start(self.collateral) * self.market.shock.floor()
        return (self.seized() == 0) | (at_start(self.debt) >= self.line() * lowest_value)

    @lemma
    def moved_or_untouched(self) -> Bool:
        return (self.market.price() != at_start(self.market.price())) | ((self.seized() == 0) & (self.cancelled == 0))

    @lemma
    def seized_value_is_paid_for(self) -> Bool:
        return self.seized() * self.market.price() <= at_start(self.debt) * (1 + self.liquidation_fee)

    @lemma
    def nothing_is_sold(self) -> Bool:
        return self.lender_cash == 0

    @lemma
    def nothing_falls_after_a_drop(self) -> Bool:
        same = self.deficit == maximum(0, self.cancelled - self.lender_collateral * self.market.price())
        return same if isinstance(self.market.shock, Drop) else all_of()

    @invariant(on=default)
    def lenders_are_whole_if_covered(self, post: "Defaulting") -> Bool:
        """A default costs lenders nothing if and only if C·(1 + f - κ·f) is at least D·(1 + f)."""
        fee = self.liquidation_fee
        covered = self.collateral * self.oracle.quote() * (1 + fee - self.keeper_share * fee) >= self.debt * (1 + fee)
        whole = post.deficit == self.deficit
        return (whole & covered) | (~whole & ~covered)

    @invariant(exits=(default,))
    def beyond_the_line_can_be_defaulted(self) -> Bool:
        """Whatever owes more than the line allows at the market's price can be defaulted."""
        beyond = self.debt > self.line() * self.collateral * self.market.price()
        return implies(beyond & (self.collateral > 0), self.default().enabled())

    @invariant
    def defaults_move_no_price(self) -> Bool:
        """The market price is the fundamental one, so it falls by the shock alone, and no default causes another."""
        return self.market.price() == self.market.shock.price

    @invariant(on=default)
    def keeper_gets_its_share_of_the_fee(self, post: "Defaulting") -> Bool:
        """The keeper's share of what is seized is κ·f/(1 + f)."""
        seized = self.collateral - post.collateral
        reward = post.liquidator_collateral - self.liquidator_collateral
        return reward * (1 + self.liquidation_fee) == seized * self.keeper_share * self.liquidation_fee

    # How far the general properties hold.

    def first_ratio(self) -> Real:
        """The largest loan-to-value at the start."""
        return self.liquidation_threshold / self.book.floor()

    def worst_ratio(self) -> Real:
        """The largest loan-to-value that a prompt keeper finds: one fall past the line, or the whole fall."""
        shock = self.market.shock
        return minimum(self.line() / (1 - shock.fastest()), self.first_ratio() / (1 - shock.bound))

    def missing_at_worst(self) -> Real:
        """The share of the debt that a default at the worst ratio leaves unpaid."""
        worst = self.worst_ratio()
        return where(worst <= self.line(), 0, maximum(0, 1 - self.kept() / worst))

    @closed_form(default_loss_cap, "cap")
    def lenders_lose_at_first(self) -> Real:
        return self.missing_at_worst()

    @closed_form(lender_loss_cap, "cap")
    def lenders_lose(self) -> Real | None:
        """What is seized just past the line, worth the debt and the fee at most, at the lowest price."""
        shock, seized = self.market.shock, minimum(1, self.line() * (1 + self.liquidation_fee))
        if type(shock) is Drop:
            return self.missing_at_worst()
        if type(shock) is not Slide:
            return None
        borne = maximum(0, 1 - (1 - shock.bound) * seized * self.kept() / self.first_ratio())
        return where(self.worst_ratio() <= self.line(), 0, borne)

    @closed_form(solvency, "bound")
    def solvent_up_to(self) -> Real | None:
        """The fall that takes the loan-to-value to what covers lenders, if one fall past the line can."""
        shock = self.market.shock
        deepest = 1 - self.first_ratio() / maximum(self.kept(), self.line())
        step = shock.step if type(shock) is Slide else amount(1, RATIO)
        return where(self.line() <= self.kept() * (1 - step), 1, deepest)

    @closed_form(wick_survival, "bound")
    def survives_up_to(self) -> Real:
        return 1 - self.first_ratio() / self.line()

    @closed_form(borrower_loss_cap, "cap")
    def borrower_loses(self) -> Real | None:
        """The fee and the recovery that the seized collateral misses: none after a drop, at most a wick's depth."""
        shock, fee = self.market.shock, 1 + self.liquidation_fee
        if type(shock) is Slide:
            worst = self.worst_ratio()
            return where(worst <= self.line(), 0, minimum(1, worst * fee))
        if type(shock) not in (Drop, Wick):
            return None
        deepest = self.first_ratio() / (1 - shock.bound)
        ratio = minimum(deepest, maximum(1 / fee, self.line()))
        later = 1 - shock.bound if type(shock) is Wick else 1
        return where(deepest <= self.line(), 0, minimum(1, ratio * fee) - ratio * later)


CANCELLED = "debt is cancelled at the default; what the collateral given for it loses later is in lenders' loss"


class SiloDefaulting(Design, name="defaulting"):
    """Threshold 83 %, fee 5 %, Silo's margin and share. Default shock: a slide by half, 10 % a tick, from 1.25."""

    position = "collateral and debt as they are"
    capital = "the lenders' own, who are left with the collateral; a keeper needs none"
    remarks = {"solvent_slide": CANCELLED}

    shock = Slide(bound="0.5", step="0.1")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still(health="1.25")
    pool = Defaulting(
        market=market, oracle=oracle, book=book, liquidation_threshold="0.83", liquidation_fee="0.05",
        **deployed("silo-defaulting"),
    )  # fmt: skip
    keepers = Prompt(pool=pool)

    proved = (
        Defaulting.lenders_are_whole_if_covered,
        Defaulting.keeper_gets_its_share_of_the_fee,
        Defaulting.beyond_the_line_can_be_defaulted,
        liquidators_need_no_cash(),
        nothing_is_sold(**POOL),
        solvency(),
        lender_loss_cap(cap=Q("1097/3320")),
        lender_loss_cap(cap=Q("443/1743"), shock=Drop(bound="0.5")),
        default_loss_cap(cap=0),
        default_loss_cap(cap=Q("263/3591"), step="0.2"),
        borrower_loss_cap(cap=Q("1/21"), shock=Drop(bound="0.5")),
        wick_survival(shock=Wick(bound=Q("191/855")), keepers="nobody"),
        oracle_noninterference(rules="default withdraw borrow", book=AnyPosition()),
        liquidation_improves_health(),
        conservation(),
        in_fixed(conservation()),
    )
    refuted = {
        default_loss_cap(cap="0.0732", step="0.2"): "one fall of 20 % past the line leaves 0.8/0.855 of the debt, of "
        "which the keeper takes its share",
        lender_loss_cap(cap="0.2538", shock=Drop(bound="0.5")): "all collateral at half its price, less the keeper's "
        "share, is worth 74.6 % of the debt",
        lender_loss_cap(
            cap="0.3304", step="0.5"
        ): "lenders are whole at the default, and bear all that the price falls later",
        borrower_loss_cap(cap="0.0476", shock=Drop(bound="0.5")): "the fee on everything costs f/(1 + f)",
        wick_survival(shock=Wick(bound="0.2235"), keepers="nobody"): "at the threshold with its margin, a wick is seen",
    }


class DefaultingOnPool(Design, name="defaulting-on-pool"):
    """The same where collateral could be sold into a pool: nobody does, so no position drags another along."""

    shock = Drop(bound="0.5")
    market = ConstantProduct(shock=shock, depth=1)
    oracle = Spot(market=market)
    book = Still(health="1.25")
    pool = Defaulting(
        market=market, oracle=oracle, book=book, liquidation_threshold="0.83", liquidation_fee="0.05",
        **deployed("silo-defaulting"),
    )  # fmt: skip
    keepers = Nobody(pool=pool)

    proved = (Defaulting.defaults_move_no_price,)
    refuted = {
        given(
            Defaulting.defaults_move_no_price, holders_sell=True
        ): "lenders that sell what they took move the price like liquidators",
    }


class DefaultingClaims(Design):
    """Any number of lenders share pro rata what a default gave them, in whatever order they come."""

    shock = Drop(bound="0.5")
    market = Infinite(shock=shock)
    claims = PoolClaims()

    proved = SHARING
