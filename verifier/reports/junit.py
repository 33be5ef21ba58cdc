"""Verdicts as JUnit XML: a suite for each design, a case for each claim; what is not as wanted fails, nothing skips."""

from __future__ import annotations

import io
import re
from itertools import groupby
from pathlib import Path

from junitparser import Error, JUnitXml, TestCase, TestSuite
from junitparser import Failure as Failed

from verifier.evidence.outcome import Outcome, Trouble
from verifier.evidence.record import Record
from verifier.reports.failures import Failure, Place, failures, place, titles

FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document may have, not even escaped."""


def junit(outcome: Outcome, root: Path) -> str:
    """The document as text."""
    found = list(failures(outcome, root))
    wrong = {id(item.record): item for item in found if item.record is not None}
    document = JUnitXml("verifier")
    named = zip(outcome.records, titles(outcome.records), strict=True)
    for design, group in groupby(named, key=lambda item: item[0].design):
        _suite(document, design, [_claim(record, text, wrong.get(id(record))) for record, text in group])
    _suite(document, "guarantees", [_broken(item) for item in found if item.record is None])
    _suite(document, "setup", [_setup(item, root) for item in outcome.trouble])
    document.update_statistics()
    written = io.BytesIO()
    document.write(written, pretty=True)
    return written.getvalue().decode("utf-8")


def _suite(document: JUnitXml, name: str, cases: list[TestCase]) -> None:
    """Add a suite, if there is anything in it."""
    if cases:
        suite = TestSuite(_clean(name))
        suite.add_testcases(cases)
        document.append(suite)


def _claim(record: Record, named: str, failure: Failure | None) -> TestCase:
    case = TestCase(_clean(named), _clean(record.design), record.seconds)
    if failure is not None:
        case.result = [_result(Failed, failure.headline, failure.kind, failure.text, failure.place)]
    return case


def _broken(failure: Failure) -> TestCase:
    case = TestCase(_clean(f"{failure.title}: {failure.kind}"), _clean(failure.design), 0.0)
    case.result = [_result(Failed, failure.headline, failure.kind, failure.text, failure.place)]
    return case


def _setup(trouble: Trouble, root: Path) -> TestCase:
    at = place(trouble.site, root)
    case = TestCase(_clean(f"setup of {at.file}" if at else "setup"), "verifier", 0.0)
    case.result = [_result(Error, trouble.message.split("\n", 1)[0], "setup", trouble.message, at)]
    return case


def _result(kind: type[Error | Failed], headline: str, word: str, text: str, at: Place | None) -> Error | Failed:
    made = kind(_clean(headline) or word, word)
    made.text = _clean(f"{at}\n{text}" if at else text)
    return made


def _clean(text: str) -> str:
    return FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
