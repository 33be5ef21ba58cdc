"""Verdicts as one JSON document: exact numbers as text, nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from verifier.evidence.record import Record, as_data

VERSION = 1


def document(records: Sequence[Record]) -> str:
    """The whole document as text."""
    return written("verdicts", [as_data(item) for item in records])


def written(name: str, items: Sequence[dict[str, Any]]) -> str:
    """A document of items under this name."""
    return json.dumps({"version": VERSION, name: items}, indent=2, ensure_ascii=False)


def schema(name: str = "document") -> dict[str, Any]:
    """The JSON Schema of a document."""
    text = files(__package__).joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))
