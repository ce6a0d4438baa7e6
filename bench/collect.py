"""P5: collecting many files over SFTP, beside OpenSSH's own client fetching them."""

from __future__ import annotations

import hashlib
import random
import shutil
import tempfile
from pathlib import Path

from bench.measure import Line, Spread, Taken, clr, holds, ratios, run, same, work
from bench.plans import NIGHT, Size
from bench.workspaces import copy_of, plan_of
from tests.sftp_servers import RealServer, real_sshd

PAIRS = 5
MAILBOXES = 10


def collect(files: int = 1_000, size: int = 20_000) -> list[Line]:
    """Whole commands: `clr collect` lists twice, fetches, archives by digest, commits, and moves the files aside; `sftp -b` only fetches.

    The transport alone is measured beside it. Both connect within the measured time.
    """
    with real_sshd() as server, plan_of(Size(MAILBOXES, 50), server) as workspace:
        boxes = sorted((workspace / "mailboxes").glob("*/to_plan"))
        whole, transport = [], []
        for _ in range(PAIRS):
            _fill(boxes, files, size)
            with copy_of(workspace) as used_up, tempfile.TemporaryDirectory(prefix="clr-bench-") as name:
                fetched = _sftp(server, boxes, Path(name) / "sftp")
                bare = work("fetch", server.endpoint(workspace / "mailboxes").url, server.host_key, server.private_key, Path(name) / "bare")
                collected = clr(used_up, NIGHT, "collect")
                holds(collected.answer["counts"], collected=files)  # type: ignore[arg-type]
                contents = _digests(Path(name) / "sftp")
                same(contents, _digests(Path(name) / "bare"), "contents fetched")
                same(contents, contents & {path.name for path in (used_up / "archive").glob("??/*")}, "contents archived")
            whole.append((collected.wall, fetched.wall))
            transport.append((bare.seconds, fetched.wall))
    of = f"{files:,} files of {size // 1000} kB, {MAILBOXES} mailboxes"
    sides = [Spread(tuple(pair[side] for pair in whole)) for side in (0, 1)]
    ratio, alone = ratios(whole), ratios(transport)
    return [
        Line("P5 clr collect / sftp -b", of, f"{ratio} (seconds {sides[0]} / {sides[1]})", "0.7", ratio.middle <= 0.7),
        Line("P5 transport alone / sftp -b", of, str(alone)),
    ]


def _fill(boxes: list[Path], files: int, size: int) -> None:
    """The same files in fresh mailboxes; no content is like another, and none can be packed."""
    chance = random.Random(5)
    for box in boxes:
        shutil.rmtree(box)
        box.mkdir()
    for number in range(files):
        (boxes[number % len(boxes)] / f"file{number:05}.csv").write_bytes(chance.randbytes(size))


def _sftp(server: RealServer, boxes: list[Path], target: Path) -> Taken:
    target.mkdir()
    batch = target.with_suffix(".batch")
    batch.write_text("".join(f"get {path} {target}/{path.name}\n" for box in boxes for path in sorted(box.iterdir())))
    options = ["-q", "-b", str(batch), "-P", str(server.port), "-i", str(server.private_key), "-o", "IdentitiesOnly=yes"]
    options += ["-o", f"UserKnownHostsFile={server.known_hosts}", "-o", "BatchMode=yes", "-F", "none"]
    return run(["sftp", *options, f"{server.username}@127.0.0.1"])


def _digests(folder: Path) -> set[str]:
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
