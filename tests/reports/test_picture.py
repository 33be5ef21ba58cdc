"""Pictures of the cascade curve: what a person reads in them is text in the SVG."""

import re
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from verifier.evidence.bound import Bound
from verifier.evidence.verdict import Unknown
from verifier.language.errors import SpecError
from verifier.reports.picture import draw_bounds, horizon

FindBound = Callable[..., Bound]


def texts(path: Path) -> str:
    """All text of an SVG, a line each."""
    return "\n".join(re.findall(r"<text[^>]*>([^<]*)</text>", path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("design", "limit", "refuted"),
    [("close-out", "≈7.747826 %", "7.7479 %"), ("close-out-eight", "≈8.726909 %", "8.727 %")],
)
def test_a_picture_says_what_is_safe_and_what_was_refuted(
    find_bound: FindBound, tmp_path: Path, design: str, limit: str, refuted: str
) -> None:
    file = tmp_path / "curve.svg"
    draw_bounds(file, [find_bound(design, "no_cascade")])

    read = texts(file)
    for line in (
        f"{design} · no_cascade",
        f"no_cascade proved: up to {limit}",
        f"refuted: shock = {refuted}",
        "market price after all sales (% of the first price)",
        "exogenous shock: how far the fundamental price falls (% of the first price)",
    ):
        assert line in read.splitlines()


def test_a_floor_is_drawn_with_its_shock(find_bound: FindBound, tmp_path: Path) -> None:
    file = tmp_path / "floor.svg"
    draw_bounds(file, [find_bound("close-out-eight", "price_floor", vary="floor", shock="0.4")])

    read = texts(file)
    assert "the price never gets here, proved: below ≈55.9026 %" in read
    assert "Borrowers in 8 tiers of health 1.05 to 3; shock = 0.4." in read


def test_an_argument_that_is_no_price_is_told_in_the_legend(find_bound: FindBound, tmp_path: Path) -> None:
    file = tmp_path / "factor.svg"
    draw_bounds(file, [find_bound("close-out-eight", "amplification", vary="factor", shock="0.45")])

    assert "amplification proved: factor from ≈1.323526" in texts(file)
    assert "refuted: factor = 1.323526" in texts(file)


def test_what_is_open_is_drawn_neither_as_proved_nor_as_refuted(find_bound: FindBound, tmp_path: Path) -> None:
    found = find_bound("close-out", "no_cascade")
    assert found.proof is not None and found.high is not None and found.high.refuted is not None
    unknown = attrs.evolve(found.proof, verdict=Unknown("time", "it took too long"))
    file = tmp_path / "open.svg"

    draw_bounds(file, [attrs.evolve(found, high=attrs.evolve(found.high, refuted=unknown))])
    assert "no_cascade proved: up to" in texts(file)
    assert "refuted" not in texts(file)
    for proof in (None, unknown):
        draw_bounds(file, [attrs.evolve(found, high=None, proof=proof)])
        assert "no_cascade proved" not in texts(file)


def test_several_designs_share_a_picture_and_the_same_content_is_the_same_file(
    find_bound: FindBound, tmp_path: Path
) -> None:
    both = [find_bound(design, "no_cascade") for design in ("close-out", "close-out-eight")]
    for name in ("one.svg", "two.svg"):
        draw_bounds(tmp_path / name, both)

    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert texts(tmp_path / "one.svg").count("no_cascade proved") == 2


def test_a_picture_ends_a_little_after_the_last_thing_happens(find_bound: FindBound) -> None:
    found = find_bound("close-out-eight", "no_cascade")
    assert found.curve is not None
    last = max(step.over for step in found.curve.steps)

    assert last < horizon(found, found.curve) < 2 * last


def test_png_is_drawn_too(find_bound: FindBound, tmp_path: Path) -> None:
    file = tmp_path / "curve.png"
    draw_bounds(file, [find_bound("close-out", "no_cascade")])

    assert file.read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_drawn_is_said(find_bound: FindBound, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"ends in \.png or \.svg; 'curve\.pdf' does not"):
        draw_bounds(tmp_path / "curve.pdf", [find_bound("close-out", "no_cascade")])
    with pytest.raises(SpecError, match="nothing to draw"):
        draw_bounds(tmp_path / "curve.svg", [find_bound("spread", "solvency")])
    with pytest.raises(SpecError, match="cannot be written"):
        draw_bounds(tmp_path / "missing" / "curve.svg", [find_bound("close-out", "no_cascade")])
