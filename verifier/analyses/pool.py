"""Claims settled by several processes, each verdict kept as soon as it is there and never worked out twice.

A verdict is kept under the digest of the composed system and claim, of all that its record says beside it, and of the
verifier's own program; for bundled designs a whole selection is kept too, so that an unchanged tree is not even
composed. What is open is not kept, and neither is what the clock had a part in.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import TimeoutError as Late
from importlib.util import find_spec
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Self

import attrs
from pebble import ProcessExpired, ProcessPool

from verifier.analyses.cases import Case, conditions, setting_text
from verifier.analyses.prove import SECONDS, Prover, unsettled
from verifier.analyses.seats import book_of
from verifier.analyses.selection import Selection
from verifier.engines.memory import Memory, key_of, program
from verifier.evidence.proof import with_evidence
from verifier.evidence.record import TOLD, Record, as_data, from_data, record
from verifier.evidence.verdict import Unknown
from verifier.interpretations.digest import exactly
from verifier.language.load import LIBRARY
from verifier.language.lower import Problem

GRACE = 60.0
"""Seconds beyond a claim's own time after which its process is ended, whatever it is doing."""
MORE = 10
"""So many claims' times where more is done with each."""
FINAL = frozenset({"proved", "refuted", "vacuous", "bounded"})


@attrs.frozen
class Work:
    """What each process needs to know."""

    selection: Selection
    jobs: int = 1
    seconds: float = SECONDS
    memory: Path | None = None
    evidence: Path | None = None
    more: Callable[[Case, Record, Prover], Any] | None = None
    """What else is done with each verdict, where it was settled."""
    explain: bool | None = True
    """Whether it is worked out what a proof rests on, where that is not remembered. None: if all verdicts are told."""

    @property
    def kept_as_a_whole(self) -> bool:
        """Whether the list of all verdicts is kept, so that an unchanged tree is not composed."""
        plain = self.evidence is None and self.more is None
        return self.memory is not None and plain and self.selection.of_the_library

    def explains(self, todo: Sequence[Case]) -> bool:
        """Whether it is worked out what the proofs of so many claims rest on."""
        return len(todo) <= TOLD if self.explain is None else self.explain


@attrs.frozen
class Settled:
    """A verdict, and whether it was remembered."""

    record: Record
    remembered: bool
    more: Any = None
    """What else was made of it; None, too, where its process was stopped."""


def remembered(work: Work) -> list[Record] | None:
    """The verdicts of an unchanged tree, if all of them are kept."""
    if not work.kept_as_a_whole:
        return None
    memory = Memory(work.memory)
    keys = memory.get(_list_key(work))
    found = [memory.get(bytes.fromhex(key)) for key in keys or ()]
    memory.close()
    return None if not keys or None in found else [from_data(item) for item in found]


def settled(work: Work, todo: list[Case], tell: Callable[[Case], None] = lambda _: None) -> Iterator[Settled]:
    """The verdicts in the order of the cases, each as soon as it and those before it are there."""
    keys: list[str] = []
    together = _alone(work, todo, tell) if min(work.jobs, len(todo)) <= 1 else _together(work, todo, tell)
    for data, key, known, more in together:
        keys.append(key)
        yield Settled(from_data(data), known, more)
    if work.kept_as_a_whole and all(keys):
        memory = Memory(work.memory)
        memory.put(_list_key(work), "list", keys)
        memory.close()


Answer = tuple[Any, str, bool, Any]
"""A record's data, the key under which it is kept ("" if it is not), whether it was remembered, and what else."""


def _alone(work: Work, todo: list[Case], tell: Callable[[Case], None]) -> Iterator[Answer]:
    with Desk(work, explain=work.explains(todo)) as desk:
        for case in todo:
            tell(case)
            yield desk.settle(case)


def _together(work: Work, todo: list[Case], tell: Callable[[Case], None]) -> Iterator[Answer]:
    pool = ProcessPool(
        max_workers=min(work.jobs, len(todo)),
        initializer=_begin,
        initargs=(work,),
        context=multiprocessing.get_context("spawn"),
    )
    limit = work.seconds * (1 if work.more is None else MORE) + GRACE
    waiting = [pool.schedule(_settle, args=(number,), timeout=limit) for number in range(len(todo))]
    try:
        for case, future in zip(todo, waiting, strict=True):
            tell(case)
            started = time.perf_counter()
            try:
                yield future.result()
                continue
            except Late:
                lost = Unknown("time", "its process was stopped by the clock, so this is not reproducible")
            except ProcessExpired:
                lost = Unknown("memory", "its process died, most likely out of memory")
            yield as_data(record(unsettled(case, lost, time.perf_counter() - started))), "", False, None
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


_DESK: list[Desk] = []
_TODO: list[Case] = []


def _begin(work: Work) -> None:
    """Set up a process: it leaves interrupts to its parent, and ends with it, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
    _TODO.extend(work.selection.cases())
    _DESK.append(Desk(work, explain=work.explains(_TODO)))


def _settle(number: int) -> Answer:
    return _DESK[0].settle(_TODO[number])


class Desk:
    """Where claims are settled, one after the other."""

    def __init__(self, work: Work, *, explain: bool) -> None:
        self.work, self.explain = work, explain
        self.memory = Memory(work.memory)
        self.prover = Prover(jobs=1, seconds=work.seconds, memory=self.memory)
        self.program, self.library = program(), program({LIBRARY: _library()})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.prover.__exit__()
        self.memory.close()

    def settle(self, case: Case) -> Answer:
        """The verdict, with what else is done with it."""
        data, key, known = self.verdict(case)
        more = None if self.work.more is None else self.work.more(case, from_data(data), self.prover)
        return data, key, known, more

    def verdict(self, case: Case) -> tuple[Any, str, bool]:
        """The verdict as data, its key, and whether it was remembered."""
        problem = case.problem()
        key = self.key(case, problem) if self.work.memory is not None and self.work.evidence is None else None
        if key is not None and (kept := self.memory.get(key)) is not None:
            return kept, key.hex(), True
        if key is not None and not self.explain:
            key = key_of("unexplained", key.hex())
            if (kept := self.memory.get(key)) is not None:
                return kept, key.hex(), True
        started = time.monotonic()
        found = self.prover.finding(case, explain=self.explain, problem=problem)
        made = as_data(record(with_evidence(found, self.work.evidence)))
        in_time = time.monotonic() - started < self.work.seconds
        if key is None or made["verdict"] not in FINAL or not in_time:
            return made, "", False
        self.memory.put(key, "verdict", made)
        return made, key.hex(), False

    def key(self, case: Case, problem: Problem) -> bytes | None:
        """What the verdict depends on; None where that is not known: tiers are composed anew from a design's source."""
        system, claim = problem.system, problem.claim
        by_source = case.prop.crowd and book_of(problem) is not None
        if by_source and case.file is not None:
            return None
        said = [
            *(case.design.title, case.file, case.declared, claim.doc, str(claim.site)),
            *(conditions(case), [setting_text(name, value) for name, value in case.settings.items()]),
            *([item.name, item.doc, str(item.site)] for item in system.assumptions),
            *([rule.name, str(rule.site)] for rule in system.rules),
        ]
        return key_of(
            "verdict", self.library if by_source else self.program, str(self.work.seconds),
            exactly(system, claim, case.prop.arithmetic), json.dumps(said),
        )  # fmt: skip


def _list_key(work: Work) -> bytes:
    said = attrs.asdict(work.selection, filter=lambda field, _: field.name != "files")
    return key_of("list", program({LIBRARY: _library()}), str(work.seconds), str(work.explain), json.dumps(said))


def _library() -> Path:
    found = find_spec(LIBRARY)
    assert found is not None
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0])
