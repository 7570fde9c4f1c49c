"""The report in a real browser: silent, offline, legible on a telephone and in the dark, printable."""

from __future__ import annotations

import html
import json
import re
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from customer_genome.serving.report import Report, karyotype, render
from report_sample import empty_report, sample_report

pytestmark = pytest.mark.slow

QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
    "--disable-extensions", "--disable-domain-reliability", "--no-pings", "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=2000",
    "--disable-features=OptimizationHints,MediaRouter,Translate", "--allow-file-access-from-files",
)  # fmt: skip

# Runs inside the page under test and reports what a reader would meet.
MEASURE = """
const lit = (c) => { const v = c.map((x) => (x /= 255) <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
  return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
const rgb = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
const ground = (node) => { for (let at = node; at; at = at.parentElement) {
  const c = rgb(getComputedStyle(at).backgroundColor); if (c.length === 3 || c[3] > 0) return c; } return [255, 255, 255]; };
const seen = [...document.body.querySelectorAll("*")].filter((node) => {
  const box = node.getBoundingClientRect();
  return box.width > 0 && box.height > 1 && !node.closest(".cg-tip,script,thead"); });
const written = seen.filter((node) => [...node.childNodes].some((kid) => kid.nodeType === 3 && kid.data.trim()));
const faint = (node) => { const style = getComputedStyle(node);
  const a = lit(rgb(node.closest("svg") ? style.fill : style.color)), b = lit(ground(node));
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); };
const picture = [...document.querySelectorAll(".cgk svg[tabindex]")].find((svg) => svg.getBoundingClientRect().width);
let spoken = "";
if (picture) { picture.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
  const tip = document.querySelector(".cg-tip"); spoken = tip.hidden ? "" : tip.textContent; }
const answer = { width: document.documentElement.clientWidth, scroll: document.documentElement.scrollWidth,
  beyond: seen.filter((node) => node.getBoundingClientRect().right > innerWidth + 1).map((node) => node.outerHTML.slice(0, 90)),
  small: Math.min(...written.map((node) => parseFloat(getComputedStyle(node).fontSize))),
  contrast: Math.min(...written.map(faint)), faintest: [...written].sort((a, b) => faint(a) - faint(b))[0]?.outerHTML.slice(0, 90),
  ground: ground(document.body).join(), chips: seen.filter((node) => node.matches(".cgk-chips")).length,
  columns: seen.filter((node) => node.matches(".cgk-cols")).length, spoken };
parent.postMessage(JSON.stringify(answer), "*");
"""
FRAME = """<!doctype html><body style="margin:0"><pre id="out"></pre>
<script>addEventListener("message", (e) => { document.getElementById("out").textContent = e.data; });</script>
<iframe src="page.html" style="border:0;width:WIDTHpx;height:900px"></iframe></body>"""


@pytest.fixture
def browse(chromium: str, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the browser on a file with a profile of its own; returns what it printed."""

    def run(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        command = [chromium, *QUIET, profile, *options, path.as_uri()]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)

    return run


def write(folder: Path, report: Report) -> Path:
    path = folder / "report.html"
    path.write_text(render(report), encoding="utf-8")
    return path


def measured(browse, folder: Path, report: Report, *, width: int, dark: bool = False) -> dict:
    """Open the report in a frame of the given width and return what its own script measured."""
    page = render(report).replace("</body>", f"<script>{MEASURE}</script></body>")
    (folder / "page.html").write_text(page, encoding="utf-8")
    frame = folder / "frame.html"
    frame.write_text(FRAME.replace("WIDTH", str(width)), encoding="utf-8")
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    dom = browse(frame, scheme, f"--window-size={max(width, 600)},1000", "--dump-dom").stdout
    found = re.search(r'<pre id="out">(.*?)</pre>', dom, flags=re.DOTALL)
    assert found
    assert found[1], "the page's script did not answer"
    return json.loads(html.unescape(found[1]))


def requests(log: Path) -> list[str]:
    """Every address that the page (and not the browser for itself) asked for, from the log of the network."""
    logged = json.loads(log.read_text(encoding="utf-8"))
    begun = logged["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    asked = [
        event["params"]
        for event in logged["events"]
        if event["type"] == begun and "url" in event.get("params", {})
    ]
    return [params["url"] for params in asked if params.get("initiator") != "not an origin"]


def rows(png: Path) -> tuple[int, int, int]:
    """Width, height, and how many different rows of pixels (as stored) a picture has."""
    data = png.read_bytes()
    assert data.startswith(b"\x89PNG")
    wide, tall = struct.unpack(">II", data[16:24])
    packed, at = b"", 8
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        packed += data[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += 12 + size
    raw = zlib.decompress(packed)
    stride = len(raw) // tall
    return wide, tall, len({raw[row * stride : (row + 1) * stride] for row in range(tall)})


@pytest.mark.parametrize("report", [sample_report(), empty_report()], ids=["full", "empty"])
def test_it_opens_without_an_error_and_without_a_request(browse, tmp_path, report) -> None:
    log = tmp_path / "net.json"
    done = browse(write(tmp_path, report), "--enable-logging=stderr", f"--log-net-log={log}", "--dump-dom")
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
    assert requests(log) == []
    assert "data-tip=" in done.stdout


def test_the_two_checks_above_can_fail(browse, tmp_path) -> None:
    page, log = tmp_path / "bad.html", tmp_path / "net.json"
    page.write_text('<img src="http://127.0.0.1:9/x.png"><script>nothing.there()</script>', encoding="utf-8")
    done = browse(page, "--enable-logging=stderr", f"--log-net-log={log}", "--dump-dom")
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert "http://127.0.0.1:9/x.png" in requests(log)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_is_legible_at_320_pixels_without_scrolling_sideways(browse, tmp_path, dark) -> None:
    found = measured(browse, tmp_path, sample_report(), width=320, dark=dark)
    assert found["width"] == 320
    assert found["beyond"] == []
    assert found["scroll"] <= 320
    assert found["small"] >= 10
    assert found["contrast"] >= 4.5, found["faintest"]
    assert found["chips"] == 4
    assert found["columns"] == 0


@pytest.mark.parametrize("width", [700, 1280])
def test_wider_it_shows_the_chromosomes(browse, tmp_path, width) -> None:
    found = measured(browse, tmp_path, sample_report(), width=width)
    assert found["beyond"] == []
    assert found["scroll"] <= width
    assert found["chips"] == 0
    assert found["columns"] == 4
    assert found["small"] >= 10


def test_dark_is_dark_and_contrast_holds_in_both(browse, tmp_path) -> None:
    light = measured(browse, tmp_path, sample_report(), width=1280)
    dark = measured(browse, tmp_path, sample_report(), width=1280, dark=True)
    assert sum(map(float, light["ground"].split(","))) > 600
    assert sum(map(float, dark["ground"].split(","))) < 150
    assert light["contrast"] >= 4.5, light["faintest"]
    assert dark["contrast"] >= 4.5, dark["faintest"]


def test_the_keyboard_reads_a_chromosome(browse, tmp_path) -> None:
    first = sample_report().genomes[0].chromosomes[0].bands[0]
    assert measured(browse, tmp_path, sample_report(), width=1280)["spoken"].startswith(first.label)


def test_the_picture_of_it_is_not_empty(browse, tmp_path) -> None:
    shot = tmp_path / "shot.png"
    browse(write(tmp_path, sample_report()), "--window-size=1280,2400", f"--screenshot={shot}")
    wide, tall, different = rows(shot)
    assert (wide, tall) == (1280, 2400)
    assert different > 600


def test_it_prints(browse, tmp_path) -> None:
    paper = tmp_path / "report.pdf"
    browse(write(tmp_path, sample_report()), f"--print-to-pdf={paper}")
    data = paper.read_bytes()
    assert data.startswith(b"%PDF")
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", data)) <= 18


def test_a_karyotype_stands_alone_as_in_a_notebook(browse, tmp_path) -> None:
    page, shot = tmp_path / "cell.html", tmp_path / "cell.png"
    page.write_text(
        f"<!doctype html><meta charset=utf-8>{karyotype(sample_report().genomes[0])}", encoding="utf-8"
    )
    done = browse(page, "--enable-logging=stderr", "--window-size=1000,900", f"--screenshot={shot}")
    assert "CONSOLE" not in done.stderr
    assert rows(shot)[2] > 300
