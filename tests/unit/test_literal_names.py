"""Names that users bring, of any characters: figures and tables show them as they are."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from selfstudy.analysis.claims import Finding, compose_claims_page, format_claims
from selfstudy.analysis.difficulty import measure_difficulty
from selfstudy.analysis.escaping import escape_latex, escape_markdown, show_name
from selfstudy.analysis.figures import (
    difficulty,
    fig1,
    fig2,
    fig3,
    fig4,
    fig5,
    fig6,
    fig7,
    fig8,
    fig9,
    fig10,
)
from selfstudy.analysis.figures.style import assign_looks, fit_text, title_start
from selfstudy.analysis.layout import format_latex, format_markdown, lay_out
from selfstudy.analysis.runs import average_accuracy
from selfstudy.data.packed import OBJECT, Sample, encode_png, write_packed
from selfstudy.drawing import RC, save

NAMES = ["$\\frac{$", "_a_b^2", "100 %", "two\nlines", "$x$", "<b>|*&", "None", "x" * 200, "{0}"]
STARTS = ["scratch", "vae", *NAMES]


def list_texts(figure):
    """All texts of a figure that are seen, each on one line."""
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]
    return [text.get_text().replace("\n", "") for text in texts]


def runs(datasets, starts):
    keys = ["dataset", "backbone", "task", "pretext", "labels", "seed"]
    values = (datasets, ["$r9", "r_50$"], ["classify", "$\\po$se"], starts, [100, 1000], [0, 1])
    table = pd.MultiIndex.from_product(values, names=keys).to_frame(index=False)
    noise = 0.01 * np.random.default_rng(0).standard_normal(len(table))
    return table.assign(accuracy=np.log10(table["labels"]) / 5 + noise)


def draw_all(table, looks):
    """Every figure of runs, by its name."""
    pretrained = table[table["pretext"] != "scratch"]
    first = table[(table["backbone"] == "$r9") & (table["task"] == "classify")]
    rounds = pd.concat([first.assign(round=n, valid_accuracy=first["accuracy"]) for n in (1, 2)])
    yield "fig1", fig1.draw(table)
    yield "fig3", fig3.draw(first, looks)
    yield "fig4", fig4.draw(table[table["backbone"] == "$r9"], looks)
    yield "fig5", fig5.draw(table[table["task"] == "classify"], looks)
    yield "fig6", fig6.draw(first, looks)
    yield "fig7", fig7.draw(table, pretrained, looks)
    yield "fig8", fig8.draw(rounds, looks)
    yield "fig9", fig9.draw(first, pretrained.assign(layer=0), first, looks)
    yield "fig10", fig10.draw(first, looks)


@pytest.mark.slow
def test_figures_of_runs_show_names_as_they_are():
    looks = assign_looks(STARTS)
    table = runs(["0000", "1000", "$\\frac{$"], ["scratch", *NAMES[:2], NAMES[3], *NAMES[-2:]])
    for name, figure in draw_all(table, looks):
        with mpl.rc_context(RC):
            figure.draw_without_rendering()
        texts = "\n".join(list_texts(figure))
        expected = {
            "fig1": [],
            "fig6": ["$\\frac{$", "'_a_b^2'", "{0}"],
            "fig10": ["$\\frac{$", "'_a_b^2'", "{0}"],
            "fig7": ["$\\frac{$", "$\\po$se, $r9", "r_50$", "'_a_b^2'"],
        }
        for shown in expected.get(name, ["$\\frac{$", "two\\nlines", "'_a_b^2'", "x" * 200]):
            assert shown in texts, name


@pytest.fixture
def packed(tmp_path):
    """A packed file of an image of each class."""
    objects = np.zeros((len(NAMES), 1), OBJECT)
    objects["class"][:, 0] = np.arange(len(NAMES))
    images = np.zeros((len(NAMES), 8, 8, 3), np.uint8)
    path = tmp_path / "imgs_00.h5"
    samples = map(Sample, map(encode_png, images), objects)
    write_packed(path, len(NAMES), samples, {"dataset": "0110", "classes": NAMES})
    return path


@pytest.mark.parametrize("form", ["png", "pdf"])
def test_figures_of_classes_show_names_as_they_are(packed, tmp_path, form):
    figure = fig2.draw({"0110": [packed], "$\\frac{$ too": [packed]})
    save(figure, tmp_path / f"fig2.{form}")
    texts = list_texts(figure)
    assert set(map(show_name, NAMES[:7])) <= set(texts)
    assert "$\\frac{$too" in texts, "a dataset's, on two lines"
    assert "x" * 38 + "…" in texts
    confusion = pd.DataFrame(
        {
            "classifier": "network",
            "label": np.repeat(NAMES, len(NAMES)),
            "predicted": np.tile(NAMES, len(NAMES)),
            "images": np.eye(len(NAMES), dtype=int).ravel(),
        }
    )
    both = [confusion, confusion.assign(classifier="mean colour")]
    pd.concat(both).to_csv(tmp_path / "confusion.csv", index=False)
    figure = difficulty.draw({"$\\frac{$": tmp_path / "confusion.csv"})
    save(figure, tmp_path / f"confusion.{form}")
    texts = list_texts(figure)
    assert {"$\\frac{$: 1.00", "$x$", "two\\nlines", "None", "x" * 19 + "…"} <= set(texts)
    found = measure_difficulty({"mine": tmp_path / "confusion.csv"})
    assert found["accuracy"].tolist() == [1], "of all classes, the one called None among them"


def test_tables_show_names_as_they_are():
    table = lay_out(average_accuracy(runs(["$\\frac{$", "two\nlines"], ["scratch", *NAMES[4:6]])))
    markdown, latex = format_markdown(table), format_latex(table)
    assert all(line.count(" | ") == 5 for line in markdown.splitlines()[2:])
    assert len(markdown.splitlines()) == 2 + len(table)
    assert r"| \$x\$ " in markdown
    assert r"| \<b\>\|\*\& " in markdown
    assert r"\$\textbackslash{}frac\{\$" in latex
    assert r"two\textbackslash{}nlines" in latex
    assert r"\textless{}b\textgreater{}\textbar{}{*}\&" in latex


def test_names_are_escaped():
    assert escape_latex("a_b%#{x}~^[--") == (
        r"a\_b\%\#\{x\}\textasciitilde{}\textasciicircum{}{[}-{}-"
    )
    assert escape_markdown("my_own") == "my_own"
    assert escape_markdown("_a_|`b`\n") == r"\_a\_\|\`b\`\\n"


def test_claims_show_names_as_they_are():
    found = [Finding("Of |$x$", "<b>_a_</b>", 5, 0.5, 0.1, 0.9, 0.3, "undecided")]
    assert r"| Of \|\$x\$ | \<b\>\_a\_\</b\> |" in format_claims(found, "")
    assert "<td>&lt;b&gt;_a_&lt;/b&gt;</td>" in compose_claims_page(found, "")


def test_a_name_like_anothers_title_is_told_apart():
    looks = assign_looks(["scratch", "vae", "VAE", "simclr", "SimCLR"])
    assert len({look.label for look in looks.values()}) == len(looks)
    assert [title_start(name) for name in ("VAE", "vae", "SimCLR")] == ["'VAE'", "VAE", "'SimCLR'"]


def test_long_texts_are_broken_and_cut():
    assert fit_text("abcdef gh", 4) == "abcd\nef\ngh"
    assert fit_text("ab\ncd", 4) == "ab\ncd"
    assert fit_text("a" * 99, 4, lines=2) == "aaaa\naaa…"
