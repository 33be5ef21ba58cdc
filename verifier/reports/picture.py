"""The cascade curve as a picture: what each shock leaves of the price, what is proved safe, what was refuted.

Numbers become floats here and decide nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from verifier.evidence.bound import Bound, Curve, Edge
from verifier.language.errors import SpecError
from verifier.reports.bounds import amount, shocked
from verifier.reports.drawing import picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CURVE, ALONE, SAFE, BROKEN, STEP = "#2f6da8", "#8a959e", "#3a9d5d", "#c0392b", "#5b6770"
FEW = 8
"""Of more tiers than this only some are numbered."""
ROOM = Fraction(6, 5)
"""How much further than the last thing that happens a picture goes."""


def draw_bounds(path: Path, bounds: Sequence[Bound]) -> None:
    """One panel for each bound with a curve. Raises SpecError where there is none, or the file cannot be drawn."""
    drawn = [found for found in bounds if found.curve is not None]
    if not drawn:
        raise SpecError("nothing to draw: only claims over the tiers of a book have a cascade curve")
    with picture(path, high=6 * len(drawn)) as figure:
        panels = figure.subplots(2 * len(drawn), 1, height_ratios=[4, 1] * len(drawn))
        for number, found in enumerate(drawn):
            above, below = panels[2 * number : 2 * number + 2]
            last = horizon(found, found.curve)  # type: ignore[arg-type]
            draw(above, found, found.curve, last)  # type: ignore[arg-type]
            draw_fallen(below, found.curve, last)  # type: ignore[arg-type]


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
    asked = found.curve.steps[-1].to if not shocked(found) else Fraction(0)  # type: ignore[union-attr]
    edges = [edge.unsafe or edge.safe for edge in (found.low, found.high) if edge and shocked(found)]
    happens = [step.over for step in curve.steps]
    return min(Fraction(1), max(asked, ROOM * max([*happens, *edges, Fraction(1, 100)])), curve.steps[-1].to)


def draw_safe(axes: Axes, found: Bound, last: Fraction) -> None:
    """The region that is proved, with its limit as a number."""
    edge = found.edge
    if shocked(found):
        high = last if edge is None else edge.safe
        said = (
            "every shock" if edge is None else f"up to {amount(found, edge.safe, precisely=False).partition(' (')[0]}"
        )
        axes.axvspan(0, percent(high), color=SAFE, alpha=0.14, linewidth=0, label=f"{found.claim} proved: {said}")
        if edge is not None:
            axes.axvline(percent(edge.safe), color=SAFE, linewidth=1.4)
    elif found.vary == "floor" and edge is not None:
        never = f"the price never gets here, proved: below {percent(edge.safe):.4g} %"
        axes.axhspan(0, percent(edge.safe), color=SAFE, alpha=0.14, linewidth=0, label=never)
        axes.axhline(percent(edge.safe), color=SAFE, linewidth=1.4)


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
    """A mark where a run of concrete positions breaks the claim."""
    for edge in (found.low, found.high):
        if edge is not None and edge.unsafe is not None:
            x, y = where(found, edge, curve)
            label = f"refuted: {said(found, edge)}"
            axes.plot([x], [y], "x", color=BROKEN, markersize=9, markeredgewidth=2, clip_on=False, label=label)


def said(found: Bound, edge: Edge) -> str:
    assert edge.unsafe is not None
    return f"{found.vary} = {amount(found, edge.unsafe, precisely=False).partition(' (')[0]}"


def where(found: Bound, edge: Edge, curve: Curve) -> tuple[float, float]:
    """The shock and the price, in percent, of a refuting run's end."""
    assert edge.unsafe is not None
    if shocked(found):
        step = next((s for s in curve.steps if s.over < edge.unsafe <= s.to), curve.steps[-1])
        return percent(edge.unsafe), percent(step.highest)
    last = curve.steps[-1]
    return percent(last.to), percent(last.lowest)


def finish(axes: Axes, found: Bound, curve: Curve, last: Fraction) -> None:
    """Title, axes and legend in words."""
    under = f" ({', '.join(found.arguments)})" if found.arguments else ""
    heading = f"{found.design} · {found.claim}{under}"
    axes.set_title(heading if len(heading) < 90 else f"{heading[:88]}…", loc="left", weight="bold", fontsize=11)
    axes.set_ylabel("market price after all sales (% of the first price)")
    step = [step for step in curve.steps if step.over < last][-1]
    lowest = percent(step.highest + (step.lowest - step.highest) * share(step.over, step.to, last))
    axes.set_xlim(0, percent(last))
    axes.set_ylim(max(0.0, lowest - 0.6 * (100 - lowest)), 101)  # with room for the legend
    axes.tick_params(axis="x", labelbottom=False)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    axes.legend(frameon=True, framealpha=0.9, loc="lower left", fontsize=9)
