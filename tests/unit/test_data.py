"""Prepared files: splits, label subsets, datasets and rounds."""

import shutil
import subprocess
import sys
from itertools import pairwise

import h5py
import numpy as np
import pytest
import torch

from selfstudy.configuration import load_configuration
from selfstudy.data.dataset import BaseDataset
from selfstudy.data.kinds import DATASETS, ImageDataset, open_dataset
from selfstudy.data.names import BALANCED, RANDOM, name_prepared
from selfstudy.data.rendered import SynDataset
from selfstudy.data.rounds import Rounds, RoundSettings
from selfstudy.data.splits import (
    SPLITS,
    describe_classes,
    hash_rows,
    select_labelled,
    select_split,
)
from selfstudy.errors import ConfigurationError, DataError
from selfstudy.tasks.classify import Classify
from selfstudy.tasks.pose import Pose, bin_poses
from selfstudy.training.learners import gather_labels

CPU = torch.device("cpu")


def test_label_subsets_are_nested_balanced_and_seeded():
    targets = np.random.default_rng(0).integers(0, 10, 1000)
    subsets = [set(select_labelled(targets, n, seed=3)) for n in (10, 25, 100, 1000)]
    for smaller, larger in pairwise(subsets):
        assert smaller < larger
    counts = np.bincount(targets[sorted(subsets[1])], minlength=10)
    assert counts.min() == 2
    assert counts.max() == 3
    assert set(select_labelled(targets, 25, seed=3)) == subsets[1]
    assert set(select_labelled(targets, 25, seed=4)) != subsets[1]
    assert [len(subset) for subset in subsets] == [10, 25, 100, 1000]


def test_balanced_subsets_are_those_of_finished_studies():
    targets = np.random.default_rng(0).integers(0, 10, 1000)
    chosen = [select_labelled(targets, n, seed) for n, seed in ((25, 3), (100, 0), (1000, 0))]
    assert [*map(hash_rows, chosen)] == [
        "sha256:59b4da0d0819",
        "sha256:a48d53c7b639",
        "sha256:702746827e55",
    ]


def test_random_subsets_are_nested_and_have_classes_as_they_come():
    targets = np.repeat([0, 1, 2], [20, 180, 800])
    counts = []
    for seed in range(200):
        smaller, larger = (select_labelled(targets, n, seed, RANDOM) for n in (20, 100))
        assert set(smaller) < set(larger)
        counts.append(np.bincount(targets[larger], minlength=3))
    assert np.mean(counts, axis=0) == pytest.approx([2, 18, 80], abs=1)
    assert (np.array(counts)[:, 0] == 0).any(), "some lack the rare class"
    again = select_labelled(targets, 100, 199, RANDOM)
    assert (again == larger).all()
    assert set(select_labelled(targets, 100, 198, RANDOM)) != set(larger)


def test_balanced_subsets_take_all_of_a_rare_class():
    targets = np.repeat([0, 1, 2], [3, 60, 300])
    shares = [np.bincount(targets[select_labelled(targets, n, 0)]) for n in (6, 30, 100, 363)]
    assert [each.tolist() for each in shares[::3]] == [[2, 2, 2], [3, 60, 300]]
    for share, labels in zip(shares[1:3], (30, 100), strict=True):
        assert share[0] == 3
        assert abs(share[1] - share[2]) <= 1
        assert share.sum() == labels


def test_a_line_says_how_many_labels_each_class_has():
    classes = np.array([0, 0, 0, 1, 1, 2])
    assert describe_classes(classes, np.array([0, 1, 3])) == "3 labels of 2 of 3 classes: 2, 1, 0"
    assert describe_classes(classes, np.array([0, 3, 5])) == "3 labels of 3 of 3 classes: 1 of each"
    many = np.arange(100) % 30
    assert describe_classes(many, many[:20]) == "20 labels of 20 of 30 classes: 0 to 1 of each"


@pytest.mark.parametrize("subset", [BALANCED, RANDOM])
def test_more_labels_than_images_are_refused(subset):
    with pytest.raises(ConfigurationError, match="101 labels asked for: expected 1 to 100"):
        select_labelled(np.zeros(100, int), 101, 0, subset)


def test_unknown_subsets_are_refused():
    message = "session.subset = 'first' is not known: expected one of balanced, random"
    with pytest.raises(ConfigurationError, match=message):
        select_labelled(np.zeros(100, int), 10, 0, "first")


def test_splits_do_not_meet():
    rows = {split: select_split((100, 8, 12), split).tolist() for split in SPLITS}
    assert rows["train"] == list(range(100))
    assert rows["valid"] == list(range(100, 108))
    assert rows["test"] == list(range(108, 120))
    assert select_split((100, 8, 12), "test", most=5).tolist() == [108, 109, 110, 111, 112]


def test_dataset_reads_the_rows_asked_for(prepared):
    dataset = BaseDataset(prepared, input_res=16)
    rows = np.array([0, 3, 4, 99, 110])
    labels = gather_labels([Classify(1, 10), Pose(1, 5)], dataset)
    block = dataset.read(rows, CPU, labels)
    with h5py.File(prepared) as file:
        assert (block.images.numpy() == file["data"][:][rows]).all()
        assert (block.labels["Classify"].numpy() == file["targets"][:][rows]).all()
        assert (block.labels["Pose"].numpy() == bin_poses(file["rot_mat"][:][rows])).all()
    assert all(values.shape == (5,) for values in block.labels.values())
    assert block.maps is None
    assert block.indices.tolist() == rows.tolist()
    two = block.select(torch.tensor([4, 1]))
    assert two.indices.tolist() == [110, 3]
    assert torch.equal(two.images, block.images[[4, 1]])
    assert two.labels["Classify"].tolist() == block.labels["Classify"][[4, 1]].tolist()


def test_wrong_resolution_is_refused(prepared):
    with pytest.raises(DataError, match=r"data_16_lab.h5: 'data': expected images of shape"):
        BaseDataset(prepared, input_res=32)


def test_labels_out_of_range_are_refused(prepared):
    with h5py.File(prepared, "r+") as file:
        file["targets"][0] = 12
    with pytest.raises(DataError, match="expected classes from 0 to 9, found 0 to 12"):
        BaseDataset(prepared, input_res=16)


def test_truncated_data_are_refused(prepared):
    prepared.write_bytes(prepared.read_bytes()[:5000])
    with pytest.raises(DataError, match=r"data_16_lab.h5: damaged"):
        BaseDataset(prepared, input_res=16)


@pytest.mark.parametrize("splits", [[100, 10, 11], [110, 0, 10], [110, 10], [130, -20, 10]])
def test_splits_that_do_not_make_up_the_data_are_refused(prepared, splits):
    with h5py.File(prepared, "r+") as file:
        file.attrs["splits"] = splits
    with pytest.raises(DataError, match=r"data_16_lab.h5: 'splits': expected .* 120 in all, found"):
        BaseDataset(prepared, input_res=16)


@pytest.mark.parametrize("key", ["splits", "classes"])
def test_only_rendered_data_may_leave_out_what_they_are(prepared, key):
    with h5py.File(prepared, "r+") as file:
        del file.attrs[key]
    with pytest.raises(DataError, match=f"data_16_lab.h5: .* does not say its '{key}'"):
        BaseDataset(prepared, input_res=16)


def opened_in(folder, *bindings):
    return load_configuration([], ["BaseDataset.input_res = 16", *bindings]).open_dataset(folder)


@pytest.fixture
def authors(prepared, tmp_path):
    """The same images as the authors prepare them: bare arrays of 32-bit classes."""
    path = tmp_path / "authors.h5"
    with h5py.File(prepared) as file, h5py.File(path, "w") as bare:
        bare["data"] = file["data"][:]
        bare["targets"] = file["targets"][:].astype(np.int32)
    return path


def test_the_authors_files_are_read(authors, prepared):
    ours, theirs = opened_in(prepared), opened_in(authors)
    assert theirs.classes == 10
    assert theirs.training_images == 100
    assert isinstance(theirs, SynDataset)
    assert theirs.input is None, "they do not say how they are prepared"
    labels = Classify.read_labels(theirs).values
    assert (labels == Classify.read_labels(ours).values).all()
    for split in SPLITS:
        rows = theirs.rows(split)
        assert rows.tolist() == ours.rows(split).tolist()
        first, second = (each.read(rows, CPU, {"Classify": labels}) for each in (ours, theirs))
        assert torch.equal(first.images, second.images)
        assert torch.equal(first.labels["Classify"], second.labels["Classify"])
        assert second.labels["Classify"].dtype == torch.int64
    assert ours.fingerprint != theirs.fingerprint


def test_the_authors_files_must_divide_into_twelfths(authors):
    with h5py.File(authors, "r+") as file:
        for key in ("data", "targets"):
            rows = file[key][1:]
            del file[key]
            file[key] = rows
    with pytest.raises(DataError, match="119 in all, found"):
        opened_in(authors)


def test_rendered_data_test_on_as_many_images_as_validate(prepared):
    dataset = opened_in(prepared, "BaseDataset.num_valid = 4")
    assert dataset.rows("valid").tolist() == [100, 101, 102, 103]
    assert dataset.rows("test").tolist() == [110, 111, 112, 113]
    other = BaseDataset(prepared, input_res=16, num_valid=4)
    assert other.rows("valid").tolist() == [100, 101, 102, 103]
    assert other.rows("test").tolist() == list(range(110, 120))


def test_dense_data_have_classes_too(prepared_multi):
    assert BaseDataset(prepared_multi, input_res=32).classes == 10


@pytest.mark.parametrize(
    ("bindings", "place"),
    [
        ([], "1111/data_16_lab.h5"),
        (["SynDataset.dataset_choice = 'T-VL'"], "1011/data_16_lab.h5"),
        (["SynDataset.dataset_choice = '-CV--multi'"], "0110-multi/data_16_lab.h5"),
        (["SynDataset.use_lab = False"], "1111/data_16.h5"),
    ],
)
def test_prepared_files_are_found_in_a_folder_of_data(prepared, tmp_path, bindings, place):
    path = tmp_path / "data" / "prepared" / place
    path.parent.mkdir(parents=True)
    message = f"{place}: there is no such file: make it by `snakemake {path}`"
    with pytest.raises(DataError, match=message):
        opened_in(tmp_path / "data", *bindings)
    prepared.rename(path)
    assert opened_in(tmp_path / "data", *bindings).path == path


def test_folders_named_as_the_choice_come_first(prepared, tmp_path):
    for name in ("1011", "T-VL"):
        path = tmp_path / "data" / "prepared" / name / "data_16_lab.h5"
        path.parent.mkdir(parents=True)
        shutil.copy(prepared, path)
    assert opened_in(tmp_path / "data", "SynDataset.dataset_choice = 'T-VL'").path == path


def test_unknown_choices_are_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="dataset 'TVCL': expected four digits"):
        opened_in(tmp_path, "SynDataset.dataset_choice = 'TVCL'")


def test_datasets_are_found_by_their_names():
    assert {"SynDataset", "CIFARDataset", "ImageDataset"} <= set(DATASETS)


def test_a_file_says_what_kind_of_dataset_it_is(prepared, authors):
    assert type(open_dataset(prepared)) is type(open_dataset(authors)) is SynDataset
    with h5py.File(prepared, "r+") as file:
        del file["light"]
    assert type(open_dataset(prepared)) is ImageDataset


def test_names_of_prepared_files():
    assert name_prepared(64, "lab") == "data_64_lab.h5"
    assert name_prepared(64, "rgb") == "data_64.h5"


def test_names_of_prepared_files_need_nothing_heavy():
    program = "import sys, selfstudy.data.prepared; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert not {b"torch", b"skimage", b"pandas"} & set(loaded.stdout.split())


def test_small_subsets_repeat_until_a_round_is_full(prepared):
    dataset, settings = BaseDataset(prepared, input_res=16), RoundSettings(min_round=64)
    rows = dataset.labelled_rows(10, seed=0)
    rounds = Rounds(dataset, rows, {}, 16, CPU, settings, settings.require(10))
    rounds.start()
    rows = torch.cat([rounds.next_batch().indices for _ in range(rounds.batches)])
    assert rounds.batches == 4
    counts = torch.unique(rows, return_counts=True)[1]
    assert len(counts) == 10
    assert counts.max() <= 7


def test_rounds_are_as_long_as_the_studys():
    assert [RoundSettings().require(n) for n in (None, 100, 4000)] == [0, 10_000, 20_000]
    assert [RoundSettings(min_round=7).require(n) for n in (None, 100, 4000)] == [0, 7, 7]


def test_blocks_hold_half_as_many_images_of_two_views(prepared):
    dataset, settings = BaseDataset(prepared, input_res=16), RoundSettings(max_images=30)
    rows = dataset.labelled_rows(None, seed=0)
    assert Rounds(dataset, rows, {}, 5, CPU, settings).batches == 6
    assert Rounds(dataset, rows, {}, 5, CPU, settings, views=2).batches == 3


@pytest.mark.parametrize("remote_loading", [False, True])
def test_large_data_come_in_blocks(prepared, remote_loading):
    dataset = BaseDataset(prepared, input_res=16)
    settings = RoundSettings(max_images=30, chunk_size=10, remote_loading=remote_loading)
    rows = dataset.labelled_rows(None, seed=0)
    rounds = Rounds(dataset, rows, {}, 10, CPU, settings, settings.require(None))
    seen = []
    for _ in range(3):
        rounds.start()
        seen.append([row for _ in range(3) for row in rounds.next_batch().indices.tolist()])
    assert [len(rows) for rows in seen] == [30, 30, 30]
    assert len({row for rows in seen for row in rows}) == 90, "blocks of one pass overlap"
    assert rounds.batches == 3


@pytest.mark.parametrize("remote_loading", [False, True])
def test_where_all_images_fit_they_are_read_once(remote_loading, prepared_multi):
    settings = RoundSettings(max_images=12, chunk_size=5, remote_loading=remote_loading)

    def draw(spare, at=None):
        """Batches with so much room to spare, and reads; a new process goes on in a round."""
        dataset, reads, found = open_dataset(prepared_multi), [], []
        read, rows = dataset.read, dataset.rows("train")
        dataset.read = lambda *given: reads.append(1) or read(*given)
        labels, size = {"Number": np.arange(48)}, count_bytes(read(rows, CPU, {}))

        def make():
            return Rounds(dataset, rows, labels, 4, CPU, settings, room=size + spare)

        rounds = make()
        torch.manual_seed(0)
        for number in range(7):
            if number == at:
                state, rounds = rounds.state_dict(), make()
                rounds.load_state_dict(state)
            rounds.start()
            found += [rounds.next_batch() for _ in range(rounds.batches)]
        return found, len(reads)

    streamed, _ = draw(-1)
    for (kept, reads), parts in ((draw(0), 4), (draw(0, at=3), 8)):
        assert reads == parts
        for one, other in zip(streamed, kept, strict=True):
            assert torch.equal(one.images, other.images)
            assert torch.equal(one.maps, other.maps)
            assert torch.equal(one.indices, other.indices)
            assert torch.equal(one.labels["Number"], other.labels["Number"])


def count_bytes(block):
    return block.images.nbytes + block.maps.nbytes


def test_dense_targets_follow_their_images(prepared_multi):
    dataset = BaseDataset(prepared_multi, input_res=32)
    rows = dataset.labelled_rows(10, seed=0)
    block = dataset.read(rows, CPU, {})
    with h5py.File(prepared_multi) as file:
        mean, std = file.attrs["mean"][0], file.attrs["std"][0]
        assert len(file["class"]) == 48
        assert file["class"].shape == (48, 2)
    assert block.maps.dtype == torch.uint8
    assert block.maps.shape == (10, 3, 32, 32)
    scene = block.images[:, 0, 0, 0].float() * std + mean
    assert torch.equal(scene.round().to(torch.uint8), block.maps[:, 0, 0, 0])
    assert block.maps[:, 1].max() == 10
