"""timm's weights: by name, in a folder or a file, of the layout that timm writes itself."""

import json
import logging
import shutil

import pytest
import timm
import tiny
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

import selfstudy
from selfstudy.configuration import check_start
from selfstudy.errors import ConfigurationError, DataError, SelfstudyError
from selfstudy.starts import timm_weights
from selfstudy.starts.public import tell_licence
from selfstudy.starts.timm_weights import is_reachable

pytestmark = pytest.mark.usefixtures("one_thread")

TRANSFORMER = {"depth": 1, "embed_dim": 24, "num_heads": 3}
RESNET = {"layers": [1, 1, 1, 1], "channels": [8, 8, 16, 16]}
# The weights that people start from, of networks made small: what these are made with, images that
# they are trained on, and timm's statistics of images from 0 to 1.
IMAGENET, HALF = (0.485, 0.456, 0.406), (0.5, 0.5, 0.5)
NAMES = {
    "resnet18.a1_in1k": (RESNET, 64, IMAGENET, "apache-2.0"),
    "convnext_atto.d2_in1k": (tiny.TIMM["timm/convnext_atto"], 64, IMAGENET, "apache-2.0"),
    "vit_tiny_patch16_224.augreg_in21k_ft_in1k": (TRANSFORMER, 64, HALF, "apache-2.0"),
    "vit_small_patch14_dinov2.lvd142m": (TRANSFORMER, 56, IMAGENET, "apache-2.0"),
    "vit_small_patch16_dinov3.lvd1689m": (TRANSFORMER, 64, IMAGENET, "dinov3-license"),
    "vit_base_patch16_224.mae": (TRANSFORMER, 64, IMAGENET, "cc-by-nc-4.0"),
    "vit_base_patch32_clip_224.openai": (
        TRANSFORMER,
        64,
        timm.data.OPENAI_CLIP_MEAN,
        "apache-2.0",
    ),
}


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """The cache of the Hugging Face hub, empty; there is no network."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(timm_weights, "is_reachable", lambda url: False)
    return tmp_path / "hub"


def make_theirs(name, **arguments):
    """timm's own network of random weights, which has seen something."""
    about = timm.get_pretrained_cfg(name)
    torch.manual_seed(7)
    network = timm.create_model(name, **{"num_classes": about.num_classes, **arguments})
    with torch.no_grad():
        for value in network.parameters():
            value.add_(0.05 * torch.randn_like(value))
    return network.eval()


def place(hub, name, network):
    """Save a network's weights where the hub's client would put them."""
    about = timm.get_pretrained_cfg(name)
    folder = hub / f"models--{about.hf_hub_id.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text("0" * 40)
    (folder / "snapshots" / ("0" * 40)).mkdir(parents=True)
    path = folder / "snapshots" / ("0" * 40) / (about.hf_hub_filename or "model.safetensors")
    path = path.with_name(path.name.replace("pytorch_model.bin", "model.safetensors"))
    save_file(network.state_dict(), path)
    return path


def sizes(name, pixels):
    """The argument that a transformer is made with."""
    return {"img_size": pixels} if timm.get_pretrained_cfg(name).fixed_input_size else {}


def make_ours(name, options, **arguments):
    architecture = name.partition(".")[0]
    return selfstudy.make_backbone(f"timm/{architecture}", options=options, **arguments)


@torch.no_grad()
def assert_computes(backbone, network, pixels):
    images = torch.randn(2, 3, 32, 32)
    about = network.pretrained_cfg["interpolation"]
    larger = F.interpolate(images, (pixels, pixels), mode=about, antialias=True)
    expected = network.forward_head(network.forward_features(larger), pre_logits=True)
    torch.testing.assert_close(backbone.eval().extract(images).pooled, expected)


@pytest.mark.parametrize(
    ("name", "options", "pixels", "mean", "licence"),
    [(name, *about) for name, about in NAMES.items()],
)
def test_weights_of_a_name_make_timms_network(name, options, pixels, mean, licence, hub, caplog):
    theirs = make_theirs(name, **options, **sizes(name, pixels))
    place(hub, name, theirs)
    make = lambda: make_ours(name, options, img_size=32, size=pixels)  # noqa: E731
    start = selfstudy.Timm(name, make)
    start.check()
    tell_licence.cache_clear()  # of tests before
    with caplog.at_level(logging.INFO, "selfstudy"):
        first, second = start.make_backbone(), start.make_backbone()
    assert_computes(first, theirs, pixels)
    tiny.assert_equal(first.state_dict(), second.state_dict())
    assert first.input.space == "rgb"
    assert [x / 255 for x in first.input.mean] == pytest.approx(mean)
    assert [record.getMessage() for record in caplog.records].count(
        f"timm: {name}: licence: {licence}"
    ) == 1
    assert start.describe() == f"timm: {name}, licence: {licence}"


def test_position_embeddings_are_resampled_to_the_images(hub):
    name = "vit_tiny_patch16_224.augreg_in21k_ft_in1k"
    place(hub, name, make_theirs(name, **TRANSFORMER))
    backbone = selfstudy.Timm(
        name, lambda: make_ours(name, TRANSFORMER, img_size=64)
    ).make_backbone()
    with timm_weights.spare_waiting():
        theirs = timm.create_model(name, pretrained=True, img_size=64, **TRANSFORMER)
    assert torch.equal(backbone.network.pos_embed, theirs.pos_embed)
    assert backbone.network.pos_embed.shape == (1, 17, 24)


def test_what_is_drawn_after_it_is_what_scratch_draws(hub):
    name = "vit_tiny_patch16_224.augreg_in21k_ft_in1k"
    place(hub, name, make_theirs(name, **TRANSFORMER))
    make = lambda: make_ours(name, TRANSFORMER, img_size=32)  # noqa: E731
    drawn = []
    for start in (selfstudy.Scratch(make), selfstudy.Timm(name, make)):
        torch.manual_seed(3)
        start.make_backbone()
        drawn.append(torch.randn(1))
    assert drawn[0] == drawn[1]


def test_what_cannot_be_fetched_says_from_where_and_to_where(hub):
    name = "vit_small_patch14_dinov2.lvd142m"
    start = selfstudy.Timm(name, lambda: make_ours(name, TRANSFORMER, img_size=56))
    start.check()
    with pytest.raises(DataError) as error:
        start.make_backbone()
    url = f"https://huggingface.co/timm/{name}"
    expected = f"timm: {name}: {url} cannot be fetched to {hub}: "
    assert tiny.tell(error).startswith(expected)


def test_a_host_that_nobody_knows_cannot_be_reached(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert not is_reachable("https://nowhere.invalid")
    assert is_reachable("http://localhost:80")
    monkeypatch.setenv("https_proxy", "http://proxy.invalid")
    assert is_reachable("https://nowhere.invalid")


# A folder and a file

VIT = "vit_tiny_patch16_224"


def make_vit(**arguments):
    return make_ours(VIT, TRANSFORMER, **{"img_size": 64, **arguments})


@pytest.fixture
def folder(tmp_path):
    """What timm writes, with a classifier of five classes."""
    network = make_theirs(VIT, num_classes=5, img_size=64, **TRANSFORMER)
    timm.models.save_for_hf(network, tmp_path / "theirs", safe_serialization="both")
    return tmp_path / "theirs", network


@pytest.mark.parametrize("kind", ["model.safetensors", "pytorch_model.bin"])
def test_a_folder_in_timms_format(kind, folder):
    path, theirs = folder
    for name in {"model.safetensors", "pytorch_model.bin"} - {kind}:
        (path / name).unlink()
    start = selfstudy.Timm(f"local-dir:{path}", lambda: make_vit(img_size=32, size=64))
    with torch.device("meta"):
        start.check()
    backbone = start.make_backbone()
    assert_computes(backbone, theirs, 64)
    assert backbone.input.mean == (127.5,) * 3
    before = start.describe()
    assert before.startswith("timm folder ")
    save_file({}, path / "model.safetensors")
    assert selfstudy.Timm(f"local-dir:{path}", make_vit).describe() != before


@pytest.mark.parametrize("kind", [".safetensors", ".pth", ".pth of a training program"])
def test_a_file_of_timms_names(kind, folder):
    path, theirs = folder
    file = path / f"mine{kind.partition(' ')[0]}"
    weights = theirs.state_dict()
    if file.suffix == ".safetensors":
        save_file(weights, file)
    else:
        torch.save({"model": weights, "epoch": 3} if "program" in kind else weights, file)
    start = selfstudy.File(file, lambda: make_vit(img_size=32, size=64), "half")
    with torch.device("meta"):
        start.check()
    backbone = start.make_backbone()
    assert_computes(backbone, theirs, 64)
    assert backbone.input.std == (127.5,) * 3


def damage(path, how):
    """Spoil the weights in a folder."""
    file, said = path / "model.safetensors", json.loads((path / "config.json").read_text())
    weights = timm.create_model(VIT, num_classes=5, img_size=64, **TRANSFORMER).state_dict()
    if how == "truncated":
        file.write_bytes(file.read_bytes()[:-100])
    elif how == "one more weight":
        save_file(weights | {"extra": torch.zeros(1)}, file)
    elif how == "one weight less":
        del weights["norm.weight"]
        save_file(weights, file)
    elif how == "another width":
        save_file(timm.create_model(VIT, depth=1, embed_dim=48, num_heads=3).state_dict(), file)
    elif how == "another architecture":
        save_file(timm.create_model("resnet18", **RESNET).state_dict(), file)
    elif how == "no number":
        weights["norm.weight"][0] = torch.nan
        save_file(weights, file)
    elif how == "no weights":
        file.unlink()
        (path / "pytorch_model.bin").unlink()
    elif how == "of resnet18":
        said["architecture"] = "resnet18"
    elif how == "an unknown key":
        said["pretrained_cfg"]["meen"] = 3
    elif how == "of transformers":
        said = {"architectures": ["Dinov2Model"], "model_type": "dinov2"}
    elif how == "of nobody":
        said = {"hidden_size": 24}
    (path / "config.json").write_text("{" if how == "no JSON" else json.dumps(said))


DAMAGED = {
    "truncated": "damaged, or not a safetensors file",
    "one more weight": "extra",
    "one weight less": "norm.weight",
    "another width": "cls_token",
    "another architecture": "conv1.weight|cls_token|patch_embed",
    "no number": "its network is not finite: network.norm.weight",
    "no weights": "expected weights in model.safetensors or pytorch_model.bin",
    "of resnet18": "weights of resnet18 do not fit the backbone 'timm/vit_tiny_patch16_224'",
    "an unknown key": "config.json: .*'meen'",
    "of transformers": "config.json: model_type = 'dinov2': a folder of transformers, .*'s name",
    "of nobody": "config.json: expected 'architecture' and 'pretrained_cfg', as timm",
    "no JSON": "config.json: cannot be read",
}


@pytest.mark.parametrize(("how", "message"), DAMAGED.items(), ids=DAMAGED)
def test_what_does_not_fit_is_refused_before_anything_runs(how, message, folder):
    path, _ = folder
    damage(path, how)
    bindings = ["session.backbone = 'timm/vit_tiny_patch16_224'", "BaseDataset.input_res = 64"]
    bindings.append(f"TimmNetwork.options = {TRANSFORMER!r}")
    starts = [{"timm": f"local-dir:{path}"}]
    if how in ("truncated", "one more weight", "one weight less", "another width", "no number"):
        starts.append({"file": str(path / "model.safetensors"), "input": "half"})
    for start in starts:
        with pytest.raises(SelfstudyError, match=message) as error:
            check_start(start, ["syn/r9/classify"], bindings)
        assert str(path) in tiny.tell(error)


@pytest.mark.parametrize("kind", [*timm_weights.TRANSFORMERS, "sam"])
def test_a_folder_of_transformers_says_what_timm_has_of_it(kind, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": kind, "hidden_size": 24}))
    save_file({"embeddings.cls_token": torch.zeros(1, 1, 24)}, tmp_path / "model.safetensors")
    with pytest.raises(DataError, match="expected timm's name of the same weights") as error:
        selfstudy.Timm(f"local-dir:{tmp_path}", make_vit)
    name = timm_weights.TRANSFORMERS.get(kind)
    assert name is None or timm.is_model_pretrained(name)
    assert f"model_type = {kind!r}" in tiny.tell(error)
    assert (f"such as {name}" in tiny.tell(error)) == (name is not None)


def place_folder(hub, folder):
    """Place a folder where the hub's client would put that of somebody's network."""
    theirs = hub / "models--somebody--theirs"
    (theirs / "refs").mkdir(parents=True)
    (theirs / "refs" / "main").write_text("0" * 40)
    shutil.copytree(folder, theirs / "snapshots" / ("0" * 40))


def test_a_folder_on_the_hub(hub, folder):
    path, theirs = folder
    place_folder(hub, path)
    start = selfstudy.Timm("hf-hub:somebody/theirs", lambda: make_vit(img_size=32, size=64))
    start.check()
    backbone = start.make_backbone()
    assert_computes(backbone, theirs, 64)
    assert start.describe() == "timm: hf-hub:somebody/theirs, licence: apache-2.0"
    other = selfstudy.Timm("hf-hub:somebody/theirs", lambda: make_ours("resnet18", RESNET))
    with pytest.raises(ConfigurationError, match=f"{VIT} do not fit the backbone 'timm/resnet18'"):
        other.check()


@pytest.mark.parametrize("there", [False, True])
def test_what_the_hub_does_not_give_says_from_where_and_to_where(there, hub, folder):
    if there:  # its configuration alone
        path, _ = folder
        for each in path.iterdir():
            if each.suffix != ".json":
                each.unlink()
        place_folder(hub, path)
    with pytest.raises(DataError) as error:
        selfstudy.Timm("hf-hub:somebody/theirs", lambda: make_vit(img_size=64)).make_backbone()
    expected = "timm: hf-hub:somebody/theirs: https://huggingface.co/somebody/theirs cannot be"
    assert tiny.tell(error).startswith(f"{expected} fetched to {hub}: ")


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match=r"config.json: cannot be read: .*No such file"):
        selfstudy.Timm(f"local-dir:{tmp_path / 'nowhere'}", make_vit)


def test_a_run_says_what_it_starts_from(folder, prepared, tmp_path):
    path, _ = folder
    dataset = selfstudy.open_dataset(prepared)
    start = selfstudy.Timm(f"local-dir:{path}", lambda: make_vit(img_size=16, size=64))
    recipe = selfstudy.make_recipe(milestones=[1, 2], batch_size=16, min_round=32)
    runs = selfstudy.finetune("classify", start, dataset, tmp_path / "run", 20, recipe)
    assert runs["start"].tolist() == [start.describe()]
    assert runs["start"][0].endswith(", licence: apache-2.0")
