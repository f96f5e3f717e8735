"""What `selfstudy status` says of runs in every state."""

import pytest
import yaml

from selfstudy.cli import main
from selfstudy.configuration import GIN
from selfstudy.locks import Lock
from selfstudy.planning.status import list_states


def begun(folder, rounds, of, finished=False):
    folder.mkdir(parents=True)
    times = [
        f"{number},{of},{seconds}" for number, seconds in zip(rounds, (9, 30, 30), strict=False)
    ]
    (folder / "times.csv").write_text("\n".join(["round,rounds,seconds", *times]) + "\n")
    history = [f"{number},0.{number}" for number in rounds]
    (folder / "history.csv").write_text("\n".join(["round,valid_accuracy", *history]) + "\n")
    if finished:
        (folder / "metrics.csv").write_text("seed\n0\n")


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Runs that are done, stopped, begun anew, running, in their first round, and failed."""
    results = tmp_path / "results/demo"
    begun(results / "pretrain/0110/r9/cmc", [1, 2], 2, finished=True)
    begun(results / "pretrain/0110/r9/vae", [1, 2, 3], 5)
    begun(results / "pretrain/0110/r9/rotate", [1, 2, 3], 5)
    begun(results / "finetune/0110/r9/cmc/classify/n100/seed0", [], 5)
    begun(results / "finetune/0110/r9/cmc/classify/n100/seed1", [1], 5, finished=True)
    (results / "finetune/0110/r9/cmc/classify/n300/seed0").mkdir(parents=True)
    (results / "finetune/0110/r9/cmc/classify/n300/seed0/times.csv").touch()
    failed = results / "finetune/0110/r9/cmc/classify/n1000"
    begun(failed / "seed0", [1], 5)
    (failed / "seed0/failed.txt").write_text("DivergenceError: the loss\nis no longer finite\n")
    (failed / "seed1").mkdir()
    (failed / "seed1/failed.txt").write_text("ConfigurationError: too few labels\n")
    monkeypatch.chdir(tmp_path)
    running = ("pretrain/0110/r9/rotate", "finetune/0110/r9/cmc/classify/n300/seed0")
    locks = [Lock(results / folder / ".lock") for folder in running]
    for lock in locks:
        lock.acquire()
    unfinished = results / running[0]
    (unfinished / "history.csv").rename(unfinished / "progress.csv")
    yield results
    for lock in locks:
        lock.release()


def test_the_state_of_every_run(results):
    table = list_states(results).set_index("run")
    assert table["state"].to_dict() == {
        "finetune/0110/r9/cmc/classify/n300/seed0": "running",
        "pretrain/0110/r9/rotate": "running",
        "finetune/0110/r9/cmc/classify/n1000/seed0": "failed",
        "finetune/0110/r9/cmc/classify/n1000/seed1": "failed",
        "finetune/0110/r9/cmc/classify/n100/seed1": "stopped",
        "pretrain/0110/r9/vae": "stopped",
        "pretrain/0110/r9/cmc": "done",
    }
    assert table.loc["pretrain/0110/r9/rotate", "minutes_left"] == 1
    assert table.loc["pretrain/0110/r9/rotate", "accuracy"] == 0.3
    assert table.loc["pretrain/0110/r9/vae", ["round", "rounds", "accuracy"]].tolist() == [
        3,
        5,
        0.3,
    ]
    assert table["minutes_left"].notna().sum() == 1
    failed = table.loc["finetune/0110/r9/cmc/classify/n1000/seed0"]
    assert (failed["why"], failed["round"]) == ("DivergenceError: the loss is no longer finite", 1)


def test_the_command(results, tmp_path, capsys):
    main(["status", "--configfile", str(GIN.parent / "demo.yaml")])
    shown = capsys.readouterr().out
    assert shown.splitlines()[-1] == "1 done, 2 running, 2 failed, 2 stopped"
    assert "pretrain/0110/r9/cmc" not in shown
    assert "n1000/seed1: ConfigurationError: too few labels\n" in shown
    main(["status", "--all", "--configfile", str(GIN.parent / "demo.yaml")])
    assert "pretrain/0110/r9/cmc" in capsys.readouterr().out


def test_a_sweep_that_is_not_begun(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(["status", "--configfile", str(GIN.parent / "demo.yaml")])
    assert capsys.readouterr().out == "0 done, 0 running, 0 failed, 0 stopped\n"
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({"results": 3}))
    with pytest.raises(SystemExit):
        main(["status", "--configfile", "mine.yaml"])
    assert "mine.yaml" in capsys.readouterr().err
