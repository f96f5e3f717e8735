"""Networks, images and recipes that are small enough for tests."""

import os
import signal
from contextlib import contextmanager
from functools import partial
from inspect import signature

import torch
import torch.nn.functional as F

from selfstudy.augment import Augmentation
from selfstudy.backbones import base
from selfstudy.configuration.names import find_class_of
from selfstudy.data.dataset import Block
from selfstudy.data.inputs import Input
from selfstudy.data.spaces import STATISTICS
from selfstudy.methods.base import find_method
from selfstudy.training.loop import Step
from selfstudy.training.recipe import make_recipe

IMAGES, SIZE = 16, 32  # of a batch, and their pixels: the fewest that AMDIM's own encoder takes
# Whichever of these a constructor takes.
SMALL = {
    "width": 4,
    "out_feats": 8,
    "ndf": 4,
    "n_rkhs": 8,
    "n_depth": 1,
    "encoder_size": SIZE,
    "output_res": 16,
    "decoder_width": 16,
    "nce_k": 16,
    "images": IMAGES,
    "hidden": 16,
    "size": 8,
    "directions": 16,
    "prototypes": 16,
}
WIDER = {"resnext50_32x4d": 16, "resnext101_32x8d": 16}  # as many as its groups need
# Some of timm's networks, made small: with maps, tokens, or neither to read at each place.
TIMM = {
    "timm/resnet18": {"layers": [1, 1, 1, 1], "channels": [8, 8, 16, 16]},
    "timm/vit_tiny_patch16_224": {"patch_size": 8, "depth": 2, "embed_dim": 24},
    "timm/convnext_atto": {"depths": [1, 1, 1, 1], "dims": [8, 8, 16, 16]},
    "timm/swin_tiny_patch4_window7_224": {"depths": [1, 1], "embed_dim": 12, "num_heads": [1, 2]},
    "timm/lcnet_035": {},
}
TRANSFORMER = "timm/vit_tiny_patch16_224"
TINY = [
    "session.precision = 'float32'",
    "BaseDataset.input_res = 16",
    "rounds.min_round = 32",
    "dataloader.batch_size = 16",
    "scheduler.milestones = [1, 2]",
]
STILL = Augmentation(*[False] * 6)
GIVEN = Input("lab", *STATISTICS["rendered"]["lab"])  # how images are prepared


def choose_small(constructor):
    """The small arguments that a constructor takes."""
    return {key: value for key, value in SMALL.items() if key in signature(constructor).parameters}


def make_small(name, in_channels=3, **arguments):
    """A small backbone by its name."""
    if name == "two_encoders":
        return base.make_backbone(
            name, l=make_small("resnet9", 1), ab=make_small("resnet9", 2), **arguments
        )
    small = choose_small(find_class_of(base.find_backbone(name)))
    if name in TIMM:
        small = {"img_size": SIZE, "options": TIMM[name]}
    if name in WIDER:
        small["width"] = WIDER[name]
    return base.make_backbone(name, **{"in_channels": in_channels, **small, **arguments})


def make_method(name, images=IMAGES):
    """A small method, in plain Python."""
    method = find_method(name)
    usual = TRANSFORMER if name == "mae" else "resnet9"
    backbone = method.make_backbone(
        lambda in_channels, name=None: make_small(name or usual, in_channels)
    )
    arguments = choose_small(method)
    if "images" in arguments:
        arguments["images"] = images
    return method(backbone, **arguments)


def draw_block(labels=None, dense=False, seed=0):
    """A batch of smooth images that differ, each seen by its place."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randn(IMAGES, 3, 4, 4, generator=generator)
    images = F.interpolate(coarse, (SIZE, SIZE), mode="bilinear").half()
    maps = None
    if dense:
        few = torch.randint(1, 6, (IMAGES, 3, 4, 4), generator=generator)
        maps = F.interpolate(few.float(), (SIZE, SIZE)).to(torch.uint8)
    return Block(images, labels or {}, maps, torch.arange(IMAGES))


def make_step(learner, augment=STILL, precision="float32", lr=3e-3):
    """All that a step of Adam needs; its rate is the step's own."""
    return Step(
        learner,
        torch.optim.Adam((p for p in learner.parameters() if p.requires_grad), lr=lr),
        partial(augment, given=GIVEN),
        torch.device("cpu"),
        precision,
    )


def make_tiny_recipe(**settings):
    """Two rounds of a few steps, the same on every machine."""
    tiny = {
        "precision": "float32",
        "batch_size": 25,
        "min_round": 50,
        "milestones": [1, 2],
        "target_lrs": [0, 1e-3, 1e-4],
    }
    return make_recipe(**tiny | settings)


def copy_weights(module):
    """The present weights by name."""
    return {key: value.clone() for key, value in module.state_dict().items()}


def assert_equal(one, other):
    """Two sets of weights are the same, bit for bit."""
    assert one.keys() == other.keys()
    assert [key for key in one if not torch.equal(one[key], other[key])] == []


@contextmanager
def one_thread():
    """Sums come out bit for bit the same, from seed 0."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


def ask_to_stop(row):
    """Send this process a request to stop, after a round."""
    os.kill(os.getpid(), signal.SIGTERM)
    return False


def tell(error):
    """What is said of an error, which must be one line."""
    message = str(error.value)
    assert "\n" not in message
    return message


def flip(path, place, bit=2):
    """Flip a bit of a file."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1 << bit
    path.write_bytes(content)
