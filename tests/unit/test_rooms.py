"""Rooms of the package: which imports which, and where gin is known."""

import ast
from functools import cache

import pytest

from selfstudy import provenance


def list_imports(path):
    """The modules that a source file imports anywhere, those behind `TYPE_CHECKING` excepted."""
    tree = ast.parse(path.read_text())
    typing = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def list_sources():
    return sorted(provenance.PACKAGE.rglob("*.py"))


def name_room(path):
    return path.relative_to(provenance.PACKAGE).parts[0].removesuffix(".py")


@cache
def map_rooms():
    """The rooms that each room imports."""
    files = {name_room(path) for path in list_sources()}
    rooms = {}
    for path in list_sources():
        found = rooms.setdefault(name_room(path), set())
        for module in list_imports(path):
            parts = module.split(".")
            if parts[0] == "selfstudy" and len(parts) > 1 and parts[1] in files:
                found.add(parts[1])
        found.discard(name_room(path))
    return rooms


def test_gin_is_known_in_one_room():
    inside = {
        name_room(path)
        for path in list_sources()
        if any(module.split(".")[0] == "gin" for module in list_imports(path))
    }
    assert inside == {"configuration"}


def test_rooms_import_no_room_above_them():
    rooms, order = map_rooms(), []
    while rooms:
        free = [room for room, needs in rooms.items() if not needs - set(order)]
        circle = {room: sorted(needs - set(order)) for room, needs in rooms.items()}
        assert free, f"a circle among these: {circle}"
        order += free
        rooms = {room: needs for room, needs in rooms.items() if room not in free}


@pytest.mark.parametrize(
    ("room", "above"),
    [
        ("sweep", {"analysis"}),
        ("training", {"configuration", "rendering", "starts", "sweep"}),
        ("methods", {"tasks", "training", "configuration", "data"}),
        ("tasks", {"methods", "training", "configuration", "data"}),
        ("backbones", {"methods", "tasks", "training", "configuration"}),
        ("data", {"backbones", "training", "configuration"}),
        ("starts", {"training", "configuration"}),
        ("api", {"configuration"}),
        ("evaluation", {"configuration"}),
        ("export", {"configuration"}),
    ],
)
def test_rooms_that_know_nothing_of_each_other(room, above):
    assert map_rooms()[room] & above == set()


def test_planning_is_for_the_commands_alone():
    users = {room for room, needs in map_rooms().items() if "planning" in needs}
    assert users == {"commands"}
