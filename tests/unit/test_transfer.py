"""Blocks reach a GPU from pinned memory and on a stream of its own; here, on a simulated one."""

from contextlib import contextmanager

import numpy as np
import pytest
import torch

from selfstudy.data.kinds import open_dataset
from selfstudy.data.rounds import Rounds, RoundSettings
from selfstudy.data.transfer import Beside, make_buffer, send

CPU, CUDA = torch.device("cpu"), torch.device("cuda", 0)


@pytest.fixture
def done(monkeypatch):
    """What is asked of CUDA's streams and its allocator, in order."""
    done = []

    class Stream:
        def __init__(self, device):
            assert device == CUDA

        def wait_stream(self, other):
            done.append(f"wait for {other}")

        def synchronize(self):
            done.append("done")

    @contextmanager
    def enter(stream):
        assert isinstance(stream, Stream)
        done.append("enter")
        yield
        done.append("leave")

    def keep(tensor, stream):
        done.append((tensor.data_ptr(), stream))

    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "stream", enter)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: "training")
    monkeypatch.setattr(torch.Tensor, "record_stream", keep)
    return done


def test_images_are_read_beside_what_is_computed(done, prepared, monkeypatch):
    dataset = open_dataset(prepared)
    labels = {"Classify": dataset.targets}
    settings = RoundSettings(max_images=20, chunk_size=10)
    rounds = Rounds(dataset, dataset.rows("train"), labels, 4, CPU, settings)
    rounds._beside = Beside(CUDA)
    real = dataset.read

    def read(*arguments):
        done.append("read")
        return real(*arguments)

    monkeypatch.setattr(dataset, "read", read)
    for _ in range(2):
        rounds.start()
    rounds._ahead[1].result()
    asked = [each for each in done if isinstance(each, str)]
    assert asked == ["wait for training", "enter", "read", "leave", "done"] * 3
    # The memory of both blocks that were taken is training's, too.
    block = rounds._block
    held = [each.data_ptr() for each in (block.images, block.labels["Classify"], block.indices)]
    kept = [each for each in done if not isinstance(each, str)]
    assert len(kept) == 6
    assert {stream for _, stream in kept} == {"training"}
    assert set(held) <= {place for place, _ in kept}


def test_a_processor_has_no_streams(done):
    beside = Beside(CPU)
    with beside.work():
        pass
    beside.hand_over([torch.ones(2)])
    assert done == []


@pytest.mark.parametrize(("device", "pinned"), [(CPU, []), (CUDA, [True])])
def test_what_a_gpu_reads_is_pinned(device, pinned, monkeypatch):
    asked, empty = [], torch.empty

    def note(*shape, pin_memory, **options):
        asked.append(pin_memory)
        return empty(*shape, **options)

    monkeypatch.setattr(torch, "empty", note)
    buffer = make_buffer((2, 3), np.dtype(np.float16), device)
    assert (buffer.shape, buffer.dtype, asked) == ((2, 3), np.float16, pinned)


def test_nobody_waits_for_what_is_sent(monkeypatch):
    asked = []
    monkeypatch.setattr(torch.Tensor, "to", lambda *given, **options: asked.append(options))
    send(np.zeros(2), CUDA)
    assert asked == [{"non_blocking": True}]
