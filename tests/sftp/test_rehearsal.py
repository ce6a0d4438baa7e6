"""A rehearsed folder reads what is there, shows what would be there, and changes nothing; whatever carries it."""

from dataclasses import replace
from pathlib import Path

import pytest

from sftp.endpoint import open_folder
from sftp.errors import AlreadyExists, NoSuchRemoteFile, Refused
from sftp.folder import FetchedFile, Skipped
from sftp.rehearsal import Rehearsal
from tests.sftp.conftest import Place

MANY = 1 << 20


def test_what_is_done_is_seen_and_does_not_happen(place: Place, tmp_path: Path) -> None:
    (place.root / "in").mkdir()
    for name in ("a.csv", "b.csv"):
        (place.root / "in" / name).write_bytes(name.encode())
    source = tmp_path / "source"
    source.write_bytes(b"four")
    found = sorted(place.root.rglob("*"))
    endpoint = replace(place.endpoint, rehearsal=Rehearsal())
    with open_folder(endpoint) as folder:
        with pytest.raises(NoSuchRemoteFile):
            folder.survey("out")
        folder.make_folder("out/late")
        folder.put(source, "out/c.csv")
        folder.rename("in/a.csv", "out/moved.csv")
        folder.remove("in/b.csv")
    with open_folder(endpoint) as folder:  # another connection of the same rehearsal
        assert folder.survey("in").files == ()
        assert [(file.name, file.size) for file in folder.list("out")] == [("c.csv", 4), ("moved.csv", 5)]
        assert folder.survey("out").skipped == (Skipped("late", "folder"),)
        assert folder.survey("out/late").files == ()
        assert folder.fetch("out/moved.csv", tmp_path / "moved", MANY).size == 5
        (fetched,) = folder.fetch_many([("out/moved.csv", tmp_path / "many")], MANY)
        assert isinstance(fetched, FetchedFile)
        assert (tmp_path / "moved").read_bytes() == b"a.csv"
        for path in ("in/a.csv", "in/b.csv"):
            with pytest.raises(NoSuchRemoteFile):
                folder.fetch(path, tmp_path / "gone", MANY)
            with pytest.raises(NoSuchRemoteFile):
                folder.remove(path)
        with pytest.raises(NoSuchRemoteFile):
            folder.rename("in/b.csv", "out/b.csv")
        with pytest.raises(AlreadyExists):
            folder.rename("out/c.csv", "out/moved.csv")
        with pytest.raises(Refused):
            folder.fetch("out/c.csv", tmp_path / "put", MANY)
    assert sorted(place.root.rglob("*")) == found
    with open_folder(place.endpoint) as folder:
        assert [file.name for file in folder.list("in")] == ["a.csv", "b.csv"]


def test_rehearsals_know_nothing_of_each_other(place: Place) -> None:
    one, other = (replace(place.endpoint, rehearsal=Rehearsal()) for _ in range(2))
    with open_folder(one) as folder:
        folder.make_folder("mine")
    with open_folder(other) as folder, pytest.raises(NoSuchRemoteFile):
        folder.survey("mine")
