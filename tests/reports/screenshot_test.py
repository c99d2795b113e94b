#!/usr/bin/env python3
"""Opens the HTML report in a real browser, without a window, and looks at the picture: bars of the known colours are
where the page says they are, in light and in dark, and nothing that a scenario says becomes markup.

usage: screenshot_test.py BUILD
"""
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib
from pathlib import Path

BINARY = ""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next((path for name in BROWSERS if (path := shutil.which(name))), None)
WIDTH, HEIGHT = 1200, 2400

SCENARIO = """apiVersion: stowage.dev/v1alpha1
kind: Scenario
metadata: {name: picture}
spec:
  description: "<script>document.title = 'owned'</script><b id=owned>"
  until: 60s
  cluster:
    drivers: [{name: disk.example.com, profile: instant}]
    objects:
    - {apiVersion: v1, kind: Node, metadata: {name: node-1}}
    - {apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: node-1}, spec: {drivers: [{name: disk.example.com, nodeID: node-1}]}}
    - {apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fast}, provisioner: disk.example.com}
  steps:
  - at: 1s
    faults: {driver: disk.example.com, CreateVolume: [{times: 2, code: Internal, msg: "<script>document.title = 'owned'</script>"}]}
  - at: 1s
    create:
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], storageClassName: fast, resources: {requests: {storage: 1Gi}}}
  - at: 2s
    create:
      apiVersion: v1
      kind: PersistentVolume
      metadata: {name: pv-static}
      spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /tmp/a}}
  - at: 30s
    patch: {kind: Node, name: node-1, subresource: status, type: merge, body: {status: {volumesAttached: [{name: kubernetes.io/csi/disk.example.com^lab-vol-1, devicePath: ""}]}}}
  - at: 40s
    delete: {kind: PersistentVolumeClaim, name: data}
  - expect: {within: 1s, object: {kind: PersistentVolume, name: pv-static, status: {phase: Bound}}}
"""

# Where the first bar of each state lies, and of which colour it should be. Only the copy that is asked has a script.
PROBE = """<script>addEventListener('load', () => {
  const seen = {};
  for (const bar of document.querySelectorAll('.lane i')) {
    const r = bar.getBoundingClientRect();
    if (r.width > 20 && !seen[bar.className])
      seen[bar.className] = [Math.round(r.right - 4), Math.round(r.bottom - 3), getComputedStyle(bar).backgroundColor];
  }
  const wide = document.documentElement.scrollWidth;
  document.body.setAttribute('data-probe', JSON.stringify({seen, wide, page: getComputedStyle(document.body).backgroundColor}));
})</script>"""


def pixels(path: Path) -> tuple[int, int, list[bytes], int]:
    """Width, height, rows of bytes and bytes a pixel of a PNG as browsers write it: 8 bits, not interlaced."""
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG"), path
    at, packed = 8, b""
    width = height = kind = 0
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        if name == b"IHDR":
            width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            assert depth == 8 and kind in (2, 6) and not interlaced
        if name == b"IDAT":
            packed += body
        at += 12 + size
    each = 3 if kind == 2 else 4
    raw, stride = zlib.decompress(packed), width * each
    rows, above = [], bytearray(stride)
    for y in range(height):
        mode = raw[y * (stride + 1)]
        row = bytearray(raw[y * (stride + 1) + 1 : (y + 1) * (stride + 1)])
        _unfilter(mode, row, above, each)
        rows.append(bytes(row))
        above = row
    return width, height, rows, each


def _unfilter(mode: int, row: bytearray, above: bytearray, each: int) -> None:
    for x in range(len(row) if mode else 0):
        left = row[x - each] if x >= each else 0
        up, corner = above[x], above[x - each] if x >= each else 0
        if mode == 1:
            guess = left
        elif mode == 2:
            guess = up
        elif mode == 3:
            guess = (left + up) // 2
        else:
            far = left + up - corner
            guess = min((left, up, corner), key=lambda v: abs(far - v))
        row[x] = (row[x] + guess) & 255


class Screenshot(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.root = Path(cls.folder.name)
        (cls.root / "picture.yaml").write_text(SCENARIO)
        cls.page = cls.root / "report.html"
        subprocess.run([BINARY, "run", "picture.yaml", "--quiet", "--html", cls.page], cwd=cls.root, check=False,
                       stdout=subprocess.DEVNULL)

    def browse(self, page: Path, *options: str, scheme: str = "light") -> str:
        done = subprocess.run(
            [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
             "--force-color-profile=srgb", "--force-device-scale-factor=1", "--timeout=20000",
             f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}",
             f"--user-data-dir={self.root / 'profile'}", f"--window-size={WIDTH},{HEIGHT}", *options, page.as_uri()],
            capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def probe(self, scheme: str) -> dict:
        text = self.page.read_text()
        asked = re.sub(r"<meta http-equiv[^>]*>", "", text).replace("</body>", PROBE + "</body>")
        copy = self.root / "asked.html"
        copy.write_text(asked)
        dom = self.browse(copy, "--dump-dom", scheme=scheme)
        found = re.search(r'data-probe="([^"]*)"', dom)
        self.assertTrue(found, dom[:400])
        return json.loads(found.group(1).replace("&quot;", '"'))

    def picture(self, scheme: str) -> tuple[int, int, list[bytes], int]:
        path = self.root / f"{scheme}.png"
        self.browse(self.page, f"--screenshot={path}", scheme=scheme)
        if keep := os.environ.get("STOWAGE_PICTURES"):
            shutil.copy(path, keep)
        return pixels(path)

    def check(self, scheme: str) -> str:
        probe = self.probe(scheme)
        width, height, rows, each = self.picture(scheme)
        self.assertEqual((width, height), (WIDTH, HEIGHT))
        self.assertLessEqual(probe["wide"], WIDTH, "the page is wider than the window")
        colour = lambda x, y: tuple(rows[y][x * each : x * each + 3])
        wanted = lambda text: tuple(int(n) for n in re.findall(r"\d+", text)[:3])
        self.assertEqual(colour(2, 2), wanted(probe["page"]))
        self.assertLessEqual({"waits", "good", "leaves"} - set(probe["seen"]), {"leaves"}, probe["seen"])
        for state, (x, y, background) in probe["seen"].items():
            if y < HEIGHT:
                self.assertEqual(colour(x, y), wanted(background), f"{state} at {x},{y} in {scheme}")
        self.assertGreater(len({rows[y][x * each : x * each + 3] for y in range(0, height, 3) for x in range(0, width, 3)}), 20)
        return probe["page"]

    def test_bars_have_their_colours_where_the_page_says_in_light_and_dark(self):
        light, dark = self.check("light"), self.check("dark")
        self.assertNotEqual(light, dark)

    def test_what_a_scenario_says_stays_text(self):
        dom = self.browse(self.page, "--dump-dom")
        self.assertIn("<title>picture - stowage</title>", dom)
        self.assertFalse("<script" in dom, "a script in the page")
        self.assertFalse("<b id=" in dom, "markup in the page")
        self.assertGreaterEqual(dom.count("&lt;script&gt;"), 2)


if __name__ == "__main__":
    build = Path(sys.argv[1] if len(sys.argv) > 1 else "build/release").resolve()
    BINARY = str(build / "bin/stowage")
    if not BROWSER:
        print("skipped: chromium is absent")
        sys.exit(0)
    if not os.access(BINARY, os.X_OK):
        print(f"skipped: {BINARY} is absent")
        sys.exit(0)
    unittest.main(argv=sys.argv[:1])
