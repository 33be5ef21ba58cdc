"""Annotations where GitHub runs us: each failure at its line of the pull request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from verifier.evidence.outcome import Outcome
from verifier.reports.failures import Place, failures, place


def commands(outcome: Outcome, root: Path) -> Iterator[str]:
    """A workflow command for each failure and each trouble."""
    for item in failures(outcome, root):
        yield _command(item.place, f"{item.title} of {item.design}: {item.kind}", f"{item.headline}\n{item.text}")
    for trouble in outcome.trouble:
        yield _command(place(trouble.site, root), "verifier: setup", trouble.message)


def _command(at: Place | None, title: str, message: str) -> str:
    where = {"file": at.file, "line": str(max(at.line, 1))} if at is not None and at.inside else {}
    properties = ",".join(f"{name}={_property(text)}" for name, text in {**where, "title": title}.items())
    return f"::error {properties}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
