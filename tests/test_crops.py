"""`--crop` takes another part of a sound, and what is fitted without it stays as it was."""

import numpy as np
import pytest
import soundfile
from rich.console import Console

from studies import audio_denoising
from studies.audio_grid import STUDY
from studies.command.asked import asked_run
from studies.command.cli import parser
from studies.command.tables import part_sentence, plan_table
from studies.engine.outcomes.results import Progress
from studies.engine.planning.resolving import resolve
from studies.engine.signals.audio import read_audio
from studies.engine.store.store import Store
from tests import commands
from tests.refusals import refused

RATE = 44_100  # of `make_wav`


@pytest.mark.parametrize(("crop", "start"), [("0", 0), ("0.05", 2205), ("0.1", 4410)])
def test_a_crop_starts_so_many_seconds_into_the_file(make_wav, noise, crop, start):
    path = make_wav("a.wav", 0.5 * noise[:6000], subtype="DOUBLE")
    signal = read_audio(path, 1024, crop=crop)
    assert (signal.crop, signal.crop_start, signal.num_samples) == ("start", start, 1024)
    window = 0.5 * noise[start : start + 1024]
    assert signal.peak == np.abs(window).max()
    np.testing.assert_allclose(signal.values[:, 0], window / signal.peak, rtol=1e-6)


def test_a_crop_at_the_end_of_a_file_is_shorter(make_wav, noise):
    signal = read_audio(make_wav("a.wav", noise[:6000]), 4096, crop="0.1")
    assert (signal.crop_start, signal.num_samples) == (4410, 1590)


def test_a_crop_at_0_of_the_papers_length_is_the_papers(make_wav, noise):
    path = make_wav("a.wav", np.append(0.4 * noise[:150_000], noise[150_000:160_000]))
    assert read_audio(path, 150_000, crop="0").sha256 == read_audio(path, 150_000).sha256


def test_a_whole_file_is_taken_whatever_the_longest_crop_is(make_wav, noise):
    path = make_wav("a.wav", noise[:6000])
    whole = read_audio(path, 1024, crop="whole")
    assert (whole.crop, whole.crop_start, whole.num_samples) == ("whole", 0, 6000)
    assert whole.sha256 == read_audio(path, 8192).sha256


@pytest.mark.parametrize(
    ("crop", "code"),
    [("1", "out-of-range"), ("-1", "out-of-range"), ("nan", "out-of-range"), ("x", "out-of-range")],
)
def test_a_crop_that_is_no_time_in_the_file_is_refused(make_wav, noise, crop, code):
    path = make_wav("a.wav", noise[:6000])
    with refused(code, "--crop", crop):
        read_audio(path, 1024, crop=crop)


def test_a_computed_sound_has_no_crop(capsys, tmp_path):
    flags = ("plan", "--results", tmp_path, "--signals", "S1", "--crop", "1")
    problem = commands.refuse(capsys, STUDY, *flags)
    assert (problem.code, problem.field) == ("unsupported", "--crop")


def test_a_run_without_a_crop_keeps_its_id_and_one_with_a_crop_has_another():
    plain, moved = (resolve(STUDY, "small", (), changes={"crop": crop}) for crop in (None, "1.5"))
    assert "crop" not in plain.identity, "the default is no part of an id"
    assert plain.id != moved.id


def test_the_clean_version_of_a_crop_is_cut_as_the_crop(tmp_path, make_wav, noise):
    clean = 0.3 * np.sin(np.arange(6000) / 9)
    noisy = make_wav("noisy.wav", clean + 0.02 * noise[:6000], subtype="DOUBLE")
    truth = make_wav("clean.wav", clean, subtype="DOUBLE")
    flags = ["run", "--crop", "0.05", "--max-samples", "1024"]
    flags += ["--signals", str(noisy), "--truth", str(truth)]
    arguments = parser(audio_denoising.STUDY).parse_args(flags)
    store = Store(str(tmp_path / "results"))
    _, prepared = asked_run(audio_denoising.STUDY, arguments, store, Console(quiet=True))
    (signal,), (values,) = prepared.signals, prepared.truths.values()
    expected = clean[2205 : 2205 + 1024] / signal.peak
    np.testing.assert_allclose(values[:, 0], expected, atol=1e-6)


def test_a_plan_says_which_part_of_a_file_is_fitted(tmp_path, noise):
    path = tmp_path / "a.wav"
    soundfile.write(path, noise[:50_400], 12_000)
    signal = read_audio(path, 8192, crop="1.5")
    run = resolve(STUDY, "small", [signal])
    table = plan_table(run, [signal], {signal.sha256: Progress(0, 3, set())})
    console = Console(width=80)
    with console.capture() as printed:
        console.print(table)
    assert "0.68 of 4.20 s" in printed.get()
    assert "1.50 s" in printed.get()
    assert "0.68 s of 4.2 s" in part_sentence(run, [signal])
    assert part_sentence(run, [read_audio(path, 8192, crop="whole")]) == ""
