"""What a recheck prints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from verifier.analyses.cases import Case, conditions
from verifier.analyses.recheck import Rechecked
from verifier.reports.document import VERSION
from verifier.reports.failures import title

STYLES = {"confirmed": "green", "not confirmed": "yellow", "refuted": "red", "refused": "red"}
UNBOUND = "internally consistent; not bound to a spec"


def print_recheck(found: Rechecked, out: Console) -> None:
    """A line for each verdict's evidence, and one for each obligation that is not confirmed."""
    said = UNBOUND if found.standing == "confirmed" and not found.bound else found.standing
    out.print(Text.assemble((found.about or found.folder, "bold"), ": ", (said, STYLES[found.standing])))
    for line in _lines(found):
        out.print(Text(f"  {line}"))


def _lines(found: Rechecked) -> Iterator[str]:
    if found.refused is not None:
        yield f"{found.folder}: {found.refused}"
    for item in found.items:
        if item.standing != "confirmed":
            yield f"{item.name}: {item.standing}, {item.why} ({item.seconds:.2f} s)"


def print_summary(found: Sequence[Rechecked], lacking: Sequence[Case], out: Console) -> None:
    """For which claims there is nothing, how many obligations are confirmed, how many verdicts rest on such alone."""
    for case in lacking:
        name = title(case.prop.name, conditions(case), case.prop.arithmetic)
        out.print(Text.assemble((f"{case.design.title} · {name}", "bold"), ": ", ("no evidence here", "yellow")))
    items = [item for one in found for item in one.items]
    agreed = sum(item.standing == "confirmed" for item in items)
    fine = sum(one.standing == "confirmed" for one in found)
    note = "" if all(one.bound for one in found) else f"; {UNBOUND}"
    out.print(f"{fine} of {len(found)} verdicts and {agreed} of {len(items)} obligations and runs confirmed{note}")


def recheck_document(found: Sequence[Rechecked], lacking: Sequence[Case]) -> str:
    """The whole as one JSON document."""
    data = {
        "version": VERSION,
        "rechecked": [_data(one) for one in found],
        "without_evidence": [
            {"design": case.design.title, "claim": title(case.prop.name, conditions(case), case.prop.arithmetic)}
            for case in lacking
        ],
    }
    return json.dumps(data, indent=2, ensure_ascii=False)


def _data(found: Rechecked) -> dict[str, Any]:
    return {
        "evidence": found.folder,
        "about": found.about,
        "standing": found.standing,
        "bound_to_a_spec": found.bound,
        "refused": found.refused,
        "obligations": [
            {"name": item.name, "standing": item.standing, "why": item.why, "seconds": round(item.seconds, 3)}
            for item in found.items
        ],
    }
