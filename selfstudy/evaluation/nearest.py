"""Nearest neighbours: what features tell of classes without anything learned."""

import numpy as np
import torch
import torch.nn.functional as F

from selfstudy.evaluation.features import Extracted

NEIGHBOURS, TEMPERATURE = 20, 0.07  # DINO's number (Caron et al., 2021); Wu et al.'s weights
BATCH = 1024


def measure_nearest(chosen: Extracted, valid: Extracted) -> float:
    """Measure the accuracy of the vote of the nearest labelled images.

    The 20 most similar ones vote, or as many as there are, each with the weight exp(s / 0.07) of
    its cosine similarity s (Wu et al., 2018, section 3.4).

    Args:
        chosen: that have labels.
        valid: that it is measured on.
    """
    known, votes = np.unique(chosen.labels, return_inverse=True)
    bank, kinds = scale_features(chosen), F.one_hot(torch.from_numpy(votes)).float()
    found = []
    for queries in scale_features(valid).split(BATCH):
        similar, places = (queries @ bank.T).topk(min(NEIGHBOURS, len(bank)))
        # As far below the nearest, whose weight would overflow no more.
        weights = ((similar - similar[:, :1]) / TEMPERATURE).exp()
        found.append((weights[..., None] * kinds[places]).sum(1).argmax(1))
    return float((known[torch.cat(found).numpy()] == valid.labels).mean())


def scale_features(extracted: Extracted) -> torch.Tensor:
    """Scale features (n, features) to length 1, float32."""
    return F.normalize(torch.from_numpy(extracted.features).float())
