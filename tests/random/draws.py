"""Draws: what a seed decides.

Its own generator (splitmix64), since those of Python's library may change between versions: the same seed must give the
same scenario on every machine.
"""
from typing import Sequence, TypeVar

T = TypeVar("T")
MASK = (1 << 64) - 1


class Draws:
    def __init__(self, seed: int) -> None:
        self._state = seed & MASK
        self._state = self._next()  # near seeds must begin far from each other

    def _next(self) -> int:
        self._state = (self._state + 0x9E3779B97F4A7C15) & MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def between(self, least: int, most: int) -> int:
        """A whole number, both ends included."""
        return least + self._next() % (most - least + 1)

    def chance(self, percent: int) -> bool:
        return self.between(1, 100) <= percent

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.between(0, len(choices) - 1)]

    def weighted(self, choices: Sequence[tuple[int, T]]) -> T:
        left = self.between(1, sum(weight for weight, _ in choices))
        for weight, choice in choices:
            left -= weight
            if left <= 0:
                return choice
        raise AssertionError("weights have changed while they were counted")

    def some(self, choices: Sequence[T], most: int) -> list[T]:
        """Up to `most` of them, none twice, in a drawn order."""
        left = list(choices)
        taken = []
        for _ in range(min(most, len(left))):
            taken.append(left.pop(self.between(0, len(left) - 1)))
        return taken

    def spread(self, least: int, most: int) -> int:
        """Between both, small ones as likely as large ones: each doubling has the same share."""
        doublings = max(1, (max(most, 1) // max(least, 1)).bit_length())
        high = max(least, 1) << self.between(1, doublings)
        return self.between(least, max(least, min(most, high)))
