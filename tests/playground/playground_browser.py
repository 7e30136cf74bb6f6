"""Pages in a real browser, all of them in one go: each in a frame, with a script at its end."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from waiting import PATIENCE

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next((found for name in NAMES if (found := shutil.which(name))), None)
needs_browser = pytest.mark.skipif(
    BROWSER is None, reason=f"no browser here to train in: none of {', '.join(NAMES)}"
)

RUN = """
<script>
try {{ parent.results[{name}] = (() => {{ {script} }})(); }}
catch (error) {{ parent.results[{name}] = {{ error: String(error.stack) }}; }}
</script></body>"""
FRAMES = """<!DOCTYPE html><meta charset="utf-8"><body><script>var results = {{}};</script>
{frames}
<script>
addEventListener("load", () => {{
  document.body.innerHTML = "<pre></pre>";
  document.querySelector("pre").textContent = JSON.stringify(results);
}});
</script></body>"""


def results(pages: Mapping[str, tuple[str, str]], folder: Path) -> dict[str, Any]:
    """What each page's script returns. pages: by name, (HTML, the body of a function)."""
    frames = []
    for name, (html, script) in pages.items():
        whole = html.replace("</body>", RUN.format(name=json.dumps(name), script=script))
        whole = whole.replace("&", "&amp;").replace('"', "&quot;")
        frames.append(f'<iframe width="1200" height="900" srcdoc="{whole}"></iframe>')
    file = folder / "pages.html"
    file.write_text(FRAMES.format(frames="\n".join(frames)), encoding="utf-8")
    assert BROWSER is not None
    options = (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--dump-dom",
        f"--user-data-dir={folder}",
    )
    command = [BROWSER, *options, file.as_uri()]
    dump = subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE, check=True
    ).stdout
    found = re.search(r"<pre>(.*)</pre>", dump, re.DOTALL)
    assert found, dump[:2000]
    text = found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    told: dict[str, Any] = json.loads(text)
    for name in pages:
        assert "error" not in told[name], told[name]["error"]
    return told
