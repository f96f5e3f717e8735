"""timm's networks as backbones: what they compute, what they refuse, and in a sweep."""

import subprocess
import sys
from pathlib import Path

import pytest
import tiny
import torch
import torch.nn.functional as F
import yaml

import selfstudy
from selfstudy.configuration import load_configuration
from selfstudy.data.inputs import IMAGENET
from selfstudy.data.kinds import open_dataset
from selfstudy.errors import ConfigurationError
from selfstudy.methods.base import find_method
from selfstudy.snapshots import save_snapshot
from selfstudy.starts.base import Snapshot
from selfstudy.sweep.backbones import check_backbones
from selfstudy.sweep.check import read_configuration
from selfstudy.sweep.gin_files import configure_frozen, configure_pretraining
from selfstudy.sweep.runs import Sweep
from selfstudy.tasks.segment import Segment
from selfstudy.training.learners import make_finetuning
from selfstudy.training.run import train

pytestmark = pytest.mark.usefixtures("one_thread")
VIT = "timm/vit_tiny_patch16_224"
SMALL = "TimmNetwork.options = {'patch_size': 8, 'depth': 2, 'embed_dim': 24}"


@pytest.fixture
def images():
    return torch.randn(2, 3, tiny.SIZE, tiny.SIZE)


@torch.no_grad()
def run_theirs(backbone, images):
    """What timm's own network gives before its classifier, and its last maps."""
    network = backbone.network.eval()
    _, maps = network.forward_intermediates(images, indices=1, norm=True, output_fmt="NCHW")
    return network.forward_head(network.forward_features(images), pre_logits=True), maps[-1]


@pytest.mark.parametrize("name", [VIT, "timm/resnet18", "timm/swin_tiny_patch4_window7_224"])
def test_features_are_those_of_timm(name, images):
    backbone = tiny.make_small(name).eval()
    pooled, maps = run_theirs(backbone, images)
    with torch.no_grad():
        found = backbone(images)
    torch.testing.assert_close(found.pooled, pooled)
    torch.testing.assert_close(found.dense, maps, atol=1e-5, rtol=1e-4)


def test_patches_stay_in_their_places(images):
    backbone = tiny.make_small(VIT).eval()
    moved = images.clone()
    moved[:, :, :8, 24:] += 3  # the last patch of the first row
    with torch.no_grad():
        change = (backbone(moved).dense - backbone(images).dense).abs().sum(1)
    assert (change.flatten(1).argmax(1) == 3).all()


def test_images_are_resized_where_that_is_asked_for(images):
    backbone = tiny.make_small(VIT, size=48).eval()
    larger = F.interpolate(images, (48, 48), mode="bicubic", antialias=True)
    pooled, maps = run_theirs(backbone, larger)
    with torch.no_grad():
        found = backbone(images)
    torch.testing.assert_close(found.pooled, pooled)
    assert found.dense.shape == maps.shape == (2, 24, 6, 6)


REFUSED = {
    "unknown": ("timm/resnet81", {}, "timm has no such network: did you mean timm/resnet18?"),
    "far": ("timm/123", {}, "timm has no such network: see timm.list_models()"),
    "weights": ("timm/resnet18.a1_in1k", {}, "expected timm/resnet18: a backbone has no weights"),
    "patches": (
        "timm/vit_small_patch14_dinov2",
        {"img_size": 32},
        "it cannot take images of 32 x 32 pixels: expected a multiple of 14, the size of its "
        "patches: TimmNetwork.size resizes them",
    ),
    "small": ("timm/inception_v4", {"img_size": 32}, "cannot take images of 32 x 32 pixels"),
    "option": (VIT, {"options": {"depht": 3}}, "it cannot be made: .*'depht'"),
    "ours": (VIT, {"options": {"img_size": 3}}, "TimmNetwork.options: img_size: it follows"),
    "layer": (VIT, {"freeze_at_k": 12}, "freeze_at_k = 12: expected a block of .*, 0 to 11"),
    "negative": ("timm/resnet18", {"freeze_at_k": -1}, "freeze_at_k = -1: .*, 0 to 3"),
}


@pytest.mark.parametrize(("name", "arguments", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_made_is_told_in_a_line(name, arguments, message):
    with torch.device("meta"), pytest.raises(ConfigurationError, match=message) as error:
        selfstudy.make_backbone(name, **arguments)
    assert len(tiny.tell(error)) < 500


def test_a_transformer_takes_images_of_one_size_unless_it_resizes_them():
    backbone = tiny.make_small(VIT)
    with pytest.raises(ConfigurationError, match="it takes images of 32 x 32 pixels"):
        backbone.accept(None, 64)
    backbone.accept(None, 32)
    tiny.make_small("timm/resnet18").accept(None, 64)


def test_without_timm_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(ConfigurationError, match=r"needs timm: pip install selfstudy\[timm\]"):
        selfstudy.make_backbone(VIT)


@pytest.mark.parametrize(
    ("name", "last", "first_trained"),
    [(VIT, 0, "blocks.1."), ("timm/resnet18", 1, "layer3."), ("timm/resnet18", 3, None)],
)
def test_blocks_are_frozen_from_the_first(name, last, first_trained, images):
    backbone = tiny.make_small(name, freeze_at_k=last)
    features = backbone(images)
    if first_trained is None:
        assert not features.pooled.requires_grad
        return
    (features.pooled.square().sum() + features.dense.square().sum()).backward()
    names = [key for key, _ in backbone.network.named_parameters()]
    trained = [key for key, value in backbone.network.named_parameters() if value.grad is not None]
    assert (
        trained == names[next(i for i, key in enumerate(names) if key.startswith(first_trained)) :]
    )


def test_cmc_halves_are_networks_of_their_own(images):
    method = find_method("cmc")
    backbone = method.make_backbone(
        lambda in_channels, name=None: tiny.make_small(VIT, in_channels)
    )
    backbone.accept(None)
    assert backbone.l.network.patch_embed.proj.in_channels == 1
    assert backbone(images).pooled.shape == (2, 48)


def test_what_has_no_dense_features_does_not_segment(prepared_multi):
    backbone = tiny.make_small("timm/lcnet_035")
    assert not backbone.has_dense
    with pytest.raises(ConfigurationError, match="Segment: backbone 'timm/lcnet_035' has no dense"):
        make_finetuning(backbone, Segment, open_dataset(prepared_multi))


@pytest.mark.parametrize("task", ["segment", "depth"])
@pytest.mark.parametrize("name", [VIT, "timm/convnext_atto"])
def test_dense_tasks_learn_from_patches_and_maps(name, task, prepared_multi, tmp_path):
    dataset = open_dataset(prepared_multi)
    recipe = selfstudy.make_recipe(milestones=[1, 2], batch_size=8, min_round=16)
    start = selfstudy.Scratch(lambda: tiny.make_small(name, img_size=dataset.resolution))
    runs = selfstudy.finetune(task, start, dataset, tmp_path, 8, recipe)
    assert runs["accuracy"].between(0, 1).all()


def test_a_snapshot_of_images_of_another_size_is_taken_as_it_is(tmp_path):
    backbone = tiny.make_small(VIT)
    backbone.input = IMAGENET
    save_snapshot(tmp_path / "snapshot.pt", backbone, {})
    start = Snapshot(tmp_path / "snapshot.pt", lambda: tiny.make_small(VIT, img_size=64))
    taken = start.make_backbone()
    assert taken.network.patch_embed.img_size == (tiny.SIZE, tiny.SIZE)
    tiny.assert_equal(taken.state_dict(), backbone.state_dict())


# In a run, and in a sweep


def test_a_method_pretrains_and_a_task_goes_on(prepared, tmp_path):
    bindings = [*tiny.TINY, f"session.backbone = {VIT!r}", SMALL]
    pretraining = load_configuration(["syn/r9/rotate"], bindings)
    dataset = pretraining.open_dataset(prepared)
    train(pretraining.make_run(dataset), tmp_path / "rotate", 0, "", keep_snapshot=True)
    bindings += [f"session.start = {str(tmp_path / 'rotate')!r}", "session.labels = 20"]
    finetuning = load_configuration(["syn/r9/classify"], [*bindings, "TimmNetwork.freeze_at_k = 0"])
    learner = train(finetuning.make_run(dataset), tmp_path / "classify", 0, "").learner
    kept = selfstudy.load(tmp_path / "rotate")
    found, before = (each.network.state_dict() for each in (learner.backbone, kept))
    assert torch.equal(found["blocks.0.attn.qkv.weight"], before["blocks.0.attn.qkv.weight"])
    assert not torch.equal(found["blocks.1.attn.qkv.weight"], before["blocks.1.attn.qkv.weight"])
    assert kept.network.patch_embed.img_size == (16, 16)


@pytest.fixture
def configure(tmp_path):
    def write(**settings):
        config = {
            "datasets": {"0100": {"source": "render", "images": 12000, "resolution": 32}},
            "backbones": ["r9", VIT, "timm/resnet18"],
            "pretext": ["scratch", "rotate"],
            "tasks": {"classify": {"labels": [100]}},
            "seeds": [0],
            **settings,
        }
        path = tmp_path / "own.yaml"
        path.write_text(yaml.safe_dump(config))
        return Sweep(read_configuration(path))

    return write


def test_a_name_with_a_slash_is_a_folder_with_a_hyphen(configure):
    tasks = {"classify": {"labels": [100], "backbones": [VIT]}}
    search = {"dataset": "0100", "backbone": VIT, "pretext": "rotate", "trials": 2}
    sweep = configure(tasks=tasks, searches={"lr": search})
    assert sweep.backbones == ["r9", "timm-vit_tiny_patch16_224", "timm-resnet18"]
    assert {Path(path).parts[3] for path in sweep.list_finetuned()} == {sweep.backbones[1]}
    assert sweep.searches["lr"]["backbone"] == sweep.backbones[1]
    files, bindings = configure_pretraining(sweep, "0100", sweep.backbones[1], "rotate")
    assert load_configuration(files, bindings).backbone == VIT
    place = {"dataset": "0100", "pretext": "rotate", "task": "classify", "labels": 100}
    for backbone, network in zip(sweep.backbones, ["ResNet", "TimmNetwork"], strict=False):
        _, bindings = configure_frozen(sweep, layer=0, backbone=backbone, **place)
        assert bindings[-1] == f"{network}.freeze_at_k = 0"


@pytest.mark.parametrize(
    "name", ["timm/resnet18.a1_in1k", "timm-resnet18", "timm/", "a/b", "../r9"]
)
def test_names_that_are_no_folders_are_refused(name, configure):
    with pytest.raises(ConfigurationError, match=r"backbones: 0: .*: expected a name of letters"):
        configure(backbones=[name])


MISFITS = {
    "method": ({"pretext": ["scratch", "amdim"]}, "AMDIM: backbone 'timm/.*' has no local maps"),
    "transformer": ({"pretext": ["scratch", "mae"]}, "backbones: r9: .* MAE: backbone 'resnet9'"),
    "our own": (
        {"pretext": ["scratch", "mae"], "backbones": ["r9"]},
        "backbones: r9: on dataset '0100': MAE: backbone 'resnet9' has no patches",
    ),
    "name": ({"backbones": ["timm/resnet81"]}, "backbones: timm/resnet81: on dataset '0100': timm"),
    "size": (
        {"backbones": ["timm/vit_small_patch14_dinov2"]},
        "backbones: timm/vit_small_patch14_dinov2: .*32 x 32 pixels: expected a multiple of 14",
    ),
    "places": (
        {
            "datasets": {"0100-multi": {"source": "render", "images": 120, "resolution": 32}},
            "tasks": {"segment": {"labels": [100]}},
            "backbones": ["timm/lcnet_035"],
        },
        "backbones: timm/lcnet_035: on dataset '0100-multi': Segment: .* has no dense features",
    ),
}


@pytest.mark.parametrize(("settings", "message"), MISFITS.values(), ids=MISFITS)
def test_a_sweep_refuses_what_its_backbones_cannot_do(settings, message, configure):
    with pytest.raises(ConfigurationError, match=message) as error:
        check_backbones(configure(**settings))
    assert tiny.tell(error)


def test_a_sound_sweep_is_checked_without_weights(configure):
    sweep = configure(pretext=["scratch", "rotate", "cmc", "vae"])
    before = torch.random.get_rng_state()
    check_backbones(sweep)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.slow
def test_timm_is_imported_for_its_networks_alone():
    script = "import sys, selfstudy; from selfstudy.configuration import load_configuration\n"
    script += (
        "load_configuration(['syn/r9/classify']).make_backbone(); print('timm' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
