"""What helps proofs has a name of its own, by which a proof says that it needs it."""

from collections.abc import Callable
from pathlib import Path

from verifier.evidence.verdict import Finding, Proved


def test_a_proof_that_needs_two_lemmas_of_one_name_says_so(settle_file: Callable[[Path], list[Finding]]) -> None:
    (found,) = settle_file(Path(__file__).with_name("lemmas_of_one_name.py"))

    assert isinstance(found.verdict, Proved)
    assert found.system is not None
    assert {"clock.begins_at_nothing", "counter.begins_at_nothing"} <= {item.name for item in found.system.lemmas}
    assert "counter.begins_at_nothing" in dict(found.verdict.certificate.lemmas)
