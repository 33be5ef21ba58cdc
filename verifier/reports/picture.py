"""The cascade curve as a picture: what each shock leaves of the price, what is proved safe, what was refuted.

Numbers become floats here and decide nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

from verifier.evidence.bound import Bound, Curve
from verifier.evidence.verdict import Refuted
from verifier.language.errors import SpecError
from verifier.reports.bounds import amount, shocked
from verifier.reports.drawing import picture
from verifier.reports.numbers import readable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CURVE, ALONE, SAFE, BROKEN, STEP = "#2f6da8", "#8a959e", "#3a9d5d", "#c0392b", "#5b6770"
FEW = 4
"""Of more tiers than this only some are numbered."""
WIDE = 120
"""The most letters of a line over a picture."""
ROOM = Fraction(6, 5)
"""How much further than the last thing that happens a picture goes."""


def draw_bounds(path: Path, bounds: Sequence[Bound]) -> None:
    """One panel for each bound with a curve. Raises SpecError where there is none, or the file cannot be drawn."""
    drawn = [(found, found.curve) for found in bounds if found.curve is not None]
    if not drawn:
        raise SpecError("nothing to draw: only claims over the tiers of a book have a cascade curve")
    with picture(path, high=6 * len(drawn)) as figure:
        for part, (found, curve) in zip(figure.subfigures(len(drawn), squeeze=False).flat, drawn, strict=True):
            part.suptitle(f"{found.design} · {found.claim}", x=0.02, ha="left", weight="bold")
            above, below = part.subplots(2, height_ratios=[4, 1])
            last = horizon(found, curve)
            draw(above, found, curve, last)
            draw_fallen(below, curve, last)


def draw(axes: Axes, found: Bound, curve: Curve, last: Fraction) -> None:
    """The curve of one bound, with what is proved and what is refuted."""
    draw_safe(axes, found, last)
    shocks = [0.0, percent(last)]
    axes.plot(shocks, [100 - x for x in shocks], "--", color=ALONE, label="the shock alone: nobody sells")
    steps = [step for step in curve.steps if step.over < last]
    for number, step in enumerate(steps):
        low, high = percent(step.over), percent(min(step.to, last))
        end = step.highest + (step.lowest - step.highest) * share(step.over, step.to, last)
        label = "the lowest price, proved, with all sales" if number == 0 else None
        axes.plot([low, high], [percent(step.highest), percent(end)], color=CURVE, linewidth=2.4, label=label)
        if number:
            before = steps[number - 1]
            axes.plot([low, low], [percent(before.lowest), percent(step.highest)], ":", color=CURVE, linewidth=1.2)
    draw_refuted(axes, found, curve)
    finish(axes, found, curve, last)


def percent(value: Fraction) -> float:
    return float(100 * value)


def share(over: Fraction, to: Fraction, last: Fraction) -> Fraction:
    """How much of a piece lies before the end of the picture."""
    return (min(to, last) - over) / (to - over)


def horizon(found: Bound, curve: Curve) -> Fraction:
    """The largest shock that is drawn: a little more than where the last thing happens."""
    asked = Fraction(0) if shocked(found) else curve.steps[-1].to
    edges = [edge.unsafe or edge.safe for edge in (found.low, found.high) if edge and shocked(found)]
    happens = [step.over for step in curve.steps]
    return min(Fraction(1), max(asked, ROOM * max([*happens, *edges, Fraction(1, 100)])), curve.steps[-1].to)


def short(found: Bound, value: Fraction) -> str:
    """A value of what varies, as people read it, without its exact fraction."""
    return amount(found, value, precisely=False).partition(" (")[0]


def draw_safe(axes: Axes, found: Bound, last: Fraction) -> None:
    """What is proved, with its limit as a number; nothing where nothing is."""
    edge = found.edge
    if not found.is_safe:
        return
    if shocked(found):
        high = last if edge is None else edge.safe
        said = "every shock" if edge is None else f"up to {short(found, edge.safe)}"
        axes.axvspan(0, percent(high), color=SAFE, alpha=0.14, linewidth=0, label=f"{found.claim} proved: {said}")
        if edge is not None:
            axes.axvline(percent(edge.safe), color=SAFE, linewidth=1.4)
    elif found.vary == "floor" and edge is not None:
        never = f"the price never gets here, proved: below {readable(100 * edge.safe, 4)} %"
        axes.axhspan(0, percent(edge.safe), color=SAFE, alpha=0.14, linewidth=0, label=never)
        axes.axhline(percent(edge.safe), color=SAFE, linewidth=1.4)
    elif edge is not None:
        reach = "up to" if found.side == "largest" else "from"
        label = f"{found.claim} proved: {found.vary} {reach} {short(found, edge.safe)}"
        axes.plot([], [], color=SAFE, linewidth=6, alpha=0.4, label=label)


def draw_fallen(axes: Axes, curve: Curve, last: Fraction) -> None:
    """How many of the book's tiers fall."""
    edges, fallen = [0.0], [curve.steps[0].fallen]
    for step in curve.steps:
        edges.append(percent(min(step.to, last)))
        fallen.append(step.fallen)
    count = len(curve.tiers)
    axes.fill_between(edges, fallen, step="pre", color=STEP, alpha=0.35, linewidth=0)
    axes.step(edges, fallen, where="pre", color=STEP, linewidth=1.4)
    axes.set_xlim(0, percent(last))
    axes.set_ylim(0, 1.08 * max(1, count))
    axes.set_yticks([*(range(count + 1) if count <= FEW else range(0, count + 1, -(-count // 4)))])
    axes.set_ylabel(f"tiers that\nfall, of {count}")
    axes.set_xlabel("exogenous shock: how far the fundamental price falls (% of the first price)")
    axes.spines[["top", "right"]].set_visible(False)


def draw_refuted(axes: Axes, found: Bound, curve: Curve) -> None:
    """A mark where a run of concrete positions breaks the claim, if a shock and a price say where."""
    for edge in (found.low, found.high):
        if edge and edge.unsafe is not None and edge.refuted and isinstance(edge.refuted.verdict, Refuted):
            x, y = where(found, edge.unsafe, curve)
            label = f"refuted: {found.vary} = {short(found, edge.unsafe)}"
            axes.plot(x, y, "x", color=BROKEN, markersize=9, markeredgewidth=2, clip_on=not x, label=label)


def where(found: Bound, unsafe: Fraction, curve: Curve) -> tuple[list[float], list[float]]:
    """The shock and the price, in percent, at which a shock or a floor is refuted; nothing for another quantity."""
    if shocked(found):
        step = next((s for s in curve.steps if s.over < unsafe <= s.to), curve.steps[-1])
        return [percent(unsafe)], [percent(step.highest)]
    last = curve.steps[-1]
    return ([percent(last.to)], [percent(last.lowest)]) if found.vary == "floor" else ([], [])


def setting(found: Bound, curve: Curve) -> str:
    """Who has borrowed, and what the claim is made under, but for tables, which are too long to read here."""
    ends = [curve.tiers[0].partition(":")[0].partition(" to ")[0], curve.tiers[-1].partition(":")[0].split(" to ")[-1]]
    healths = " to ".join(readable(Fraction(end), 3) for end in ends)
    under = [given for given in found.arguments if ".rows = " not in given]
    return "; ".join([f"Borrowers in {len(curve.tiers)} tiers of health {healths}", *under]) + "."


def finish(axes: Axes, found: Bound, curve: Curve, last: Fraction) -> None:
    """What is claimed of whom, axes and legend, in words."""
    words = [*wrap(found.doc, WIDE), *wrap(setting(found, curve), WIDE)]
    axes.set_title("\n".join(words), loc="left", fontsize=9)
    axes.set_ylabel("market price after all sales (% of the first price)")
    step = [step for step in curve.steps if step.over < last][-1]
    lowest = percent(step.highest + (step.lowest - step.highest) * share(step.over, step.to, last))
    axes.set_xlim(0, percent(last))
    axes.set_ylim(max(0.0, lowest - 0.6 * (100 - lowest)), 101)  # with room for the legend
    axes.tick_params(axis="x", labelbottom=False)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    axes.legend(frameon=True, framealpha=0.9, loc="lower left", fontsize=9)
