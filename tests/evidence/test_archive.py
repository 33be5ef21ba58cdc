"""What is read from a folder is data within limits, or refused; nothing in it runs."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verifier.language.expr import DIGITS
from verifier.evidence.archive import DEEPEST, LARGEST, MANIFEST, Archive, Refused, parsed, read_archive, shaped
from verifier.evidence.proof import SHAPE, TRACE, stored_of


def test_what_is_written_is_read(tmp_path: Path) -> None:
    archive = Archive({"a": ["ä", 1, None]}, {"001.smt2": "(check-sat)\n"})
    archive.write(tmp_path)
    again = read_archive(tmp_path)
    assert (again.manifest, again.files) == (archive.manifest, archive.files)


def test_older_evidence_is_replaced(tmp_path: Path) -> None:
    Archive({}, {"002.smt2": ""}).write(tmp_path)
    Archive({}, {"001.smt2": ""}).write(tmp_path)
    assert set(read_archive(tmp_path).files) == {"001.smt2"}


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda folder: (folder / "001.smt2").unlink(), "001.smt2 is missing"),
        (lambda folder: (folder / "001.smt2").write_text("(check-sat"), "001.smt2 was changed"),
        (lambda folder: (folder / "002.smt2").write_text(""), "002.smt2 is not listed"),
        (lambda folder: (folder / "x.pickle").write_text(""), "no name of a file"),
        (lambda folder: (folder / MANIFEST).unlink(), "manifest.json is missing"),
        (lambda folder: (folder / MANIFEST).write_text("{"), "not a JSON document"),
        (lambda folder: (folder / MANIFEST).write_text("[]"), "lists no files"),
        (lambda folder: (folder / MANIFEST).write_text('{"files": {"../x.json": ""}}'), "no name of a file"),
        (lambda folder: (folder / MANIFEST).write_text(json.dumps({"files": {f"{n}.json": "" for n in range(5000)}})), "more than"),
        (lambda folder: (folder / MANIFEST).write_text('{"files": {}, "files": {}}'), "names something twice"),
        (lambda folder: (folder / MANIFEST).write_text('{"files": {}, "k": 1.5}'), "not whole"),
        (lambda folder: (folder / MANIFEST).write_text('{"files": {}, "k": NaN}'), "not whole"),
        (lambda folder: (folder / MANIFEST).write_text('{"k": ' + "9" * (DIGITS + 1) + "}"), "not a JSON document"),
        (lambda folder: (folder / MANIFEST).write_text("[" * (DEEPEST + 1)), "nested deeper"),
        (lambda folder: (folder / "001.smt2").write_bytes(b" " * (LARGEST + 1)), "bytes, more than"),
        (lambda folder: ((folder / "001.smt2").unlink(), (folder / "001.smt2").symlink_to(MANIFEST)), "not a plain file"),
    ],
)  # fmt: skip
def test_what_is_damaged_is_refused_with_the_reason(tmp_path: Path, spoil: Any, why: str) -> None:
    Archive({}, {"001.smt2": "(check-sat)\n"}).write(tmp_path)
    spoil(tmp_path)
    with pytest.raises(Refused, match=why):
        read_archive(tmp_path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*SHAPE, *TRACE, "x"]), inner, max_size=5)
    ),
    max_leaves=12,
)


@given(st.text(max_size=60) | JSON.map(json.dumps) | st.text(alphabet='[]{}",:0 ', max_size=80))
def test_any_text_is_a_document_or_refused(text: str) -> None:
    try:
        parsed(text, "it")
    except Refused as why:
        assert str(why).startswith("it ")


@given(JSON)
def test_any_document_has_the_shape_or_is_refused(data: Any) -> None:
    for shape in (SHAPE, TRACE):
        try:
            found = shaped(data, shape, "it")
        except Refused:
            continue
        assert set(found) == set(shape)


@given(st.sampled_from(sorted(SHAPE)), JSON)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_manifest_with_anything_in_the_place_of_a_field_is_understood_or_refused(
    kept: Path, field: str, data: Any
) -> None:
    (folder,) = kept.glob("*fees*")
    archive = read_archive(folder)
    try:
        stored_of(Archive({**archive.manifest, field: data}, archive.files))
    except Refused as why:
        assert field in str(why) or "file" in str(why) or "missing" in str(why)
