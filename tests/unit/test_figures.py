"""Every figure of tables, with one or many datasets, and with runs missing."""

import sys
from inspect import signature

import numpy as np
import pandas as pd
import pytest

from selfstudy.analysis import CURVE, ONE_NETWORK, PAPER, READINGS, figures
from selfstudy.analysis.figures import (
    MEASURED,
    fig1,
    fig3,
    fig4,
    fig5,
    fig6,
    fig7,
    fig8,
    fig9,
    fig10,
    list_figures,
    read_figure,
)
from selfstudy.analysis.figures.style import LOOKS, assign_looks, say_missing, title_start
from selfstudy.analysis.measures import use_measure
from selfstudy.configuration import CONFIG
from selfstudy.drawing import save
from selfstudy.errors import ConfigurationError
from selfstudy.factors import pair_datasets
from selfstudy.sweep.check import read_configuration
from selfstudy.sweep.runs import Sweep

LABELS = [100, 1000, 10_000]
HEIGHTS = {"scratch": 0, "vae": 0.02, "cmc": 0.1}


def runs(datasets=("0000", "1000", "0110"), backbones=("r9", "r50"), tasks=("classify", "pose")):
    rng = np.random.default_rng(0)
    keys = ["dataset", "backbone", "task", "pretext", "labels", "seed"]
    values = (datasets, backbones, tasks, HEIGHTS, LABELS, [0, 1])
    table = pd.MultiIndex.from_product(values, names=keys).to_frame(index=False)
    base = np.log10(table["labels"]) / 5 + table["pretext"].map(HEIGHTS)
    return table.assign(accuracy=base + 0.01 * rng.standard_normal(len(table)))


def titles(figure):
    return [axes.get_title() for axes in figure.axes]


def test_outcomes_are_counted():
    figure = fig1.draw(runs())
    assert sum(int(title.split("\n")[1].split()[0]) for title in titles(figure)) <= 24
    assert "24 measured curves" in figure.get_supxlabel()


def test_a_panel_a_task_and_dataset():
    table = runs(backbones=["r9"])
    assert titles(fig4.draw(table, LOOKS))[::3] == [
        "Classify, 0000 (----), r9",
        "Pose, 0000 (----), r9",
    ]
    assert len(fig4.draw(table[table["task"] == "pose"], LOOKS).axes) == 3


def test_backbones_stand_side_by_side():
    table = runs(tasks=["classify"])
    alone = (table["dataset"] == "1000") & (table["backbone"] == "r50")
    assert titles(fig5.draw(table[~alone], LOOKS)) == [
        "0000 (----), r9",
        "0000 (----), r50",
        "0110 (-CV-), r9",
        "0110 (-CV-), r50",
    ]


def test_factors_are_compared_where_the_others_are_equal():
    table = runs(["0000", "1000", "0110", "0100", "mine"], ["r9"], ["classify"])
    assert pair_datasets(table["dataset"].unique()) == {
        "texture": [("0000", "1000")],
        "color": [("0000", "0100")],
        "viewpoint": [("0100", "0110")],
        "lighting": [],
    }
    panels = fig6.draw(table, LOOKS).axes
    lines = [[line for line in axes.lines if len(line.get_xdata()) == 2] for axes in panels]
    assert [len(found) - 1 for found in lines] == [2, 2, 2, 0]  # methods, beside zero's line


def test_scenes_are_not_paired_with_single_objects():
    found = pair_datasets(["0111", "0111-multi", "1111-multi", "1111"])
    assert found["texture"] == [("0111", "1111"), ("0111-multi", "1111-multi")]


def test_linear_evaluation_is_shown_where_both_are_there():
    table = runs(["0000", "1000"], ["r9"], ["classify"])
    linear = table[(table["pretext"] != "scratch") & (table["labels"] > 100)]
    figure = fig7.draw(table, linear, LOOKS)
    assert [title.split("\n")[0] for title in titles(figure)] == [
        "Classify, r9, 1k labels",
        "Classify, r9, 10k labels",
    ]
    assert "n = 4, too few" in titles(figure)[0]
    many = runs(["0000", "1000", "0100"], ["r9"], ["classify"])
    figure = fig7.draw(many, many[many["pretext"] != "scratch"], LOOKS)
    assert "Spearman" in titles(figure)[0]


def test_training_curves_are_of_the_fewest_and_the_most_labels():
    table = runs(["0000"], ["r9"], ["classify"])
    rounds = [table.assign(round=n, valid_accuracy=table["accuracy"] * n) for n in (1, 2)]
    figure = fig8.draw(pd.concat(rounds), LOOKS)
    assert titles(figure) == [
        "0000 (----), classify, 100 labels",
        "0000 (----), classify, 10k labels",
    ]
    assert [len(axes.lines) for axes in figure.axes] == [3, 3]


def test_frozen_layers_stand_between_finetuning_and_linear_evaluation():
    table = runs(["0000", "1000"], ["r9"], ["classify"])
    pretrained = table[table["pretext"] != "scratch"]
    frozen = [
        pretrained[pretrained["labels"] == 1000].assign(
            layer=layer, accuracy=pretrained["accuracy"] - layer / 100
        )
        for layer in (0, 2)
    ]
    figure = fig9.draw(table, pd.concat(frozen), pretrained.assign(accuracy=0.1), LOOKS)
    assert titles(figure) == ["0000 (----), 1k labels", "1000 (T---), 1k labels"]
    panel = figure.axes[0]
    assert [tick.get_text() for tick in panel.get_xticklabels()] == ["none", "0", "0-2", "all"]
    scratch, vae, cmc = panel.lines
    at = (table["dataset"] == "0000") & (table["labels"] == 1000) & (table["pretext"] == "cmc")
    mean = table[at]["accuracy"].mean()
    assert cmc.get_ydata() == pytest.approx([mean, mean, mean - 0.02, 0.1])
    assert len(scratch.get_xdata()) == len(vae.get_xdata()) - 2
    nearest = pretrained.assign(accuracy=0.1, knn_accuracy=0.2)
    panel = fig9.draw(table, pd.concat(frozen), nearest, LOOKS).axes[0]
    assert [tick.get_text() for tick in panel.get_xticklabels()][-2:] == ["all", "all (kNN)"]
    assert panel.lines[2].get_ydata()[-2:] == pytest.approx([0.1, 0.2])
    of_f1 = table.assign(measure="macro_f1")
    panel = fig9.draw(of_f1, pd.concat(frozen), nearest, LOOKS).axes[0]
    assert panel.get_xticklabels()[-1].get_text() == "all"


def test_methods_are_joined_that_do_not_differ():
    table = runs([f"{n:04b}" for n in range(12)], ["r9"], ["classify"])
    worse = (table["pretext"] == "vae") & (table["dataset"] < "0101")
    table.loc[worse, "accuracy"] -= 0.1  # so that VAE is below scratch on five
    figure = fig10.draw(table, LOOKS)
    # Nemenyi's critical difference of 3 methods on 12 datasets (Demšar's q of 2.343) is 0.96.
    assert [title.endswith(", CD = 0.96") for title in titles(figure)] == [True] * 3
    assert titles(figure)[0].startswith("Classify, 100 labels, n = 12\np = ")
    panel = figure.axes[0]
    assert [text.get_text().strip() for text in panel.texts] == ["CMC", "VAE", "From scratch"]
    joined = [sorted(bar.get_xdata()) for bar in panel.lines if bar.get_linewidth() == 2]
    assert joined == [pytest.approx([2 + 5 / 12, 2 + 7 / 12])], "CMC, at 1, is better than both"


def test_intervals_are_drawn_as_far_as_utility_can_be_measured():
    table = runs(["0000"], ["r9"], ["classify"])
    _, below = fig3.draw(table, LOOKS).axes
    ends = np.concatenate([bars.get_segments() for bars in below.collections[:2]])[..., 1]
    assert np.isfinite(ends).all()
    assert ends.max() <= LABELS[-1] / LABELS[0] - 1


@pytest.mark.slow
@pytest.mark.parametrize("figure", [fig3, fig4, fig5, fig6])
def test_utility_is_read_as_asked_for(figure):
    table = runs(backbones=["r9", "r50"] if figure is fig5 else ["r9"], tasks=["classify"])

    def draw(*interpolation):
        axes = figure.draw(table, LOOKS, *interpolation).axes
        return np.concatenate([np.ravel(line.get_ydata()) for each in axes for line in each.lines])

    curve = draw(CURVE)
    assert np.array_equal(draw(), curve, equal_nan=True)
    assert not np.array_equal(draw(PAPER), curve, equal_nan=True)


def test_captions_say_how_utility_is_read_and_what_intervals_do_not_know():
    for interpolation, reading in READINGS.items():
        shown = list_figures(make_sweep("config", interpolation=interpolation))
        captions = {name: figure.caption for name, figure in shown.items()}
        assert [name for name in captions if captions[name].endswith(f" {reading}")] == [
            "fig3",
            "fig4",
            "fig5",
            "fig6",
        ]
        assert sum(reading in caption for caption in captions.values()) == 4
        known = [name for name in captions if f" {ONE_NETWORK}" in captions[name]]
        assert known == ["fig1", "fig3", "fig4", "fig5"]


def test_captions_name_what_is_measured():
    sweep = make_sweep("config", measure="balanced_accuracy")
    captions = {name: figure.caption for name, figure in list_figures(sweep).items()}
    said = "Measured by balanced accuracy, not accuracy."
    of_runs = ["fig1", "fig3", "fig4", "fig5", "fig6", "fig7", "fig9", "fig10"]
    assert [name for name in captions if captions[name].endswith(said)] == of_runs
    assert captions["fig3"].startswith("Validation balanced accuracy and utility on")
    assert captions["fig8"].startswith("Validation accuracy while training")


@pytest.mark.parametrize(
    ("figure", "label"),
    [(fig1, "AUROC"), (fig3, "AUROC"), (fig7, "Finetuned (AUROC)"), (fig9, "AUROC")],
)
def test_axes_name_what_is_measured(figure, label):
    table = runs(["0000"], ["r9"], ["classify"])
    tables = {
        "runs": table,
        "linear": table[table["pretext"] != "scratch"],
        "frozen": table[table["pretext"] != "scratch"].assign(layer=2),
        "looks": LOOKS,
    }
    for measure, expected in (("accuracy", label.replace("AUROC", "Accuracy")), ("auroc", label)):
        shown = {
            name: use_measure(each.assign(auroc=0.5), measure) if name in MEASURED else each
            for name, each in tables.items()
        }
        drawn = figure.draw(
            **{name: shown[name] for name in signature(figure.draw).parameters if name in shown}
        )
        assert expected.removesuffix(" (Accuracy)") in [axes.get_ylabel() for axes in drawn.axes]


def test_captions_say_how_many_networks_intervals_know():
    def list_captions(**changes):
        sweep = make_sweep("config", **changes)
        return [read_figure(name, sweep).caption for name in ("fig1", "fig3", "fig4", "fig5")]

    several = list_captions(pretrain_seeds=[0, 1])
    assert all("has 2 pretrained networks, and intervals know" in said for said in several)
    assert not any(ONE_NETWORK in said or "these weights alone" in said for said in several)
    weights = {"mine": {"file": "a.pt"}}
    mixed = list_captions(pretrain_seeds=[0, 1], weights=weights)
    assert all("Those of mine are about these weights alone." in said for said in mixed)
    alone = list_captions(pretrain_seeds=[0, 1], weights=weights, pretext=["scratch"])
    assert all(ONE_NETWORK in said for said in alone)


def test_missing_jobs_are_counted_below_a_figure():
    figure = fig3.draw(runs(["0000"], ["r9"], ["classify"]), LOOKS)
    say_missing(figure, 0, 9)
    assert not figure.texts
    say_missing(figure, 2, 9)
    assert figure.texts[0].get_text() == "2 of 9 jobs are not done and left out"


@pytest.mark.slow
@pytest.mark.parametrize("figure", [fig3, fig4, fig5, fig6, fig10])
@pytest.mark.parametrize("datasets", [["0000"], [f"{n:04b}" for n in range(12)]])
def test_one_or_twelve_datasets(figure, datasets, tmp_path):
    table = runs(datasets, ["r9", "r50"] if figure is fig5 else ["r9"], ["classify"])
    save(fig1.draw(table), tmp_path / "first.png")
    save(figure.draw(table, LOOKS), tmp_path / "whole.png")
    assert (tmp_path / "whole.png").stat().st_size > 3000
    lost = (table["pretext"] == "cmc") & (table["labels"] == 1000)
    save(figure.draw(table[~lost], LOOKS), tmp_path / "some_missing.pdf")
    assert (tmp_path / "some_missing.pdf").stat().st_size > 3000


def test_starts_have_looks_in_their_order():
    methods = ["simclr", "moco", "byol", "dino", "swav", "vicreg", "imagenet", "mine", "theirs"]
    starts = ["scratch", "vae", "rotate", *methods, "amdim_ref", "a", "b"]
    looks = assign_looks(starts)
    assert len({look[1:] for look in looks.values()}) == len(looks) >= 17
    assert {name: looks[name] for name in LOOKS} == LOOKS
    first = [looks[name] for name in methods[:5]]
    assert len({look.color for look in first}) == len({look.marker for look in first}) == 5
    assert assign_looks(["simclr", "vae", "moco"])["moco"] == looks["moco"]
    titles = [title_start(name) for name in ("scratch", "simclr", "imagenet", "mine")]
    assert titles == ["From scratch", "SimCLR", "ImageNet", "mine"]


def test_a_line_has_the_look_of_its_start():
    table = runs(["0000"], ["r9"], ["classify"]).replace({"pretext": {"vae": "simclr"}})
    looks = assign_looks(["scratch", "moco", "simclr", "cmc"])
    above, below = fig3.draw(table, looks).axes
    for axes in (above, below):
        line = next(line for line in axes.lines if line.get_label() == "SimCLR")
        assert (line.get_color(), line.get_marker()) == looks["simclr"][1:]


def make_sweep(name, **changes):
    return Sweep(read_configuration(CONFIG / f"{name}.yaml") | changes)


def test_figures_that_a_sweep_has_something_for():
    shown = list_figures(make_sweep("config"))
    assert list(shown) == [f"fig{number}" for number in range(1, 11)]
    assert all(figure.caption.endswith(".") for figure in shown.values())
    first = make_sweep("config").list_finetuned(["classify"], ["r9"])
    assert shown["fig3"].inputs == {"runs": first}
    assert shown["fig3"].files == len(first) == 12 * 5 * 8
    histories = [path.replace("metrics", "history") for path in first]
    assert shown["fig8"].inputs == {"histories": histories}
    assert shown["fig9"].inputs.keys() == {"runs", "frozen", "linear"}
    assert all("/r50/" in path for path in shown["fig4"].inputs["runs"])
    assert list(list_figures(make_sweep("demo"))) == ["fig1", "fig2", "fig3", "fig7", "fig8"]
    assert list(list_figures(make_sweep("cifar"))) == ["fig1", "fig3", "fig7", "fig8"]
    assert list(list_figures(make_sweep("difficulty"))) == ["fig2", "fig3", "fig8"]


def test_weights_are_shown_where_they_are_compared():
    weights = {"imagenet": {"timm": "resnet50", "backbones": ["r50"]}}
    shown = list_figures(make_sweep("config", pretext=["scratch"], weights=weights))
    assert list(shown) == ["fig1", "fig2", "fig3", "fig4", "fig7", "fig8"]
    assert all("/r50/" in path for path in shown["fig1"].inputs["runs"])
    weights = {"imagenet": {"timm": "resnet50"}}
    shown = list_figures(make_sweep("config", pretext=["scratch"], weights=weights))
    assert list(shown) == [f"fig{number}" for number in range(1, 10)]


FIGURE = '''"""Figure 12: made up."""

CAPTION = "Made up."


def list_inputs(sweep):
    """List depth."""
    return {"runs": sweep.list_finetuned(["depth"])}


def draw(runs):
    """Draw nothing."""
'''


def test_a_figure_is_one_file(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "__path__", [*figures.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, f"{figures.__name__}.fig12", raising=False)
    (tmp_path / "fig12.py").write_text(FIGURE)
    sweep = make_sweep("config")
    shown = list_figures(sweep)
    assert list(shown) == [f"fig{number}" for number in (*range(1, 11), 12)]
    assert shown["fig12"].caption == "Made up."
    assert shown["fig12"].inputs == {"runs": sweep.list_finetuned(["depth"])}
    assert "fig12" not in list_figures(make_sweep("demo"))
    monkeypatch.delitem(sys.modules, f"{figures.__name__}.fig12")
    (tmp_path / "fig12.py").write_text(FIGURE.replace("CAPTION", "TITLE"))
    with pytest.raises(ConfigurationError, match=r"fig12.py: expected CAPTION in a figure's file"):
        list_figures(sweep)


def test_a_sweep_is_content_with_a_part_of_a_figure(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sweep = make_sweep("demo", partial=True)
    shown = list_figures(sweep)["fig2"]
    assert shown.keep_present(sweep) == {"packed": []}
    assert shown.files == 1
