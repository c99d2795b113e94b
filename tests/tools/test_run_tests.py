"""A failure that is not counted is worse than no test: how outputs become numbers."""
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "tools"))
from run_tests import Count, Test, count_of, run  # noqa: E402

DOCTEST = "[doctest] test cases:  12 |  {} passed | {} failed | 0 skipped\n[doctest] Status: X!\n"


class Counting(unittest.TestCase):
    def expect(self, output: str, code: int, *numbers: int) -> None:
        self.assertEqual(Count(*numbers), count_of(output, code))

    def test_doctest(self):
        self.expect(DOCTEST.format(12, 0), 0, 12, 0, 0)
        self.expect(DOCTEST.format(10, 2), 1, 10, 2, 0)
        self.expect("\x1b[0;36m[doctest] \x1b[0mtest cases: \x1b[0m 3 | \x1b[32m3 passed\x1b[0m | 0 failed | 1 skipped\n", 0, 3, 0, 1)

    def test_a_bad_end_is_a_failure(self):
        self.expect(DOCTEST.format(12, 0) + "ERROR: LeakSanitizer\n", 1, 12, 1, 0)
        self.expect("Segmentation fault\n", -11, 0, 1, 0)
        self.expect("", 1, 0, 1, 0)
        self.expect("5 passed, 0 failed\n", 3, 5, 1, 0)

    def test_own_lines(self):
        self.expect("golden: 7 passed, 1 failed, 2 skipped\n", 1, 7, 1, 2)
        self.expect("3 passed, 0 failed\n4 passed, 0 failed\n", 0, 7, 0, 0)
        self.expect("all is well\n", 0, 1, 0, 0)

    def test_skipped(self):
        self.expect("skipped: ../shared/reference is absent\n", 0, 0, 0, 1)

    def test_unittest(self):
        self.expect("Ran 20 tests in 0.5s\n\nOK\n", 0, 20, 0, 0)
        self.expect("Ran 20 tests in 0.5s\n\nOK (skipped=2)\n", 0, 18, 0, 2)
        self.expect("Ran 20 tests in 0.5s\n\nFAILED (failures=3, errors=1)\n", 1, 16, 4, 0)

    def test_running(self):
        def count(command: str, seconds: float = 10) -> Count:
            return run(Test("a", ["sh", "-c", command], "/", {}, seconds), Path("/nowhere"))[0]

        self.assertEqual(Count(1, 0, 0), count("exit 0"))
        self.assertEqual(Count(0, 1, 0), count("kill -9 $$"))
        self.assertEqual(Count(0, 1, 0), count("exec sleep 9", 0.2))
        self.assertEqual(Count(1, 0, 0), count('test "$STOWAGE" = /nowhere/bin/stowage'))
        self.assertEqual(Count(0, 1, 0), run(Test("a", ["/nowhere/test"], "/"), Path("/nowhere"))[0])


if __name__ == "__main__":
    unittest.main()
