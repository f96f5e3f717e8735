"""How well classes are told apart, where accuracy hides the rare ones."""

import math

import numpy as np

ACCURACY = "accuracy"  # from which utility is read unless another is asked for
MACRO_F1, BALANCED_ACCURACY, AUROC = OF_CLASSES = ("macro_f1", "balanced_accuracy", "auroc")
TITLES = {
    ACCURACY: "Accuracy",
    MACRO_F1: "Macro F1",
    BALANCED_ACCURACY: "Balanced accuracy",
    AUROC: "AUROC",
}


def measure_classes(scores: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Measure predictions by means over classes, each of which counts the same.

    The means are over the classes that occur among the labels: of others nothing can be told. They
    are those of scikit-learn, which needs fifty times as long where there are a few hundred images.

    Args:
        scores: of n images for each class (n, classes); the largest is what is predicted.
        labels: their classes, int64 (n,).

    Returns:
        `macro_f1`, the mean of 2 tp / (2 tp + fp + fn); `balanced_accuracy`, the mean share of a
        class's images that are predicted as such; `auroc`, the mean area under the curve of true
        against false positives, one class against the rest: how often an image of the class scores
        higher for it than one of the rest (a tie is half). That is not a number where there is one
        class, or a score is none.
    """
    counts = np.bincount(labels, minlength=scores.shape[1])
    predicted = scores.argmax(1)
    hits = np.bincount(labels[predicted == labels], minlength=scores.shape[1])
    guesses = np.bincount(predicted, minlength=scores.shape[1])
    present = np.flatnonzero(counts)
    counts, hits, guesses = counts[present], hits[present], guesses[present]
    known = len(present) > 1 and np.isfinite(scores).all()
    areas = [rank_class(scores[:, each], labels == each) for each in present] if known else math.nan
    return {
        MACRO_F1: float(np.mean(2 * hits / (counts + guesses))),
        BALANCED_ACCURACY: float(np.mean(hits / counts)),
        AUROC: float(np.mean(areas)),
    }


def rank_class(scores: np.ndarray, belong: np.ndarray) -> float:
    """Compute how often an image that belongs to a class scores higher than one that does not.

    Args:
        scores: for the class (n,).
        belong: whether they are of the class (n,).
    """
    others = np.sort(scores[~belong])
    below, up_to = (np.searchsorted(others, scores[belong], side) for side in ("left", "right"))
    return (below + up_to).mean() / (2 * len(others))


def spell_measure(measure: str) -> str:
    """Spell a measure's title within a sentence."""
    title = TITLES[measure]
    return title if title.isupper() else title[0].lower() + title[1:]


def explain_measure(measure: str) -> str:
    """Say in a sentence, with a blank before it, what stands for accuracy; nothing if it does."""
    return "" if measure == ACCURACY else f" Accuracy here is {spell_measure(measure)}."
