"""The Python interface: what a program of one's own does with the package."""

import numpy as np
import pandas as pd
import pytest
import tiny
import torch
import torch.nn.functional as F
from torch import nn

import selfstudy
from selfstudy import cli
from selfstudy.augment import View
from selfstudy.configuration import load_configuration
from selfstudy.data.names import BUCKETS, name_bucket
from selfstudy.data.packed import OBJECT, Sample, encode_png, write_packed
from selfstudy.data.prepare import prepare
from selfstudy.errors import ConfigurationError, DataError
from selfstudy.methods.base import Method
from selfstudy.methods.rotate import Rotate
from selfstudy.snapshots import read_snapshot
from selfstudy.tasks.base import Labels, Task

pytestmark = pytest.mark.usefixtures("one_thread")

NEAR = np.cos(np.radians(15))


@pytest.fixture
def data(prepared):
    return selfstudy.open_dataset(prepared)


def make():
    return selfstudy.make_backbone("resnet9", width=4, out_feats=8)


def list_written(folder):
    """When each seed's run was written."""
    return {path.parent.name: path.stat().st_mtime_ns for path in folder.glob("seed*/metrics.csv")}


@pytest.mark.slow
def test_the_whole_way_in_ten_lines(prepared, tmp_path):
    data = selfstudy.open_dataset(prepared)
    recipe = tiny.make_tiny_recipe()
    rotate = selfstudy.pretrain(Rotate(make()), data, tmp_path / "rotate", recipe)
    starts = {"scratch": selfstudy.Scratch(make), "rotate": rotate}
    runs = selfstudy.compare(
        starts, "classify", data, tmp_path / "runs", labels=[20, 40], recipe=recipe
    )
    utility = selfstudy.measure_utility(runs)
    backbone = selfstudy.load(tmp_path / "rotate")

    assert len(runs) == 4
    assert runs["accuracy"].between(0, 1).all()
    assert runs["labels"].tolist() == [20, 40, 20, 40]
    assert runs["pretext"].tolist() == ["scratch"] * 2 + ["rotate"] * 2
    by_budget = runs.groupby("labels")["label_subset"].nunique()
    assert (by_budget == 1).all(), "starts are compared on the same images"
    assert utility["pretext"].tolist() == ["rotate"] * 2
    assert utility["labels"].tolist() == [20, 40]
    assert backbone(torch.rand(2, 3, 16, 16)).pooled.shape == (2, 8)


def test_pretraining_that_is_done_is_not_repeated(data, tmp_path):
    def pretrain(weights, **settings):
        torch.manual_seed(weights)
        recipe = tiny.make_tiny_recipe(**settings)
        start = selfstudy.pretrain(Rotate(make()), data, tmp_path / "run", recipe)
        return start.path.stat().st_mtime_ns

    first = pretrain(weights=0)
    assert pretrain(weights=0) == first
    other = pretrain(weights=1)
    assert other != first
    assert pretrain(weights=1, flip=False) != other


def test_everything_is_found_by_its_name():
    for name in selfstudy.__all__:
        assert getattr(selfstudy, name) is not None
    assert set(selfstudy.__all__) <= set(dir(selfstudy))
    with pytest.raises(AttributeError, match="no attribute 'pretrian'"):
        _ = selfstudy.pretrian


def test_pretraining_gives_the_start_that_its_snapshot_is(data, tmp_path):
    recipe = tiny.make_tiny_recipe()
    method = Rotate(make())
    before = tiny.copy_weights(method.backbone)
    start = selfstudy.pretrain(method, data, tmp_path, recipe)
    content = read_snapshot(tmp_path / "snapshot.pt")
    tiny.assert_equal(start.make_backbone().state_dict(), content["weights"])
    assert not torch.equal(before["stem.0.weight"], content["weights"]["stem.0.weight"])
    assert content["input"] == data.input
    assert content["trained"]["method"] == "rotate"
    assert content["trained"]["seed"] == 0
    history = pd.read_csv(tmp_path / "history.csv")
    assert {"valid_acc_mlp_pose", "train_acc_rotate", "valid_accuracy"} <= set(history)


def test_probes_are_any_or_none(data, tmp_path):
    task = selfstudy.find_task("classify")
    recipe = tiny.make_tiny_recipe()
    selfstudy.pretrain(Rotate(make()), data, tmp_path / "one", recipe, {"mine": task(8, 10)})
    selfstudy.pretrain(Rotate(make()), data, tmp_path / "none", recipe, {})
    one, none = (pd.read_csv(tmp_path / each / "history.csv") for each in ("one", "none"))
    assert "train_loss_mine" in one
    assert "train_accuracy" in one
    assert "train_accuracy" not in none
    tiny.assert_equal(
        *(read_snapshot(tmp_path / each / "snapshot.pt")["weights"] for each in ("none", "none"))
    )


def test_finetuning_equals_the_command(prepared, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bindings = [
        "session.precision = 'float32'",
        "session.labels = 20",
        "BaseDataset.input_res = 16",
        "rounds.min_round = 50",
        "dataloader.batch_size = 25",
        "scheduler.milestones = [1, 2]",
        "ResNet.width = 4",
        "ResNet.out_feats = 8",
    ]
    recipe = load_configuration(["syn/r9/classify"], bindings).recipe
    data = selfstudy.open_dataset(prepared)
    found = selfstudy.finetune(
        "classify", selfstudy.Scratch(make), data, tmp_path / "api", 20, recipe, seeds=[0, 1]
    )
    for seed in (0, 1):
        words = ["train", "-q", "-g", "syn/r9/classify", "--data", str(prepared)]
        cli.main([*words, "-e", f"seed{seed}", "--seed", str(seed), "-p", *bindings])
        run, mine = tmp_path / f"results/runs/seed{seed}", tmp_path / f"api/seed{seed}"
        for name in ("history.csv", "metrics.csv"):
            assert (run / name).read_text() == (mine / name).read_text()
    assert found["seed"].tolist() == [0, 1]
    assert found["label_subset"].nunique() == 2


def test_adding_a_seed_trains_that_seed_alone(data, tmp_path):
    recipe, start = tiny.make_tiny_recipe(), selfstudy.Scratch(make)
    first = selfstudy.finetune("classify", start, data, tmp_path, 20, recipe, seeds=[0])
    written = list_written(tmp_path)
    both = selfstudy.finetune("classify", start, data, tmp_path, 20, recipe, seeds=[0, 1])
    assert list_written(tmp_path)["seed0"] == written["seed0"]
    assert both["seed"].tolist() == [0, 1]
    assert both["accuracy"][0] == first["accuracy"][0]


class Light(Task):
    """The sine and the cosine of the light's angle, by the mean square error."""

    @classmethod
    def read_labels(cls, source):
        directions = source.read_field("light")[:, 1:] / 1.5
        return Labels(directions.astype(np.float32), outputs=2)

    def evaluate(self, predictions, labels):
        within = F.cosine_similarity(predictions, labels) > NEAR
        return {"loss": F.mse_loss(predictions, labels), "accuracy": within.double().mean()}


class Dark(Light):
    """The same, the other way."""

    def evaluate(self, predictions, labels):
        return super().evaluate(predictions, -labels)


@pytest.fixture
def lit(tmp_path):
    """A prepared file of images whose brightest side is where the light comes from."""
    rng = np.random.default_rng(0)
    paths = [tmp_path / "lit" / name_bucket(bucket) for bucket in range(BUCKETS)]
    across = np.linspace(-1, 1, 16)
    for path in paths:
        angles = rng.uniform(0, 2 * np.pi, 10)
        objects = np.zeros((10, 1), OBJECT)
        objects["class"][:, 0] = np.arange(10)
        objects["rot_mat"][:, 0] = np.eye(3)
        objects["light"][:, 0, 1:] = 1.5 * np.stack([np.sin(angles), np.cos(angles)], 1)
        sides = (
            np.sin(angles)[:, None, None] * across + np.cos(angles)[:, None, None] * across[:, None]
        )
        images = np.repeat((127 + 80 * sides)[..., None], 3, -1).astype(np.uint8)
        samples = map(Sample, map(encode_png, images), objects)
        write_packed(path, 10, samples, {"dataset": "0001"})
    prepare(paths, tmp_path / "lit.h5", "0001", 16, "lab", seed=0)
    return selfstudy.open_dataset(tmp_path / "lit.h5")


@pytest.mark.slow
def test_seeds_take_several_networks_in_turn(data, tmp_path):
    recipe, networks = tiny.make_tiny_recipe(), []
    for seed in range(2):
        torch.manual_seed(seed)
        folder = tmp_path / f"rotate{seed}"
        networks.append(selfstudy.pretrain(Rotate(make()), data, folder, recipe, seed=seed))

    def compare(networks, folder, seeds=(0, 1, 2)):
        starts = {"scratch": selfstudy.Scratch(make), "rotate": networks}
        return selfstudy.compare(
            starts, "classify", data, tmp_path / folder, [20], recipe, seeds=seeds
        ).set_index(["pretext", "seed"])

    several = compare(networks, "several")
    assert several["pretrain_seed"].fillna(-1).tolist() == [-1] * 3 + [0, 1, 0]
    each = [compare(network, f"one{place}") for place, network in enumerate(networks)]
    losses = several.loc["rotate", "train_loss"]
    assert losses.tolist() == [
        each[place].loc[("rotate", s), "train_loss"] for s, place in enumerate([0, 1, 0])
    ]
    assert losses[1] != each[0].loc[("rotate", 1), "train_loss"]
    assert each[0]["pretrain_seed"].isna().all()
    for wrong in (networks, []):
        with pytest.raises(ConfigurationError, match="starts, and 1 seeds that take them in turn"):
            compare(wrong, "wrong", seeds=[0])


def test_a_task_of_ones_own_has_its_own_outputs(lit, tmp_path):
    recipe = tiny.make_tiny_recipe(
        milestones=[1, 6], target_lrs=[0, 1e-2, 1e-3], min_round=100, crop=False, flip=False
    )
    start = selfstudy.Scratch(make)
    found = selfstudy.finetune(Light, start, lit, tmp_path / "run", 50, recipe)
    history = pd.read_csv(tmp_path / "run" / "history.csv")
    assert history["valid_loss"].iloc[-1] < 0.3 < history["train_loss"].iloc[0]
    assert 0 <= found["accuracy"][0] <= 1
    assert np.isnan(found["chance"][0]), "there are no classes"
    runs = selfstudy.compare({"scratch": start}, Light, lit, tmp_path / "all", [50], recipe)
    assert runs["task"].tolist() == ["light"]


def test_what_changes_is_trained_anew(lit, tmp_path):
    recipe = tiny.make_tiny_recipe()

    def finetune(task=Light, name="resnet9", **settings):
        small = selfstudy.Scratch(lambda: selfstudy.make_backbone(name, width=4, out_feats=8))
        chosen = tiny.make_tiny_recipe(**settings)
        selfstudy.finetune(task, small, lit, tmp_path / "run", 20, chosen)
        return list_written(tmp_path / "run")["seed0"]

    assert recipe == tiny.make_tiny_recipe()
    first = finetune()
    assert finetune() == first
    seen = [first]
    for change in ({"task": Dark}, {"name": "resnet18"}, {"name": "resnet34"}, {"flip": False}):
        seen.append(finetune(**change))
        assert len(set(seen)) == len(seen), change


def test_labels_that_are_not_there_are_refused(data, tmp_path, source):
    from selfstudy.data.images import prepare_images

    prepare_images(source, tmp_path / "images.h5", resolution=16, space="rgb", seed=0)
    images, start = selfstudy.open_dataset(tmp_path / "images.h5"), selfstudy.Scratch(make)
    for task in (Light, "pose"):
        with pytest.raises(DataError, match=f"{tmp_path}/images.h5: no ") as error:
            selfstudy.finetune(task, start, images, tmp_path / "run", 10)
        assert "\n" not in str(error.value)
    with pytest.raises(ConfigurationError, match="task = 'clasify' is not known: did you mean"):
        selfstudy.finetune("clasify", start, data, tmp_path / "run", 10)
    with pytest.raises(ConfigurationError, match="1000"):
        selfstudy.finetune("classify", start, data, tmp_path / "run", 1000)
    assert not (tmp_path / "run").exists()


class Three(Method):
    """Draws all views of an image together."""

    views = (
        View(),
        View(crop=(0.1, 0.4), flip=False, color=False, cutout=False, blur=1.0),
        View(crop=(0.9, 1.0), flip=False, color=False, cutout=False),
    )

    def __init__(self, backbone):
        super().__init__(backbone)
        self.seen = []
        self.project = nn.Linear(backbone.out_feats, 4)

    def forward(self, batch):
        self.seen.append(batch.views)
        features = [self.backbone(view) for view in batch.views]
        if len(features) < 2:
            return features[0], None
        return features[0], [self.project(each.pooled) for each in features]

    def loss(self, output, batch):
        first, *others = (view.float() for view in output)
        return {"loss": sum(F.mse_loss(first, other) for other in others)}


def test_a_method_of_ones_own_gets_its_views(data, tmp_path):
    method = Three(make())
    recipe = tiny.make_tiny_recipe(max_images=90)
    selfstudy.pretrain(method, data, tmp_path / "run", recipe)
    trained = [views for views in method.seen if len(views) > 1]
    assert trained
    assert {len(views) for views in method.seen} == {1, 3}
    plain, zoomed, whole = trained[0]
    assert plain.shape == zoomed.shape == whole.shape == (25, 3, 16, 16)
    # A blurred part of an image of noise has less of its edges than nearly all of it.
    assert zoomed.diff(dim=-1).square().mean() < whole.diff(dim=-1).square().mean() / 2
    assert pd.read_csv(tmp_path / "run" / "history.csv").notna().all(axis=None)
    content = read_snapshot(tmp_path / "run" / "snapshot.pt")
    tiny.assert_equal(content["weights"], method.backbone.state_dict())


@pytest.mark.parametrize("space", ["lab", "rgb"])
def test_a_loaded_backbone_takes_rgb_from_0_to_1(space, packed, tmp_path):
    prepare(packed, tmp_path / f"{space}.h5", "0110", 16, space, seed=0)
    prepare(packed, tmp_path / "plain.h5", "0110", 16, "rgb", seed=0)
    data = selfstudy.open_dataset(tmp_path / f"{space}.h5")
    plain = selfstudy.open_dataset(tmp_path / "plain.h5")
    selfstudy.pretrain(Rotate(make()), data, tmp_path / "run", tiny.make_tiny_recipe())

    rows, device = data.rows("valid"), torch.device("cpu")
    mean, std = (torch.tensor(part).view(3, 1, 1) for part in plain.input[1:])
    unit = (plain.read(rows, device, {}).images.float() * std + mean).round() / 255
    images = data.read(rows, device, {}).images.float()
    with torch.no_grad():
        expected = selfstudy.load(tmp_path / "run", data.input)(images).pooled
        found = selfstudy.load(tmp_path / "run")(unit).pooled
        unknown = selfstudy.load(tmp_path / "run", None)(images).pooled
    assert torch.equal(unknown, expected)
    torch.testing.assert_close(found, expected, rtol=0.02, atol=0.02 * expected.abs().max().item())
    assert not torch.allclose(found[0], found[1], rtol=0.1)
