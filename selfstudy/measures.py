"""How well classes are told apart, where accuracy hides the rare ones."""

import math

import numpy as np

UNKNOWN = -1  # the class of images without labels
ACCURACY = "accuracy"  # from which utility is read unless another is asked for
MACRO_F1, BALANCED_ACCURACY, AUROC = OF_CLASSES = ("macro_f1", "balanced_accuracy", "auroc")
NEAREST = "knn_accuracy"  # of nearest neighbours (`selfstudy.evaluation.nearest`)
DIGITS = 9  # of log-odds behind the point: those of float32 are fewer
TITLES = {
    ACCURACY: "Accuracy",
    MACRO_F1: "Macro F1",
    BALANCED_ACCURACY: "Balanced accuracy",
    AUROC: "AUROC",
}


def measure_classes(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Measure predictions by means over classes, each of which counts the same.

    The means are over the classes that occur among the labels: of others nothing can be told.

    Args:
        logits: of n images for each class (n, classes); minus infinity for one that cannot be.
        labels: their classes, int64 (n,).

    Returns:
        `macro_f1`; `balanced_accuracy`, the mean recall; `auroc`, the mean area under the curve of
        true against false positives, one class against the rest. That is not a number where there
        is one class, or a logit is none.
    """
    # Imported late: what only names measures needs none of it.
    from sklearn.metrics import precision_recall_fscore_support

    present = np.unique(labels)
    _, recall, f1, _ = precision_recall_fscore_support(
        labels, logits.argmax(1), labels=present, average="macro", zero_division=0
    )
    area = math.nan
    if len(present) > 1:
        area = compute_areas(compute_odds(logits)[:, present], labels[:, None] == present).mean()
    return {MACRO_F1: float(f1), BALANCED_ACCURACY: float(recall), AUROC: float(area)}


def compute_odds(logits: np.ndarray) -> np.ndarray:
    """Compute the log-odds of each class against the rest, float64 (n, classes).

    They rank images as probabilities do, but do not become alike where these round to 1. What
    differs in the last digits of a sum alone is made alike.
    """
    from scipy.special import log_softmax, logsumexp

    logs = log_softmax(logits.astype(np.float64), axis=1)
    top = logs.argmax(1)[:, None]
    others = logs.copy()
    np.put_along_axis(others, top, -np.inf, axis=1)
    rest = np.log1p(-np.exp(others))  # which is exact below one half
    np.put_along_axis(rest, top, logsumexp(others, axis=1, keepdims=True), axis=1)
    return (logs - rest).round(DIGITS)


def compute_areas(scores: np.ndarray, belong: np.ndarray) -> np.ndarray:
    """Compute areas under ROC curves: shares of pairs in which who belongs scores higher.

    A tie is half (Mann and Whitney). They are those of scikit-learn, which took 2 to 60 times as
    long, the longest with many classes.

    Args:
        scores: of each class (n, classes).
        belong: which are of the class, some but not all (n, classes).

    Returns:
        One area per class (classes,).
    """
    from scipy.stats import rankdata

    count = belong.sum(0)
    ranks = np.where(belong, rankdata(scores, axis=0), 0).sum(0)
    return (ranks / count - (count + 1) / 2) / (len(scores) - count)


def spell_measure(measure: str) -> str:
    """Spell a measure's title within a sentence."""
    title = TITLES[measure]
    return title if title.isupper() else title[0].lower() + title[1:]


def explain_measure(measure: str) -> str:
    """Say in a sentence, with a blank before it, what stands for accuracy; nothing if it does."""
    return "" if measure == ACCURACY else f" Measured by {spell_measure(measure)}, not accuracy."
