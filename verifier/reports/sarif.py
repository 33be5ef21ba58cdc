"""What is not as wanted as SARIF 2.1.0: each result on the line of its claim, a run as a code flow."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from verifier import __version__
from verifier.evidence.outcome import Outcome
from verifier.evidence.record import Record, Trace
from verifier.reports.failures import Failure, Place, failures, place
from verifier.reports.story import story

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"
NUMBER = re.compile(r"(?<![\w.-])[-+]?\d[\d.,/]*(e[-+]?\d+)?(?![\w-])", re.IGNORECASE)


def sarif(outcome: Outcome, root: Path) -> str:
    """The document as text."""
    found = list(failures(outcome, root))
    rules = _rules(outcome.records, found)
    order = {rule["id"]: number for number, rule in enumerate(rules)}
    seen: dict[str, int] = {}
    run = {
        "tool": {"driver": {"name": "verifier", "semanticVersion": __version__, "rules": rules}},
        "invocations": [
            {
                "executionSuccessful": not outcome.trouble,
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": item.message}, **_locations(place(item.site, root))}
                    for item in outcome.trouble
                ],
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": [_result(item, order[item.property], root, seen) for item in found],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rules(records: Iterable[Record], found: Iterable[Failure]) -> list[dict[str, Any]]:
    """A rule for each property that was looked at, by its name."""
    says = {item.property: item.property.replace("_", " ") for item in found}
    says |= {record.property: record.statement for record in reversed(list(records))}
    return [
        {"id": name, "shortDescription": {"text": text}, "defaultConfiguration": {"level": "error"}}
        for name, text in sorted(says.items())
    ]


def _result(failure: Failure, rule: int, root: Path, seen: dict[str, int]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "ruleId": failure.property,
        "ruleIndex": rule,
        "kind": "fail",
        "level": "error",
        "message": {"text": f"{failure.headline}\n\n{failure.text}"},
        **_locations(failure.place),
        "partialFingerprints": {"claim/v1": fingerprint(failure, seen)},
        "properties": {"design": failure.design, "verdict": failure.kind, "arithmetic": failure.arithmetic},
    }
    if failure.record is not None and failure.record.trace is not None:
        made["codeFlows"] = [{"threadFlows": [{"locations": _flow(failure.record.trace, failure.place, root)}]}]
    return made


def fingerprint(failure: Failure, seen: dict[str, int]) -> str:
    """What stays when numbers change: the design, the claim, and the kinds of its conditions.

    Of several claims that differ in numbers alone, the first, the second and so on.
    """
    kinds = [" ".join(NUMBER.sub("", text).split()) for text in failure.under]
    kind = failure.kind if failure.record is None else "verdict"
    text = "\0".join((failure.design, failure.property, failure.arithmetic, kind, *sorted(kinds)))
    seen[text] = seen.get(text, 0) + 1
    return hashlib.sha256(f"{text}\0{seen[text]}".encode()).hexdigest()[:32]


def _flow(trace: Trace, otherwise: Place | None, root: Path) -> list[dict[str, Any]]:
    """The run: each state with what led to it, at the rule's line where that is in the repository."""
    places = [otherwise, *(place(step.site, root, otherwise) for step in trace.steps)]
    told = story(trace)
    made = []
    for number, (row, state) in enumerate(zip(told.rows, trace.states, strict=True)):
        shown = zip(told.headings[2:], row[2:], strict=True)
        values = ", ".join(f"{heading} {value}" for heading, value in shown)
        text = f"{row[1]}: {values}" if values else row[1]
        made.append(
            {
                "location": {**_physical(places[number]), "message": {"text": text}},
                "executionOrder": number + 1,
                "importance": "essential",
                "state": {name: {"text": value} for name, value in state.items()},
            }
        )
    return made


def _locations(at: Place | None) -> dict[str, Any]:
    return {} if at is None else {"locations": [_physical(at)]}


def _physical(at: Place | None) -> dict[str, Any]:
    if at is None:
        return {}
    artifact = {"uri": _relative(at.file), "uriBaseId": ROOT} if at.inside else {"uri": Path(at.file).as_uri()}
    return {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": max(at.line, 1)}}}


def _relative(file: str) -> str:
    """A relative path as a URI reference."""
    return Path("/", file).as_uri().removeprefix("file:///")
