"""A finished study that is copied by `cp -r`, which keeps no times: what is made again there."""

import pandas as pd

FINETUNED = "results/finetune/0110/r9/rotate/classify/n10"
# Snakemake compares the contents of small files by itself, and of large ones nothing but times.
AS_IF_LARGE = ("--max-checksum-file-size", "0")
SNAPSHOT = "results/pretrain/0110/r9/rotate/seed0/snapshot.pt"


def test_a_copied_study_is_done_and_notices_what_changes(study, tmp_path):
    assert study.planned(*AS_IF_LARGE) == {}
    assert study.planned() == {}

    # Made again by force, a job finds its seeds done before.
    metrics = study.folder / FINETUNED / "metrics.csv"
    before = pd.read_csv(metrics)
    metrics.unlink()
    study.snakemake(f"{FINETUNED}/metrics.csv")
    assert f"{FINETUNED}/seed0: done before" in (study.folder / f"logs/{FINETUNED}.log").read_text()
    pd.testing.assert_frame_equal(pd.read_csv(metrics), before)

    # A snapshot that was made again before a run was killed is newer than what was made of it,
    # whatever the times of yet another copy say.
    snapshot = study.folder / SNAPSHOT
    snapshot.write_bytes(snapshot.read_bytes() + b"other")
    expected = {"finetune": 2, "finetune_frozen": 1, "linear": 1}
    assert expected.items() <= study.planned().items()
    another = study.copy(tmp_path / "another")
    for path in (another.folder / "results").rglob("*.csv"):
        path.touch()
    assert expected.items() <= another.planned().items()
