"""The report: what it holds, and what a reader finds in it, in a browser and offline."""

import io
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.xdist_group("report")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Opens a category, as a reader would, and leaves in the page what is to be seen then.
READER = """<script>
setTimeout(() => [...document.querySelectorAll("a")]
  .find((each) => each.textContent.trim() === "CATEGORY").click(), 1000);
setTimeout(() => {
  const found = document.createElement("pre");
  found.id = "found";
  found.textContent = document.body.innerText;
  document.body.append(found);
}, 2000);
</script>"""
FOUND = {
    "Figures": ("fig1", "fig2", "fig3", "fig7", "fig8", "fig9"),
    "Tables": ("accuracy.csv", "utility.csv", "runs.csv", "ranks.csv"),
    "Decision": ("decision.html",),
    "Claims": ("claims.html",),
    "Provenance": ("about.html",),
}


@pytest.fixture(scope="module")
def report(finished, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    finished.snakemake("--report", path)
    return path


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


def test_it_holds_figures_tables_and_claims(report):
    page = report.read_text()
    for name in (
        "fig1.png",
        "fig8.pdf",
        "utility.csv",
        "claims.html",
        "decision.html",
        "about.html",
    ):
        assert name in page
    assert "drawn as the truth might be" in page
    assert page.count("from a curve that bends between budgets") >= 3, "figures, tables, claims"


def test_a_reader_finds_figures_tables_and_claims(report, browser, tmp_path):
    before, end, after = report.read_text().rpartition("</body>")
    for category, names in FOUND.items():
        page = tmp_path / f"{category}.html"
        page.write_text(before + READER.replace("CATEGORY", category) + end + after)
        found = browser(page, "--dump-dom").rpartition('<pre id="found">')[2]
        assert all(name in found for name in names), (category, found)
    picture = tmp_path / "report.png"
    browser(report, f"--screenshot={picture}")
    pixels = np.asarray(Image.open(io.BytesIO(picture.read_bytes())).convert("L"))
    assert pixels.shape == (1000, 1400)
    assert 5 < pixels.std() < 120, "neither empty nor noise"
