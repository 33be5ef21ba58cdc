"""Reports for CI, each where it was asked for."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple

from verifier.evidence.outcome import Outcome
from verifier.language.errors import SpecError
from verifier.reports.failures import repository
from verifier.reports.github import commands
from verifier.reports.summary import summary

STEP = "GITHUB_STEP_SUMMARY"
"""Where GitHub wants the page of Markdown that it shows with a run."""


class Reports(NamedTuple):
    """The files that were asked for."""

    junit: Path | None = None
    sarif: Path | None = None
    summary: Path | None = None

    @property
    def wanted(self) -> bool:
        """Whether any of them is written."""
        return any(self) or STEP in os.environ


def write_reports(reports: Reports, outcome: Outcome) -> None:
    """Write the reports; where GitHub runs us, also its step summary and annotations. Raises SpecError."""
    root = repository()
    if reports.junit is not None:
        from verifier.reports.junit import junit

        _write(reports.junit, junit(outcome, root))
    if reports.sarif is not None:
        from verifier.reports.sarif import sarif

        _write(reports.sarif, sarif(outcome, root))
    step = os.environ.get(STEP)
    if reports.summary is not None:
        _write(reports.summary, summary(outcome, root), append=str(reports.summary) == step)
    elif step:
        _write(Path(step), summary(outcome, root), append=True)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in commands(outcome, root):
            print(line, file=sys.stderr, flush=True)


def _write(path: Path, text: str, *, append: bool = False) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a" if append else "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise SpecError(f"{path} cannot be written: {error.strerror}") from error
