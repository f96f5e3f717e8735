import numpy as np
import pandas as pd
import pytest

from selfstudy.analysis.difficulty import measure_difficulty, read_confusion
from selfstudy.analysis.figures import difficulty
from selfstudy.errors import DataError

NAMES = ["chair", "bench", "sofa"]


def write(path, **counts):
    pd.concat(
        pd.DataFrame(
            {
                "classifier": classifier.replace("_", " "),
                "label": np.repeat(NAMES, 3),
                "predicted": np.tile(NAMES, 3),
                "images": np.ravel(images),
            }
        )
        for classifier, images in counts.items()
    ).to_csv(path, index=False)
    return path


@pytest.fixture
def confusion(tmp_path):
    return write(
        tmp_path / "confusion.csv",
        network=[[9, 1, 0], [0, 4, 0], [3, 5, 12]],
        mean_colour=[[10, 0, 0], [2, 2, 0], [20, 0, 0]],
    )


def test_shares_keep_the_order_of_the_classes(confusion):
    shares = read_confusion(confusion)
    assert list(shares.index) == list(shares.columns) == NAMES
    np.testing.assert_allclose(shares, [[0.9, 0.1, 0], [0, 1, 0], [0.15, 0.25, 0.6]])


def test_a_dataset_is_as_hard_as_its_hardest_class(confusion, tmp_path):
    easy = write(tmp_path / "easy.csv", network=np.eye(3), mean_colour=np.eye(3))
    table = measure_difficulty({"1111": confusion, "0000": easy}).set_index("dataset")
    assert table.loc["1111", "accuracy"] == pytest.approx((0.9 + 1 + 0.6) / 3)
    assert table.loc["1111", ["hardest", "taken_for"]].tolist() == ["sofa", "bench"]
    assert table.loc["1111", "its_accuracy"] == pytest.approx(0.6)
    assert table.loc["1111", "mean_colour"] == pytest.approx(0.5)
    assert table.loc["0000", ["accuracy", "taken_for"]].tolist() == [1, ""]


def test_the_figure_has_a_panel_a_dataset(confusion):
    figure = difficulty.draw({f"{code:04b}": confusion for code in range(5)})
    panels = [panel for panel in figure.axes if panel.images and panel.get_visible()]
    assert [panel.get_title() for panel in panels][:2] == ["0000 (----): 0.83", "0001 (---L): 0.83"]
    assert [label.get_text() for label in panels[0].get_yticklabels()] == NAMES
    assert len(panels) == 5


def test_a_table_of_something_else_is_named(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("label,images\nchair,1\n")
    with pytest.raises(DataError, match=r"other\.csv: column 'classifier' is missing"):
        measure_difficulty({"0000": path})
