"""The report in a browser: what a reader finds in it, offline."""

import io
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Opens each category, as a reader would, and leaves what it says in the page.
READER = """<script>
const seen = [];
const open = (name) => [...document.querySelectorAll("a, button")]
  .find((each) => each.textContent.trim() === name).click();
const steps = ["Claims", "Tables", "About", "Figures"].map((name) => () => {
  open(name);
  setTimeout(() => seen.push(name + ": " + document.body.innerText), 400);
});
steps.forEach((step, number) => setTimeout(step, 1000 + 1000 * number));
setTimeout(() => {
  const found = document.createElement("pre");
  found.id = "found";
  found.textContent = seen.join("\\n");
  document.body.append(found);
}, 1500 + 1000 * steps.length);
</script>"""


@pytest.fixture
def browser():
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("there is no Chromium")

    def run(page, *arguments):
        command = [path, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,1000"]
        command += ["--proxy-server=127.0.0.1:9", "--virtual-time-budget=20000", *arguments]
        done = subprocess.run(
            [*command, page.as_uri()], capture_output=True, timeout=120, check=True
        )
        return done.stdout.decode()

    return run


def test_a_reader_finds_figures_tables_and_claims(finished, browser, tmp_path):
    finished.snakemake("--report", tmp_path / "report.html")
    page = tmp_path / "read.html"
    text = (tmp_path / "report.html").read_text()
    page.write_text(text.replace("</body>", READER + "</body>"))
    found = browser(page, "--dump-dom").partition('<pre id="found">')[2]
    for name in ("fig1", "fig9", "accuracy.csv", "utility.csv", "claims.html", "about.html"):
        assert name in found, name
    picture = tmp_path / "report.png"
    browser(tmp_path / "report.html", f"--screenshot={picture}")
    pixels = np.asarray(Image.open(io.BytesIO(picture.read_bytes())).convert("L"))
    assert pixels.shape == (1000, 1400)
    assert 5 < pixels.std() < 120, "neither empty nor noise"
