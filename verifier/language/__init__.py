"""The language of specs: everything a spec imports comes from here."""

from verifier.language.elsewhere import Elsewhere, Words
from verifier.language.errors import Site, SpecError
from verifier.language.expr import (
    Bool,
    Q,
    Real,
    all_of,
    amount,
    any_of,
    down,
    floor,
    implies,
    maximum,
    minimum,
    nearest,
    up,
    where,
)
from verifier.language.lower import SIGNED
from verifier.language.pieces import (
    ANY,
    Book,
    Design,
    Market,
    Mechanism,
    Oracle,
    Piece,
    Shock,
    Step,
    assumption,
    at_start,
    each_tick,
    extreme,
    generic,
    given,
    holding,
    in_fixed,
    initially,
    invariant,
    lemma,
    param,
    require,
    rule,
    state,
)
from verifier.language.units import RATIO, Unit, base

__all__ = [
    "ANY", "RATIO", "SIGNED", "Book", "Bool", "Design", "Elsewhere", "Market", "Mechanism", "Oracle", "Piece", "Q", "Real", "Shock",
    "Site", "SpecError", "Step", "Unit", "Words", "all_of", "amount", "any_of", "assumption", "at_start", "base", "down",
    "each_tick", "extreme", "floor", "generic", "given", "holding", "implies", "in_fixed", "initially", "invariant",
    "lemma", "maximum", "minimum", "nearest", "param", "require", "rule", "state", "up", "where",
]  # fmt: skip
