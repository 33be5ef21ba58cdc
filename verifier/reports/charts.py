"""Charts as inline SVG: lines through proved points and bars, told apart by colour, mark, width and label."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import attrs
from markupsafe import Markup

WIDE, HIGH = 360, 280
LEFT, RIGHT, TOP, BOTTOM = 38, 84, 30, 40
COLOURS = 8
SHAPES = ((24, 0, 1.0), (4, 45, 1.0), (3, -90, 1.1), (4, 0, 1.1), (3, 90, 1.1), (10, -90, 0.45), (8, 0, 0.4))
"""Corners, turn in degrees, and how far in every other corner lies: as many as go with each colour in its turn."""
LINE, BAR, BARS_TOP, BARS_END = 13, 11, 24, 262


@attrs.frozen
class Dot:
    """A number: its place on either axis as a share of it, how it reads, where its details are."""

    across: float
    up: float
    text: str
    href: str
    exact: bool


@attrs.frozen
class Line:
    """What coinciding designs share; a dot that is None is a gap."""

    label: str
    names: tuple[str, ...]
    look: int
    dots: tuple[Dot | None, ...]


@attrs.frozen
class Axis:
    """A title, and marks at shares of the length."""

    title: str
    marks: tuple[tuple[float, str], ...]


@attrs.frozen
class Chart:
    """A picture with its lines, for a key beside it."""

    svg: Markup
    lines: tuple[Line, ...]


def text(at: tuple[float, float], words: str, *, anchor: str = "start", kind: str = "") -> Markup:
    """Words that begin, end or have their middle at a place."""
    form = Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}" class="{}">{}</text>')
    return form.format(*at, anchor, kind, words)


def stroke(start: tuple[float, float], end: tuple[float, float], kind: str, width: float = 1) -> Markup:
    """A straight line."""
    form = Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" class="{}" stroke-width="{:.1f}"/>')
    return form.format(*start, *end, kind, width)


def mark(at: tuple[float, float], look: int, radius: float, *, exact: bool = True) -> Markup:
    """A look's mark; an open one where only one side is known."""
    corners, turn, inner = SHAPES[look % len(SHAPES)]
    places = []
    for n in range(corners):
        angle = math.radians(turn + 360 * n / corners)
        reach = radius * (inner if inner < 1 and n % 2 else max(inner, 1.2 if inner < 1 else 1))
        places.append(f"{at[0] + reach * math.cos(angle):.1f},{at[1] + reach * math.sin(angle):.1f}")
    form = Markup('<polygon points="{}" class="mark look{}{}"/>')
    return form.format(" ".join(places), look % COLOURS, "" if exact else " open")


def key(look: int) -> Markup:
    """A mark for a key in the text."""
    form = Markup('<svg class="key" viewBox="0 0 26 12" width="26" height="12" aria-hidden="true">{}{}</svg>')
    return form.format(stroke((1, 6), (25, 6), f"look{look % COLOURS}", 2), mark((13, 6), look, 4.5))


def picture(name: str, title: str, says: str, high: float, parts: Iterable[Markup]) -> Markup:
    """Parts as one picture that says in words what it shows."""
    form = Markup(
        '<svg role="img" viewBox="0 0 {} {:.0f}" aria-labelledby="{}-title {}-desc">'
        '<title id="{}-title">{}</title><desc id="{}-desc">{}</desc>{}</svg>'
    )
    return form.format(WIDE, high, name, name, name, title, name, says, Markup("\n").join(parts))


def line_chart(name: str, title: str, across: Axis, up: Axis, lines: Sequence[Line]) -> Chart:
    """Lines through points. Where they run together, the wider lies below, so that each can be seen."""
    wide, high = WIDE - LEFT - RIGHT, HIGH - TOP - BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        return LEFT + wide * x, TOP + high * (1 - y)

    parts = [text((4, 13), up.title, kind="title"), text((LEFT + wide / 2, HIGH - 6), across.title, anchor="middle")]
    for y, words in up.marks:
        parts += [stroke(place(0, y), place(1, y), "grid"), text(moved(place(0, y), -6, 4), words, anchor="end")]
    parts += [text(moved(place(x, 0), 0, 17), words, anchor="middle") for x, words in across.marks]
    for number, line in enumerate(lines):
        thin = number / max(len(lines) - 1, 1)
        for one, two in pairwise(line.dots):
            if one is not None and two is not None:
                ends = place(one.across, one.up), place(two.across, two.up)
                parts.append(stroke(*ends, f"look{line.look % COLOURS}", 5 - 3.5 * thin))
        for dot in filter(None, line.dots):
            drawn = mark(place(dot.across, dot.up), line.look, 6 - 2.5 * thin, exact=dot.exact)
            form = Markup('<a href="{}"><title>{}</title>{}</a>')
            parts.append(form.format(dot.href, f"{', '.join(line.names)}: {dot.text}", drawn))
    last = [(line, dots[-1]) for line in lines if (dots := [dot for dot in line.dots if dot is not None])]
    last.sort(key=lambda pair: -pair[1].up)
    for (line, dot), y in zip(last, apart([place(0, dot.up)[1] for _, dot in last]), strict=True):
        end = place(dot.across, dot.up)
        edge = place(1, 0)[0]
        parts.append(stroke((end[0] + 6, end[1]), (edge + 14, y), f"leader look{line.look % COLOURS}"))
        parts.append(text((edge + 17, y + 4), line.label, kind=f"label look{line.look % COLOURS}"))
    told = "; ".join(
        f"{', '.join(line.names)}: {', '.join(dot.text for dot in line.dots if dot is not None) or 'no point'}"
        for line in lines
    )
    return Chart(picture(name, title, told, HIGH, parts), tuple(lines))


def moved(at: tuple[float, float], right: float, down: float) -> tuple[float, float]:
    """A place further to the right and down."""
    return at[0] + right, at[1] + down


def apart(heights: Sequence[float]) -> list[float]:
    """Sorted heights moved so far that labels do not lie on each other, and stay in the picture."""
    made: list[float] = []
    for height in heights:
        made.append(max(height, made[-1] + LINE) if made else height)
    limit = HIGH - BOTTOM + 4.0
    for n in reversed(range(len(made))):
        made[n] = min(made[n], limit)
        limit = made[n] - LINE
    return made


@attrs.frozen
class Bars:
    """One design's bars: what each is of, its length as a share of the longest, how it reads, where its details are."""

    name: str
    bars: tuple[tuple[str, float | None, str, str], ...]


def bar_chart(name: str, title: str, across: Axis, rows: Sequence[Bars]) -> Chart:
    """Bars side by side; each says what it is of, the second kind is hatched."""
    each = [18 + len(row.bars) * (BAR + 3) + 6 for row in rows]
    high = BARS_TOP + sum(each) + 22
    parts = [
        Markup(
            '<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" '
            'patternTransform="rotate(45)"><rect width="2.2" height="5" class="bar"/></pattern></defs>'
        ),
        text((0, 13), across.title, kind="title"),
    ]
    for x, words in across.marks:
        at = 6 + (BARS_END - 6) * x
        parts += [stroke((at, BARS_TOP), (at, high - 20), "grid"), text((at, high - 6), words, anchor="middle")]
    y = float(BARS_TOP)
    for row, taken in zip(rows, each, strict=True):
        parts.append(text((9, y + 14), row.name, kind="name"))
        for number, (kind, share, words, href) in enumerate(row.bars):
            top = y + 19 + number * (BAR + 3)
            long = (BARS_END - 6) * (share or 0)
            form = Markup(
                '<a href="{}"><title>{}</title><rect x="6" y="{:.1f}" width="{:.1f}" height="{}" class="{}"/>{}</a>'
            )
            label = text((10 + long, top + BAR - 1.5), f"{kind}: {words}")
            told = f"{row.name}, {kind}: {words}"
            parts.append(form.format(href, told, top, long, BAR, "hatched" if number else "bar", label))
        y += taken
    says = "; ".join(f"{row.name}: {', '.join(f'{kind} {words}' for kind, _, words, _ in row.bars)}" for row in rows)
    return Chart(picture(name, title, says, high, parts), ())
