"""Compound v2: two of its markets, in which anyone may repay a part of an unhealthy position's debt for cTokens.

Source: @venusprotocol/venus-protocol 0.7.0, ``ComptrollerG5.sol``, ``VToken.sol`` and ``ExponentialNoError.sol``, a
fork of compound-finance/compound-protocol (a3214f67) that liquidates in the same way. Each truncation is the contract's
and each condition has the name of its error code or of its reason to revert. Quantities are in whole tokens; the
fixed-point reading has the contract's integers for a collateral of 18, a loan of 6 and a cToken of 8 decimals, and for
any others if its whole numbers are read as theirs. One position has one collateral and one debt.
"""

from typing import Annotated, Any

from verifier.language import (
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
    param,
    require,
    rule,
    state,
)

from .books import AnyPosition
from .keepers import Attended
from .markets import Infinite
from .oracles import Spot
from .parameters import deployed
from .properties import (
    liquidation_improves_health,
    oracle_noninterference,
    solvency,
    wick_survival,
)
from .shocks import Drawdown, Wick
from .units import COLLATERAL, DEBT, PRICE, ROUNDED, Collateral, Debt, Ratio

CTOKENS = base("ctoken", decimals=8)
BLOCKS = base("block", decimals=0)
CTokens = Annotated[Real, CTOKENS]
Blocks = Annotated[Real, BLOCKS]
Rate = Annotated[Real, (RATIO / BLOCKS).kept_to(18)]
Mantissa = Annotated[Real, PRICE.kept_to(18)]  # 36 decimals less those of the token
DebtMantissa = Annotated[Real, RATIO.kept_to(30)]
EXCHANGE, VALUE, PER_REPAID = 28, 18, 20  # decimals of what the contract keeps as 18 between the smallest units


class MantissaDrawdown(Drawdown):
    """A drawdown of a price with as many decimals as the comptroller's oracle states for a token of 18."""

    price: Mantissa = state(like=2000)
    peak: Mantissa = state()


class CompoundV2(Attended):
    """A position with cTokens of one market and a debt of another one."""

    market: Infinite
    oracle: Spot
    book: AnyPosition

    liquidation_threshold: Ratio = param  # the collateral factor
    liquidation_incentive: Ratio = param  # what is seized is worth so many times what is repaid
    close_factor: Ratio = param  # share of the debt that one liquidation may repay
    reserve_factor: Ratio = param(0)  # the protocol's share of interest
    debt_price: DebtMantissa = param(1)  # of the debt token, in units of account
    bears_interest: Bool = param(False)

    tokens: CTokens = state(like=10)
    principal: Debt = state()
    own_index: Ratio = state(like=1)  # the market's index when the principal was last written down
    borrow_index: Ratio = state(like=1)
    borrows: Debt = state()
    cash: Debt = state()
    reserves: Debt = state(0)

    token_supply: CTokens = state()
    held_cash: Collateral = state()
    held_borrows: Collateral = state(0)
    held_reserves: Collateral = state(0)

    @assumption
    def factors_are_shares(self) -> Bool:
        """Collateral and close factor are shares, the incentive and the debt token's price are positive."""
        return (
            (self.liquidation_threshold > 0)
            & (self.liquidation_threshold < 1)
            & (self.close_factor > 0)
            & (self.close_factor <= 1)
            & (self.liquidation_incentive >= 1)
            & (self.debt_price > 0)
        )

    @assumption(on="start")
    def healthy_at_the_start(self) -> Bool:
        """The position's health factor is at least the book's floor."""
        return (self.debt_value() * self.book.floor() <= self.health_value()) & self.book.holds(self.collateral)

    @assumption(on="start")
    def markets_are_open(self) -> Bool:
        """Indices have begun, the position is part of both markets, and others hold cTokens of some worth."""
        return (
            (self.own_index > 0)
            & (self.own_index <= self.borrow_index)
            & (self.tokens < self.token_supply)
            & (self.backing() > 0)
            & (self.debt <= self.borrows)
        )

    # What a position holds and owes.

    def backing(self) -> Real:
        """What all cTokens of the collateral's market stand for."""
        return self.held_cash + self.held_borrows - self.held_reserves

    def exchange_rate(self) -> Real:
        return down(self.backing() / self.token_supply, EXCHANGE)

    @property
    def collateral(self) -> Real:
        """What the position's cTokens stand for."""
        return self.tokens * self.exchange_rate()

    @property
    def debt(self) -> Real:
        return down(self.principal * self.borrow_index / self.own_index)

    @property
    def deficit(self) -> Real:
        """Nothing is ever written off."""
        return amount(0, DEBT)

    def per_token(self) -> Real:
        """What one cToken counts for, in two truncating products."""
        return down(down(self.liquidation_threshold * self.exchange_rate(), EXCHANGE) * self.oracle.quote(), EXCHANGE)

    def health_value(self) -> Real:
        return down(self.per_token() * self.tokens, VALUE)

    def debt_value(self, debt: Real | None = None) -> Real:
        return down(self.debt_price * (self.debt if debt is None else debt), VALUE)

    def healthy(self) -> Bool:
        return self.debt_value() <= self.health_value()

    # Liquidation.

    def seize_tokens(self, repaid: Real) -> Real:
        """The cTokens for what is repaid, by three truncating divisions and a truncating product."""
        worth = down(self.liquidation_incentive * self.debt_price, 30)
        price = down(self.oracle.quote() * self.exchange_rate(), EXCHANGE)
        return down(down(worth / price, PER_REPAID) * repaid)

    @rule(by="liquidator")
    def liquidate_borrow(self, repaid: Debt) -> Step:
        """Anyone repays up to the close factor's share of an unhealthy position's debt and takes its cTokens."""
        seized = self.seize_tokens(repaid)
        return require(
            price_error=self.oracle.quote() > 0,
            insufficient_shortfall=~self.healthy(),
            too_much_repay=repaid <= down(self.close_factor * self.debt),
            invalid_close_amount_requested=repaid > 0,
            repay_borrow_new_total_balance_calculation_failed=repaid <= self.borrows,
            liquidate_seize_too_much=seized <= self.tokens,
        ).then(
            self.after(
                principal=self.debt - repaid,
                own_index=self.borrow_index,
                borrows=self.borrows - repaid,
                cash=self.cash + repaid,
                tokens=self.tokens - seized,
            ),
            self.market.sell(seized * self.exchange_rate()),
        )

    # The owner, other holders of cTokens, and time.

    @rule(by="owner")
    def mint(self, given: Collateral) -> Step:
        """The owner adds collateral and gets cTokens."""
        made = down(given / self.exchange_rate())
        return require(given > 0).then(
            self.after(
                tokens=self.tokens + made, token_supply=self.token_supply + made, held_cash=self.held_cash + given
            )
        )

    @rule(by="owner")
    def redeem(self, units: CTokens) -> Step:
        """The owner gives cTokens back for collateral, as far as the position stays healthy."""
        paid = down(units * self.exchange_rate())
        kept = self.debt_value() + down(self.per_token() * units, VALUE) <= self.health_value()
        return require(
            units > 0,
            insufficient_liquidity=kept,
            redeem_new_account_balance_calculation_failed=units <= self.tokens,
            token_insufficient_cash=paid <= self.held_cash,
        ).then(
            self.after(
                tokens=self.tokens - units, token_supply=self.token_supply - units, held_cash=self.held_cash - paid
            )
        )

    @rule(by="owner")
    def borrow(self, drawn: Debt) -> Step:
        """The owner draws debt, as far as the position stays healthy."""
        return require(
            drawn > 0,
            insufficient_liquidity=self.debt_value() + self.debt_value(drawn) <= self.health_value(),
            token_insufficient_cash=drawn <= self.cash,
        ).then(
            self.after(
                principal=self.debt + drawn,
                own_index=self.borrow_index,
                borrows=self.borrows + drawn,
                cash=self.cash - drawn,
            )
        )

    @rule(by="owner")
    def repay_borrow(self, paid: Debt) -> Step:
        """The owner pays debt back."""
        return require(
            paid > 0,
            repay_borrow_new_account_borrow_balance_calculation_failed=paid <= self.debt,
            repay_borrow_new_total_balance_calculation_failed=paid <= self.borrows,
        ).then(
            self.after(
                principal=self.debt - paid,
                own_index=self.borrow_index,
                borrows=self.borrows - paid,
                cash=self.cash + paid,
            )
        )

    @rule(by="anyone")
    def accrue_interest(self, rate: Rate, blocks: Blocks) -> Step:
        """Simple interest is added to the debt market's borrows and index, a part of it to its reserves."""
        factor = rate * blocks
        interest = down(factor * self.borrows)
        return require(blocks > 0).then(
            self.after(
                borrows=self.borrows + interest,
                reserves=self.reserves + down(self.reserve_factor * interest),
                borrow_index=self.borrow_index + down(factor * self.borrow_index, 18),
            )
        )

    @rule(by="anyone")
    def accrue_on_collateral(self, rate: Rate, blocks: Blocks) -> Step:
        """The same in the collateral's market, whose cTokens stand for more afterwards."""
        interest = down(rate * blocks * self.held_borrows)
        return require(blocks > 0).then(
            self.after(
                held_borrows=self.held_borrows + interest,
                held_reserves=self.held_reserves + down(self.reserve_factor * interest),
            )
        )

    @assumption(on=(accrue_interest, accrue_on_collateral))
    def no_interest(self) -> Bool:
        """No interest accrues."""
        return self.bears_interest

    @assumption(on=(redeem, borrow))
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
        """What lenders have lost: the debt that the collateral does not cover at the market price."""
        return maximum(0, self.debt - self.collateral * self.market.price())

    def borrower_wealth(self) -> Real:
        """What the position is worth to its owner, who may walk away from it."""
        return maximum(0, self.collateral * self.market.price() - self.debt)

    def due(self) -> Bool:
        """Whether there is something for a liquidator to do."""
        return ~self.healthy() & (self.tokens > 0)

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return {
            "price": self.market.price(),
            "cTokens": self.tokens,
            "collateral": self.collateral,
            "debt": self.debt,
            "debt's value": self.debt_value(),
            "may owe": self.health_value(),
        }

    # What holds of it. Claims of no step speak of any state of two open markets, whether it can be reached or not.

    def are_open(self) -> Bool:
        """Whether both markets have begun, and quantities are as the contract stores them."""
        return all_of(self.own_index > 0, self.token_supply > 0, self.tokens >= 0, self.principal >= 0)

    def owed(self) -> Real:
        """The value of what is owed before truncation, times the divisors of debt and exchange rate."""
        return self.debt_price * self.principal * self.borrow_index * self.token_supply

    def worth(self, price: Real) -> Real:
        """What the collateral is worth at a price before truncation, times the same divisors."""
        return self.tokens * self.backing() * price * self.own_index

    @lemma
    def indices_have_begun(self) -> Bool:
        return (self.own_index > 0) & (self.own_index <= self.borrow_index)

    @lemma
    def others_hold_what_stands_for_something(self) -> Bool:
        return (self.tokens >= 0) & (self.tokens < self.token_supply) & (self.backing() > 0)

    @lemma
    def covered_at_the_floor(self) -> Bool:
        """The debt with the incentive is at most what all collateral is worth at the lowest price to come."""
        covered = self.owed() * self.liquidation_incentive <= self.worth(self.market.shock.floor())
        return self.bears_interest | ROUNDED | covered

    @invariant
    def who_owes_just_what_it_may_is_safe(self, repaid: Debt) -> Bool:
        """A position that owes exactly what it may owe is not liquidated, for no amount."""
        even = self.are_open() & (self.debt_value() == self.health_value())
        return implies(even, ~self.liquidate_borrow(repaid).enabled())

    @invariant(on=liquidate_borrow)
    def close_factor_is_kept(self, post: "CompoundV2") -> Bool:
        """One liquidation repays at most the close factor's share of the debt."""
        return post.principal >= (1 - self.close_factor) * self.debt

    @invariant
    def what_is_seized_is_paid_for(self, repaid: Debt) -> Bool:
        """CTokens are given at most for what is repaid and the incentive, at what they are worth."""
        price = self.oracle.quote() * self.exchange_rate()
        return implies(self.are_open() & (price > 0), self.seize_tokens(repaid) * price <= self.paid_for(repaid))

    @invariant
    def what_is_seized_is_paid_for_at_the_truncated_price(self, repaid: Debt) -> Bool:
        """The same at the price of a cToken as the contract truncates it."""
        price = down(self.oracle.quote() * self.exchange_rate(), EXCHANGE)
        return implies(self.are_open() & (price > 0), self.seize_tokens(repaid) * price <= self.paid_for(repaid))

    def paid_for(self, repaid: Real) -> Real:
        """What is repaid is worth, with the incentive."""
        return repaid * self.debt_price * self.liquidation_incentive

    @invariant(on=liquidate_borrow)
    def nothing_is_owed_on_nothing(self, post: "CompoundV2") -> Bool:
        """Who has no collateral left owes nothing."""
        return (post.tokens > 0) | (post.principal == 0)


@generic
def health_is_never_overstated(it: CompoundV2) -> Bool:
    """Who passes as healthy is healthy before truncation, too."""
    return implies(it.healthy(), it.owed() <= it.worth(it.oracle.quote()) * it.liquidation_threshold)


@generic
def health_is_overstated_by_less_than_a_unit(it: CompoundV2) -> Bool:
    """Who passes as healthy is so before truncation, too, but for less than a unit of debt and one of value."""
    cut_off = (it.debt_price * amount(Q("0.000001"), DEBT) + amount(Q(1) / 10**VALUE, DEBT)) * it.own_index
    believed = it.worth(it.oracle.quote()) * it.liquidation_threshold
    stored = all_of(*(held >= 0 for held in (it.borrow_index, it.backing(), it.oracle.quote())))
    return implies(it.are_open() & stored & it.healthy(), it.owed() < believed + cut_off * it.token_supply)


@generic(on="liquidator")
def numbers_fit(it: CompoundV2, post: CompoundV2, words: Words) -> Bool:
    """No number of a liquidation has more than 256 bits if two products do not: that is the domain, beside amounts.

    The products are a price times an exchange rate, and what one cToken counts for times the position's cTokens.
    Amounts have 112 bits, those of the debt's market and the indices 95.
    """
    del post
    rate, debts = it.exchange_rate(), Q(2**95) / 10**6
    small = all_of(
        it.own_index >= 1,
        *(index < Q(2**95) / 10**18 for index in (it.own_index, it.borrow_index)),
        *(held >= 0 for held in (it.tokens, it.token_supply, it.principal, it.borrows, it.cash, it.oracle.quote())),
        *(held < amount(debts, DEBT) for held in (it.principal, it.borrows, it.cash, it.debt)),
        *(held >= 0 for held in (it.held_cash, it.held_borrows, it.held_reserves, it.backing())),
        *(held < amount(Q(2**112) / 10**18, COLLATERAL) for held in (it.held_cash, it.held_borrows)),
        it.token_supply < amount(Q(2**112) / 10**8, CTOKENS),
        rate * it.oracle.quote() < amount(Q(2**255) / 10**46, DEBT / CTOKENS),
        it.per_token() * it.tokens < amount(Q(2**255) / 10**36, DEBT),
    )
    return ~small | words.fit(amount(256, RATIO))


RATE, WORTH = amount(Q(1) / 10**EXCHANGE, COLLATERAL / CTOKENS), amount(Q(1) / 10**EXCHANGE, DEBT / CTOKENS)
"""The units in which the exchange rate and what a cToken counts for are kept."""


def has_digits(it: CompoundV2) -> Bool:
    """Whether exchange rate and what a cToken counts for had five digits at the start: truncation takes little off."""
    return (at_start(it.exchange_rate()) >= 10**5 * RATE) & (at_start(it.per_token()) >= 10**5 * WORTH)


def the_exchange_rate_never_falls(it: CompoundV2) -> Bool:
    return it.bears_interest | (at_start(it.exchange_rate()) * it.token_supply <= it.backing())


def the_first_price_is_below_the_peak(it: CompoundV2) -> Bool:
    return at_start(it.market.shock.price) <= it.market.shock.peak


def bears_the_lowest_price(it: CompoundV2) -> Bool:
    """Health at the lowest price to come, whatever is truncated on the way."""
    counted = it.liquidation_threshold * (at_start(it.exchange_rate()) - RATE) - RATE
    bearable = it.tokens * (counted * it.market.shock.floor() - WORTH) - amount(Q(1) / 10**VALUE, DEBT)
    return it.bears_interest | ~has_digits(it) | (it.debt == 0) | (it.debt_value() <= bearable)


def covered_at_the_lowest_price(it: CompoundV2) -> Bool:
    worth = it.tokens * ((at_start(it.exchange_rate()) - RATE) * it.market.shock.floor() - WORTH)
    return it.bears_interest | ~has_digits(it) | (it.debt * it.debt_price * it.liquidation_incentive <= worth)


COVERED = (the_first_price_is_below_the_peak, the_exchange_rate_never_falls, covered_at_the_lowest_price)


@generic(name="solvency", lemmas=COVERED)
def solvency_with_digits(it: CompoundV2) -> Bool:
    """The collateral is worth the debt at the market price, where rate and price of a cToken have five digits."""
    return ~has_digits(it) | (it.collateral * it.market.price() >= it.debt)


@generic(name="nothing_is_owed_on_nothing", lemmas=COVERED)
def nothing_is_owed_on_nothing_with_digits(it: CompoundV2) -> Bool:
    """Who has no collateral left owes nothing, where rate and price of a cToken have five digits."""
    return ~has_digits(it) | (it.tokens > 0) | (it.debt == 0)


@generic(on="not the owner", name="wick_survival", lemmas=(the_exchange_rate_never_falls, bears_the_lowest_price))
def wick_survival_with_digits(it: CompoundV2, post: CompoundV2) -> Bool:
    """No collateral leaves by anyone's act but its owner's, where rate and price of a cToken have five digits."""
    return ~has_digits(it) | (post.collateral >= it.collateral)


def in_units(claim: Any) -> Any:
    """The claim in the contract's integers, whatever interest accrues."""
    return given(claim, arithmetic="fixed", bears_interest=True)


class CompoundWethUsdc(Design, name="compound-v2"):
    """Compound v2, WETH against USDC: solvent for drawdowns of up to 1 - 0.75·1.08 = 19 %."""

    shock = MantissaDrawdown(bound="0.19")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = AnyPosition()
    pool = CompoundV2(market=market, oracle=oracle, book=book, **deployed("compound-v2-weth-usdc"))

    proved = (
        solvency(),
        wick_survival(shock=Wick(bound="0.2"), health="1.25"),
        oracle_noninterference(rules="liquidate_borrow redeem borrow"),
        health_is_never_overstated(),
        CompoundV2.close_factor_is_kept,
        CompoundV2.what_is_seized_is_paid_for,
        CompoundV2.who_owes_just_what_it_may_is_safe,
        CompoundV2.nothing_is_owed_on_nothing,
        in_fixed(solvency_with_digits(shock="0.1899", frozen=True)),
        in_fixed(nothing_is_owed_on_nothing_with_digits(shock="0.1899", frozen=True)),
        in_fixed(wick_survival_with_digits(shock=Wick(bound="0.2"), health="1.27")),
        in_fixed(oracle_noninterference(rules="liquidate_borrow redeem borrow")),
        given(CompoundV2.close_factor_is_kept, arithmetic="fixed", shock="0.5", bears_interest=True),
        in_units(health_is_overstated_by_less_than_a_unit()),
        in_units(CompoundV2.what_is_seized_is_paid_for_at_the_truncated_price),
        in_units(CompoundV2.who_owes_just_what_it_may_is_safe),
        given(numbers_fit(), arithmetic="fixed", shock="0.5"),
    )
    refuted = {
        solvency(
            shock="0.1901", close_factor=1
        ): "factor and incentive leave a buffer of 1 - 0.75·1.08 = 19 %, not more",
        wick_survival(shock=Wick(bound="0.201"), health="1.25"): "a spot oracle shows every wick deeper than 1 - 1/h",
        liquidation_improves_health(shock="0.3"): "past a loan-to-value of 1/1.08 each liquidation makes the position "
        "worse",
        given(CompoundV2.nothing_is_owed_on_nothing, shock="0.5"): "debt without collateral stays for ever: nothing "
        "writes it off",
        in_units(health_is_never_overstated()): "the debt is rounded down where health is checked",
        in_units(
            CompoundV2.what_is_seized_is_paid_for
        ): "a cToken's price is truncated where it divides, so a liquidator may get more",
    }
