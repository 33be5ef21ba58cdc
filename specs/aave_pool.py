"""What the versions of Aave v3 share: one position of scaled balances, indices that grow with interest, two prices.

Source: aave/aave-v3-core and aave-dao/aave-v3-origin, ``ReserveLogic.sol`` (``updateState``), ``MathUtils.sol``
(``calculateLinearInterest``), ``ReserveConfiguration.sol``. Amounts are in the tokens' smallest units, values in the
base currency's. One collateral asset, one debt asset, rates that stay, no efficiency mode.
"""

from typing import Annotated

from verifier.language import (
    RATIO,
    SIGNED,
    Bool,
    Mechanism,
    Real,
    Step,
    Words,
    all_of,
    amount,
    any_of,
    assumption,
    at_start,
    base,
    down,
    generic,
    initially,
    invariant,
    lemma,
    maximum,
    nearest,
    param,
    require,
    rule,
    state,
    where,
)

from .units import SECONDS, Seconds

COLLATERAL, DEBT = base("collateral unit", decimals=0), base("debt unit", decimals=0)
VALUE = base("base currency unit", decimals=0)
CALLS = base("call", decimals=0)

Collateral = Annotated[Real, COLLATERAL]
Debt = Annotated[Real, DEBT]
CollateralFlow = Annotated[Real, COLLATERAL, SIGNED]
DebtFlow = Annotated[Real, DEBT, SIGNED]
CollateralPrice = Annotated[Real, VALUE.kept_to(0)]  # of a whole token
DebtPrice = Annotated[Real, VALUE.kept_to(0)]
Share = Annotated[Real, RATIO.kept_to(4)]  # basis points
Ray = Annotated[Real, RATIO.kept_to(27)]
Calls = Annotated[Real, CALLS]

CALL = amount(1, CALLS)
YEAR = 365 * 24 * 3600
RAY, WAD = 27, 18
WITHOUT_INTEREST_OR_FEE = {"liquidity_rate": 0, "borrow_rate": 0, "protocol_fee": 0, "reserve_factor": 0}


class ScaledPosition(Mechanism):
    """A position of scaled balances in two reserves; what it is worth now is its scaled balance times an index."""

    collateral_token: Collateral = param  # one whole token: 10 to the power of its decimals
    debt_token: Debt = param
    liquidation_threshold: Share = param
    liquidation_bonus: Share = param  # 1.05 for a bonus of 5 %
    protocol_fee: Share = param  # the treasury's share of the bonus
    liquidity_rate: Ray = param  # a year, on the collateral
    borrow_rate: Ray = param
    reserve_factor: Share = param  # the treasury's share of the interest on the debt
    bears_interest: Bool = param(True)
    fall: Share = param(1)  # below 1 the start is healthy, and the collateral's price in debt falls by at most this

    scaled_collateral: Collateral = state()
    scaled_debt: Debt = state()
    collateral_enabled: Bool = state()
    borrowing: Bool = state()
    liquidity_index: Ray = state(like=1)
    liquidity_age: Seconds = state()  # since the collateral reserve was last updated
    borrow_index: Ray = state(like=1)
    borrow_age: Seconds = state()
    collateral_price: CollateralPrice = state(like=2000)
    debt_price: DebtPrice = state(like=1)

    liquidator_shares: Collateral = state(0, tally=True)  # scaled, as the treasury's
    treasury_shares: Collateral = state(0, tally=True)
    accrued_to_treasury: Debt = state(0, tally=True)  # nothing else earns in the debt's reserve: its index is one
    liquidator_collateral: CollateralFlow = state(0, tally=True)
    liquidator_cash: DebtFlow = state(0, tally=True)
    calls: Calls = state(0, tally=True)  # liquidations so far; no contract counts them

    @assumption
    def parameters_are_possible(self) -> Bool:
        """Tokens have 6, 8 or 18 decimals; threshold, fee and rates are shares; the bonus is at most a half."""
        collateral_decimals = any_of(*(self.collateral_token == amount(10**d, COLLATERAL) for d in (6, 8, 18)))
        debt_decimals = any_of(*(self.debt_token == amount(10**d, DEBT) for d in (6, 8, 18)))
        shares = (
            (self.liquidation_threshold > 0)
            & (self.liquidation_threshold <= 1)
            & (self.protocol_fee <= 1)
            & (self.reserve_factor <= 1)
        )
        bonus = (self.liquidation_bonus >= 1) & (self.liquidation_bonus <= 1.5)
        rates = (self.liquidity_rate <= 1) & (self.borrow_rate <= 1)
        return collateral_decimals & debt_decimals & shares & bonus & rates

    @initially
    def indices_have_grown(self) -> Bool:
        """Indices are between one and ten, and no older than a year."""
        ages = (self.liquidity_age <= amount(YEAR, SECONDS)) & (self.borrow_age <= amount(YEAR, SECONDS))
        grown = (self.liquidity_index >= 1) & (self.borrow_index >= 1)
        return ages & grown & (self.liquidity_index <= 10) & (self.borrow_index <= 10)

    @assumption(on="start")
    def words_are_wide_enough(self) -> Bool:
        """Balances are below 2^112 and prices below 2^72, so that no product takes more than 256 bits."""
        balances = (self.scaled_collateral < amount(2**112, COLLATERAL)) & (self.scaled_debt < amount(2**112, DEBT))
        return balances & self.prices_fit(self.collateral_price, self.debt_price)

    @assumption(on="start")
    def healthy_at_the_start(self) -> Bool:
        """Where the fall is bounded, the position starts healthy."""
        return all_of() if self.anything_may_happen() else ~self.unhealthy()

    def prices_fit(self, collateral_price: Real, debt_price: Real) -> Bool:
        prices = (collateral_price, debt_price)
        least, most = (amount(number, VALUE) for number in (1, 2**72))
        return (prices[0] >= least) & (prices[0] < most) & (prices[1] >= least) & (prices[1] < most)

    @lemma
    def prices_are_prices(self) -> Bool:
        return self.prices_fit(self.collateral_price, self.debt_price)

    @lemma
    def indices_only_grow(self) -> Bool:
        return (self.liquidity_index >= 1) & (self.borrow_index >= 1)

    @initially
    def debt_is_flagged(self) -> Bool:
        return self.borrowing == (self.scaled_debt > 0)

    def collateral_balances(self) -> tuple[Real, ...]:
        """All that is kept in the collateral's token."""
        return (self.scaled_collateral, self.liquidator_shares, self.treasury_shares, self.liquidator_collateral)

    def debt_balances(self) -> tuple[Real, ...]:
        """And in the debt's, but for what the liquidator pays."""
        return (self.scaled_debt, self.accrued_to_treasury)

    # What it is worth, with interest.

    def balance(self) -> Real:
        raise NotImplementedError

    def debt(self) -> Real:
        raise NotImplementedError

    def linear(self) -> Real:
        """What the collateral's index is multiplied by since the last update."""
        return 1 + down(self.liquidity_rate * self.liquidity_age / amount(YEAR, SECONDS), RAY)

    def compounded(self) -> Real:
        """What the debt's index is multiplied by since the last update."""
        raise NotImplementedError

    def income(self) -> Real:
        """The collateral's index now."""
        grown = nearest(self.linear() * self.liquidity_index, RAY)
        return where(self.bears_interest, grown, self.liquidity_index)

    def normalized_debt(self) -> Real:
        """The debt's index now."""
        grown = nearest(self.compounded() * self.borrow_index, RAY)
        return where(self.bears_interest, grown, self.borrow_index)

    def interest(self) -> Real:
        """What the debt has grown by since the last update."""
        raise NotImplementedError

    def accrued(self) -> Real:
        """What the treasury has been owed by now."""
        return self.accrued_to_treasury + nearest(self.interest() * self.reserve_factor, 0)

    def health_factor(self) -> Real:
        raise NotImplementedError

    def unhealthy(self) -> Bool:
        raise NotImplementedError

    # The environment.

    @rule(by="environment")
    def wait(self, seconds: Seconds) -> Step:
        """Time passes."""
        return require().then(
            self.after(liquidity_age=self.liquidity_age + seconds, borrow_age=self.borrow_age + seconds)
        )

    @assumption(on=wait)
    def touched_once_a_year(self, seconds: Seconds) -> Bool:
        """Each reserve is updated at least once a year."""
        return maximum(self.liquidity_age, self.borrow_age) + seconds <= amount(YEAR, SECONDS)

    @rule(by="environment")
    def report(self, collateral: CollateralPrice, debt: DebtPrice) -> Step:
        """The oracle shows new prices."""
        return require().then(self.after(collateral_price=collateral, debt_price=debt))

    @assumption(on=report)
    def prices_stay_within_their_words(self, collateral: CollateralPrice, debt: DebtPrice) -> Bool:
        """Prices are above zero and below 2^72."""
        return self.prices_fit(collateral, debt)

    @assumption(on=report)
    def fall_is_bounded(self, collateral: CollateralPrice, debt: DebtPrice) -> Bool:
        """The collateral's price in debt keeps to the bound."""
        return self.price_holds(collateral, debt)

    def price_holds(self, collateral: Real, debt: Real) -> Bool:
        kept = collateral * at_start(self.debt_price) >= self.lowest_price() * debt
        return all_of() if self.anything_may_happen() else kept

    def anything_may_happen(self) -> bool:
        return self.fall.leaf == 1

    def lowest_price(self) -> Real:
        """The collateral's, while the debt's is as at the start."""
        return (1 - self.fall) * at_start(self.collateral_price)

    def written_off(self) -> Real:
        return amount(0, DEBT)

    # What holds of it.

    @invariant(on="liquidator")
    def who_is_just_healthy_is_safe(self, post: "ScaledPosition") -> Bool:
        """A position whose health factor is exactly 1 is not liquidated."""
        del post
        return self.health_factor() != 1

    @invariant(on="liquidator")
    def what_is_seized_is_paid_for(self, post: "ScaledPosition") -> Bool:
        """A liquidator gets collateral worth at most what it repays and the bonus."""
        seized = post.liquidator_collateral - self.liquidator_collateral
        paid = (self.liquidator_cash - post.liquidator_cash) * self.debt_price * self.collateral_token
        return seized * self.collateral_price * self.debt_token <= self.liquidation_bonus * paid

    def taken(self, offer: Real) -> tuple[Real, Real]:
        """What leaves the position with its bonus, and what is repaid for it."""
        raise NotImplementedError

    @invariant
    def what_is_taken_is_paid_for_to_a_unit(self, offer: Debt) -> Bool:
        """The same of all that leaves the position, but for half a unit of collateral or two of debt."""
        gone, repaid = self.taken(offer)
        unit = self.collateral_price * self.debt_token * amount(1, COLLATERAL)
        value, paid = gone * self.collateral_price * self.debt_token, repaid * self.debt_price * self.collateral_token
        owed = self.debt_price * self.collateral_token * amount(2, DEBT)
        possible = self.prices_fit(self.collateral_price, self.debt_price) & self.unhealthy()
        return ~possible | (value <= self.liquidation_bonus * paid + maximum(unit / 2, owed))


@generic(on="liquidator")
def numbers_fit(it: ScaledPosition, post: ScaledPosition, words: Words, bits: Real) -> Bool:
    """No number of a liquidation has more bits, while scaled balances have 112, prices 72, and indices are small.

    Both indices are at most ten when they were last written, a year ago or less, and with interest a hundred now; what
    is held, what is owed and the interest in it have 120 bits.
    """
    del post
    small = all_of(
        *((held >= 0) & (held < amount(2**112, COLLATERAL)) for held in it.collateral_balances()),
        *((owed >= 0) & (owed < amount(2**112, DEBT)) for owed in it.debt_balances()),
        *((index >= 1) & (index <= 10) for index in (it.liquidity_index, it.borrow_index)),
        *((age >= 0) & (age <= amount(YEAR, SECONDS)) for age in (it.liquidity_age, it.borrow_age)),
        *(index <= 100 for index in (it.linear(), it.income(), it.compounded(), it.normalized_debt())),
        it.balance() < amount(2**120, COLLATERAL),
        (it.debt() < amount(2**120, DEBT)) & (it.interest() >= 0) & (it.interest() < amount(2**120, DEBT)),
        it.prices_fit(it.collateral_price, it.debt_price),
    )
    return ~small | words.apart(CALLS).fit(bits)
