"""A file is kept once however often it is handed in, and leaves nothing behind when it is refused."""

from __future__ import annotations

import hashlib
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from fidelia.access.queries import list_audit
from fidelia.files.errors import ContentLost, FileTooLarge, FileUnknown, StoreFull, StoreUnreachable
from fidelia.files.models import StoredFile
from fidelia.files.operations import forget_expired, forget_file, keep_file, sweep_contents
from fidelia.files.queries import find_lost_contents, get_file, local_path, open_file
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import Denied
from tests.cast import AT, PIZARRO, SYSTEM, actor_with

pytestmark = pytest.mark.django_db(transaction=True)

LEONORE = actor_with("file.keep")
LETTER = b"O welche Lust"
HASH = hashlib.sha256(LETTER).hexdigest()


def keep(
    content: bytes = LETTER, *, by: Actor = LEONORE, name: str = "letter.csv", days: int | None = 30
) -> StoredFile:
    return keep_file(
        by=by, at=AT, name=name, stream=BytesIO(content), purpose="import", personal=True, kept_days=days
    )  # fmt: skip


def lying(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_what_was_handed_in_is_read_again(store: Path) -> None:
    file = keep()

    with local_path(file.id) as path, open_file(file.id) as stream:
        assert (path.read_bytes(), stream.read()) == (LETTER, LETTER)
        assert path.stat().st_mode & 0o077 == 0
        assert path.name == "letter.csv"
    assert (file.name, file.size, file.content_hash, file.by_label) == ("letter.csv", 13, HASH, "Leonore")
    assert file.kept_until == AT + timedelta(days=30)
    assert [row.verb for row in list_audit(by=SYSTEM)] == ["file.keep"]
    assert lying(store.parent) == [HASH]


def test_the_same_content_lies_there_once_and_goes_with_its_last_keeper(store: Path) -> None:
    first, second = keep(), keep(name="again.csv")
    assert lying(store) == [HASH]

    forget_file(by=LEONORE, at=AT, file_id=first.id)
    assert lying(store) == [HASH]
    forget_file(by=LEONORE, at=AT, file_id=second.id)
    assert lying(store) == []
    with pytest.raises(FileUnknown), open_file(second.id):
        pass


def test_a_name_is_kept_without_folders_and_hidden_signs() -> None:
    assert keep(name="C:\\Users\\Léonore\\Été 2026\x00\n.csv").name == "Été 2026.csv"
    assert keep(name="../../etc/passwd").name == "passwd"
    assert keep(name="/").name == "file"
    assert keep(name="x" * 300 + ".csv").name.endswith("x.csv")


def test_files_of_others_are_not_there(store: Path) -> None:
    file = keep()

    with pytest.raises(Denied):
        keep(by=PIZARRO)
    with pytest.raises(FileUnknown):
        get_file(by=PIZARRO, file_id=file.id)
    with pytest.raises(Denied):
        forget_file(by=PIZARRO, at=AT, file_id=file.id)
    assert get_file(by=LEONORE, file_id=file.id) == file
    assert get_file(by=actor_with("file.see", number=2), file_id=file.id) == file
    assert lying(store) == [HASH]


def test_one_that_is_too_large_leaves_nothing(store: Path) -> None:
    with pytest.raises(FileTooLarge, match="more than 1 MB"):
        keep(b"x" * 1_000_001)
    assert lying(store.parent) == []
    assert not StoredFile.objects.exists()


def test_a_disk_that_is_full_is_told_and_nothing_is_left(store: Path) -> None:
    with room_for_bytes(500_000), pytest.raises(StoreFull, match="no room left on the disk"):
        keep(b"x" * 900_000)
    assert lying(store.parent) == []
    assert not StoredFile.objects.exists()


def test_a_place_that_cannot_be_written_is_told(store: Path, settings: Any) -> None:
    (store.parent / "not a folder").touch()
    settings.FILES = str(store.parent / "not a folder" / "files")
    with pytest.raises(StoreUnreachable, match="Files cannot be kept in"):
        keep()
    settings.FILES = "unheard-of://bucket"
    with pytest.raises(StoreUnreachable, match="FIDELIA_FILES cannot be spoken to"):
        keep()
    assert not StoredFile.objects.exists()


def test_an_upload_on_this_disk_is_moved(store: Path, tmp_path: Path) -> None:
    uploaded = tmp_path / "upload"
    uploaded.write_bytes(LETTER)
    node = uploaded.stat().st_ino

    class Upload(BytesIO):
        def temporary_file_path(self) -> str:
            return str(uploaded)

    keep_file(by=LEONORE, at=AT, name="a.csv", stream=Upload(), purpose="import", personal=False)

    assert not uploaded.exists()
    assert (store / HASH[:2] / HASH).stat().st_ino == node


def test_a_large_stream_is_never_whole_in_memory(settings: Any) -> None:
    settings.FILE_BYTES_MAX = 1 << 30
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    class Zeros:
        left = 300

        def read(self, size: int) -> bytes:
            self.left -= 1
            return bytes(1 << 20) if self.left >= 0 else b""

    stream: Any = Zeros()
    file = keep_file(by=LEONORE, at=AT, name="zeros", stream=stream, purpose="import", personal=False)

    assert file.size == 300 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 << 10


def test_what_expired_is_forgotten_by_night(store: Path) -> None:
    keep(days=30)
    keep(b"for ever", days=None)

    assert forget_expired(at=AT + timedelta(days=29)) == 0
    assert forget_expired(at=AT + timedelta(days=30)) == 1
    assert [file.size for file in StoredFile.objects.all()] == [8]
    assert lying(store) == [hashlib.sha256(b"for ever").hexdigest()]


def test_what_nobody_keeps_is_swept(store: Path, settings: Any) -> None:
    keep()
    orphan = store / "ab" / ("ab" + "0" * 62)
    orphan.parent.mkdir()
    orphan.touch()
    for name, age in (("old.upload", 3), ("new.upload", 0)):
        draft = Path(settings.FILES_INCOMING) / name
        draft.touch()
        os.utime(draft, times=((AT - timedelta(days=age)).timestamp(),) * 2)

    assert sweep_contents(at=AT) == 2
    assert lying(store.parent) == sorted([HASH, "new.upload"])


def test_a_content_that_is_lost_is_told(store: Path) -> None:
    file = keep()
    assert find_lost_contents() == []
    (store / HASH[:2] / HASH).unlink()

    assert find_lost_contents() == ["letter.csv"]
    with pytest.raises(ContentLost), local_path(file.id):
        pass


def test_an_object_store_keeps_them_too(store: Path, settings: Any) -> None:
    """fsspec's own store in memory speaks as any object store does: no path of it is on this disk."""
    settings.FILES = "memory://fidelia/files"
    file = keep()

    with local_path(file.id) as path:
        assert path.read_bytes() == LETTER
        assert path.resolve().parent == Path(settings.FILES_INCOMING)
    with open_file(file.id) as stream:
        assert stream.read() == LETTER
    assert lying(store.parent) == []
    forget_file(by=LEONORE, at=AT, file_id=file.id)
    assert sweep_contents(at=AT) == 0
    with pytest.raises(ContentLost):
        raise_lost(file)


def raise_lost(file: StoredFile) -> None:
    from fidelia.files.operations import contents

    with contents.opened(file.content_hash):
        pass


@contextmanager
def room_for_bytes(size: int) -> Iterator[None]:
    """Let the system refuse longer files, as a disk that is full does."""
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_the_doctor_tells_of_files(store: Path, settings: Any) -> None:
    from fidelia.worker.doctor.application import look_at_files
    from fidelia.worker.doctor.finding import right, wrong

    keep()
    assert look_at_files() == right("Files can be kept, and those kept are there.")
    (store / HASH[:2] / HASH).unlink()
    assert look_at_files() == wrong("1 stored files are not where they were kept, first “letter.csv”.")
    (store.parent / "file").touch()
    settings.FILES = str(store.parent / "file" / "files")
    assert look_at_files().is_wrong
