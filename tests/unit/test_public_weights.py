"""Public weights: those of torchvision and timm, found, fetched and given what they expect."""

from pathlib import Path
from urllib.error import URLError

import pytest
import tiny
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision import models

import selfstudy
from selfstudy.configuration import check_start, load_configuration
from selfstudy.data.inputs import IMAGENET
from selfstudy.data.kinds import open_dataset
from selfstudy.data.prepare import prepare
from selfstudy.errors import ConfigurationError, DataError, SelfstudyError

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Where torch looks for weights; nothing is there, nor on a network."""

    def refuse(url, file, hash_prefix, progress):
        raise URLError("no route\nto a host")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


def make_theirs(name="resnet18", classes=1000):
    """torchvision's network, whose batch norms have seen something."""
    network = models.get_model(name, num_classes=classes)
    with torch.no_grad():
        network(torch.randn(4, 3, 64, 64))
    return network.eval()


def place(cache, network, name="resnet18", version="IMAGENET1K_V1"):
    """Save a network's weights where torch would put them."""
    path = cache / Path(models.get_model_weights(name)[version].url).name
    torch.save(network.state_dict(), path)
    return path


def make_ours(name="resnet18", **arguments):
    return selfstudy.make_backbone(name, **{"skip_init_pool": False, **arguments})


def cut_head(network):
    """All of torchvision's network below its average."""
    return nn.Sequential(*list(network.children())[:-2])


def assert_computes(backbone, network, **tolerance):
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        expected = cut_head(network)(images)
        found = backbone.eval().extract(images).blocks[-1]
    torch.testing.assert_close(found, expected, **{"rtol": 0, "atol": 0} | tolerance)


# torchvision


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_torchvisions_weights_make_its_network(name, cache):
    theirs = make_theirs(name)
    place(cache, theirs, name)
    start = selfstudy.Torchvision(name, lambda: make_ours(name))
    backbone = start.make_backbone()
    assert_computes(backbone, theirs)
    assert [round(x, 3) for x in backbone.input.mean] == list(IMAGENET.mean)
    assert [round(x, 3) for x in backbone.input.std] == list(IMAGENET.std)
    assert backbone.input.space == "rgb"
    assert start.describe() == f"torchvision: {name}, licence: not stated"


def test_a_classifier_of_imagenet_is_no_linear_layer_of_ours(cache):
    theirs = make_theirs()
    place(cache, theirs)
    backbone = selfstudy.Torchvision("resnet18", lambda: make_ours(out_feats=1000)).make_backbone()
    assert backbone.fc.weight.shape == theirs.fc.weight.shape
    assert not torch.equal(backbone.fc.weight, theirs.fc.weight)


def test_torchvisions_later_versions_have_their_names(cache):
    theirs = make_theirs("resnet50")
    path = place(cache, theirs, "resnet50", "IMAGENET1K_V2")
    name = "resnet50.IMAGENET1K_V2"
    start = selfstudy.Torchvision(name, lambda: make_ours("resnet50"))
    assert path.name == "resnet50-11ad3fa6.pth"
    assert_computes(start.make_backbone(), theirs)
    with pytest.raises(ConfigurationError, match=r"did you mean 'IMAGENET1K_V\d'") as error:
        selfstudy.Torchvision("resnet50.IMAGENET1K", lambda: make_ours("resnet50")).make_backbone()
    assert tiny.tell(error).startswith("torchvision: resnet50.IMAGENET1K: ")


def test_weights_that_cannot_be_fetched_say_from_where_and_to_where(cache):
    with pytest.raises(DataError) as error:
        selfstudy.Torchvision("resnet18", make_ours).make_backbone()
    url = "https://download.pytorch.org/models/resnet18-f37072fd.pth"
    to = cache / "resnet18-f37072fd.pth"
    expected = f"torchvision: resnet18: {url} cannot be fetched to {to}: <urlopen error no route to"
    assert tiny.tell(error).startswith(expected)


@pytest.mark.parametrize(
    "content",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[: 2**20]),
        lambda path: torch.save(models.resnet34().state_dict(), path),
        lambda path: torch.save({"network": torch.zeros(2)}, path),
        lambda path: torch.save([1.0], path),
    ],
    ids=["empty", "truncated", "another network", "no network", "no weights"],
)
def test_damaged_public_weights_are_named(content, cache):
    path = place(cache, models.resnet18())
    content(path)
    with pytest.raises(DataError) as error:
        selfstudy.Torchvision("resnet18", make_ours).make_backbone()
    assert tiny.tell(error).startswith("torchvision: resnet18: ")


MISFITS = [
    ("resnet9", lambda: make_ours("resnet9"), "expected one of resnet18, resnet34, resnet50"),
    ("resnet10", make_ours, "expected one of resnet18, resnet34, resnet50"),
    ("resnet50", make_ours, "weights of resnet50 do not fit the backbone 'resnet18'"),
    ("resnet18", lambda: make_ours(in_channels=2), "expected images of 3 channels, not of 2"),
    ("resnet18", lambda: make_ours(is_half=True), "expected ResNet.is_half = False"),
    ("resnet18", lambda: make_ours(width=32), "expected ResNet.width = 64, not 32"),
    ("resnet18", lambda: tiny.make_small("two_encoders"), "do not fit the backbone 'two_encoders'"),
]


@pytest.mark.parametrize(("name", "make", "message"), MISFITS)
@pytest.mark.parametrize("kind", ["Torchvision", "Timm"])
def test_weights_that_do_not_fit_are_refused(kind, name, make, message, cache):
    start = getattr(selfstudy, kind)(name, make)
    for act in (start.check, start.make_backbone):
        with pytest.raises(ConfigurationError) as error:
            act()
        assert tiny.tell(error).startswith(f"{kind.lower()}: {name}: ")
        assert message in tiny.tell(error)


# timm


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """The cache of the Hugging Face hub, empty; there is no network."""
    pytest.importorskip("huggingface_hub")
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


def test_timms_weights_make_its_network(hub):
    timm = pytest.importorskip("timm")
    theirs = timm.create_model("resnet18.a1_in1k")
    with torch.no_grad():
        theirs(torch.randn(4, 3, 64, 64))
    repository = hub / "models--timm--resnet18.a1_in1k"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0" * 40)
    (repository / "snapshots" / ("0" * 40)).mkdir(parents=True)
    save_file(theirs.state_dict(), repository / "snapshots" / ("0" * 40) / "model.safetensors")
    backbone = selfstudy.Timm("resnet18.a1_in1k", make_ours).make_backbone()
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        expected = theirs.eval().forward_features(images)
        assert torch.equal(backbone.eval().extract(images).blocks[-1], expected)
    assert [round(x, 3) for x in backbone.input.mean] == list(IMAGENET.mean)


def test_timms_weights_that_cannot_be_fetched_say_from_where_and_to_where(hub):
    with pytest.raises(DataError) as error:
        selfstudy.Timm("resnet18.a1_in1k", make_ours).make_backbone()
    url = "https://huggingface.co/timm/resnet18.a1_in1k"
    expected = f"timm: resnet18.a1_in1k: {url} cannot be fetched to {hub}: "
    assert tiny.tell(error).startswith(expected)


def test_unknown_weights_of_timm_name_the_nearest(hub):
    with pytest.raises(ConfigurationError, match=r"did you mean 'resnet18\.a\d_in1k'") as error:
        selfstudy.Timm("resnet18.a9_in1k", make_ours).make_backbone()
    assert tiny.tell(error).startswith("timm: resnet18.a9_in1k: no such weights")


def test_a_file_of_torchvisions_names(tmp_path):
    theirs = make_theirs(classes=10)
    torch.save(theirs.state_dict(), tmp_path / "mine.pth")
    start = selfstudy.File(tmp_path / "mine.pth", make_ours, "imagenet")
    backbone = start.make_backbone()
    assert_computes(backbone, theirs)
    assert backbone.input == IMAGENET
    assert start.describe().startswith("file ")


# Checks before anything runs, and from a configuration to a step


@pytest.mark.parametrize(
    ("start", "bindings", "message"),
    [
        ({"torchvision": "resnet50"}, [], "torchvision: resnet50: weights of resnet50 do not fit"),
        ({"torchvision": "resnet18"}, ["session.backbone = 'resnet18'"], ""),
        ({"timm": "resnet18.a1_in1k"}, ["session.backbone = 'resnet18'"], ""),
        ({"torchvision": "resnet18"}, ["session.method = 'cmc'"], "do not fit the backbone"),
        ({"file": "/nowhere.pth"}, [], "/nowhere.pth: there is no such file"),
        ({"torchvison": "resnet18"}, [], "expected just one of torchvision, timm, file"),
        ({"torchvision": "resnet18", "file": "x"}, [], "expected just one of"),
        ({}, [], "expected just one of torchvision, timm, file"),
    ],
)
def test_starts_are_checked_before_anything_runs(start, bindings, message, cache, hub):
    if not message:
        check_start(start, ["syn/r9/classify"], bindings)
        return
    with pytest.raises(SelfstudyError) as error:
        check_start(start, ["syn/r9/classify"], bindings)
    assert message in tiny.tell(error)


def test_a_run_trains_from_public_weights(cache, prepared, tmp_path):
    theirs = make_theirs()
    place(cache, theirs)
    stamps = {}
    for start in (None, {"torchvision": "resnet18"}):
        bindings = [*tiny.TINY, f"session.start = {start!r}", "session.backbone = 'resnet18'"]
        bindings += ["ResNet.skip_init_pool = False", "session.labels = 20"]
        configuration = load_configuration(["syn/r50/classify"], bindings)
        run = configuration.make_run(configuration.open_dataset(prepared))
        stamps[start and "imagenet"] = run.stamp(run.make(), "")
        step = run.make_step(torch.device("cpu"))
        if start:
            assert_computes(step.learner.backbone, theirs, rtol=1e-3, atol=1e-3)
        before = tiny.copy_weights(step.learner.backbone)
        rounds = run.make_rounds(step.learner, 0, torch.device("cpu"))
        rounds.start()
        metrics, _ = step.train(rounds.next_batch(), 1e-3, 1.0)
        assert metrics["loss"].isfinite()
        assert not torch.equal(before["stem.0.weight"], step.learner.backbone.stem[0].weight)
    assert stamps[None]["start"] != stamps["imagenet"]["start"]
    assert stamps[None]["dataset"] == stamps["imagenet"]["dataset"]


def test_the_authors_flag_is_the_same_start():
    flag = ["init_resnet.pretrained = True", "init_resnet.choice = 'resnet18'"]
    ours = ["session.start = {'torchvision': 'resnet18'}", "session.backbone = 'resnet18'"]
    configurations = [load_configuration(["syn/r50/classify"], each) for each in (flag, ours)]
    first, second = (each.describe() for each in configurations)
    assert first == second


def test_lab_images_reach_imagenets_weights_as_the_rgb_that_they_were(cache, packed, tmp_path):
    theirs = make_theirs()
    place(cache, theirs)
    datasets = {}
    for space in ("lab", "rgb"):
        prepare(packed, tmp_path / f"{space}.h5", "0110", 64, space, seed=0)
        datasets[space] = open_dataset(tmp_path / f"{space}.h5")
    rows, device = datasets["rgb"].rows("valid"), torch.device("cpu")
    images = datasets["rgb"].read(rows, device, {}).images.float()
    mean, std = (torch.tensor(part).view(3, 1, 1) for part in datasets["rgb"].input[1:])
    values = (images * std + mean).round()  # as they were in the files
    mean, std = (torch.tensor(part).view(3, 1, 1) for part in IMAGENET[1:])
    with torch.no_grad():
        expected = cut_head(theirs)((values - mean) / std)
        for dataset in datasets.values():
            backbone = selfstudy.Torchvision("resnet18", make_ours).make_backbone().eval()
            backbone.accept(dataset.input)
            found = backbone(dataset.read(rows, device, {}).images.float()).blocks[-1]
            error = (found - expected).norm() / expected.norm()
            assert error < 0.01, dataset.input.space
