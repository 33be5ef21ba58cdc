"""Numbers in words."""

from verifier.reports.numbers import steps


def test_one_step_is_no_plural() -> None:
    assert [steps(number) for number in (0, 1, 2)] == ["0 steps", "1 step", "2 steps"]
