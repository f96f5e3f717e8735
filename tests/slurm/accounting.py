"""Slurm's accounting: a slurmdbd and a database of its own."""

import getpass
import socket
import subprocess

from daemons import find_program

PROGRAMS = ("slurmdbd", "sacct", "sacctmgr", "mariadbd", "mariadb-install-db")
NONE = "AccountingStorageType=accounting_storage/none\n"
# In slurm.conf.
SETTINGS = """
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={ports[2]}
AccountingStoragePass={folder}/munge.socket
"""
ACCOUNTANT = """
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
DbdHost={host}
DbdAddr=127.0.0.1
DbdPort={ports[2]}
SlurmUser={user}
PidFile={folder}/slurmdbd.pid
LogFile={folder}/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={ports[3]}
StorageUser=slurm
StoragePass={password}
StorageLoc=accounting
"""
# A statement a line.
DATABASE = """
CREATE DATABASE accounting;
CREATE USER slurm@127.0.0.1 IDENTIFIED BY '{password}';
GRANT ALL ON accounting.* TO slurm@127.0.0.1;
"""


def start_accounting(cluster):
    """Start a cluster's accounting, and enter the cluster and its user as an administrator does."""
    folder, (_, _, slurmdbd, database) = cluster.folder, cluster.names["ports"]
    options = [
        "--no-defaults",
        f"--user={getpass.getuser()}",
        f"--datadir={folder / 'database'}",
        "--innodb-log-file-size=8M",
    ]
    subprocess.run(
        [find_program("mariadb-install-db"), "--skip-name-resolve", "--skip-test-db", *options],
        check=True,
        capture_output=True,
    )
    cluster.write("accounting.sql", DATABASE, 0o600)
    cluster.daemons.start(
        "mariadbd",
        *options,
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        f"--port={database}",
        f"--socket={folder / 'database.socket'}",
        f"--pid-file={folder / 'mariadbd.pid'}",
        f"--init-file={folder / 'accounting.sql'}",
    )
    cluster.daemons.wait(lambda: listens(database))
    cluster.write("slurmdbd.conf", ACCOUNTANT, 0o600)
    cluster.daemons.start("slurmdbd", "-D")
    cluster.daemons.wait(lambda: listens(slurmdbd))
    add = ("sacctmgr", "--immediate", "add")
    cluster.run(*add, "cluster", "test")
    cluster.run(*add, "account", "vision", "cluster=test")
    cluster.run(*add, "user", getpass.getuser(), "account=vision", "defaultaccount=vision")


def listens(port):
    """Whether anybody listens on a port."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
