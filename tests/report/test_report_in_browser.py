"""The page of a report as a reader meets it, in a headless Chromium that is started once.

Four frames in one page: wide and 390 px, light and dark, of names that would be code.
"""

import json
import re
import shutil
import subprocess
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest
from report_runs import IMAGE
from waiting import PATIENCE

from nncli.page.embed import script_hash
from nncli.report.html.page import html

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
QUIET = """
    --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync
    --disable-background-networking --disable-component-update --virtual-time-budget=4000
    --allow-file-access-from-files --window-size=1400,900
"""
PAGES = {"wide": 1280, "phone": 390, "numbers": 390, "classes": 390}
pytestmark = pytest.mark.skipif(BROWSER is None, reason=f"none of {', '.join(BROWSERS)} is here")

LOOKING = """
const refused = [];
document.addEventListener("securitypolicyviolation", (event) => refused.push(event.blockedURI));
addEventListener("load", () => {
  const shown = () => document.querySelector(".panel:not([hidden])");
  const text = (name) => document.querySelector(name)?.innerText.replace(/\\s+/g, " ").trim();
  const leaves = [...document.querySelectorAll("body *")].filter((each) =>
    [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) &&
    each.checkVisibility({ visibilityProperty: true }) && !each.closest("script, style, .sr"));
  const seen = {
    width: innerWidth,
    overflows: document.documentElement.scrollWidth - innerWidth,
    smallest: Math.min(...leaves.map((each) => parseFloat(getComputedStyle(each).fontSize))),
    beyond: leaves.filter((each) => !each.closest(".scroll"))
      .filter((each) => each.getBoundingClientRect().right > innerWidth + 1
        || each.getBoundingClientRect().left < -1)
      .map((each) => each.textContent.slice(0, 40)),
    collide: [...document.querySelectorAll(".x, .y")].flatMap((axis) => {
      const boxes = [...axis.children].map((each) => each.getBoundingClientRect())
        .filter((box) => box.width);
      return boxes.flatMap((one, i) => boxes.slice(i + 1).filter((other) =>
        one.left < other.right && other.left < one.right &&
        one.top < other.bottom && other.top < one.bottom)).length ? [axis.innerText] : [];
    }),
    images: document.images.length,
    title: document.title,
    color: getComputedStyle(document.body).backgroundColor,
    legend: text(".panel:not([hidden]) .legend"),
    controls: document.getElementById("controls").hidden,
    log: document.getElementById("log").checked,
  };
  const plot = () => shown().querySelector(".plot");
  const press = (key) => plot().dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  plot().focus();
  seen.focused = document.activeElement === plot();
  press("Home");
  seen.first = text("#readout");
  press("ArrowRight");
  seen.second = text("#readout");
  seen.value = plot().getAttribute("aria-valuetext");
  const box = plot().getBoundingClientRect();
  plot().dispatchEvent(new PointerEvent("pointermove", { clientX: box.right, bubbles: true }));
  seen.pointed = text("#readout");
  const metric = document.getElementById("metric");
  seen.metrics = [...metric.options].map((each) => each.textContent);
  metric.value = "1";
  metric.dispatchEvent(new Event("change"));
  seen.other = text(".panel:not([hidden]) .y-name");
  seen.panels = document.querySelectorAll(".panel:not([hidden])").length;
  seen.refused = refused;
  parent.postMessage({ name: name, seen }, "*");
});
"""
GATHERING = """
const seen = {};
addEventListener("message", (event) => {
  seen[event.data.name] = event.data.seen;
  document.getElementById("seen").textContent = JSON.stringify(seen);
});
"""


def framed(name: str, page: str) -> str:
    """A page inside a page, with a script that looks around in it and may run."""
    policy = f"script-src {script_hash(LOOKING)} "
    page = page.replace("script-src ", policy).replace(
        "</body>", f"<script>{LOOKING}</script></body>"
    )
    style = f"width:{PAGES[name]}px;height:800px;border:0"
    return f'<iframe name="{name}" style="{style}" srcdoc="{escape(page)}"></iframe>'


@pytest.fixture(scope="module")
def seen(facts_of, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is seen in each frame."""
    folder: Path = tmp_path_factory.mktemp("browser")
    hostile = html(facts_of("hostile"))
    pages = {"wide": hostile, "phone": hostile}
    pages |= {name: html(facts_of(name)) for name in ("numbers", "classes")}
    frames = "".join(framed(name, page) for name, page in pages.items())
    whole = f'<!DOCTYPE html><pre id="seen"></pre><script>{GATHERING}</script>{frames}'
    (folder / "frames.html").write_text(whole, encoding="utf-8")
    assert BROWSER is not None
    command = [BROWSER, *QUIET.split(), f"--user-data-dir={folder / 'profile'}", "--dump-dom"]
    address = (folder / "frames.html").as_uri()
    done = subprocess.run([*command, address], capture_output=True, text=True, timeout=PATIENCE)
    found = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    return json.loads(unescape(found[1]))


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_too_small_too_wide_or_over_another(seen, name):
    frame = seen[name]
    assert frame["width"] == PAGES[name]
    assert frame["smallest"] >= 10
    assert frame["overflows"] <= 0
    assert frame["beyond"] == []
    assert frame["collide"] == []


@pytest.mark.parametrize("name", PAGES)
def test_no_name_became_code_and_nothing_was_refused(seen, name):
    assert (seen[name]["images"], seen[name]["refused"]) == (0, [])
    assert seen["wide"]["title"] == "hostile-001: report"


def test_curves_are_read_by_keys_and_by_pointing(seen):
    frame = seen["phone"]
    assert (frame["controls"], frame["focused"]) == (False, True)
    assert re.fullmatch(r"epoch 0: training [\d.]+, validation [\d.]+", frame["first"])
    assert frame["second"].startswith("epoch 1: ")
    assert frame["value"] == frame["second"]
    assert frame["pointed"].startswith("epoch 6: ")


def test_a_metric_can_be_picked(seen):
    frame = seen["phone"]
    assert frame["metrics"][:2] == ["loss", "roc_auc"]
    assert (frame["other"], frame["panels"]) == ("roc_auc", 1)


def test_the_image_is_a_name(facts_of):
    assert IMAGE in facts_of("hostile").report.classes
