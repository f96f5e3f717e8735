"""A simulated second device: tensors on it hold one of the CPU, and refuse to meet another's.

Waits for the device are counted: what a GPU must have finished before the CPU goes on. To be
imported in a process of its own, whose PyTorch it changes.
"""

import threading
from collections import Counter

import torch
from torch.utils import _pytree as pytree
from torch.utils.backend_registration import (
    _DummyBackendModule,
    _setup_privateuseone_for_python_backend,
)

aten = torch.ops.aten
NAME = "second"
# What gives numbers to the CPU, or tensors whose size depends on what is in others.
WAITING = {
    aten._local_scalar_dense,
    aten.bincount,
    aten.equal,
    aten.masked_select,
    aten.nonzero,
    aten.repeat_interleave,
    aten.unique_dim,
    aten._unique2,
}
INDEXING = {aten.index, aten.index_put, aten.index_put_, aten._index_put_impl_}
READERS = "ThreadPoolExecutor"  # threads that may wait
FACTORIES = (
    "arange",
    "arange.start",
    "arange.start_step",
    "empty.memory_format",
    "empty_strided",
    "eye",
    "eye.m",
    "linspace",
    "randperm",
    "scalar_tensor",
)


class Module(_DummyBackendModule):
    """What PyTorch asks of a device."""

    def get_amp_supported_dtype(self):
        return [torch.float32]


_setup_privateuseone_for_python_backend(NAME, Module())
DEVICE = torch.device(NAME, 0)
waits = Counter()


class OnDevice(torch.Tensor):
    """A tensor on the second device, which holds one of the CPU."""

    @staticmethod
    def __new__(cls, held):
        return torch.Tensor._make_wrapper_subclass(
            cls,
            held.size(),
            held.stride(),
            held.storage_offset(),
            dtype=held.dtype,
            layout=held.layout,
            device=DEVICE,
        )

    def __init__(self, held):
        self.held = held

    def __repr__(self):
        return f"OnDevice({self.held})"

    def tolist(self):
        count("tolist")
        return self.held.tolist()

    def numpy(self, *, force=False):
        if not force:
            raise TypeError(f"a tensor on {NAME} is no array: copy it to the CPU first")
        count("numpy")
        return self.held.numpy(force=True)

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        return run(function, args, kwargs or {})


def run(function, args, kwargs):
    """Compute on the CPU what is asked of the device."""
    packet = function.overloadpacket
    given = [one for one in pytree.tree_leaves((args, kwargs)) if isinstance(one, torch.Tensor)]
    target = kwargs.get("device")
    if packet is aten._to_copy:
        there = given[0].device if target is None else torch.device(target)
        if there.type != given[0].device.type:
            count(packet)
    elif packet is aten.copy_:
        if given[0].device.type != given[1].device.type:
            count(packet)
    else:
        if packet in INDEXING:
            count_indices(packet, args[1])
        else:
            refuse_mixing(function, given)
        if packet in WAITING:
            count(packet)
        there = DEVICE if target is None else torch.device(target)
    if packet is aten.copy_:
        there = given[0].device
    known = {id(one.held): one for one in given if isinstance(one, OnDevice)}
    args, kwargs = pytree.tree_map_only(OnDevice, lambda one: one.held, (args, kwargs))
    if target is not None:
        kwargs = kwargs | {"device": torch.device("cpu")}
    found = function(*args, **kwargs)

    def wrap(one):
        return known[id(one)] if id(one) in known else OnDevice(one)

    return pytree.tree_map_only(torch.Tensor, wrap, found) if there == DEVICE else found


def refuse_mixing(function, given):
    """Raise as CUDA does; scalars of the CPU may meet any."""
    here = [one for one in given if isinstance(one, OnDevice)]
    other = [one for one in given if not isinstance(one, OnDevice) and one.ndim]
    if here and other:
        raise RuntimeError(f"{function}: expected all tensors on one device, found {NAME} and cpu")


def count_indices(packet, indices):
    """Count masks, whose ones must be counted, and indices that are on the CPU."""
    for one in indices:
        if one is not None and (one.dtype in (torch.bool, torch.uint8) or one.device != DEVICE):
            count(packet)


def count(packet):
    """Count a wait."""
    if not threading.current_thread().name.startswith(READERS):
        waits[str(packet)] += 1


def register(name):
    """Let a factory make tensors of the device."""
    packet, _, overload = name.partition(".")
    function = getattr(getattr(aten, packet), overload or "default")

    def make(*args, **kwargs):
        return run(function, args, kwargs)

    library.impl(name, make, "PrivateUse1")


library = torch.library.Library("aten", "IMPL")
for name in FACTORIES:
    register(name)
