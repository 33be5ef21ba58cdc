"""What searches and replays print."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from verifier.analyses.cases import conditions
from verifier.analyses.replays import Replayed
from verifier.analyses.search import Searched
from verifier.engines.fuzz import Search
from verifier.evidence.record import trace
from verifier.reports.story import open_parameters, story
from verifier.reports.terminal import indented, story_table


def print_search(found: Searched, out: Console, *, precisely: bool) -> None:
    """A line for each arithmetic, and the shrunk violation where there is one."""
    case = found.case
    under = f" ({', '.join(conditions(case))})" if conditions(case) else ""
    out.print(Text.assemble((f"{case.design.title} · {case.prop.name}", "bold"), under))
    for arithmetic, result in found.results.items():
        own = "" if arithmetic == case.prop.arithmetic else " (the claim is made in the other arithmetic)"
        if isinstance(result, str):
            out.print(f"  {arithmetic}: not searched: {result}")
        elif result.found is None:
            out.print(f"  {arithmetic}: {result.runs} runs, {result.steps} steps, no violation{own}")
        else:
            _print_violation(found, arithmetic, result, own, out, precisely=precisely)


def _print_violation(
    found: Searched, arithmetic: str, result: Search, own: str, out: Console, *, precisely: bool
) -> None:
    assert result.found is not None
    expected = ", as declared" if found.case.declared is not None else ""
    out.print(Text(f"  {arithmetic}: violated after {result.runs} runs{expected}{own}: {found.doc}", style="red"))
    told = trace(result.found, found.columns)
    if told.parameters:
        out.print(indented(f"with {open_parameters(told.parameters, precisely=precisely)}", 4))
    out.print(indented(story_table(story(told, precisely=precisely)), 4))


def print_replay(result: Replayed, out: Console, *, precisely: bool) -> None:
    """The run once more, or why it is none."""
    out.print(Text.assemble((f"{result.design} · {result.claim}", "bold"), f": {result.doc}"))
    if result.run is None:
        out.print(Text(f"  not confirmed: {result.why}", style="red"))
        return
    told = trace(result.run, result.columns)
    if told.parameters:
        out.print(f"  with {open_parameters(told.parameters, precisely=precisely)}")
    out.print(indented(story_table(story(told, precisely=precisely))))
    out.print("  confirmed: every step can be taken, and the end violates the claim")
