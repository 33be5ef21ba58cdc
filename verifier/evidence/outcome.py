"""All that a command found, as reports show it: verdicts, what a gate finds broken, and why there are no verdicts."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from verifier.evidence.record import Record


@attrs.frozen
class Break:
    """Something that is not as it should be though no single verdict says so: a guarantee that is weaker or gone."""

    design: str
    property: str
    site: str | None
    """Where the claim is made, as file:line, if it still is."""
    kind: str
    """In a word or two, without numbers: "weakened"."""
    message: str
    """The whole story, lines and all."""
    arithmetic: str = "real"
    under: Sequence[str] = ()
    """What the claim is made under beyond the design: "shock = 0.129"."""
    record: Record | None = None
    """The verdict on the claim, one of the outcome's; none where nobody makes the claim any more."""


@attrs.frozen
class Trouble:
    """Why there are no verdicts, or not all: a mistake in a spec, a command that was interrupted, a fault of ours."""

    message: str
    site: str | None = None


@attrs.frozen
class Outcome:
    """What reports are made of."""

    records: Sequence[Record] = ()
    breaks: Sequence[Break] = ()
    trouble: Sequence[Trouble] = ()
    by_baseline: bool = False
    """Whether a baseline says what is wanted, not the designs: then nothing is wrong but what is broken."""

    @property
    def good(self) -> bool:
        """Whether everything is as wanted."""
        return not self.breaks and not self.trouble and not any(self.unwanted(record) for record in self.records)

    def unwanted(self, record: Record) -> bool:
        """Whether the verdict by itself is not as it should be."""
        return not self.by_baseline and not record.expected
