"""What rounding costs where balances are scaled by an index: solvency of one position of Aave, in whole units.

Source: the roundings are those of ``aave_v3_0.py`` and ``aave_v3_6.py``; the margins are this library's own.
"""

from verifier.language import Bool, Real, amount, at_start, generic

from .aave_pool import CALL, COLLATERAL, DEBT, VALUE, ScaledPosition


def prices_keep_to_the_fall(it: ScaledPosition) -> Bool:
    return it.price_holds(it.collateral_price, it.debt_price)


def indices_stay(it: ScaledPosition) -> Bool:
    stay = (it.liquidity_index == at_start(it.liquidity_index)) & (it.borrow_index == at_start(it.borrow_index))
    return it.bears_interest | stay


def balance_is_not_negative(it: ScaledPosition) -> Bool:
    return it.balance() >= 0


LEMMAS = (prices_keep_to_the_fall, indices_stay, balance_is_not_negative)


def uncovered(it: ScaledPosition) -> Real:
    """What is owed or was written off, with the bonus, less the collateral, at its lowest price and before rounding."""
    owed = (it.scaled_debt * it.borrow_index + it.written_off()) * it.collateral_token * at_start(it.debt_price)
    held = it.scaled_collateral * it.liquidity_index * it.debt_token * it.lowest_price()
    return it.liquidation_bonus * owed - held


def covered_at_the_lowest_price(it: ScaledPosition) -> Bool:
    return uncovered(it) <= 0


@generic(lemmas=(*LEMMAS, covered_at_the_lowest_price))
def solvency(it: ScaledPosition) -> Bool:
    """No debt was written off, and the collateral is worth the debt."""
    held = it.balance() * it.collateral_price * it.debt_token
    return (it.written_off() == 0) & (held >= it.debt() * it.debt_price * it.collateral_token)


@generic(name="solvency", lemmas=LEMMAS)
def solvency_to_shares(it: ScaledPosition, ahead: Real) -> Bool:
    """At the lowest price to come the collateral pays the debt and what was written off, with the bonus, to a margin.

    That is the worth of a share or two and some units in each liquidation and in so many more ahead, where a health
    factor's roundings cost up to three units of value, too. What is written off leaves no collateral: another claim.
    """
    debt = (it.borrow_index + 2) * amount(1, DEBT) * it.collateral_token * at_start(it.debt_price)
    collateral = (2 * it.liquidity_index + 1) * amount(1, COLLATERAL) * it.debt_token * it.lowest_price()
    value = amount(3, VALUE) * it.collateral_token * it.debt_token
    return uncovered(it) <= (it.calls / CALL + ahead) * (it.liquidation_bonus * debt + collateral) + ahead * value
