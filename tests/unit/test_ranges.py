"""Numbers that make no sense for a method or a backbone are named before anything is made."""

import math
from typing import Annotated, get_origin

import pytest
import tiny

from selfstudy.configuration import load_configuration
from selfstudy.configuration.names import list_arguments
from selfstudy.configuration.types import check_types
from selfstudy.description import Count, Positive, Range, Share, Weight
from selfstudy.errors import ConfigurationError
from selfstudy.methods.base import find_method
from selfstudy.methods.simclr import SimCLR
from selfstudy.registry import list_names

CHECKED = {"mask_ratio", "decoder_width"}  # of MAE, by the patches that there are


@pytest.mark.parametrize("name", list_names("methods"))
def test_each_number_of_a_method_has_a_range(name):
    arguments = list_arguments(find_method(name), find_method(name).handed)
    bare = {each for each, kind in arguments.items() if kind in (int, float)}
    assert bare <= (CHECKED if name == "mae" else set())


@pytest.mark.parametrize("name", list_names("methods"))
def test_what_is_out_of_range_is_named_before_anything_is_made(name):
    method = find_method(name)
    for argument, kind in list_arguments(method, method.handed).items():
        if get_origin(kind) is Annotated:
            binding = f"{method.__name__}.{argument} = -1"
            with pytest.raises(ConfigurationError, match=f"{binding}: expected .*number") as error:
                load_configuration(["syn/r9/common", f"pretext/{name}"], [binding])
            assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("binding", "message"),
    [
        ("BaseDataset.input_res = 0", "expected a whole number from 1 or None"),
        ("ResNet.out_feats = 0", "expected a whole number from 1"),
        ("SimCLR.temperature = 0", "expected a number above 0"),
        ("MoCoV3.momentum = 1.5", "expected a number from 0 to 1"),
        ("VAE.output_res = 3", "expected a whole number from 4"),
        ("SimCLR.hidden = 2.5", "expected a whole number from 1"),
        ("SimCLR.hidden = True", "expected a whole number from 1"),
    ],
)
def test_the_message_says_what_was_expected(binding, message):
    with pytest.raises(ConfigurationError, match=f"^{binding}: {message}$"):
        load_configuration(["syn/r9/common", "pretext/simclr"], [binding])


def test_constructors_say_so_too():
    with pytest.raises(ConfigurationError, match=r"^SimCLR.temperature = 0: expected a number abo"):
        SimCLR(tiny.make_small("resnet9"), temperature=0)


def test_other_notes_on_a_type_say_nothing_of_ranges():
    check_types("A", {"b": -1}, {"b": Annotated[int, "in pixels"]})
    with pytest.raises(ConfigurationError, match=r"^A.b = 0.5: expected a whole number$"):
        check_types("A", {"b": 0.5}, {"b": Annotated[int, "in pixels"]})


@pytest.mark.parametrize(
    ("kind", "inside", "outside"),
    [
        (Count, [1, 7], [0, -1]),
        (Positive, [1e-9, 7], [0, -1]),
        (Weight, [0, 7], [-1e-9]),
        (Share, [0, 0.5, 1], [-1e-9, 1.001]),
        (Annotated[int, Range(4)], [4, 5], [3]),
    ],
)
def test_ends_of_ranges(kind, inside, outside):
    (numbers,) = kind.__metadata__
    assert all(map(numbers.holds, inside))
    assert not any(map(numbers.holds, [*outside, math.nan]))
