# error 12: KeyError: 'fee'
"""A spec whose own code fails while it is read."""

from verifier.language import Design

PARAMETERS = {"bonus": "0.05"}


class Market(Design):
    """A design that asks for a parameter that nobody gave."""

    title = PARAMETERS["fee"]
