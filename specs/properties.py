"""
The properties that any design may claim, under the names that everybody uses for them.

Each is written for one generic position ``it`` of a mechanism that offers what is asked of it: ``collateral``, ``debt``,
``deficit``, ``market.price()``. Where a property sums over positions, the sum of these claims is that property.
"""

from typing import Any

from verifier.language import Bool, Real, all_of, at_start, generic, maximum


@generic
def solvency(it: Any) -> Bool:
    """No debt was written off, and the collateral is worth the debt at the market price."""
    return (it.deficit == 0) & (it.collateral * it.market.price() >= it.debt)


@generic
def lender_loss_cap(it: Any, cap: Real) -> Bool:
    """Debt written off and debt not covered by collateral are together at most the cap's share of the initial debt."""
    uncovered = maximum(0, it.debt - it.collateral * it.market.price())
    return it.deficit + uncovered <= cap * at_start(it.debt)


@generic
def borrower_loss_cap(it: Any, cap: Real) -> Bool:
    """What liquidation cost the borrower is at most the cap's share of the initial collateral at today's price."""
    price, collateral = it.market.price(), at_start(it.collateral)
    untouched = maximum(0, collateral * price - at_start(it.debt))
    equity = maximum(0, it.collateral * price - it.debt)
    return untouched - equity <= cap * collateral * price


@generic(on="liquidator")
def liquidation_improves_health(it: Any, post: Any) -> Bool:
    """A liquidation never lowers the health of the position it touches."""
    return post.health_value() * it.debt >= it.health_value() * post.debt


@generic(on="every rule")
def conservation(it: Any, post: Any) -> Bool:
    """No unit of any token appears or vanishes, whatever the step: each token's accounts sum to the same."""
    return all_of(*(after == before for before, after in zip(it.totals(), post.totals(), strict=True)))


@generic(on="not the owner")
def wick_survival(it: Any, post: Any) -> Bool:
    """No collateral leaves the position by anyone's act but its owner's."""
    return post.collateral >= it.collateral



@generic(on="not the environment")
def oracle_noninterference(it: Any, post: Any, elsewhere: Any, rules: Any) -> Bool:
    """Only the named rules read the price: any other step can be taken, and ends the same, at any other price."""
    del it, post
    named = [part for rule in rules.split() for part in (rule, f"{rule} by others")]
    return all_of() if elsewhere.rule in named else elsewhere.same


@generic(on="not the environment")
def no_overflow(it: Any, post: Any, words: Any, bits: Real) -> Bool:
    """Every whole number that the contract computes fits into its machine word."""
    del it, post
    return words.fit(bits)
