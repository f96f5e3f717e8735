"""Tables of accuracies that people bring: every row counts, or is named."""

import numpy as np
import pandas as pd
import pytest

from selfstudy import cli
from selfstudy.analysis.accuracies import list_lines, read_accuracies
from selfstudy.analysis.runs import collect_runs
from selfstudy.errors import ConfigurationError, DataError

HEAD = "method,labels,seed,accuracy"
SCRATCH = ["scratch,100,0,0.2", "scratch,1000,0,0.5"]
MINE = "mine,100,0,0.35"


@pytest.fixture
def read(tmp_path):
    """Read a table of these lines; the file is `a.csv`."""

    def read_lines(*lines, head=HEAD, **options):
        path = tmp_path / "a.csv"
        path.write_bytes("\n".join([head, *lines]).encode())
        return read_accuracies(path, **options)

    return read_lines


def count(found):
    """The numbers of the first line that is said: rows, from scratch, others, left out."""
    words = found.said[0].split(": ", 1)[1]
    return [int(word) for word in words.split() if word.isdigit()][:3] + [int(words.split()[-3])]


@pytest.mark.parametrize("name", ["None", "NA", "nan", "null", "n/a", "#N/A", "1", "-", "a\tb"])
def test_any_name_is_a_method(read, name):
    found = read(*SCRATCH, f"{name},100,0,0.35")
    assert found.runs["pretext"].tolist() == ["scratch", "scratch", name]
    assert count(found) == [3, 2, 1, 0]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (",100,0,0.35", "a.csv, line 4: method is blank: expected a name"),
        ("  ,100,0,0.35", "line 4: method is blank"),
        ("mine,100,,0.35", "line 4: seed is blank"),
        ("mine,100,0,", "line 4: accuracy is '': expected a number from 0 to 1"),
        ("mine,,0,0.35", "line 4: labels is '': expected a whole number from 1"),
        ("mine,100.5,0,0.35", "line 4: labels is '100.5'"),
        ('mine,"1,000",0,0.35', "line 4: labels is '1,000': .* without separators"),
        ("mine,1.000,0,0.35", "line 4: labels is '1.000'"),
        ("mine,1e400,0,0.35", "line 4: labels is '1e400'"),
        ("mine,100,0,inf", "line 4: accuracy is 'inf'"),
        ("mine,100,0,nan", "line 4: accuracy is 'nan'"),
        ("mine,100,0,-0.1", "line 4: accuracy is '-0.1'"),
        ("mine,100,0,1.2", "accuracy is '0.2' on line 2 and '1.2' on line 4: expected all from 0"),
        ("mine,100,0,20%", "accuracy is '0.2' on line 2 and '20%' on line 4: expected all from 0"),
        ('mine,100,0,"0,35"', "accuracy is '0.2' on line 2 and '0,35' on line 4: .* one decimal"),
        ("mine,100,0,0,35", "line 4: there are 5 values: expected 4, .* in quotes where ','"),
        ("mine,100,0", "line 4: there are 3 values: expected 4"),
        ('"mine,100,0,0.35', "line 4: cannot be read as a table: unexpected end of data"),
        ("scratch,100,0,0.3", "lines 2 and 4 are the same run, method 'scratch', labels 100, seed"),
        ("scratch,100,0.0,0.2", "lines 2 and 4 are the same run"),
        (
            "Scratch,100,1,0.2",
            "method is 'scratch' on line 2 and 'Scratch' on line 4: expected one",
        ),
    ],
)
def test_rows_that_cannot_be_understood_are_named(read, line, message):
    with pytest.raises(DataError, match=message):
        read(*SCRATCH, line, "mine,1000,0,0.5")


@pytest.mark.parametrize(
    ("before", "line"),
    [
        (["", "   ", ",,,"], 7),
        (['"two\nlines",100,0,0.3'], 6),
        ([f"{MINE}\r"], 5),
    ],
)
def test_lines_are_those_of_the_file(read, before, line):
    with pytest.raises(DataError, match=rf"a\.csv, line {line}: accuracy is 'high'"):
        read(*SCRATCH, *before, "mine,9,0,high", head=f"\ufeff{HEAD}")


def test_lines_of_our_own_tables_are_those_of_the_file(tmp_path):
    path = tmp_path / "0110/r9/vae/classify/n100/metrics.csv"
    path.parent.mkdir(parents=True)
    path.write_text("seed,accuracy,best_accuracy,chance,feature_spread\n\n0,1,1,1,1\n\n1,x,1,1,1\n")
    with pytest.raises(DataError, match=r"metrics\.csv, line 5: accuracy is 'x'"):
        collect_runs([path])


def test_heads_are_found_in_any_spelling(read):
    found = read(
        "Scratch,100,0,0.2,b", "mine,100,0,0.3,b", head=' METHOD ,Labels,"seed ",Accuracy,Task'
    )
    assert found.runs["pretext"].tolist() == ["scratch", "mine"]
    assert found.groups.to_dict("list") == {"task": ["b"]}


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("method,labels,seed,accuracy,Accuracy", "column 'accuracy' is there twice"),
        (",method,labels,seed,accuracy", "column 1 has no name"),
        ("pretext,labels,seed,accuracy", "column 'method' is missing: expected method, labels"),
    ],
)
def test_heads_that_cannot_be_understood_are_named(read, head, message):
    with pytest.raises(DataError, match=message):
        read("scratch,100,0,0.2", head=head)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["s;100;0;0,2", "m;100;0;0,35"], ["parted by semicolons", "decimal commas"]),
        (["s\t100\t0\t0.2", "m\t100\t0\t0.35"], ["parted by tabs"]),
        (["s,100,0,20%", "m,100,0,35.0 %"], ["percentages, from 20 to 35"]),
        (["s,100.0,0,20", "m,1e2,0,35"], ["percentages, from 20 to 35"]),
        (["s;100;0;20,0\u00a0%;;", "m;100;0;35%;;"], ["semicolons", "commas", "percentages"]),
        (['s,100,0,"0,2"', 'm,100,0,"0,35"'], ["decimal commas"]),
    ],
)
def test_what_spreadsheets_write_is_read_and_said(read, lines, said):
    separator = next(sign for sign in "\t;," if sign in lines[0])
    lines = [line.replace("s", "scratch", 1) for line in lines]
    found = read(*lines, head=HEAD.replace(",", separator))
    assert found.runs["accuracy"].tolist() == pytest.approx([0.2, 0.35])
    assert found.runs["labels"].tolist() == [100, 100]
    assert len(found.said) == 1 + len(said)
    assert all(any(each in line for line in found.said) for each in said)


def test_a_comma_that_may_part_thousands_is_refused(read):
    with pytest.raises(DataError, match=r"line 2: labels is '1\.000': expected a whole number"):
        read("scratch;1.000;0;20", "mine;100;0;35", head=HEAD.replace(",", ";"))


@pytest.mark.parametrize(
    "content", ["ü".encode("latin-1"), HEAD.encode("utf-16"), b"PK\x03\x04\xff"]
)
def test_what_is_no_text_says_how_to_export_it(tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(
        DataError, match="expected text in UTF-8, which Excel exports as 'CSV UTF-8'"
    ):
        read_accuracies(path)


EXTRA = f"{HEAD},pretext,net"


def test_columns_that_are_constant_are_ignored_and_said(read):
    found = read("scratch,100,0,0.2,x,r9", "mine,100,0,0.3,x,r9", head=EXTRA)
    assert "ignored, as they are the same in all rows: pretext ('x'), net ('r9')" in found.said


def test_columns_that_vary_are_groups_or_ignored_or_refused(read):
    rows = [
        f"{method},100,0,{accuracy},{method},{net}"
        for net, gain in (("r9", 0), ("r50", 0.1))
        for method, accuracy in (("scratch", 0.2 + gain), ("mine", 0.2 + gain))
    ]
    with pytest.raises(
        DataError, match=r"'pretext' has 2 values, such as 'scratch' and 'mine': .*--by"
    ):
        read(*rows, head=EXTRA)
    with pytest.raises(DataError, match="column 'net' has 2 values"):
        read(*rows, head=EXTRA, ignored=["pretext"])
    found = read(*rows, head=EXTRA, by=["Net"], ignored=["pretext"])
    assert found.groups.to_dict("list") == {"net": ["r9", "r50"]}
    assert found.runs["dataset"].tolist() == [0, 0, 1, 1]
    with pytest.raises(DataError, match="lines 2 and 4 are the same run"):
        read(*rows, head=EXTRA, ignored=["net", "pretext"])
    found = read(*rows, head=EXTRA.replace("net", "Backbone"), ignored=["pretext"])
    assert found.groups["backbone"].tolist() == ["r9", "r50"], "of a name that is known"
    for options in ({"by": ["nett"]}, {"by": ["net"], "ignored": ["net"]}, {"by": ["method"]}):
        with pytest.raises(ConfigurationError, match=r"--(by|ignore) '(nett?|method)'"):
            read(*rows, head=EXTRA, **options)


def test_groups_that_cannot_be_compared_are_left_out_and_named(read):
    rows = ["a,scratch,100,0,0.2", "a,mine,100,0,0.3", "b,mine,100,0,0.3", "b,mine,100,1,0.3"]
    found = read(*rows, "c,scratch,100,0,0.1", head=f"dataset,{HEAD}")
    assert count(found) == [5, 1, 1, 3]
    assert (
        "dataset 'b', 2 of the rows (on lines 4-5), as none has the method 'scratch'"
        in found.said[1]
    )
    assert "dataset 'c', 1 of the rows (on line 6), as none has another method" in found.said[2]
    with pytest.raises(DataError, match="nothing can be compared: left out: dataset 'b'"):
        read(*rows[2:], head=f"dataset,{HEAD}")
    with pytest.raises(DataError, match="line 3: dataset is blank"):
        read(rows[0], ",mine,100,0,0.3", head=f"dataset,{HEAD}")


def test_lines_are_listed_in_few_characters():
    assert list_lines([2, 3, 4, 7, 9, 10]) == "lines 2-4, 7, 9-10"


def test_every_row_is_in_the_counts_that_the_command_prints(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rng, rows = np.random.default_rng(0), [f"{HEAD},net,dataset,note"]
    for net in ("r9", "r50"):
        for dataset, methods in {"a": ["scratch", "None", "cmc"], "b": ["cmc", "vae"]}.items():
            for method in methods:
                for labels in (100, 1000):
                    for seed in range(2):
                        accuracy = rng.random()
                        rows.append(f"{method},{labels},{seed},{accuracy},{net},{dataset},same")
    (tmp_path / "a.csv").write_text("\n".join(rows))
    cli.main(["utility", "a.csv", "--by", "net", "-o", "out.csv"])
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "a.csv: 40 rows: 8 from scratch, 16 of 2 other methods, 16 left out"
    assert printed[1] == "ignored, as they are the same in all rows: note ('same')"
    assert [line.split(" (")[0] for line in printed[2:4]] == [
        f"left out: net '{net}' and dataset 'b', 8 of the rows" for net in ("r9", "r50")
    ]
    table = pd.read_csv("out.csv", keep_default_na=False)
    assert table["n"].sum() == 16
    assert list(table.columns[:4]) == ["net", "dataset", "method", "labels"]
    assert set(table["method"]) == {"None", "cmc"}
    (tmp_path / "b.csv").write_text("\n".join(rows).replace("net", "utility"))
    with pytest.raises(SystemExit):
        cli.main(["utility", "b.csv", "--by", "utility"])
    assert "--by 'utility': expected another name" in capsys.readouterr().err
