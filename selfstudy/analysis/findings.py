"""What tests say of claims: values, verdicts, and what more would decide."""

from typing import NamedTuple

import numpy as np

from selfstudy.analysis import FEWEST
from selfstudy.analysis.hypotheses import ERROR, Estimate, adjust_holm

SUPPORTED, REFUTED, OPEN, FEW = "supported", "not supported", "undecided", "not enough runs"
UNKNOWN = "cannot be said: the estimate is no further from undecided than its error"
UNTOLD = "more datasets like these: how many cannot be told"
MANY = 10  # times the datasets at hand: more than this is no advice
SEEDS = 5  # the same of seeds, which cannot make up for datasets that differ


class Finding(NamedTuple):
    """A claim and what the runs say of it.

    Attributes:
        claim: of the paper.
        statistic: by which it is tested.
        n: of the datasets that the statistic is of.
        value: of the statistic; not a number where there is none.
        low, high: the ends of its 95 % interval; not numbers where there is none.
        p: of the test that the claim holds, corrected for its family; not a number without a test.
        verdict: one of SUPPORTED, REFUTED, OPEN and FEW.
        more: what would decide, if nothing does.
    """

    claim: str
    statistic: str
    n: int
    value: float
    low: float
    high: float
    p: float
    verdict: str
    more: str = ""


class Case(NamedTuple):
    """A claim before its family's correction.

    Attributes:
        claim, statistic: as of `Finding`.
        estimate: that value and interval are of.
        p: of the test that the claim holds; not a number without a test.
        against: p of the test that it does not.
        t: of the test that is the closer one to pass, for the number of datasets that would do;
            not a number where that cannot be told.
        factor: whether the estimate is the logarithm of what is shown.
        needs: what a test needs, where there is none.
        tests: of how many the one of `t` is the best, beside the family's; two of both sides.
        most: datasets that there can be.
    """

    claim: str
    statistic: str
    estimate: Estimate
    p: float
    against: float
    t: float
    factor: bool = False
    needs: str = f"{FEWEST} datasets"
    tests: int = 1
    most: float = np.inf


def judge(cases: list[Case]) -> list[Finding]:
    """Judge a family of claims: p are corrected after Holm."""
    adjusted = adjust_holm([case.p for case in cases])
    tests = int(np.isfinite(adjusted).sum())
    return [_judge(case, p, tests) for case, p in zip(cases, adjusted, strict=True)]


def _judge(case: Case, p: float, tests: int) -> Finding:
    estimate, more = case.estimate, ""
    show = np.exp if case.factor else float
    ends = estimate.interval if np.isfinite(p) else (np.nan, np.nan)
    if np.isnan(p):
        verdict, more = FEW, f"needs {case.needs}"
    elif p < ERROR:
        verdict = SUPPORTED
    elif case.against < ERROR:
        verdict = REFUTED
    else:
        verdict = OPEN
        more = advise(estimate, case.t, ERROR / tests / case.tests, case.most)
    values = (float(show(value)) for value in (estimate.value, *ends))
    return Finding(case.claim, case.statistic, estimate.datasets, *values, float(p), verdict, more)


def advise(estimate: Estimate, t: float, error: float, most: float) -> str:
    """Say how many more datasets would decide a claim, or more seeds, if that can be said.

    Args:
        estimate: that was tested.
        t: as of `Estimate.shrink_needed`.
        error: as there.
        most: datasets that there can be.
    """
    datasets, needed = estimate.datasets, estimate.count_needed(t, error)
    if np.isnan(needed):
        return UNTOLD
    if np.isinf(needed):
        return UNKNOWN
    if needed > most:
        said = f"more than the {most} datasets that there can be"
    elif needed > MANY * datasets:
        said = f"more than {(MANY - 1) * datasets} more datasets"
    else:
        said = f"about {say_more(needed - datasets, 'dataset')} like these"
    if not estimate.seeds:
        return said
    seeds = estimate.count_seeds(t, error)
    if seeds > SEEDS * estimate.seeds:
        return f"{said}; more seeds alone would not do"
    return f"{said}, or {say_more(seeds - estimate.seeds, 'seed')}"


def say_more(count: float, unit: str) -> str:
    """Say how many more of something there must be."""
    count = max(1, int(count))
    return f"{count} more {unit}{'s' if count > 1 else ''}"
