"""Numbers for people: short decimals, exact where that is short."""

from fractions import Fraction

from verifier.language.expr import decimal_text

DIGITS = 6
NARROW = "\u202f"  # a space at which no line breaks


def readable(value: Fraction | bool, digits: int = DIGITS) -> str:
    """At most so many decimals, with thousands apart; one that was rounded starts with ≈."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    places = digits
    while value and abs(value) < Fraction(10) ** (3 - places) and places < 30:
        places += 1
    while 0 < abs(value) < 10 and value != round(value) == round(value, places) and places < 8:
        places += 1  # what is nearly a whole number must not look like one
    scaled = round(value * 10**places)
    text = decimal_text(Fraction(scaled, 10**places))
    whole, point, rest = text.partition(".")
    sign, whole = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    grouped = f"{sign}{int(whole):,}".replace(",", NARROW) + point + rest
    return grouped if Fraction(scaled, 10**places) == value else f"≈{grouped}"


def seconds(value: float) -> str:
    """A duration for a table."""
    return f"{value:.2f} s"


def steps(number: int | None) -> str:
    """How many steps a run has."""
    return "1 step" if number == 1 else f"{number} steps"
