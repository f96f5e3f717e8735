"""Meshes of one's own: read once from OBJ and GLB files, and kept in one file for rendering."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Self

import h5py
import numpy as np

from selfstudy.data.checksums import FORMAT
from selfstudy.data.hdf5 import open_hdf5, report_damage
from selfstudy.data.names import BUCKETS
from selfstudy.data.packed import CLASSES
from selfstudy.errors import DataError
from selfstudy.files import require_space, write_whole
from selfstudy.provenance import hash_files
from selfstudy.rendering.shapes.mesh import CREASE, Mesh

SUFFIXES = (".obj", ".glb")
MOST_CLASSES = 99  # as many as a semantic id can tell
# ShapeNet's names of the study's classes.
SYNSETS = {
    "02691156": "airplane",
    "02828884": "bench",
    "02933112": "cabinet",
    "02958343": "car",
    "03001627": "chair",
    "03636649": "lamp",
    "04256520": "sofa",
    "04379243": "table",
    "04530566": "watercraft",
    "03790512": "motorcycle",
}
ARRAYS = {"vertices": np.float32, "normals": np.float32, "faces": np.int32}
log = logging.getLogger("selfstudy")


def find_class_folders(folder: str | Path) -> dict[str, Path]:
    """Find the folder of each class, in the order of the classes.

    A folder is named by its class or by the class's synset in ShapeNet. The study's classes come in
    the study's order; where there is any other, all come by name.

    Raises:
        DataError: there is no such folder, or not a sensible number of classes in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder of meshes")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith("."):
            name = SYNSETS.get(path.name, path.name)
            if name in found:
                raise DataError(f"{path}: a second folder of the class {name!r}: {found[name]}")
            found[name] = path
    if not 2 <= len(found) <= MOST_CLASSES:
        raise DataError(
            f"{folder}: {len(found)} folders in it: expected one for each class, 2 to "
            f"{MOST_CLASSES}"
        )
    known = [name for name in CLASSES if name in found]
    return {name: found[name] for name in (known if len(known) == len(found) else found)}


def collect_meshes(
    folder: str | Path, output: str | Path, progress: Callable[[int], object] = lambda meshes: None
) -> None:
    """Read all meshes below `folder` and write them to one file, one mesh at a time.

    The file holds `vertices` (v, 3) and `normals` (v, 3) float32, `faces` (f, 3) int32, all meshes
    behind each other; for each mesh its `class`, its `name`, and where its vertices and faces end
    (`vertex_ends`, `face_ends`); HDF5 keeps checksums of all but names. Attributes: `classes`,
    `inputs_sha256`. Meshes that cannot be read are logged, listed in `skipped`, and left out.

    Args:
        folder: holds a folder for each class.
        output: the collection.
        progress: is told how many meshes have been looked at since it was told last.

    Raises:
        DataError: a class is left with fewer meshes than there are buckets.
    """
    folders = find_class_folders(folder)
    paths = {name: sorted(find_mesh_files(place)) for name, place in folders.items()}
    with (
        write_whole(output) as temporary,
        h5py.File(temporary, "w", libver=FORMAT, locking=False) as file,
    ):
        for name, dtype in ARRAYS.items():
            file.create_dataset(
                name, (0, 3), dtype, maxshape=(None, 3), chunks=(4096, 3), fletcher32=True
            )
        classes, names, ends, skipped, used = [], [], [], [], []
        for number, (label, found) in enumerate(paths.items()):
            for path in found:
                progress(1)
                try:
                    mesh = read_mesh(path)
                except DataError as error:
                    log.warning("left out: %s", error)
                    skipped.append(str(path.relative_to(folder)))
                    continue
                require_space(temporary, sum(array.nbytes for array in mesh) + 2**23)
                for array, values in zip(ARRAYS, mesh, strict=True):
                    stored = file[array]
                    stored.resize(len(stored) + len(values), axis=0)
                    stored[-len(values) :] = values
                ends.append((len(file["vertices"]), len(file["faces"])))
                classes.append(number)
                names.append(str(path.relative_to(folder)))
                used.append(path)
            left = classes.count(number)
            if left < BUCKETS:
                raise DataError(
                    f"{folders[label]}: {left} sound meshes of {len(found)}: expected one at least "
                    f"for each of the {BUCKETS} buckets"
                )
        text = h5py.string_dtype()
        vertex_ends, face_ends = np.array(ends).T
        for name, values in (
            ("class", classes),
            ("vertex_ends", vertex_ends),
            ("face_ends", face_ends),
        ):
            file.create_dataset(name, data=values, fletcher32=True)
        file.create_dataset("name", data=names, dtype=text)
        file.create_dataset("skipped", (len(skipped),), data=skipped, dtype=text)
        file.attrs["classes"] = list(folders)
        file.attrs["inputs_sha256"] = hash_files(used)


def find_mesh_files(folder: Path) -> Iterator[Path]:
    """Find the files below a folder that are named as meshes are."""
    for path in folder.rglob("*"):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            yield path


def read_mesh(path: Path) -> Mesh:
    """Read the shape in a mesh file, its vertices repeated along creases.

    Raises:
        DataError: it cannot be read, or has no surface.
    """
    import trimesh  # slow to import, and only this needs it

    try:
        mesh = trimesh.load_scene(path, skip_materials=True).to_mesh()
        mesh.merge_vertices(merge_tex=True, merge_norm=True)
        mesh.update_faces(mesh.nondegenerate_faces())
        if len(mesh.faces) == 0 or not np.isfinite(mesh.vertices).all():
            raise ValueError("no surface, or one that is not finite")
        if not mesh.extents.max() > 0:
            raise ValueError("no extent")
        mesh = trimesh.graph.smooth_shade(mesh, angle=np.arccos(CREASE))
        return Mesh(*(np.array(part) for part in (mesh.vertices, mesh.vertex_normals, mesh.faces)))
    except Exception as error:  # of a damaged file trimesh's readers raise anything
        raise DataError(f"{path}: cannot be read as a mesh: {error}") from error


class Collection(NamedTuple):
    """Collected meshes."""

    path: Path
    classes: tuple[str, ...]  # their names
    labels: np.ndarray  # (m,), the class of each mesh

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open what `collect_meshes` wrote.

        Raises:
            DataError: the file is missing, damaged or something else.
        """
        with open_hdf5(path) as file, report_damage(path):
            return cls(Path(path), tuple(file.attrs["classes"]), file["class"][:])

    def read_shape(self, index: int) -> Mesh:
        """Read mesh `index` of the file.

        Raises:
            DataError: the file is damaged.
        """
        with open_hdf5(self.path) as file, report_damage(self.path):
            vertices, faces = (
                slice(file[ends][index - 1] if index else 0, file[ends][index])
                for ends in ("vertex_ends", "face_ends")
            )
            return Mesh(
                file["vertices"][vertices].astype(np.float64),
                file["normals"][vertices].astype(np.float64),
                file["faces"][faces].astype(np.int64),
            )
