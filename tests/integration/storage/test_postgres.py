"""The store in PostgreSQL keeps the same contract. Only where a server can be started here."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest
import sqlalchemy as sa

from tunebook.errors import StoreError, StoreVersionError
from tunebook.storage import Store, open_store
from tunebook.testing.samples import sample_spec, sample_trial
from tunebook.testing.store_suite import StoreSuite, curves_of


def server_programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest there is."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    on_path = shutil.which("pg_ctl")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


def server_user() -> str | None:
    """Return who may run a server: this user, or ``postgres`` for root."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    return "postgres" if "postgres" in names else None


PROGRAMS, USER = server_programs(), server_user()


class Server:
    """A PostgreSQL server of our own, reached through a socket in its folder."""

    def __init__(self, programs: Path, user: str) -> None:
        self.programs, self.user = programs, user
        self.folder = Path(tempfile.mkdtemp(prefix="tunebook-pg-"))
        shutil.chown(self.folder, user)
        self.address = f"postgresql://{user}@/postgres?host={self.folder}"
        self.run("initdb", "-D", f"{self.folder}/data", "-A", "trust", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off"
        log = f"{self.folder}/log"
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-w", "-l", log, "-o", options, "start")

    def run(self, program: str, *args: str) -> None:
        user = self.user if os.geteuid() == 0 else None
        command: Sequence[str] = [str(self.programs / program), *args]
        subprocess.run(command, user=user, cwd="/", check=True, stdout=subprocess.DEVNULL)

    def empty(self) -> None:
        engine = sa.create_engine(self.address.replace("postgresql", "postgresql+psycopg", 1))
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        engine.dispose()

    def stop(self) -> None:
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "stop")
        shutil.rmtree(self.folder)


if PROGRAMS is not None and USER is not None and find_spec("psycopg") is not None:

    @pytest.fixture(scope="module")
    def server() -> Iterator[Server]:
        assert PROGRAMS is not None
        assert USER is not None
        server = Server(PROGRAMS, USER)
        yield server
        server.stop()

    class TestPostgresStore(StoreSuite):
        @pytest.fixture(autouse=True)
        def clean_server(self, server: Server) -> None:
            server.empty()
            self.server = server

        def make_store(self, tmp_path: Path) -> Store:
            return open_store(self.server.address)

        def test_address_hides_the_password(self) -> None:
            store = open_store(self.server.address.replace("@/", ":secret@/"))
            assert "secret" not in store.address
            store.close()

        def test_two_stores_share_a_log(self) -> None:
            writer, reader = open_store(self.server.address), open_store(self.server.address)
            study = writer.create_study(sample_spec(), at=1.0)
            seq = 1
            for event in sample_trial(0):
                seq = writer.append(study, [event], after_seq=seq)
            log = reader.events_after(study)
            assert curves_of(log) == curves_of(enumerate(sample_trial(0)))
            assert len(log) == 5
            writer.close()
            reader.close()

        def test_newer_version_is_refused(self) -> None:
            open_store(self.server.address).close()
            url = self.server.address.replace("postgresql", "postgresql+psycopg", 1)
            engine = sa.create_engine(url)
            with engine.begin() as connection:
                connection.exec_driver_sql("UPDATE tunebook_meta SET schema_version = 99")
            engine.dispose()
            with pytest.raises(StoreVersionError, match="99"):
                open_store(self.server.address)

        def test_other_tables_of_the_database_do_not_disturb(self) -> None:
            url = self.server.address.replace("postgresql", "postgresql+psycopg", 1)
            engine = sa.create_engine(url)
            with engine.begin() as connection:
                connection.exec_driver_sql("CREATE TABLE studies (id integer)")
            engine.dispose()
            store = open_store(self.server.address)
            store.create_study(sample_spec(), at=1.0)
            store.close()

    def test_server_that_is_not_there_is_named(tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="could not be reached") as refusal:
            open_store(f"postgresql://nobody:secret@/postgres?host={tmp_path}")
        assert "secret" not in str(refusal.value)
