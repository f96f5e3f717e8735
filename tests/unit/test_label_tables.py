"""Tables of own images as Excel, Windows and people write them."""

import logging

import pytest
from own_images import by_split, prepared

from selfstudy.data.label_table import find_name
from selfstudy.errors import DataError
from selfstudy.sweep.check import check_source

SPLITS = ["train", "valid", "test", "train", "train"] * 6


def write_table(source, header, rows, separator=",", end="\n", encoding="utf-8"):
    """A table beside the folder of images; `{}` in a row is an image's name, in their order."""
    files = sorted(path.relative_to(source.parent) for path in source.rglob("*.png"))
    lines = [header, *(row.format(file) for row, file in zip(rows, files, strict=False))]
    text = end.join(line.replace(",", separator) for line in lines) + end
    path = source.parent / "table.csv"
    path.write_bytes(text.encode(encoding))
    return path


def label(number):
    """Of an image: ten each of three classes."""
    return "abc"[number // 10]


def rows_with(splits):
    return [f"{{}},{label(number)},{split}" for number, split in enumerate(splits)]


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.INFO, "selfstudy")
    return caplog


@pytest.mark.parametrize(
    "header",
    ["file,label,Split", "FILE, Label ,SPLIT", '"File","Label"," split"', "\tfile,label,split"],
)
def test_headers_are_found_whatever_their_case_and_blanks(source, header):
    result = prepared(write_table(source, header, rows_with(SPLITS)))
    assert result["splits"] == [18, 6, 6]


def test_values_of_splits_are_spelled_as_folders_may_be(source):
    spelled = {"train": ["Train", "TRAINING "], "valid": ["Validation", "dev"], "test": [" TEST"]}
    mixed = [spelled[split][number % len(spelled[split])] for number, split in enumerate(SPLITS)]
    expected = by_split(prepared(write_table(source, "file,label,split", rows_with(SPLITS))))
    assert by_split(prepared(write_table(source, "file,label,split", rows_with(mixed)))) == expected


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_tables_of_other_programs_are_the_same_tables(source, log, separator, end, encoding):
    rows = rows_with(SPLITS)
    whole = prepared(write_table(source, "file,label,split", rows))
    log.clear()
    table = write_table(source, "file,label,split", [*rows, "", ",,"], separator, end, encoding)
    result = prepared(table)
    for key in ("splits", "files", "classes", "inputs"):
        assert result[key] == whole[key]
    assert ("read as separated by" in log.text) == (separator != ",")


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_other_encodings_are_refused(source, encoding):
    rows = [f"{{}},Hündin {label(number)}" for number in range(30)]
    table = write_table(source, "file,label", rows, "\t", encoding=encoding)
    with pytest.raises(
        DataError, match=r"table.csv: .* expected text in UTF-8, .* Excel exports as 'CSV UTF-8'"
    ):
        prepared(table)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            "file,label,subset",
            "the column 'subset' is not known: expected file, label and, opt.*ignore",
        ),
        ("file,label,splits", "the column 'splits' is not known"),
        (",file,label", "column 1 has no name"),
        ("file,label,Label", "column 'label' is there twice"),
        ("path,label", "column 'file' is missing: .* found 'path, label'"),
    ],
)
def test_columns_that_are_not_known_are_refused(source, header, message):
    with pytest.raises(DataError, match=f"table.csv: {message}"):
        prepared(write_table(source, header, rows_with(SPLITS)))


def test_columns_may_be_ignored(source):
    rows = [f"{number},{{}},{label(number)},anything" for number in range(30)]
    table = write_table(source, ",file,label,Remarks", rows)
    assert prepared(table, ignore=["remarks ", ""])["splits"] == [24, 3, 3]
    splits = write_table(source, "file,label,split", rows_with(SPLITS))
    assert prepared(splits, ignore=["Split"])["splits"] == [24, 3, 3]
    with pytest.raises(DataError, match=r"column 'remarks', which is to be ignored, is missing"):
        prepared(splits, ignore=["remarks"])


def test_the_configuration_may_ignore_columns_of_tables_alone():
    table = {"source": "images", "resolution": 16, "table": "a.csv", "ignore": ["id"]}
    check_source("own", table)
    folder = {"source": "images", "resolution": 16, "folder": "a", "ignore": ["id"]}
    with pytest.raises(Exception, match="'table' is a dependency of 'ignore'"):
        check_source("own", folder)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{},Labrador, black", "there are 3 values: expected 2, .* in quotes where ','"),
        ("{},  ", "no 'label'"),
        ("{}", "there are 1 values: expected 2"),
        ('{},"two\nlines"', r"the label 'two\\nlines' has a line break"),
        ("{},zero\0", r"the label 'zero\\x00' has a line break or the like"),
    ],
)
def test_rows_that_do_not_fit_are_refused_with_their_line(source, row, message):
    rows = [f"{{}},{label(number)}" for number in range(30)]
    rows[3] = row
    with pytest.raises(DataError, match=f"table.csv, line 5: {message}") as error:
        prepared(write_table(source, "file,label", rows))
    assert "\n" not in str(error.value)


def test_a_quote_that_never_ends_swallows_no_rows(source):
    rows = [f"{{}},{label(number)}" for number in range(30)]
    rows[3] = '{},"Labrador'
    with pytest.raises(DataError, match=r"table.csv, line 5: .*unexpected end of data"):
        prepared(write_table(source, "file,label", rows))


def test_quoted_separators_are_part_of_labels(source):
    rows = [f'{{}},"Labrador, {label(number)}"' for number in range(30)]
    result = prepared(write_table(source, "file,label", rows))
    assert result["classes"] == ["Labrador, a", "Labrador, b", "Labrador, c"]


def test_labels_are_stripped_and_alike_ones_named(source, log):
    rows = [f"{{}},{label(number)}" for number in range(28)]
    assert prepared(write_table(source, "file,label", rows))["classes"] == ["a", "b", "c"]
    assert "differ" not in log.text
    rows[0], rows[10:17] = "{}, a ", ["{},B"] * 7
    assert prepared(write_table(source, "file,label", rows))["classes"] == ["B", "a", "b", "c"]
    for texts, taken in (("' a ' and 'a'", "one class"), ("'B' and 'b'", "2 classes")):
        assert (
            f"table.csv: the labels {texts} differ only in case, blanks or form: taken as {taken}"
            in log.text
        )


def test_names_of_files_may_be_those_of_windows_and_have_blanks_around_them(source):
    rows = [f" {{}} ,{label(number)}" for number in range(30)]
    whole = prepared(write_table(source, "file,label", rows))
    table = write_table(source, "file,label", rows)
    table.write_text(table.read_text().replace("/", "\\"))
    assert prepared(table)["files"] == whole["files"]


def test_a_name_is_taken_as_it_is_where_there_is_such_a_file(tmp_path):
    for name in (" a.png", "a.png", "b.png", "c\\d.png"):
        (tmp_path / name).touch()
    for text, name in ((" a.png", " a.png"), (" b.png", "b.png"), ("c\\d.png", "c\\d.png")):
        assert find_name(tmp_path, text) == name
    assert find_name(tmp_path, " none.png ") == " none.png "
