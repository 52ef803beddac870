"""Results in an object store: a real S3 server on loopback, which goes away and comes back."""

import re
import subprocess
import sys
import threading
from pathlib import Path

import pandas as pd
import pytest

import studies.audio_grid
import studies.audio_search
from studies.engine.store.growing import GrowingFiles
from studies.engine.store.store import Store
from tests import commands, long_fit
from tests.commands import scores
from tests.fakes.runs import stored_row as row
from tests.outages import AUDIO_GRID, CLIP, NUM_FITS, SIZES, fits_lost, storage_away
from tests.servers import BUCKET

HERE = Path(__file__).parents[1]


@pytest.mark.slow
def test_a_storage_that_fails_and_a_killed_driver_cost_no_row(s3, tmp_path):
    commands.run(AUDIO_GRID, "run", tmp_path / "disk", *SIZES, "--signals", CLIP)
    results = f"s3://{BUCKET}/a/results"
    process = commands.start(AUDIO_GRID, "run", results, *SIZES, "--signals", CLIP, folder=tmp_path)
    outage = storage_away(s3, "a/results", seconds=5)
    assert outage.fits_lost == 0
    assert outage.seconds_to_recover < 20
    num_stored = len(Store(results).fits(columns=["key"]))  # pandas sees no growing files
    process.kill()
    process.communicate()
    output = commands.run(AUDIO_GRID, "run", results, *SIZES, "--signals", CLIP, folder=tmp_path)
    counts = re.search(r"(\d+) fits to run, (\d+) already done", output)
    assert counts
    assert int(counts[1]) + int(counts[2]) == NUM_FITS
    assert num_stored <= int(counts[2]) < NUM_FITS
    pd.testing.assert_frame_equal(scores(results), scores(tmp_path / "disk"))
    assert pd.read_parquet(results)["key"].is_unique
    assert f"Parquet  {results}/fits" in output
    for verb, line in (("status", rf"perc_bell +{NUM_FITS} +{NUM_FITS} "), ("report", "report   ")):
        output = commands.run(AUDIO_GRID, verb, results, folder=tmp_path)
        assert re.search(line, output)
    (study,) = (n for n in s3.names("a/results/_studies/") if n.endswith("report.html"))
    assert b"perc_bell" in s3.client.get_object(Bucket=BUCKET, Key=study)["Body"].read()
    assert not [name for name in s3.names("a/") if name.endswith(".tmp")]


def test_a_file_that_another_process_has_moved_is_missing_and_no_outage(s3):
    """The two drivers of one study both give growing files their final names."""
    store = Store(f"s3://{BUCKET}/moved")
    store.write_bytes("a", b"content")
    store.move("a", "b")
    assert store.read_bytes("b") == b"content"
    with pytest.raises(FileNotFoundError):  # and not StorageAway, after a wait
        store.move("a", "c")
    assert store.read_bytes("c") is None


@pytest.mark.slow
def test_a_file_is_read_whole_while_its_writer_replaces_it(s3):
    """Readers used to fetch parts of several versions, and to wait for a storage that was there."""
    store = Store(f"s3://{BUCKET}/replaced")
    num_rows = 150

    def write():
        files = GrowingFiles(store)
        for number in range(num_rows):
            files.append(row(f"key{number}"), [])

    writer = threading.Thread(target=write)
    writer.start()
    counts = [0]
    while writer.is_alive():
        counts.append(len(Store(store.results).fits(columns=["key"])))
    writer.join()
    assert counts == sorted(counts)  # no read lacks a row that an earlier one had
    assert len(set(counts)) > 5
    assert len(store.fits(columns=["key"])) == num_rows


@pytest.mark.slow
def test_two_drivers_with_one_store_share_the_work(s3, tmp_path):
    results = f"s3://{BUCKET}/two"
    flags = ("--scale", "small", "--epochs", "300", "--max-samples", "2048", "--signals", CLIP)
    drivers = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        folder = tmp_path / name
        drivers.append(commands.start(AUDIO_GRID, "run", results, *flags, folder=folder))
        s3.wait_for("two/_growing/fits/")
    outputs = [driver.communicate(timeout=600)[0] for driver in drivers]
    assert [driver.returncode for driver in drivers] == [0, 0], "\n".join(outputs)
    assert len(scores(results)) == NUM_FITS
    assert pd.read_parquet(results)["key"].is_unique
    repeated = fits_lost(s3, "two")
    # The first driver says what it has begun when it sees the second. It has two workers.
    assert repeated <= 2, f"{repeated} of {NUM_FITS} fits were done twice"


@pytest.mark.slow
@pytest.mark.long
def test_a_search_goes_on_from_its_journal_in_the_store(s3, tmp_path):
    results = f"s3://{BUCKET}/search"
    arguments = (*SIZES, "--confirm-seeds", "2", "--signals", CLIP, "--trials")
    script = studies.audio_search.__file__
    commands.run(script, "run", results, *arguments, "4", folder=tmp_path)
    (journal,) = s3.names("search/_searches/")
    before = s3.client.get_object(Bucket=BUCKET, Key=journal)["Body"].read()
    commands.run(script, "run", results, *arguments, "8", folder=tmp_path)
    after = s3.client.get_object(Bucket=BUCKET, Key=journal)["Body"].read()
    assert after.startswith(before)
    assert len(after) > len(before)


@pytest.mark.slow
def test_a_study_whose_storage_stays_away_ends_with_a_sentence(s3):
    command = [sys.executable, long_fit.__file__, f"s3://{BUCKET}/long", "3"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    s3.wait_for("long/_checkpoints/")
    s3.stop()
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    sentence = r"StorageAway: s3://\S+: the storage has failed for 3 s .*goes on\.\s*$"
    assert re.search(sentence, errors, re.DOTALL)
    assert "TuneError" not in errors, "the command line knows no sentence for Tune's"


def test_a_row_is_one_request_and_a_batch_that_begins_lists_the_table(s3):
    from studies.engine.cluster.recorder import Recorder

    recorder = Recorder(f"s3://{BUCKET}/r")
    recorder.begin_fits(["k0"], [False])
    s3.requests.clear()
    for i in range(10):
        recorder.record(row(f"k{i}"), [{"key": f"k{i}", "epoch": 0, "psnr": 1.0}], {}, "kind")
    assert len(s3.requests) == 20, "a file of curves and one of fits"
    s3.requests.clear()
    (stored_row,), _ = recorder.begin_fits(["k3"], [False])
    assert stored_row
    assert stored_row["metric_psnr_peak"] == 30.0
    assert s3.requests == [f"GET /{BUCKET}"] * 2, "listings of what grows and of what is ready"
    # What another driver has stored is seen.
    Store(f"s3://{BUCKET}/r").append([row("other")])
    assert recorder.begin_fits(["other", "none"], [False, False])[0][0] is not None


def test_a_fit_that_another_driver_has_begun_is_left_to_it(s3):
    from studies.engine.cluster.recorder import Recorder

    first, second = Recorder(f"s3://{BUCKET}/r"), Recorder(f"s3://{BUCKET}/r")
    assert first.begin_fits(["a", "b"], [False, False]) == ([None, None], set())
    assert second.begin_fits(["b", "c"], [False, False]) == ([None, None], {"b"})
    assert first.begin_fits(["c", "d"], [False, False])[1] == {"c"}
    second.record(row("c"), [], {}, "kind")
    (stored,), begun_elsewhere = first.begin_fits(["c"], [False])
    assert stored is not None
    assert not begun_elsewhere
    # A driver that was killed is not waited for without end.
    assert second.begin_fits(["a", "b"], [False, False], may_wait=False)[1] == set()


def test_a_large_file_is_uploaded_in_parts_and_appears_whole(s3):
    store = Store(f"s3://{BUCKET}/large")
    content = bytes(range(256)) * (1 << 16)  # 16 MiB
    store.write_bytes("_checkpoints/x.pt", content)
    assert store.read_bytes("_checkpoints/x.pt") == content
    assert store.read_bytes("_checkpoints/none.pt") is None
    store.delete("_checkpoints/x.pt")
    store.delete("_checkpoints/x.pt")
    assert store.read_bytes("_checkpoints/x.pt") is None


def test_any_fsspec_storage_holds_results(tmp_path):
    store = Store("memory://any/results")
    store.append([row("a")], [{"key": "a", "epoch": 0, "psnr": 1.0}])
    again = Store("memory://any/results")
    assert again.fits()["key"].to_pylist() == ["a"]
    assert again.names("fits")[0].endswith(".parquet")
    assert again.done(["a", "b"]) == {"a"}


READS_AND_ENDS = """
from studies.engine.store.parquet_folder import table_of
from studies.engine.store.store import Store

store = Store("memory://any/results")
for key in "abcd":
    store.append([{"key": key, "sha256": "ab", "network": "siren", "status": "ok"}], [])
    content = store.read_bytes("fits/" + store.names("fits")[0])
for _ in range(6):
    assert store.fits().num_rows == 4
    assert table_of(content).num_rows == 1
"""


def test_a_process_that_has_read_python_objects_ends_as_it_should():
    # Read by pyarrow's threads, one of two such processes is aborted as Python ends.
    for _ in range(5):
        ended = subprocess.run([sys.executable, "-c", READS_AND_ENDS], cwd=HERE, timeout=100)
        assert ended.returncode == 0


def test_a_local_disk_that_fails_is_waited_for(tmp_path: Path):
    store = Store(str(tmp_path / "results"))
    # A link to itself in the place of the folder: whoever writes gets an error, root as well.
    (tmp_path / "results").rename(tmp_path / "aside")
    (tmp_path / "results").symlink_to(tmp_path / "results")

    def restore() -> None:
        (tmp_path / "results").unlink()
        (tmp_path / "aside").rename(tmp_path / "results")

    timer = threading.Timer(1.0, restore)
    timer.start()
    store.append([row("a")])
    timer.join()
    assert store.done(["a"]) == {"a"}
