"""What a comparison with the real code prints: how much was compared, what was not and why, and where they part."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from verifier.analyses.conformance import Replayed
from verifier.engines.conform import Conformance
from verifier.reports.numbers import seconds

EVERY = 50


def show_progress(found: Conformance, states: int) -> None:
    """How far the comparison is, on standard error."""
    if sys.stderr.isatty():
        end = "" if found.states < states else "\r\x1b[K"
        print(f"\r\x1b[K{found.design}: {found.states} of {states} states{end}", end="", file=sys.stderr, flush=True)
    elif found.states % EVERY == 0:
        print(f"{found.design}: {found.states} of {states} states", file=sys.stderr, flush=True)


def print_conformance(found: Conformance, out: Console) -> None:
    """Everything about one comparison."""
    verdict = ("agrees", "green") if found.found is None else ("disagrees", "red")
    out.print(Text.assemble((found.design, "bold"), " ", verdict, f" with {found.source}"))
    out.print(
        f"  compared: {found.states} initial states, {sum(found.actions.values())} actions; on both sides "
        f"{found.flips} thresholds of the code and {found.branches} of the spec; in {seconds(found.seconds)}"
    )
    out.print(f"  each to the unit: {', '.join(sorted(found.fields))}")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for heading in ("action", "done", "refused, with the same reason"):
        table.add_column(heading, justify="right" if heading == "done" else "left", overflow="fold")
    for rule in dict.fromkeys(rule for rule, _ in found.actions):
        ends = Counter({end: count for (name, end), count in found.actions.items() if name == rule})
        refused = ", ".join(f"{end} {count}" for end, count in ends.most_common() if end != "done")
        table.add_row(rule, str(ends["done"]), refused or "–")
    out.print(table)
    if found.outside:
        out.print(
            f"  not compared: {found.outside} actions of which the spec does not speak, such as those of amount 0"
        )
    for what, why in found.apart.items():
        out.print(f"  not compared: {what}: {why}")
    if found.found is not None:
        print_disagreement(found, out)


def print_disagreement(found: Conformance, out: Console) -> None:
    """The smallest state in which the two part."""
    parted = found.found
    assert parted is not None
    out.print(Text(f"  {parted.field}: the spec says {parted.spec}, the code {parted.contract}", style="red"))
    out.print(f"  after: {parted.rule}({_listed(parted.inputs)})")
    out.print(f"  from:  {_listed(parted.state)}")


def print_replayed(found: Replayed, out: Console) -> None:
    """What the code makes of a run that refutes a claim."""
    end = ("confirmed on the contract", "green") if found.parted is None else (f"not so: {found.parted}", "red")
    out.print(Text.assemble(f"  {found.claim} is refuted by {', '.join(found.steps)}: ", end, f": {found.reason}"))


def _listed(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())
