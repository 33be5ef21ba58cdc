"""What is kept is found again, by any process; what was damaged, cut short or is no file of ours is redone."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier.engines.ask import REAL, GaveUp, Solver
from verifier.engines.memory import Memory, key_of
from verifier.language.expr import Real, Var, variable
from verifier.language.units import RATIO

from .test_limits import UNKNOWN, UNSAT, Stub

A = variable(Var("a", Real, RATIO))


def test_what_one_keeps_another_finds(tmp_path: Path) -> None:
    file = tmp_path / "deeper" / "kept.sqlite"
    Memory(file).put(b"key", "answer", {"answer": "unsat"})
    other = Memory(file)
    assert other.get(b"key") == {"answer": "unsat"}
    assert other.get(b"another") is None
    assert other.contents().answers == 1
    other.clear()
    assert Memory(file).get(b"key") is None


def test_an_answer_is_kept_for_its_very_question_and_allowance(tmp_path: Path) -> None:
    worker, memory = Stub(lambda *_: UNSAT), Memory(tmp_path / "kept.sqlite")
    solver = Solver("real", time.monotonic() + 60, worker, memory)
    for _ in range(2):
        assert solver.ask([A >= 1]) is None
    assert worker.asked == 1
    solver.ask([A >= 2])
    assert worker.asked == 2
    Solver("real", time.monotonic() + 60, worker, memory, scale=0.5).ask([A >= 1])
    assert worker.asked == 3
    Solver("fixed", time.monotonic() + 60, worker, memory).ask([variable(Var("b", Real, RATIO.kept_to(2))) >= 1])
    assert worker.asked == 4


def test_what_an_allowance_does_not_settle_is_not_tried_with_it_again(tmp_path: Path) -> None:
    worker, memory = Stub(lambda *_: UNKNOWN), Memory(tmp_path / "k.sqlite")
    solver = Solver("real", time.monotonic() + 60, worker, memory)
    for _ in range(2):
        with pytest.raises(GaveUp, match="incomplete"):
            solver.ask([A >= 1])
        assert worker.asked == len(REAL)
    with pytest.raises(GaveUp):
        Solver("real", time.monotonic() + 60, worker, memory, scale=2).ask([A >= 1])
    assert worker.asked == 2 * len(REAL)


def test_what_a_lack_of_memory_ended_is_asked_again(tmp_path: Path) -> None:
    worker, memory = Stub(lambda *_: {**UNKNOWN, "reason": "memory"}), Memory(tmp_path / "k.sqlite")
    solver = Solver("real", time.monotonic() + 60, worker, memory)
    for number in (1, 2):
        with pytest.raises(GaveUp) as why:
            solver.ask([A >= 1])
        assert why.value.kind == "memory"
        assert worker.asked == len(REAL) * number
    assert memory.contents().answers == 0


def test_a_damaged_entry_is_dropped_and_counted(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite"
    memory = Memory(file)
    for name in (b"one", b"two"):
        memory.put(name, "answer", {"answer": "sat"})
    with sqlite3.connect(file) as base:
        base.execute("UPDATE kept SET data = ? WHERE key = ?", ('{"answer": "unsat"}', b"one"))
    base.close()
    assert Memory(file).get(b"one") is None
    assert Memory(file).get(b"two") == {"answer": "sat"}
    with sqlite3.connect(file) as base:
        base.execute("UPDATE kept SET mark = ? WHERE key = ?", (b"", b"two"))
    base.close()
    assert Memory(file).verify() == (0, 1)


HELD = {f"key {n}".encode(): {"answer": "sat", "number": n} for n in range(20)}


def filled(file: Path) -> bytes:
    """The bytes of a file with these answers."""
    memory = Memory(file)
    for key, reply in HELD.items():
        memory.put(key, "answer", reply)
    memory.close()
    return file.read_bytes()


@settings(max_examples=30)
@given(st.data())
def test_a_flipped_byte_never_changes_an_answer(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    file = tmp_path_factory.mktemp("kept") / "kept.sqlite"
    whole = bytearray(filled(file))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    file.write_bytes(bytes(whole[: data.draw(st.sampled_from([len(whole), len(whole), place]))]))
    again = Memory(file)
    for key, reply in HELD.items():
        assert again.get(key) in (None, reply)
    again.put(b"new", "answer", {"answer": "unsat"})
    again.close()


def test_a_damaged_name_in_the_file_is_no_answer(tmp_path: Path) -> None:
    whole = filled(tmp_path / "whole.sqlite")
    for place in range(whole.index(b"CREATE"), whole.index(b"CREATE") + 30):
        file = tmp_path / f"{place}.sqlite"
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 128]) + whole[place + 1 :])
        again = Memory(file)
        assert again.get(b"key 0") in (None, HELD[b"key 0"])
        again.close()


def test_a_folder_that_cannot_be_written_is_said_once_and_harms_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("not a folder")
    memory = Memory(tmp_path / "file" / "kept.sqlite")
    for number in range(3):
        memory.put(f"{number}".encode(), "answer", {})
    assert memory.get(b"1") == {}
    assert capsys.readouterr().err.count("nothing is remembered") == 1


WRITER = """
import sys
from pathlib import Path
from verifier.engines.memory import Memory
memory, own = Memory(Path(sys.argv[1])), sys.argv[2]
number = 0
while True:
    memory.put(f"{own} {number}".encode(), "answer", {"own": own, "number": number, "long": "x" * 2000})
    print(number, flush=True)
    number += 1
"""


def test_processes_that_are_killed_while_writing_leave_all_that_they_finished(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(file), own], stdout=subprocess.PIPE, text=True)
        for own in ("a", "b")
    ]
    last = {}
    for own, writer in zip("ab", writers, strict=True):
        assert writer.stdout is not None
        for _ in range(50):
            last[own] = int(writer.stdout.readline())
    for writer in writers:
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        assert writer.stdout is not None
        writer.stdout.close()
    memory = Memory(file)
    for own, number in last.items():
        for n in range(number + 1):
            assert memory.get(f"{own} {n}".encode()) == {"own": own, "number": n, "long": "x" * 2000}
    assert memory.verify()[1] == 0


def test_no_two_lists_of_texts_have_one_key() -> None:
    assert len({key_of("ab", "c"), key_of("a", "bc"), key_of("abc"), key_of("a", "b", "c")}) == 4
