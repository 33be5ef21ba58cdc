"""Morpho Blue: one market, in which anyone may close any part of an unhealthy position at a fixed incentive.

Source: morpho-org/morpho-blue 1.0.0 (3085651a), ``Morpho.sol``, ``SharesMathLib.sol``, ``MathLib.sol`` and
``ConstantsLib.sol``. Each rounding is the contract's, and each condition has the name of the contract's error.
Quantities are in whole tokens; the fixed-point reading has the contract's integers for a collateral of 18 and a loan
of 6 decimals, and for any others if its whole numbers are read as theirs.
"""

from typing import Annotated, Any

from verifier.language import (
    ANY,
    RATIO,
    Bool,
    Design,
    Q,
    Real,
    Step,
    Words,
    all_of,
    amount,
    assumption,
    at_start,
    base,
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
    up,
    where,
)

from .books import AnyPosition, Exactly
from .keepers import Attended
from .markets import Infinite
from .oracles import Spot
from .parameters import deployed
from .properties import (
    conservation,
    liquidation_improves_health,
    oracle_noninterference,
    solvency,
    wick_survival,
)
from .shocks import Drawdown, Wick
from .units import (
    COLLATERAL,
    DEBT,
    PRICE,
    ROUNDED,
    SECONDS,
    Collateral,
    CollateralFlow,
    Debt,
    DebtFlow,
    Ratio,
    Seconds,
)

SHARES = base("share", decimals=12)
SUPPLY_SHARES = base("supply share", decimals=12)
Shares = Annotated[Real, SHARES]
SupplyShares = Annotated[Real, SUPPLY_SHARES]
Scaled = Annotated[Real, PRICE.kept_to(24)]  # 36 decimals between the smallest units of 6 and of 18 decimals
Rate = Annotated[Real, (RATIO / SECONDS).kept_to(18)]

VIRTUAL_ASSETS = amount(Q("0.000001"), DEBT)  # one unit, and a million shares
VIRTUAL_SHARES = amount(Q("0.000001"), SHARES)
VIRTUAL_SUPPLY = amount(Q("0.000001"), SUPPLY_SHARES)


class ScaledDrawdown(Drawdown):
    """A drawdown of a price that the market's oracle states with so many decimals."""

    price: Scaled = state(like=2000)
    peak: Scaled = state()


class MorphoBlue(Attended):
    """A market and one of its positions, whose debt is counted in shares of all that is borrowed."""

    market: Infinite
    oracle: Spot
    book: AnyPosition

    liquidation_threshold: Ratio = param  # LLTV
    cursor: Ratio = param  # how much of what the threshold leaves is the liquidator's
    most_incentive: Ratio = param

    fee: Ratio = param(0)  # the protocol's share of interest
    bears_interest: Bool = param(False)

    collateral: Collateral = state(like=10)
    owed_shares: Shares = state()
    borrow_assets: Debt = state()
    borrow_shares: Shares = state()
    supply_assets: Debt = state()
    supply_shares: SupplyShares = state()
    fee_shares: SupplyShares = state(0, tally=True)
    deficit: Debt = state(0, tally=True)

    collateral_outside: CollateralFlow = state(0, tally=True)
    cash_outside: DebtFlow = state(0, tally=True)

    @assumption
    def threshold_and_incentive_are_shares(self) -> Bool:
        """LLTV and cursor are below one, and the highest incentive is at least one."""
        return (
            (self.liquidation_threshold > 0)
            & (self.liquidation_threshold < 1)
            & (self.cursor >= 0)
            & (self.cursor < 1)
            & (self.most_incentive >= 1)
        )

    @assumption(on="start")
    def healthy_at_the_start(self) -> Bool:
        """The position's health factor is at least the book's floor."""
        return (self.debt * self.book.floor() <= self.health_value()) & self.book.holds(self.collateral)

    @assumption(on="start")
    def part_of_the_market(self) -> Bool:
        """The position's shares are among the market's, none of which is worth less than the first one."""
        worth = self.borrow_shares / VIRTUAL_SHARES <= self.borrow_assets / VIRTUAL_ASSETS
        return (self.owed_shares <= self.borrow_shares) & worth

    @assumption(on="start")
    def borrowed_from_suppliers(self) -> Bool:
        """No more is borrowed than was supplied."""
        return self.borrow_assets <= self.supply_assets

    # Arithmetic of shares.

    def assets_up(self, shares: Real) -> Real:
        return up(shares * (self.borrow_assets + VIRTUAL_ASSETS) / (self.borrow_shares + VIRTUAL_SHARES))

    def assets_down(self, shares: Real) -> Real:
        return down(shares * (self.borrow_assets + VIRTUAL_ASSETS) / (self.borrow_shares + VIRTUAL_SHARES))

    def shares_up(self, assets: Real) -> Real:
        return up(assets * (self.borrow_shares + VIRTUAL_SHARES) / (self.borrow_assets + VIRTUAL_ASSETS))

    def shares_down(self, assets: Real) -> Real:
        return down(assets * (self.borrow_shares + VIRTUAL_SHARES) / (self.borrow_assets + VIRTUAL_ASSETS))

    @property
    def debt(self) -> Real:
        """What the position's shares are worth, rounded up."""
        return self.assets_up(self.owed_shares)

    def health_value(self) -> Real:
        """The most that the position may owe."""
        return down(down(self.collateral * self.oracle.quote()) * self.liquidation_threshold)

    def healthy(self) -> Bool:
        return self.debt <= self.health_value()

    def incentive(self) -> Real:
        """What is seized is worth so many times what is repaid."""
        margin = down(self.cursor * (1 - self.liquidation_threshold), 18)
        return minimum(self.most_incentive, down(1 / (1 - margin), 18))

    # Liquidation, by the collateral to be seized or by the shares to be repaid.

    @rule(by="liquidator")
    def liquidate(self, seized: Collateral) -> Step:
        """Anyone takes this much collateral of an unhealthy position and repays what it is worth less the incentive."""
        repaid = self.shares_up(up(up(seized * self.oracle.quote()) / self.incentive()))
        return self.closed(seized > 0, seized, repaid)

    @rule(by="liquidator")
    def liquidate_shares(self, repaid: Shares) -> Step:
        """Anyone repays so many shares of an unhealthy position's debt and takes their worth and the incentive."""
        seized = down(down(self.assets_down(repaid) * self.incentive()) / self.oracle.quote())
        return self.closed(repaid > 0, seized, repaid)

    def closed(self, asked: Bool, seized: Real, repaid: Real) -> Step:
        """Debt that is left without collateral is written off: the lenders have lost it."""
        paid = self.assets_up(repaid)
        post = self.after(
            collateral=self.collateral - seized,
            owed_shares=self.owed_shares - repaid,
            borrow_shares=self.borrow_shares - repaid,
            borrow_assets=maximum(0, self.borrow_assets - paid),
            collateral_outside=self.collateral_outside + seized,
            cash_outside=self.cash_outside - paid,
        )
        emptied = post.collateral == 0
        bad = where(emptied, minimum(post.borrow_assets, post.debt), 0)
        return require(
            inconsistent_input=asked,
            healthy_position=~self.healthy(),
            underflow=(repaid <= self.owed_shares) & (seized <= self.collateral),
        ).then(
            post.after(
                owed_shares=where(emptied, 0, post.owed_shares),
                borrow_shares=post.borrow_shares - where(emptied, post.owed_shares, 0),
                borrow_assets=post.borrow_assets - bad,
                supply_assets=self.supply_assets - bad,
                deficit=self.deficit + bad,
            ),
            self.market.sell(seized),
        )

    # The owner, the other borrowers, and time.

    @rule(by="owner")
    def supply_collateral(self, assets: Collateral) -> Step:
        """The owner adds collateral."""
        return require(zero_assets=assets > 0).then(
            self.after(collateral=self.collateral + assets, collateral_outside=self.collateral_outside - assets)
        )

    @rule(by="owner")
    def withdraw_collateral(self, assets: Collateral) -> Step:
        """The owner takes collateral out, as far as the position stays healthy."""
        post = self.after(collateral=self.collateral - assets, collateral_outside=self.collateral_outside + assets)
        return require(
            zero_assets=assets > 0, underflow=assets <= self.collateral, insufficient_collateral=post.healthy()
        ).then(post)

    @rule(by="owner")
    def borrow(self, assets: Debt) -> Step:
        """The owner draws debt, as far as the position stays healthy and the market has the money."""
        shares = self.shares_up(assets)
        post = self.after(
            owed_shares=self.owed_shares + shares,
            borrow_shares=self.borrow_shares + shares,
            borrow_assets=self.borrow_assets + assets,
            cash_outside=self.cash_outside + assets,
        )
        liquid = post.borrow_assets <= self.supply_assets
        return require(
            inconsistent_input=assets > 0, insufficient_collateral=post.healthy(), insufficient_liquidity=liquid
        ).then(post)

    @rule(by="owner")
    def repay(self, assets: Debt) -> Step:
        """The owner pays debt back."""
        shares = self.shares_down(assets)
        return require(inconsistent_input=assets > 0, underflow=shares <= self.owed_shares).then(
            self.after(
                owed_shares=self.owed_shares - shares,
                borrow_shares=self.borrow_shares - shares,
                borrow_assets=maximum(0, self.borrow_assets - assets),
                cash_outside=self.cash_outside - assets,
            )
        )

    @rule(by="anyone")
    def others_act(self, assets: Debt, shares: Shares) -> Step:
        """Other borrowers leave so many borrowed assets and shares: no act of theirs makes a share dearer."""
        dearer = (assets + VIRTUAL_ASSETS) * (self.borrow_shares + VIRTUAL_SHARES)
        return require(
            shares >= self.owed_shares,
            shares / VIRTUAL_SHARES <= assets / VIRTUAL_ASSETS,
            dearer <= (self.borrow_assets + VIRTUAL_ASSETS) * (shares + VIRTUAL_SHARES),
        ).then(
            self.after(
                borrow_assets=assets,
                borrow_shares=shares,
                supply_assets=self.supply_assets + (assets - self.borrow_assets),
            )
        )

    @rule(by="anyone")
    def accrue_interest(self, rate: Rate, elapsed: Seconds) -> Step:
        """Interest at the rate that the market's model asks for is compounded by three terms; part of it is a fee."""
        first = rate * elapsed
        second = down(first * first / 2, 18)
        interest = down(self.borrow_assets * (first + second + down(second * first / 3, 18)))
        grown = self.after(borrow_assets=self.borrow_assets + interest, supply_assets=self.supply_assets + interest)
        fee = down(interest * self.fee)
        shares = down(fee * (self.supply_shares + VIRTUAL_SUPPLY) / (grown.supply_assets - fee + VIRTUAL_ASSETS))
        return require(elapsed > 0).then(
            grown.after(supply_shares=self.supply_shares + shares, fee_shares=self.fee_shares + shares)
        )

    @assumption(on=accrue_interest)
    def no_interest(self) -> Bool:
        """No interest accrues."""
        return self.bears_interest

    @assumption(on=(withdraw_collateral, borrow))
    def frozen_book(self) -> Bool:
        """No collateral is withdrawn and no debt drawn after the start."""
        return self.book.may_take_risk()

    # Whose a loss is.

    @closed_form(wick_survival, "bound")
    def deepest_wick(self) -> Real | None:
        """That of which the oracle shows no more than health can bear."""
        return self.oracle.harmless(self.book.floor())

    def lender_claim(self) -> Real:
        """What lenders are owed."""
        return self.debt

    def lender_loss(self) -> Real:
        """What lenders have lost: debt written off, and debt that the collateral does not cover at the market price."""
        return self.deficit + maximum(0, self.debt - self.collateral * self.market.price())

    def borrower_wealth(self) -> Real:
        """What the position is worth to its owner, who may walk away from it."""
        return maximum(0, self.collateral * self.market.price() - self.debt)

    def due(self) -> Bool:
        """Whether there is something for a liquidator to do."""
        return ~self.healthy() & (self.collateral > 0)

    def totals(self) -> tuple[Real, ...]:
        """Collateral inside and outside of the contract, and the loan token that is neither lent out nor outside."""
        return (
            self.collateral + self.collateral_outside,
            self.supply_assets - self.borrow_assets + self.cash_outside,
        )

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return {
            "price": self.market.price(),
            "collateral": self.collateral,
            "debt": self.debt,
            "may owe": self.health_value(),
            "borrowed by all": self.borrow_assets,
            "written off": self.deficit,
        }

    # What holds of it.

    def owed(self) -> Real:
        """What the position owes before rounding, times all shares: cleared of its divisor."""
        return self.owed_shares * (self.borrow_assets + VIRTUAL_ASSETS)

    def worth(self, price: Real) -> Real:
        """What the collateral is worth at a price before rounding, times all shares."""
        return self.collateral * price * (self.borrow_shares + VIRTUAL_SHARES)

    @lemma
    def part_of_all(self) -> Bool:
        return self.owed_shares <= self.borrow_shares

    @lemma
    def no_share_is_worth_less_than_the_first(self) -> Bool:
        worth = self.borrow_shares / VIRTUAL_SHARES <= self.borrow_assets / VIRTUAL_ASSETS
        return self.bears_interest | ROUNDED | worth

    @lemma
    def covered_at_the_floor(self) -> Bool:
        return self.bears_interest | ROUNDED | self.covered(self.market.shock.floor())

    @invariant(on=(liquidate, liquidate_shares))
    def who_owes_just_what_it_may_is_safe(self, post: "MorphoBlue") -> Bool:
        """A position that owes exactly what it may owe is not liquidated."""
        del post
        return self.debt != self.health_value()

    @invariant(on=(liquidate, liquidate_shares))
    def what_is_seized_is_paid_for(self, post: "MorphoBlue") -> Bool:
        """Collateral is given at most for what is repaid and the incentive, to the last unit."""
        seized, paid = self.collateral - post.collateral, self.cash_outside - post.cash_outside
        return implies(self.stored(), seized * self.oracle.quote() <= paid * self.incentive())

    @invariant(on=(liquidate, liquidate_shares))
    def covered_debt_is_not_written_off(self, post: "MorphoBlue") -> Bool:
        """Where the collateral covers debt and incentive, a liquidation writes off nothing."""
        return ~self.stored() | ~self.covered() | (post.deficit == self.deficit)

    @invariant(on=(liquidate, liquidate_shares))
    def covered_debt_stays_covered(self, post: "MorphoBlue") -> Bool:
        """Cover for debt and incentive outlasts a liquidation, as long as anything is borrowed."""
        return ~self.stored() | ~self.covered() | (post.borrow_assets == 0) | post.covered()

    @invariant(on=liquidate)
    def nothing_is_owed_on_nothing(self, post: "MorphoBlue") -> Bool:
        """What is left without collateral of any worth owes nothing: its debt is written off."""
        return (down(post.collateral * self.oracle.quote()) > 0) | (post.owed_shares == 0)

    @invariant(on=(liquidate, liquidate_shares, repay, borrow))
    def no_share_gets_dearer(self, post: "MorphoBlue") -> Bool:
        """As long as anything is borrowed, no act on a position makes another one's debt larger."""
        after = (post.borrow_assets + VIRTUAL_ASSETS) * (self.borrow_shares + VIRTUAL_SHARES)
        before = (self.borrow_assets + VIRTUAL_ASSETS) * (post.borrow_shares + VIRTUAL_SHARES)
        return implies(self.stored(), (post.borrow_assets == 0) | (after <= before))

    def stored(self) -> Bool:
        """Whether amounts are as the contract stores them and shares part of all, in a state that is reached or not."""
        amounts = (self.collateral, self.owed_shares, self.borrow_assets, self.borrow_shares, self.oracle.quote())
        return all_of(*(amount >= 0 for amount in amounts), self.owed_shares <= self.borrow_shares)

    def covered(self, price: Real | None = None) -> Bool:
        """Whether the collateral is worth the debt and the incentive, at a price or now, before rounding."""
        return self.owed() * self.incentive() <= self.worth(self.oracle.quote() if price is None else price)

    @invariant
    def threshold_leaves_room_for_the_incentive(self) -> Bool:
        """The incentive at the threshold never takes more than all."""
        return self.incentive() * self.liquidation_threshold < 1


@generic
def health_is_never_overstated(it: MorphoBlue) -> Bool:
    """Who passes as healthy is healthy before rounding, too."""
    return implies(it.stored() & it.healthy(), it.owed() <= it.worth(it.oracle.quote()) * it.liquidation_threshold)


@generic(on="liquidator")
def numbers_fit(it: MorphoBlue, post: MorphoBlue, words: Words) -> Bool:
    """No number of a liquidation that goes through has more than 256 bits, at any price, while amounts have 128.

    A position worth so much that its value overflows is healthy before, and refused here as in the contract.
    """
    del post
    most = Q(2**128)
    small = all_of(
        it.collateral < amount(most / 10**18, COLLATERAL),
        it.collateral_outside < amount(most / 10**18, COLLATERAL),
        it.borrow_assets < amount(most / 10**6, DEBT),
        it.deficit < amount(most / 10**6, DEBT),
        it.borrow_shares < amount(most / 10**12, SHARES),
    )
    return ~it.stored() | ~small | words.fit(amount(256, RATIO))


def covered_at_the_floor_to_a_unit(it: MorphoBlue) -> Bool:
    """Who repays more than all that is borrowed, for a share is rounded up, leaves others to owe a unit together."""
    unit = VIRTUAL_ASSETS * (it.borrow_shares + VIRTUAL_SHARES)
    return it.bears_interest | (it.owed() <= unit) | it.covered(it.market.shock.floor())


@generic(on="every rule", name="solvency", lemmas=(covered_at_the_floor_to_a_unit,))
def solvency_to_a_unit(it: MorphoBlue, post: MorphoBlue) -> Bool:
    """No step writes off more than a unit of debt, or leaves collateral worth less than the debt by more than one."""
    worth = post.collateral * post.market.price()
    return (post.deficit <= it.deficit + VIRTUAL_ASSETS) & (worth + VIRTUAL_ASSETS >= post.debt)


@generic(on="every rule", name="conservation")
def conservation_to_a_unit(it: MorphoBlue, post: MorphoBlue) -> Bool:
    """No unit appears, and none vanishes but one that a liquidator pays beyond all that is borrowed."""
    (held, lent), (held_after, lent_after) = it.totals(), post.totals()
    return (held_after == held) & (lent_after <= lent) & (lent <= lent_after + VIRTUAL_ASSETS)


LEAST = amount(Q("0.0002"), DEBT)


def beyond_the_wick(it: MorphoBlue) -> Bool:
    """Who owed as much is so far from what it may owe at the lowest price that three roundings do not matter."""
    spared = 3 * VIRTUAL_ASSETS * (it.borrow_shares + VIRTUAL_SHARES)
    bears = it.worth(it.market.shock.floor()) * it.liquidation_threshold
    return it.bears_interest | (at_start(it.debt) < LEAST) | (it.owed() + spared <= bears)


@generic(on="not the owner", name="wick_survival", lemmas=(beyond_the_wick,))
def wick_survived_by_all_but_the_smallest(it: MorphoBlue, post: MorphoBlue) -> Bool:
    """No collateral leaves a position that owed 200 units of debt at the start by anyone's act but its owner's."""
    return (at_start(it.debt) < LEAST) | (post.collateral >= it.collateral)


def in_units(claim: Any) -> Any:
    """The claim in the contract's integers, whatever interest accrues."""
    return given(claim, arithmetic="fixed", bears_interest=True)


class MorphoWethUsdc(Design, name="morpho-blue"):
    """Morpho Blue, WETH against USDC at an LLTV of 86 %."""

    shock = ScaledDrawdown(bound="0.1022")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = AnyPosition()
    pool = MorphoBlue(market=market, oracle=oracle, book=book, **deployed("morpho-weth-usdc"))

    proved = (
        solvency(),
        wick_survival(shock=Wick(bound="0.2"), health="1.25"),
        oracle_noninterference(rules="liquidate liquidate_shares withdraw_collateral borrow"),
        conservation(shock="0.5"),
        MorphoBlue.covered_debt_is_not_written_off,
        MorphoBlue.covered_debt_stays_covered,
        health_is_never_overstated(),
        given(MorphoBlue.nothing_is_owed_on_nothing, shock="0.5"),
        MorphoBlue.who_owes_just_what_it_may_is_safe,
        MorphoBlue.what_is_seized_is_paid_for,
        MorphoBlue.no_share_gets_dearer,
        in_fixed(solvency_to_a_unit()),
        in_fixed(wick_survived_by_all_but_the_smallest(shock=Wick(bound="0.2"), health="1.27")),
        in_fixed(oracle_noninterference(rules="liquidate liquidate_shares withdraw_collateral borrow")),
        given(conservation_to_a_unit(), arithmetic="fixed", shock="0.5"),
        in_units(MorphoBlue.covered_debt_is_not_written_off),
        in_units(MorphoBlue.covered_debt_stays_covered),
        in_units(health_is_never_overstated()),
        in_units(MorphoBlue.who_owes_just_what_it_may_is_safe),
        in_units(MorphoBlue.what_is_seized_is_paid_for),
        in_units(MorphoBlue.no_share_gets_dearer),
        in_units(numbers_fit()),
    )
    refuted = {
        solvency(
            shock="0.1023"
        ): "the threshold with its incentive leaves a buffer of 1 - 0.86/0.958 = 10.229 %, not more",
        wick_survival(shock=Wick(bound="0.201"), health="1.25"): "a spot oracle shows every wick deeper than 1 - 1/h",
        given(
            MorphoBlue.nothing_is_owed_on_nothing, arithmetic="fixed", book=Exactly(health="0.5", size=10)
        ): "debt is written off at exactly no collateral: one unit left blocks it",
        liquidation_improves_health(shock="0.2"): "past a loan-to-value of 1/LIF each liquidation makes the position "
        "worse",
    }


class MorphoAnyMarket(Design, name="morpho-blue-any"):
    """Morpho Blue at any LLTV, under any curve of the incentive that stays within what the threshold leaves."""

    shock = ScaledDrawdown(bound=ANY)
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = AnyPosition()
    pool = MorphoBlue(market=market, oracle=oracle, book=book)

    proved = (
        given(MorphoBlue.threshold_leaves_room_for_the_incentive, most_incentive="1.15"),
        in_fixed(given(MorphoBlue.threshold_leaves_room_for_the_incentive, most_incentive="1.15")),
        MorphoBlue.what_is_seized_is_paid_for,
        MorphoBlue.covered_debt_is_not_written_off,
        MorphoBlue.covered_debt_stays_covered,
    )
