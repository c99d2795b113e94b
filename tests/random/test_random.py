"""What the runner relies on: the same seed makes the same file everywhere, and a broken invariant is not excused lightly."""
import hashlib
import os
import subprocess
import sys
import unittest
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
import known  # noqa: E402
from draws import Draws  # noqa: E402
from scenario import Generated, generate  # noqa: E402

_loader = SourceFileLoader("random_run", str(HERE / "run"))
random_run = module_from_spec(spec_from_loader("random_run", _loader))
sys.modules["random_run"] = random_run
_loader.exec_module(random_run)

FIRST_DRAWS = [424158, 564846, 117752, 528873]


class TheSameEverywhere(unittest.TestCase):
    def test_draws_are_those_of_the_seed(self):
        d = Draws(1)
        self.assertEqual([d.between(0, 999_999) for _ in range(4)], FIRST_DRAWS)

    def test_near_seeds_have_nothing_in_common(self):
        first, second = Draws(5), Draws(6)
        late = [first.between(0, 1 << 60) for _ in range(50)]
        self.assertFalse(set(late) & {second.between(0, 1 << 60) for _ in range(50)})

    def test_the_order_of_hashes_does_not_matter(self):
        code = ("import sys; sys.path.insert(0, sys.argv[1]); from scenario import generate; "
                "print(''.join(generate(s).text for s in range(1, 40)))")
        texts = {subprocess.run([sys.executable, "-B", "-c", code, str(HERE)], capture_output=True, check=True,
                                env={**os.environ, "PYTHONHASHSEED": seed}).stdout for seed in ("1", "2")}
        self.assertEqual(len(texts), 1)

    def test_seeds_differ(self):
        digests = {hashlib.sha256(generate(seed).text.partition("\n")[2].encode()).digest() for seed in range(1, 200)}
        self.assertEqual(len(digests), 199)


class Judging(unittest.TestCase):
    made = Generated("", set(), 36, [])

    def test_a_signal_is_a_problem(self):
        self.assertEqual(random_run.judge(self.made, 1, -11, "").problems, ["ended by signal 11"])

    def test_a_broken_invariant_is_a_problem(self):
        output = "  BROKEN  nothing moves  (at 1.000s)\n          it moved\nFAILED: nothing moves\n"
        self.assertEqual(random_run.judge(self.made, 1, 3, output).problems, ["nothing moves: it moved"])
        self.assertEqual(random_run.judge(self.made, 1, 3, "").problems, ["an invariant broke, and none is named"])

    def test_bad_input_is_a_problem(self):
        self.assertEqual(random_run.judge(self.made, 1, 2, "").problems, ["bad input"])

    def test_an_unmet_expectation_is_a_problem(self):
        output = "  FAILED  count exactly 0: backend\n          x.yaml:3:5\n          found 1\nFAILED: count\n"
        self.assertIn("found 1", random_run.judge(self.made, 1, 1, output).problems[0])

    def test_a_known_failure_needs_what_it_comes_from(self):
        for entry in known.KNOWN:
            told = f"X of v by Y, driver a.csi.example.com on n: {entry.detail}"
            made = Generated("", set(), 36, [], {"a.csi.example.com"})
            self.assertIsNone(known.known_failure(made, entry.invariant, told), entry.id)


if __name__ == "__main__":
    unittest.main()
