"""Daemons that run for as long as a test needs them."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

LIMIT = 120  # seconds for anything to come up or go down


def find_program(name):
    """The path of a program; the daemons are in folders that are not in everyone's PATH."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")


def find_ports(number):
    """Ports that nobody listens on."""
    listening = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [server.getsockname()[1] for server in listening]
    for server in listening:
        server.close()
    return ports


class Daemons:
    """The daemons started so far, the last first to go.

    What they print goes to `folder`, where they leave their logs, too.
    """

    def __init__(self, folder: Path, environment: dict[str, str]):
        self.folder, self.environment = folder, environment
        self.running = {}

    def start(self, name: str, *options: str):
        """Start a daemon that stays in the foreground."""
        with (self.folder / f"{name}.out").open("w") as output:
            self.running[name] = subprocess.Popen(
                [find_program(name), *options],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self, condition: Callable[[], object]):
        """Wait for what tells that a daemon is up."""
        end = time.monotonic() + LIMIT
        while not condition():
            dead = [name for name, daemon in self.running.items() if daemon.poll() is not None]
            if dead or time.monotonic() > end:
                logs = [*self.folder.glob("*.log"), *self.folder.glob("*.out")]
                said = "\n".join(f"{log.name}: {log.read_text()[-500:]}" for log in logs)
                raise RuntimeError(f"Slurm did not come up, of which ended {dead}: {said}")
            time.sleep(0.05)

    def stop(self):
        """End all of them."""
        while self.running:
            _, daemon = self.running.popitem()
            daemon.terminate()
            try:
                daemon.wait(LIMIT)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
