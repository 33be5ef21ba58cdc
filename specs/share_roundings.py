"""What rounding costs where debt is counted in shares: claims in whole units, each with its margin.

Source: the roundings are those of ``debt_shares.py`` and ``isolated_market.py``; the margins are this library's own.
"""

from verifier.language import RATIO, Bool, Q, Words, all_of, amount, at_start, generic, implies

from .debt_shares import SHARES, VIRTUAL_ASSETS, VIRTUAL_SHARES
from .isolated_market import IsolatedMarket
from .units import COLLATERAL, DEBT


@generic
def health_is_never_overstated(it: IsolatedMarket) -> Bool:
    """Who passes as healthy is healthy before rounding, too."""
    return implies(it.stored() & it.healthy(), it.owed() <= it.worth(it.oracle.quote()) * it.liquidation_threshold)


@generic(on="liquidator")
def numbers_fit(it: IsolatedMarket, post: IsolatedMarket, words: Words) -> Bool:
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


def covered_at_the_floor_to_a_unit(it: IsolatedMarket) -> Bool:
    """Who repays more than all that is borrowed, for a share is rounded up, leaves others to owe a unit together."""
    unit = VIRTUAL_ASSETS * (it.borrow_shares + VIRTUAL_SHARES)
    return it.bears_interest | (it.owed() <= unit) | it.covered(it.market.shock.floor())


@generic(on="every rule", name="solvency", lemmas=(covered_at_the_floor_to_a_unit,))
def solvency_to_a_unit(it: IsolatedMarket, post: IsolatedMarket) -> Bool:
    """No step writes off more than a unit of debt, or leaves collateral worth less than the debt by more than one."""
    worth = post.collateral * post.market.price()
    return (post.deficit <= it.deficit + VIRTUAL_ASSETS) & (worth + VIRTUAL_ASSETS >= post.debt)


@generic(on="every rule", name="conservation")
def conservation_to_a_unit(it: IsolatedMarket, post: IsolatedMarket) -> Bool:
    """No unit appears, and none vanishes but one that a liquidator pays beyond all that is borrowed."""
    (held, lent), (held_after, lent_after) = it.totals(), post.totals()
    return (held_after == held) & (lent_after <= lent) & (lent <= lent_after + VIRTUAL_ASSETS)


@generic(name="nobody_owes_more_than_is_borrowed")
def nobody_owes_more_than_is_borrowed_of_two_units(it: IsolatedMarket) -> Bool:
    """Nobody owes more than all that is borrowed, not even where one position alone had borrowed two units."""
    two = 2 * VIRTUAL_SHARES
    alone = (at_start(it.borrow_assets) == 2 * VIRTUAL_ASSETS) & (at_start(it.borrow_shares) == two)
    return implies(alone & (at_start(it.owed_shares) == two), it.debt <= it.borrow_assets)


LEAST = amount(Q("0.0002"), DEBT)


def beyond_the_wick(it: IsolatedMarket) -> Bool:
    """Who owed as much is so far from what it may owe at the lowest price that three roundings do not matter."""
    spared = 3 * VIRTUAL_ASSETS * (it.borrow_shares + VIRTUAL_SHARES)
    bears = it.worth(it.market.shock.floor()) * it.liquidation_threshold
    return it.bears_interest | (at_start(it.debt) < LEAST) | (it.owed() + spared <= bears)


@generic(on="not the owner", name="wick_survival", lemmas=(beyond_the_wick,))
def wick_survived_by_all_but_the_smallest(it: IsolatedMarket, post: IsolatedMarket) -> Bool:
    """No collateral leaves a position that owed 200 units of debt at the start by anyone's act but its owner's."""
    return (at_start(it.debt) < LEAST) | (post.collateral >= it.collateral)
