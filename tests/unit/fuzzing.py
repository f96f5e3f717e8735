"""Damage to files, and readers in processes of their own, which a damaged file may take down."""

import random
import traceback
from multiprocessing import get_context

from selfstudy.errors import SelfstudyError

LIMIT = 60  # seconds that a reader may take; it takes some to start
SOUND, REFUSED = "read", "refused"
STRANGERS = {
    "nothing": b"",
    "text": b"Lorem ipsum\ndolor, sit\n",
    "zeros": bytes(4096),
    "pickle": b"cos\nsystem\n(S'touch hacked'\ntR.",
    "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(64),
    "hdf5": b"\x89HDF\r\n\x1a\n" + bytes(range(256)),
    "npy": b"\x93NUMPY\x01\x00\x46\x00"
    b"{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999999,)}   \n",
    "zip": b"PK\x03\x04" + bytes(range(200)),
    "long line": b"1," * 100_000,
}


def damaged(content, seed):
    """Damaged copies of a file's content by what was done to them."""
    rng = random.Random(seed)
    copies = dict(STRANGERS)
    for share in (0.01, 0.1, 0.5, 0.9, 0.999):
        copies[f"truncated to {share:g}"] = content[: int(share * len(content))]
    for number, count in enumerate([1] * 8 + [10] * 8):
        flipped = bytearray(content)
        # Half of them near the start, where formats keep what they are.
        reach = len(content) if number % 2 else min(len(content), 512)
        for _ in range(count):
            flipped[rng.randrange(reach)] ^= 1 << rng.randrange(8)
        copies[f"{count} bits flipped, {number}"] = bytes(flipped)
    for number in range(3):
        start = rng.randrange(len(content))
        copies[f"a hole, {number}"] = content[:start] + bytes(64) + content[start + 64 :]
    start = rng.randrange(len(content))
    copies["a piece left out"] = content[:start] + content[start + 10 :]
    return copies


def verdict(read, path):
    """What comes of reading a file: it is read, refused as it should be, or something else."""
    before = listing(path)
    try:
        read(path)
    except SelfstudyError as error:
        if path.name not in str(error):
            return f"an error that does not name the file: {error}"
        left = listing(path) - before
        return f"written although it was refused: {left}" if left else REFUSED
    except BaseException:
        return traceback.format_exc()
    return SOUND


def listing(path):
    """All files where a reader may leave something."""
    return {other for other in path.parent.rglob("*") if other.is_file()}


class Readers:
    """Reads files in a process of its own, which may die or hang, and is then begun again."""

    def __init__(self):
        self.context, self.process = get_context("spawn"), None

    def verdict(self, name, path):
        """What comes of reading a file by `readers.{name}`."""
        if self.process is None:
            self.pipe, theirs = self.context.Pipe()
            self.process = self.context.Process(target=serve, args=(theirs,), daemon=True)
            self.process.start()
            theirs.close()
        self.pipe.send((name, path))
        try:
            if self.pipe.poll(LIMIT):
                return self.pipe.recv()
            said = "it hangs"
        except EOFError:
            self.process.join()
            said = f"the process died: {self.process.exitcode}"
        self.close()
        return said

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.process = None


def serve(pipe):
    import readers

    while True:
        name, path = pipe.recv()
        pipe.send(verdict(getattr(readers, name), path))
