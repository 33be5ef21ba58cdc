"""Formulas survive being written and read, and no text makes the reader do anything but build a formula or say no."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.interpretations.text import DEEPEST, LONGEST, Unreadable, read, written
from verifier.interpretations.smtlib import script
from verifier.language.expr import Bool
from .test_agreement import VARS, bools

NAMES = {var.name: var for var in VARS}


@given(bools(3))
def test_what_is_written_is_read(formula: Bool) -> None:
    text = written(formula)
    again = read(text, NAMES)
    assert written(again) == text
    assert script([again], (), "real").text == script([formula], (), "real").text


def test_a_shared_term_is_written_once() -> None:
    deep = "(+ |share| 0.123456789123456)"
    for _ in range(60):
        deep = f"(let ((?1 {deep})) (* ?1 ?1))" if deep.startswith("(+") else deep
    formula = read(f"(<= {deep} 1)", NAMES)
    assert written(formula).count("0.123456789123456") == 1


PIECES = st.sampled_from(
    ["(", ")", "+", "<=", "and", "let", "?1", "|gold|", "|flag|", "0.5", "1/0", "x", "-", "down", "|"]
)


@given(st.lists(PIECES, max_size=25).map(" ".join) | st.text(max_size=40))
def test_any_text_is_a_formula_or_refused(text: str) -> None:
    try:
        found = read(text, NAMES)
    except Unreadable:
        return
    assert isinstance(found, Bool)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("(<= |gold| |lead|)", "no quantity lead"),
        ("|gold|", "a quantity where"),
        ("(and |flag| |gold|)", "does not take"),
        ("(<= (down |gold| |silver|) 1)", "grid"),
        ("(<= (down |gold| 0) 1)", "grid"),
        ("(exec |flag|)", "no term"),
        ("(let ((?1 |flag|) (?1 |switch|)) ?1)", "bound twice"),
        ("(" * (DEEPEST + 1), "nested"),
        (" " * (LONGEST + 1), "longer"),
        ("(<= 1e9 |gold|)", "neither"),
        (f"(<= {'9' * 5000} |gold|)", "neither"),
        ("|flag| |flag|", "not one formula"),
        ("|flag|)", "too many"),
    ],
)
def test_what_is_no_formula_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read(text, NAMES)
