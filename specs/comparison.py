"""What ``verifier compare`` asks: one environment for all designs, and the figures that it sets side by side.

A position starts with a debt of at most line/health of its collateral's value, whatever the design makes of it, and its
owner does nothing afterwards. A drop takes the whole fall in one tick; a slide takes at most ``step`` a tick, which is
what tells slow oracles apart.
"""

from fractions import Fraction
from typing import Any

from verifier.language import ANY, Book, Environment, Figure, Property, Q, Shock, Term, Tier

from .books import Tiers
from .properties import (
    borrower_loss_cap,
    lender_loss_cap,
    no_cascade,
    price_floor,
    solvency,
    wick_survival,
)
from .shocks import Drop, Slide, Wick

ENVIRONMENT = (
    Term("health", Q("1.25"), "each position's health is at least {} at the start"),
    Term("line", Q("0.83"), "health one is a debt of {} of the collateral's value", percent=True),
    Term("seconds", Q(60), "a tick takes {} seconds"),
    Term("step", Q("0.05"), "a slide takes at most {} of the price in a tick", percent=True),
    Term("patience", Q(0), "keepers with the capital act on what is due before more than {} further ticks pass"),
    Term("share", Q("0.02"), "of the market's depth, {} is collateral at that health", percent=True),
    Term("next", Q("1.1"), "and twice as much is at a health {} times as high"),
    Term("reserve", Q("0.01"), "the collateral asked for keeps lenders' loss to {} at a 50 % shock", percent=True),
)

REFERENCE = "spot"
"""The design beside which the others are set in words, where it is among them."""

HALF = Q("0.5")
SIX_HOURS = Q(21600)  # the term of a call, for designs that have such
WICKS = (1, 5, 20)


def drop(env: Environment, bound: Any) -> Shock:
    return Drop(bound=bound, seconds=env["seconds"])


def slide(env: Environment, bound: Any) -> Shock:
    return Slide(bound=bound, step=env["step"], seconds=env["seconds"])


def wick(env: Environment, bound: Any, ticks: int) -> Shock:
    return Wick(bound=bound, duration=ticks, seconds=env["seconds"])


def alone(env: Environment, shock: Shock, **more: Any) -> dict[str, Any]:
    """One generic position, on a market that sales do not move, with prompt keepers."""
    line = {"line": env["line"], "liquidation_threshold": env["line"]}
    book = {"book": "still", "book.health": env["health"], "term": SIX_HOURS / env["seconds"]}
    return {**line, **book, "keepers": "prompt", "patience": env["patience"], "shock": shock, **more}


def unattended(env: Environment, shock: Shock) -> dict[str, Any]:
    """The same whose keepers come early, late or never."""
    return alone(env, shock, keepers="nobody")


def among(env: Environment, shock: Shock) -> dict[str, Any]:
    """Any number of borrowers of two healths, on a pool that their sales move."""
    rows = ((env["health"], env["share"]), (env["health"] * env["next"], 2 * env["share"]))
    book: Book = Tiers(rows=tuple(Tier(health, health, held) for health, held in rows))
    return {"liquidation_threshold": env["line"], "book": book, "market": "constant-product", "market.depth": 1,
            "keepers": "nobody", "shock": shock}  # fmt: skip


def _loss(size: Fraction, kind: str) -> Figure:
    shock = {"drop": drop, "slide": slide}[kind]

    def claim(env: Environment, cap: Any) -> Property:
        return lender_loss_cap(cap=cap, **alone(env, shock(env, size)))

    title = f"lender's worst loss, {kind} of {100 * size} %"
    return Figure(f"lender_loss_{kind}_{100 * size}", "lenders", title, "cap", claim, "from", Q(0),
                  size=size, in_table=size == HALF)  # fmt: skip


def _collateral(kind: str) -> Figure:
    shock = {"drop": drop, "slide": slide}[kind]

    def claim(env: Environment, ratio: Any) -> Property:
        health = ANY if ratio is ANY else ratio * env["line"]
        given = alone(env, shock(env, HALF)) | {"book.health": health}
        return lender_loss_cap(cap=env["reserve"], **given)

    title = f"collateral over debt asked for, {kind} of 50 %"
    return Figure(f"collateral_{kind}", "lenders", title, "ratio", claim, "from", None, percent=False)


def _wick(ticks: int) -> Figure:
    def claim(env: Environment, bound: Any) -> Property:
        return wick_survival(**unattended(env, wick(env, bound, ticks)))

    title = f"deepest wick of {ticks} tick{'s' if ticks > 1 else ''} survived"
    return Figure(f"wick_{ticks}", "wicks and borrowers", title, "bound", claim, "up to", Q(1), size=Q(ticks))


def _floor(size: Fraction) -> Figure:
    return Figure(
        f"price_floor_{100 * size}", "market", f"price floor, drop of {100 * size} %", "floor",
        lambda env, floor: price_floor(floor=floor, **among(env, drop(env, size))), "up to", Q(1),
        crowd=True, size=size,
    )  # fmt: skip


def figures(sizes: tuple[Fraction, ...]) -> tuple[Figure, ...]:
    """All figures in the order in which they are shown; lenders' losses at these sizes of a shock, and at one half."""
    sizes = tuple(sorted({*sizes, HALF}))
    return (
    Figure("solvent_drop", "solvency", "largest solvent drop", "bound",
           lambda env, x: solvency(**alone(env, drop(env, x))), "up to", Q(1)),
    Figure("solvent_slide", "solvency", "largest solvent slide", "bound",
           lambda env, x: solvency(**alone(env, slide(env, x))), "up to", Q(1)),
    *(_loss(size, kind) for kind in ("drop", "slide") for size in sizes),
    *(_collateral(kind) for kind in ("drop", "slide")),
    *(_wick(ticks) for ticks in WICKS),
    Figure("borrower_drop", "wicks and borrowers", "borrower's worst loss, drop of 30 %", "cap",
           lambda env, cap: borrower_loss_cap(cap=cap, **unattended(env, drop(env, Q("0.3")))), "from", Q(0)),
    Figure("borrower_wick", "wicks and borrowers", "borrower's worst loss, wick of 30 % for 5 ticks", "cap",
           lambda env, cap: borrower_loss_cap(cap=cap, **unattended(env, wick(env, Q("0.3"), 5))), "from", Q(0)),
    Figure("cascade_free", "market", "largest cascade-free drop", "bound",
           lambda env, x: no_cascade(**among(env, drop(env, x))), "up to", Q(1), crowd=True),
    *(_floor(size) for size in (Q("0.3"), HALF)),
)  # fmt: skip
