"""What truncation costs where collateral is counted in cTokens: claims in whole units, each with its margin.

Source: the truncations are those of ``ctokens.py`` and ``ctoken_markets.py``; the margins are this library's own.
"""

from verifier.language import RATIO, Bool, Q, Words, all_of, amount, at_start, generic, implies

from .ctoken_markets import CTokenMarkets
from .ctokens import CTOKENS, EXCHANGE, VALUE
from .units import COLLATERAL, DEBT


@generic
def health_is_never_overstated(it: CTokenMarkets) -> Bool:
    """Who passes as healthy is healthy before truncation, too."""
    return implies(it.healthy(), it.owed() <= it.worth(it.oracle.quote()) * it.liquidation_threshold)


@generic
def health_is_overstated_by_less_than_a_unit(it: CTokenMarkets) -> Bool:
    """Who passes as healthy is so before truncation, too, but for less than a unit of debt and one of value."""
    cut_off = (it.debt_price * amount(Q("0.000001"), DEBT) + amount(Q(1) / 10**VALUE, DEBT)) * it.own_index
    believed = it.worth(it.oracle.quote()) * it.liquidation_threshold
    stored = all_of(*(held >= 0 for held in (it.borrow_index, it.backing(), it.oracle.quote())))
    return implies(it.are_open() & stored & it.healthy(), it.owed() < believed + cut_off * it.token_supply)


@generic(on="liquidator")
def numbers_fit(it: CTokenMarkets, post: CTokenMarkets, words: Words) -> Bool:
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


def has_digits(it: CTokenMarkets) -> Bool:
    """Whether exchange rate and what a cToken counts for had five digits at the start: truncation takes little off."""
    return (at_start(it.exchange_rate()) >= 10**5 * RATE) & (at_start(it.per_token()) >= 10**5 * WORTH)


def the_exchange_rate_never_falls(it: CTokenMarkets) -> Bool:
    return it.bears_interest | (at_start(it.exchange_rate()) * it.token_supply <= it.backing())


def the_first_price_is_below_the_peak(it: CTokenMarkets) -> Bool:
    return at_start(it.market.shock.price) <= it.market.shock.peak


def bears_the_lowest_price(it: CTokenMarkets) -> Bool:
    """Health at the lowest price to come, whatever is truncated on the way."""
    counted = it.liquidation_threshold * (at_start(it.exchange_rate()) - RATE) - RATE
    bearable = it.tokens * (counted * it.market.shock.floor() - WORTH) - amount(Q(1) / 10**VALUE, DEBT)
    return it.bears_interest | ~has_digits(it) | (it.debt == 0) | (it.debt_value() <= bearable)


def covered_at_the_lowest_price(it: CTokenMarkets) -> Bool:
    worth = it.tokens * ((at_start(it.exchange_rate()) - RATE) * it.market.shock.floor() - WORTH)
    return it.bears_interest | ~has_digits(it) | (it.debt * it.debt_price * it.liquidation_incentive <= worth)


COVERED = (the_first_price_is_below_the_peak, the_exchange_rate_never_falls, covered_at_the_lowest_price)


@generic(name="solvency", lemmas=COVERED)
def solvency_with_digits(it: CTokenMarkets) -> Bool:
    """The collateral is worth the debt at the market price, where rate and price of a cToken have five digits."""
    return ~has_digits(it) | (it.collateral * it.market.price() >= it.debt)


@generic(name="nothing_is_owed_on_nothing", lemmas=COVERED)
def nothing_is_owed_on_nothing_with_digits(it: CTokenMarkets) -> Bool:
    """Who has no collateral left owes nothing, where rate and price of a cToken have five digits."""
    return ~has_digits(it) | (it.tokens > 0) | (it.debt == 0)


@generic(on="not the owner", name="wick_survival", lemmas=(the_exchange_rate_never_falls, bears_the_lowest_price))
def wick_survival_with_digits(it: CTokenMarkets, post: CTokenMarkets) -> Bool:
    """No collateral leaves by anyone's act but its owner's, where rate and price of a cToken have five digits."""
    return ~has_digits(it) | (post.collateral >= it.collateral)
