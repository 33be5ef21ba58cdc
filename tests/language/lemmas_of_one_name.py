"""A counter beside a clock, each with a lemma of the same name."""

from verifier.language import Bool, Design, Mechanism, Piece, Real, Step, invariant, lemma, require, rule, state


class Clock(Piece):
    """Ticks."""

    ticks: Real = state(0)

    @rule
    def tick(self) -> Step:
        """One more tick."""
        return require().then(self.after(ticks=self.ticks + 1))

    @lemma
    def begins_at_nothing(self) -> Bool:
        return self.ticks >= 0


class Counter(Mechanism):
    """Counts by twos, with what was counted kept twice."""

    clock: Clock
    count: Real = state(0)
    again: Real = state(0)

    @rule
    def step(self) -> Step:
        """Two more."""
        return require().then(self.after(count=self.count + 2, again=self.again + 2))

    @lemma
    def begins_at_nothing(self) -> Bool:
        return self.again == self.count

    @invariant
    def both_are_never_less_than_nothing(self) -> Bool:
        """Neither the ticks nor the product of both counts is ever negative."""
        return (self.clock.ticks >= 0) & (self.count * self.again >= 0)


class Both(Design):
    """The two."""

    clock = Clock()
    counter = Counter(clock=clock)

    proved = (Counter.both_are_never_less_than_nothing,)
