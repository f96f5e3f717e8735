"""Own images without labels: which of them are prepared, and that they pretrain alone."""

import logging

import numpy as np
import pytest
import torch
from own_images import prepared, write_images
from PIL import Image

import selfstudy
from selfstudy.backbones.base import make_backbone
from selfstudy.configuration import load_configuration
from selfstudy.data.kinds import ImageDataset
from selfstudy.data.survey import list_unlabelled, survey
from selfstudy.data.unlabelled import find_unlabelled
from selfstudy.errors import ConfigurationError, DataError
from selfstudy.methods.cmc import CMC
from selfstudy.methods.rotate import Rotate
from selfstudy.tasks.classify import Classify
from selfstudy.training.learners import Pretraining, Sample
from selfstudy.training.recipe import make_recipe
from selfstudy.training.run import Run, train

CPU = torch.device("cpu")


@pytest.fixture
def others(source):
    """Twelve images without labels beside the labelled ones, in folders of no meaning."""
    return write_images(source.parent / "others", ["2024", "2025"], images=6, seed=9)


def open_prepared(source):
    return ImageDataset(source.parent / "prepared.h5", input_res=20)


def test_they_follow_the_splits_and_change_nothing_else(source, others):
    alone = prepared(source)
    both = prepared(source, unlabelled=others)
    assert both["splits"] == alone["splits"] == [24, 3, 3]
    assert (both["data"][:30] == alone["data"]).all()
    assert both["mean"].tolist() == alone["mean"].tolist()
    assert both["files"][:30] == alone["files"]
    assert sorted(both["files"][30:])[0] == "unlabelled:2024/0.png"
    assert both["targets"][30:].tolist() == [-1] * 12
    for file, pixels in zip(both["files"][30:], both["pixels"][30:], strict=True):
        image = np.asarray(Image.open(others / file.removeprefix("unlabelled:")))
        np.testing.assert_allclose(pixels, image.transpose(2, 0, 1), atol=0.1)
    dataset = open_prepared(source)
    assert (dataset.unlabelled, dataset.training_images, dataset.pretraining_images) == (12, 24, 36)
    assert dataset.labelled_rows(None, 0).tolist() == [*range(24)]
    assert dataset.pretraining_rows(None, 0).tolist() == [*range(24), *range(30, 42)]
    assert both["inputs"] != alone["inputs"]


def test_images_equal_to_others_are_left_out_whatever_their_files(source, others, caplog):
    result = prepared(source)
    train, valid, test = np.split(np.array(result["files"]), [24, 27])
    for number, file in enumerate([*valid, *test[:2], train[0]]):
        Image.open(source / file).save(others / f"copy{number}.bmp")
    Image.open(others / "2024/0.png").save(others / "again.tiff")
    with caplog.at_level(logging.INFO):
        both = prepared(source, unlabelled=others)
    said = "12 images without labels pretrain, too; left out: 3 that are equal to validation "
    assert f"{said}images, 2 to test images, 1 to training images, 1 to one another" in caplog.text
    rows = open_prepared(source).pretraining_rows(None, 0)
    seen = {both["data"][row].tobytes() for row in rows}
    assert len(seen) == len(rows) == 36
    assert not seen & {both["data"][row].tobytes() for row in range(24, 30)}


def test_a_table_may_name_them(source, others, caplog):
    table = source.parent / "others.csv"
    table.write_text("id;file\n7;others/2024/0.png\n8;others/2025/4.png\n")
    with caplog.at_level(logging.INFO):
        result = prepared(source, unlabelled=table)
    names = {"unlabelled:others/2024/0.png", "unlabelled:others/2025/4.png"}
    assert set(result["files"][30:]) == names
    assert "others.csv: passed over, the columns id" in caplog.text
    assert len(list_unlabelled(table).paths) == 2
    assert survey(list_unlabelled(others)).files == 12


def test_what_cannot_be_read_is_refused_or_named(source, others):
    (others / "broken.png").write_bytes(b"no image")
    (others / "phone.heic").touch()
    with pytest.raises(DataError, match=r"others: 1 of 14 .*: unlabelled:phone\.heic; the first"):
        prepared(source, unlabelled=others)
    result = prepared(source, unlabelled=others, unreadable="skip")
    assert result["skipped"] == ["unlabelled:broken.png", "unlabelled:phone.heic"]
    assert len(result["files"]) == 42


def test_greys_of_sixteen_bits_are_read_alike(source, others):
    for path in [*source.rglob("*.png"), *others.rglob("*.png")]:
        grey = np.asarray(Image.open(path).convert("L")).astype(np.uint16)
        Image.fromarray(grey * (16 if path.is_relative_to(others) else 1)).save(path)
    result = prepared(source, unlabelled=others)
    assert result["pixels"][:30].max() < 20, "twelve bits for all"
    assert result["pixels"][30:].max() > 200


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("source", "unlabelled: .*source: is the labelled one, where folders are classes"),
        ("source/cat", "unlabelled: .*cat: lies in .*source, where folders are classes"),
        ("link", "unlabelled: .*link: is the labelled one"),
        ("none", "unlabelled: .*none: there is no such folder or CSV file"),
        ("empty", "unlabelled: .*empty: no images in it: expected one of apng"),
        ("copy", "unlabelled: .*copy: each of its 2 images is equal to a labelled one"),
    ],
)
def test_what_makes_no_sense_ends_in_one_line(source, place, message):
    (source.parent / "link").symlink_to(source)
    (source.parent / "empty").mkdir()
    (source.parent / "copy").mkdir()
    for number in (0, 2):
        Image.open(source / f"cat/{number}.png").save(source.parent / f"copy/{number}.png")
    with pytest.raises(DataError, match=message) as error:
        prepared(source, unlabelled=source.parent / place)
    assert "\n" not in str(error.value)


def test_a_folder_of_all_images_may_hold_the_labelled_ones(source):
    assert len(find_unlabelled(source.parent, source).images) == 30


def test_tables_without_names_are_refused(source, others):
    table = source.parent / "others.csv"
    table.write_text("file,id\nothers/2024/0.png,3\n ,4\n")
    with pytest.raises(DataError, match=r"others.csv, line 3: 'file' is no file's name: ' '"):
        prepared(source, unlabelled=table)
    table.write_text("name\na.png\n")
    with pytest.raises(DataError, match=r"others.csv: column 'file' is missing"):
        prepared(source, unlabelled=table)


def test_images_that_pretrain_are_nested_and_not_those_of_few_labels(source, others):
    prepared(source, unlabelled=others)
    dataset = open_prepared(source)
    few, more = (dataset.pretraining_rows(images, 3) for images in (5, 20))
    assert (len(few), len(more)) == (5, 20)
    assert set(few) < set(more)
    assert not set(more) <= set(range(24)), "some have no labels"
    assert set(few) != set(dataset.pretraining_rows(5, 4))
    assert set(few) != set(dataset.labelled_rows(5, 3, "random"))
    for images in (0, 37):
        with pytest.raises(ConfigurationError, match=f"{images} images asked .*: expected 1 to 36"):
            dataset.pretraining_rows(images, 0)


def make_run(dataset, method, **options):
    probes = {"fc_classify": Classify(method.backbone.out_feats, 3)}

    def make():
        return Pretraining(method, probes, dataset.unlabelled > 0)

    recipe = make_recipe(milestones=[1, 2], batch_size=4, precision="float32")
    return Run(dataset, make, recipe, **options)


def make_small():
    return make_backbone("resnet9", width=4, out_feats=8)


def test_they_pretrain_and_probes_pass_over_them(source, others, tmp_path):
    prepared(source, unlabelled=others)
    dataset = open_prepared(source)
    run = make_run(dataset, Rotate(make_small()))
    step = run.make_step(CPU)
    rounds = run.make_rounds(step.learner, 0, CPU)
    rounds.start()
    assert rounds.batches == 36 // 4
    places = torch.cat([rounds.next_batch().indices for _ in range(rounds.batches)])
    assert sorted(places.tolist()) == [*range(36)]
    metrics = train(run, tmp_path / "run", 0, "").metrics
    assert (metrics["labels"], metrics["pretrain_images"], metrics["classes"]) == (24, 36, 3)
    assert metrics["train_accuracy"] is None
    assert np.isfinite([metrics["accuracy"], metrics["train_loss"]]).all()


def test_probes_learn_from_labelled_images_alone(source, others):
    prepared(source, unlabelled=others)
    run = make_run(open_prepared(source), Rotate(make_small()))
    learner = run.make_step(CPU).learner.train()
    images = torch.randn(4, 3, 20, 20)

    def learn(*labels):
        torch.manual_seed(0)
        learner.zero_grad()
        sample = Sample((images,), {"Classify": torch.tensor(labels)}, None, torch.arange(4))
        metrics = learner.evaluate(sample, torch.autocast("cpu", enabled=False))
        metrics["loss"].backward()
        gradient = learner.tasks[0].head.bias.grad
        return metrics["loss"].item(), None if gradient is None else gradient.clone()

    bare, gradient = learn(-1, -1, -1, -1)
    assert np.isfinite(bare)
    assert gradient is None or not gradient.any()
    loss, gradient = learn(0, -1, -1, 0)
    assert loss > bare
    assert gradient[0] < 0 < gradient[1:].min()


def test_a_round_on_some_images_is_as_long_as_one_on_all(source, others, tmp_path):
    prepared(source, unlabelled=others)
    dataset = open_prepared(source)
    runs = [make_run(dataset, Rotate(make_small()), images=images) for images in (None, 12, 36)]
    rounds = [run.make_rounds(run.make(), 0, CPU) for run in runs]
    assert [(each.batches, len(each.rows)) for each in rounds] == [(9, 36), (9, 12), (9, 36)]
    assert np.array_equal(rounds[0].rows, rounds[2].rows)
    stamps = {run.stamp(run.make(), "")["configuration"] for run in runs}
    assert len(stamps) == 3


def test_methods_that_remember_images_have_a_place_for_each(source, others, tmp_path):
    prepared(source, unlabelled=others)
    dataset = open_prepared(source)

    def make(images):
        backbone = CMC.make_backbone(
            lambda channels, name=None: make_backbone(
                name or "resnet9", in_channels=channels, width=4, out_feats=8
            )
        )
        return CMC(backbone, images, nce_k=4)

    train(make_run(dataset, make(36)), tmp_path / "all", 0, "")
    train(make_run(dataset, make(10), images=10), tmp_path / "some", 0, "")
    with pytest.raises(ConfigurationError, match="CMC: images that pretrain = 1: expected 2 or"):
        make(1)


def test_runs_say_how_many_images_pretrained_their_start(source, others, tmp_path):
    prepared(source, unlabelled=others)
    dataset = open_prepared(source)
    recipe = make_recipe(milestones=[1, 2], batch_size=4, min_round=8, precision="float32")
    folder = tmp_path / "run"
    start = selfstudy.pretrain(Rotate(make_small()), dataset, folder, recipe, images=10)
    starts = {"scratch": selfstudy.Scratch(make_small), "rotate": start}
    runs = selfstudy.compare(starts, "classify", dataset, tmp_path, [6], recipe)
    assert runs["pretrain_images"].fillna(0).tolist() == [0, 10]


@pytest.mark.parametrize("binding", ["session.task = 'classify'", "session.labels = 6"])
def test_images_are_chosen_for_pretraining_alone(source, others, binding):
    prepared(source, unlabelled=others)
    bindings = ["session.images = 10", "session.method = 'rotate'", binding]
    configuration = load_configuration([], bindings)
    with pytest.raises(ConfigurationError, match=r"session.images = 10: it is for pretraining"):
        configuration.make_run(open_prepared(source))
