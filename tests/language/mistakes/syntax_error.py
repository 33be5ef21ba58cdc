# error 7: this is not Python: expected ':': class Pool(Mechanism)
"""A spec that is not Python."""

from verifier.language import Mechanism


class Pool(Mechanism)
    """A colon is missing above."""
