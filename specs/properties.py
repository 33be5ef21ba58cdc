"""The properties that any design may claim, under the names that everybody uses for them.

Each is written for one generic position ``it`` of a mechanism that shows what its view asks for. Where a property sums
over positions, such as a loss cap, the sum of these claims over all positions is that property.
"""

from collections.abc import Iterable
from typing import Any, Protocol

from verifier.language import Bool, Elsewhere, Real, Words, all_of, at_start, generic, maximum


class Priced(Protocol):
    """A market, as these properties see it."""

    def price(self) -> Real: ...


class Lending(Protocol):
    """What a mechanism that lends against collateral shows of one position."""

    market: Priced
    collateral: Real
    debt: Real
    deficit: Real

    def health_value(self) -> Real: ...


class Booked(Protocol):
    """A mechanism that names its accounts: for each token the sum of all of them."""

    def totals(self) -> Iterable[Real]: ...


@generic
def solvency(it: Lending) -> Bool:
    """No debt was written off, and the collateral is worth the debt at the market price."""
    return (it.deficit == 0) & (it.collateral * it.market.price() >= it.debt)


@generic
def lender_loss_cap(it: Lending, cap: Real) -> Bool:
    """Debt written off and debt not covered by collateral are together at most the cap's share of the initial debt."""
    uncovered = maximum(0, it.debt - it.collateral * it.market.price())
    return it.deficit + uncovered <= cap * at_start(it.debt)


@generic
def borrower_loss_cap(it: Lending, cap: Real) -> Bool:
    """What liquidation cost the borrower is at most the cap's share of the initial collateral at today's price."""
    price, collateral = it.market.price(), at_start(it.collateral)
    untouched = maximum(0, collateral * price - at_start(it.debt))
    equity = maximum(0, it.collateral * price - it.debt)
    return untouched - equity <= cap * collateral * price


@generic(on="liquidator")
def liquidation_improves_health(it: Lending, post: Lending) -> Bool:
    """A liquidation never lowers the health of the position it touches."""
    return post.health_value() * it.debt >= it.health_value() * post.debt


@generic(on="every rule")
def conservation(it: Booked, post: Booked) -> Bool:
    """No unit of any token appears or vanishes, whatever the step: each token's accounts sum to the same."""
    return all_of(*(after == before for before, after in zip(it.totals(), post.totals(), strict=True)))


@generic(on="not the owner")
def wick_survival(it: Lending, post: Lending) -> Bool:
    """No collateral leaves the position by anyone's act but its owner's."""
    return post.collateral >= it.collateral


@generic(on="not the environment")
def oracle_noninterference(it: Any, post: Any, elsewhere: Elsewhere, rules: str) -> Bool:
    """Only the named rules read the price: any other step can be taken, and ends the same, at any other price."""
    del it, post
    named = [part for rule in rules.split() for part in (rule, f"{rule} by others")]
    return all_of() if elsewhere.rule in named else elsewhere.same


@generic(on="not the environment")
def no_overflow(it: Any, post: Any, words: Words, bits: Real) -> Bool:
    """Every whole number that the contract computes fits into its machine word."""
    del it, post
    return words.fit(bits)
