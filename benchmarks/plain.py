"""Training as a person would write it: torchvision's transforms, a DataLoader, a loop.

SimCLR is as lightly's examples have it. Networks are this package's, and all else is not: what
differs is the loop.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
import torch.nn.functional as F
from lightly.loss import NTXentLoss
from lightly.models.modules import SimCLRProjectionHead
from lightly.transforms import SimCLRTransform
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from selfstudy.backbones.base import Backbone
from selfstudy.methods.vae import make_decoder

CLASSES = 10


class Images(Dataset):
    """Images of noise in memory, each in as many views as are wanted, with class and place."""

    def __init__(
        self, count: int, transform: Callable[[Image.Image], Tensor], pixels: int, views: int
    ) -> None:
        rng = np.random.default_rng(0)
        shape = (count, pixels, pixels, 3)
        self.images = [Image.fromarray(each) for each in rng.integers(0, 256, shape, np.uint8)]
        self.views, self.transform = views, transform

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, place: int) -> tuple[list[Tensor], int, int]:
        views = [self.transform(self.images[place]) for _ in range(self.views)]
        return views, place % CLASSES, place


class Supervised(nn.Module):
    """Cross-entropy of the class."""

    views = 1

    def __init__(self, backbone: Backbone, pixels: int, **_: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(backbone.out_feats, CLASSES)

    @staticmethod
    def make_transform(pixels: int) -> Callable[[Image.Image], Tensor]:
        """Make what gives a view of an image."""
        return transforms.Compose(
            [
                transforms.RandomCrop(pixels, padding=pixels // 8),
                transforms.RandomHorizontalFlip(),
                transforms.ColorJitter(0.4, 0.4, 0.4),
                transforms.RandomGrayscale(0.25),
                transforms.ToTensor(),
                transforms.Normalize((0.48, 0.45, 0.41), (0.23, 0.22, 0.23)),
                transforms.RandomErasing(),
            ]
        )

    def forward(self, views: list[Tensor], labels: Tensor, places: Tensor) -> Tensor:
        return F.cross_entropy(self.head(self.backbone(views[0]).pooled), labels)


class Rotations(Supervised):
    """Cross-entropy of the four rotations."""

    def forward(self, views: list[Tensor], labels: Tensor, places: Tensor) -> Tensor:
        turns = torch.randint(4, (len(labels),))
        pairs = zip(views[0], turns.tolist(), strict=True)
        images = torch.stack([torch.rot90(image, turn, (1, 2)) for image, turn in pairs])
        return F.cross_entropy(self.head(self.backbone(images).pooled), turns)


class Autoencoder(Supervised):
    """A variational autoencoder."""

    def __init__(self, backbone: Backbone, pixels: int, decoder_width: int = 256, **_: int) -> None:
        super().__init__(backbone, pixels)
        features = backbone.out_feats
        self.mu, self.logvar = nn.Linear(features, features), nn.Linear(features, features)
        self.decoder = make_decoder(features, pixels, decoder_width)

    def forward(self, views: list[Tensor], labels: Tensor, places: Tensor) -> Tensor:
        features = self.backbone(views[0]).pooled
        mu, logvar = self.mu(features), self.logvar(features)
        code = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)
        divergence = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum()
        return F.mse_loss(self.decoder(code[:, :, None, None]), views[0]) + 1e-5 * divergence


class Contrast(Supervised):
    """Contrastive multiview coding, which looks each negative up in its bank."""

    def __init__(self, backbone: Backbone, pixels: int, images: int, nce_k: int, **_: int) -> None:
        super().__init__(backbone, pixels)
        self.negatives = nce_k
        banks = F.normalize(torch.randn(2, images, backbone.out_feats // 2), dim=2)
        self.register_buffer("banks", banks)

    def forward(self, views: list[Tensor], labels: Tensor, places: Tensor) -> Tensor:
        features = self.backbone(views[0]).pooled.chunk(2, 1)
        drawn = torch.randint(self.banks.shape[1], (len(places), self.negatives))
        rows, first = torch.cat([places[:, None], drawn], 1), torch.zeros_like(places)
        loss = 0
        for own, bank in zip(features, self.banks.flip(0), strict=True):
            compared = bank[rows.flatten()].view(*rows.shape, -1)
            loss = loss + F.cross_entropy(torch.bmm(compared, own[:, :, None])[..., 0] / 0.1, first)
        with torch.no_grad():
            for own, bank in zip(features, self.banks, strict=True):
                bank[places] = F.normalize(0.5 * bank[places] + 0.5 * own)
        return loss


class Matching(Supervised):
    """Augmented multiscale deep InfoMax."""

    views = 2

    def __init__(self, backbone: Backbone, pixels: int, **_: int) -> None:
        super().__init__(backbone, pixels)
        seven, five = backbone.block_channels
        self.seven = nn.Conv2d(seven, backbone.out_feats, 1)
        self.five = nn.Conv2d(five, backbone.out_feats, 1)

    def forward(self, views: list[Tensor], labels: Tensor, places: Tensor) -> Tensor:
        count = len(labels)
        found = self.backbone(torch.cat(views))
        seven, five = (found.blocks[place] for place in self.backbone.local_blocks)
        parts = (
            found.pooled,
            F.adaptive_avg_pool2d(self.five(five), 5).flatten(2),
            F.adaptive_avg_pool2d(self.seven(seven), 7).flatten(2),
        )
        one, other = ([part[:count] for part in parts], [part[count:] for part in parts])
        loss = 0
        for (pooled, own, _), (_, fives, sevens) in ((one, other), (other, one)):
            place = own[torch.arange(count), :, torch.randint(own.shape[2], (count,))]
            for source, target in ((pooled, fives), (pooled, sevens), (place, fives)):
                loss = loss + self.match(source, target)
        return loss / 2

    def match(self, source: Tensor, target: Tensor) -> Tensor:
        """Match each source with every place of its own target."""
        scores = torch.einsum("ic,jcp->ijp", source, target) / math.sqrt(source.shape[1])
        penalty = 0.05 * (scores**2).mean()
        scores = 10 * torch.tanh(scores / 10)
        same = torch.eye(len(source), dtype=torch.bool)
        positive = scores[same]
        negative = scores.masked_fill(same[:, :, None], -torch.inf).flatten(1).logsumexp(1)
        return (torch.logaddexp(positive, negative[:, None]) - positive).mean() + penalty


class Pairs(Supervised):
    """SimCLR as lightly's examples have it: its transform, its head and its loss."""

    views = 2

    def __init__(self, backbone: Backbone, pixels: int, head: int, **_: int) -> None:
        super().__init__(backbone, pixels)
        self.head = SimCLRProjectionHead(backbone.out_feats, head, head)
        self.loss = NTXentLoss(temperature=0.2)

    @staticmethod
    def make_transform(pixels: int) -> Callable[[Image.Image], Tensor]:
        """Make what gives a view of an image, of which lightly's gives two."""
        pair = SimCLRTransform(input_size=pixels, gaussian_blur=0)
        return pair.transforms[0]

    def forward(self, views: list[Tensor], labels: Tensor, places: Tensor) -> Tensor:
        return self.loss(*(self.head(self.backbone(view).pooled) for view in views))


LOOPS = {
    "classify": Supervised,
    "pose": Supervised,
    "rotate": Rotations,
    "vae": Autoencoder,
    "cmc": Contrast,
    "amdim": Matching,
    "simclr": Pairs,
}


def make_step(
    name: str, backbone: Backbone, batch: int, pixels: int, count: int, **sizes: int
) -> Callable[[], None]:
    """Make what loads a batch and trains on it.

    Args:
        name: of the method or the task, one of `LOOPS`.
        backbone: to train.
        batch: images in a batch.
        pixels: of an image's side.
        count: images in all.
        **sizes: `images` of the bank, `nce_k`, `decoder_width`, and `head`, numbers in its layers.
    """
    network = LOOPS[name](backbone, pixels, **sizes).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-6, weight_decay=1e-5)
    data = Images(count, network.make_transform(pixels), pixels, network.views)
    loader = DataLoader(data, batch, shuffle=True, drop_last=True)

    def repeat() -> Iterator[tuple[list[Tensor], Tensor, Tensor]]:
        while True:
            yield from loader

    batches = repeat()

    def step() -> None:
        loss = network(*next(batches))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step
