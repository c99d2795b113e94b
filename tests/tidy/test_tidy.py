"""Every check of tools/tidy.py must find its bad samples and pass its good ones."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(Path(__file__).resolve().parent)]
import await_shapes_test_data as shapes  # noqa: E402
import tidy  # noqa: E402
from tidy_checks import shape  # noqa: E402
from tidy_checks.source import Source  # noqa: E402

PROSE = "// A sample that stands here so that a check has something to look at; it leaves out all else.\n#pragma once\n"


def checks(path: str, text: str, companion: str | None = None) -> list[str]:
    """The names of the checks that found something, headers' own duties aside unless the text breaks them."""
    other = Source(path[:-4] + ".hpp", companion) if companion else None
    return [f.check for f in tidy.findings_of(Source(path, text), other)]


class Samples(unittest.TestCase):
    def refuses(self, check: str, path: str, *texts: str) -> None:
        for text in texts:
            with self.subTest(path=path, text=text):
                self.assertIn(check, checks(path, text))

    def passes(self, path: str, *texts: str) -> None:
        for text in texts:
            with self.subTest(path=path, text=text):
                self.assertEqual([], [str(f) for f in tidy.findings_of(Source(path, text))])


class Coroutines(Samples):
    def test_refuses_each_broken_shape(self):
        for name, body in shapes.REFUSED.items():
            for depth in (body, "while (true) {\n" + body + "\n}"):
                with self.subTest(name, code=depth):
                    self.assertIn("await", checks("model/a.cpp", "Task<int> f() {\n" + depth + "\n}\n"))

    def test_passes_each_good_shape(self):
        for name, body in shapes.PASSED.items():
            for depth in (body, "while (true) {\n" + body + "\n}", "int a = 1;\n" + body + "\ny();"):
                with self.subTest(name, code=depth):
                    self.assertEqual([], checks("model/a.cpp", "Task<int> f() {\n" + depth + "\n}\n"))

    def test_files(self):
        for name, text in shapes.FILES_REFUSED.items():
            with self.subTest(name):
                self.assertIn("await", checks("model/a.cpp", text + "\n"))
        for name, text in shapes.FILES_PASSED.items():
            with self.subTest(name):
                self.assertEqual([], checks("model/a.cpp", text + "\n"))

    def test_names_the_line_and_the_way_out(self):
        found = tidy.findings_of(Source("model/a.cpp", "Task<> f() {\n    y();\n    if (co_await x()) y();\n}\n"))
        self.assertEqual(["model/a.cpp:3: co_await inside the head of `if`: make it a statement of its own: "
                          "`auto x = co_await e;`, then use x"], [str(f) for f in found])

    def test_tells_a_statement_once(self):
        self.assertEqual(1, len(checks("model/a.cpp", "Task<> f() { y(co_await a(), co_await b()); }\n")))

    def test_survives_branches_that_do_not_balance(self):
        text = "#if A\nvoid f() {\n#else\nvoid g() {\n#endif\n}\nTask<> h() { if (co_await x()) y(); }\n"
        self.assertIn("await", checks("model/a.cpp", text))


class Layers(Samples):
    def test_project_includes(self):
        self.refuses("layer", "sim/a.cpp", '#include "model/api/store.hpp"\n', '#include "reports/text.hpp"\n')
        self.refuses("layer", "model/a.cpp", '#include "scenarios/load.hpp"\n', '#include "tools/x.hpp"\n')
        self.refuses("layer", "scenarios/a.cpp", '#include "reports/text.hpp"\n', '#include "load.hpp"\n')
        self.refuses("layer", "reports/a.cpp", '#  include "scenarios/load.hpp"\n')
        self.passes("sim/a.cpp", '#include "sim/time.hpp"\n#include <vector>\n')
        self.passes("model/a.cpp", '#include "sim/time.hpp"\n#include "model/api/store.hpp"\n')
        self.passes("scenarios/a.cpp", '#include "model/a.hpp"\n#include <yaml-cpp/yaml.h>\n')
        self.passes("reports/a.cpp", '#include "model/a.hpp"\n#include <boost/graph/adjacency_list.hpp>\n')
        self.passes("tools/cli/a.cpp", '#include "reports/a.hpp"\n#include "scenarios/a.hpp"\n')
        self.passes("tests/model/a.cpp", '#include "reports/a.hpp"\n#include "sim/a.hpp"\n')

    def test_libraries(self):
        self.refuses("layer", "model/a.cpp", "#include <nlohmann/json.hpp>\n", "#include <yaml-cpp/yaml.h>\n")
        self.refuses("layer", "sim/a.cpp", "#include <boost/asio.hpp>\n", "#include <nlohmann/json_fwd.hpp>\n")
        self.refuses("layer", "scenarios/a.hpp", PROSE + "#include <yaml-cpp/yaml.h>\n")
        self.refuses("layer", "reports/a.hpp", PROSE + "#include <nlohmann/json.hpp>\n")
        self.refuses("layer", "sim/parallel.cpp", "#include <boost/graph/graph_traits.hpp>\n")
        self.passes("sim/parallel.cpp", "#include <boost/asio/thread_pool.hpp>\n")
        self.passes("sim/asio_bridge.cpp", "#include <boost/asio.hpp>\n")
        self.passes("reports/a.hpp", PROSE + "#include <nlohmann/json_fwd.hpp>\n")


class Words(Samples):
    def test_kubernetes_in_the_kernel(self):
        self.refuses("kubernetes-word", "sim/a.cpp", "int pod_count;\n", "struct VolumeQueue;\n", "// a claim waits\n",
                     "int nodes;\n", 'auto s = "csi/attach";\n', "struct PVCKey;\n")
        self.passes("sim/a.cpp", "int tripod;\n", "int nodeless;\n", "// reclaimed memory, volumetric, podium\n", "struct Event;\n")
        self.passes("model/a.cpp", "int pod_count;\n")

    def test_what_is_not_repeatable(self):
        bad = ["std::random_device d;\n", "int a = rand();\n", "auto e = std::getenv(\"A\");\n", "std::thread t(f);\n",
               "auto t = std::chrono::system_clock::now();\n", "auto t = std::chrono::steady_clock::now();\n"]
        for path in ("sim/a.cpp", "model/volume/a.cpp"):
            self.refuses("determinism", path, *bad)
        self.passes("sim/parallel.cpp", *bad)
        self.passes("tools/cli/a.cpp", *bad)
        self.passes("model/a.cpp", "int operand(int);\nint a = operand(1);\n", "// a thread of thought\nint thread = 1;\n",
                    "auto a = stream.rand();\n", "std::string s = \"rand()\";\n")

    def test_unordered_iteration(self):
        declared = "std::unordered_map<Key, std::vector<int>> table_;\n"
        self.refuses("unordered", "model/a.cpp",
                     declared + "void f() { for (auto& [k, v] : table_) g(k); }\n",
                     declared + "void f() { for (auto& e : this->table_) g(e); }\n",
                     declared + "void f() { std::vector<Key> v(table_.begin(), table_.end()); }\n",
                     "void f(const std::unordered_set<int>& seen) { for (int s : seen) g(s); }\n",
                     "using Table = std::unordered_map<int, int>;\nTable t_;\nvoid f() { for (auto& e : t_) g(e); }\n")
        self.assertIn("unordered", checks("model/a.cpp", "void A::f() { for (auto& e : table_) g(e); }\n", PROSE + declared))
        self.passes("model/a.cpp", declared + "void f() { auto hit = table_.find(k); if (hit != table_.end()) g(); }\n",
                    declared + "void f() { for (auto& e : table_.at(k).items) g(e); }\n",
                    declared + "std::map<int, int> sorted_;\nvoid f() { for (auto& e : sorted_) g(e); }\n",
                    declared + "void f() { for (int i = 0; i < 3; ++i) table_.erase(i); }\n")

    def test_library(self):
        self.refuses("library", "tools/a.cpp", "using namespace std;\n", "#include <format>\n", "#include <expected>\n",
                     "#include <print>\n", "#include <generator>\n", "auto s = std::format(\"{}\", 1);\n")
        self.passes("tools/a.cpp", "using namespace std::chrono_literals;\n", "#include <vector>\n", "auto s = format(1);\n")

    def test_unfinished(self):
        for word in ("TO" "DO", "FIX" "ME", "XX" "X"):
            self.refuses("unfinished", "model/a.cpp", f"// {word}: later\n")
            self.refuses("unfinished", "tools/a.py", f"# {word}\n")
        self.passes("model/a.cpp", "int todo_count;\n// XX" "XX\n")


class Shape(Samples):
    LONG = "int f(int a) {\n" + "    ++a;\n" * 75 + "    return a;\n}\n"

    def test_functions(self):
        self.refuses("function-length", "model/a.cpp", self.LONG, "struct A {\n" + self.LONG + "};\n",
                     "namespace a {\n" + self.LONG + "}\n", "auto f = [] {\n" + "    g();\n" * 80 + "};\n",
                     'TEST_CASE("a") {\n' + "    CHECK(true);\n" * 80 + "}\n")
        short = self.LONG.replace("    ++a;\n" * 75, "    ++a;\n" * 60)
        self.passes("model/a.cpp", short, short * 4, "namespace a {\n" + short * 3 + "}\n",
                    "struct A {\n" + "    int a;\n" * 100 + "};\n", "const int t[] = {\n" + "    1,\n" * 100 + "};\n")

    def test_allowances(self):
        allow = "// tidy: allow function-length (a table of names)\n"
        self.passes("model/a.cpp", allow + self.LONG, self.LONG.replace("{\n", "{  " + allow, 1))
        self.refuses("allow", "model/a.cpp", "// tidy: allow function-length\n" + self.LONG, allow + "int a;\n")
        self.refuses("function-length", "model/a.cpp", "// tidy: allow function-length\n" + self.LONG, allow + "int a;\n\n" + self.LONG)
        self.passes("model/a.cpp", "Task<> f() {\n    // tidy: allow await (shows the fault)\n    if (co_await x()) y();\n}\n",
                    "// tidy: allow-file await (a canary)\nint a;\nTask<> f() { if (co_await x()) y(); }\n")

    def test_files(self):
        self.refuses("file-length", "model/a.cpp", "int a;\n" * 601)
        self.refuses("file-length", "tools/a.py", "a = 1\n" * 601)
        self.passes("model/a.cpp", "int a;\n" * 600)
        self.refuses("line-length", "model/a.cpp", "//" + " a" * 50 + "\n")
        self.passes("model/a.cpp", "//" + " a" * 49 + "\n")
        self.passes("tools/a.py", "#" + " a" * 70 + "\n")

    def test_headers(self):
        self.refuses("header", "model/a.hpp", "#pragma once\nint a;\n", "// Sizes.\n#pragma once\n",
                     PROSE.replace("#pragma once\n", ""))
        self.passes("model/a.hpp", PROSE, "#pragma once\n\n" + PROSE.split("\n")[0] + "\nint a;\n")

    def test_names(self):
        for path in ("model/utils.hpp", "model/common/a.hpp", "sim/string_utils.cpp", "tests/helpers.py", "tools/misc.sh",
                     "model/manager.cpp"):
            self.assertEqual(["name"], [f.check for f in shape.paths([path])], path)
        for path in ("model/node/volume_manager.hpp", "model/commonality.cpp", "sim/time.hpp", ".ci/run", "README.md"):
            self.assertEqual([], list(shape.paths([path])), path)
        self.assertEqual(["top-level"], [f.check for f in shape.paths(["docs/a.md", "docs/b.md"])])
        self.assertEqual(["top-level"], [f.check for f in shape.paths(["notes.txt"])])


class Command(unittest.TestCase):
    def run_on(self, files: dict[str, str]) -> subprocess.CompletedProcess:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return subprocess.run([sys.executable, ROOT / "tools/tidy.py", "--root", folder], capture_output=True, text=True)

    def test_exits_1_and_prints_each_fault(self):
        result = self.run_on({"sim/a.cpp": "int pod;\n", "notes.txt": "x\n", "model/a.cpp": "int a;\n"})
        self.assertEqual(1, result.returncode, result.stderr)
        self.assertRegex(result.stdout, r"(?m)^sim/a.cpp:1: the word pod in sim/: ")
        self.assertRegex(result.stdout, r"(?m)^notes.txt:1: ")
        self.assertEqual(2, len(result.stdout.splitlines()))

    def test_exits_0_when_there_is_none(self):
        result = self.run_on({"sim/a.cpp": "int a;\n", "build/release/x.cpp": "using namespace std;\n"})
        self.assertEqual((0, ""), (result.returncode, result.stdout))


if __name__ == "__main__":
    unittest.main()
