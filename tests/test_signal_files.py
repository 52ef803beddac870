"""Which files are read, under which names, and which are skipped."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from studies.engine.signals.duplicates import near_duplicates
from studies.engine.signals.reading import find_files, passed_over, read_all
from studies.engine.store.folder import Folder, local_path
from tests.media import COLOR, IMAGES, encoded
from tests.refusals import check_sentence, refused


def test_duplicates_are_skipped_by_content_with_a_sentence(make_wav, noise):
    paths = [
        make_wav("a.wav", noise[:1000]),
        make_wav("copy.flac", noise[:1000]),
        make_wav("other.wav", noise[1000:2000]),
        Path("missing.wav"),
    ]
    signals, skipped = read_all(paths, 8192)
    assert [signal.name for signal in signals] == ["a", "other"]
    same, missing = skipped
    assert (same.code, same.field) == ("taken", str(paths[1]))
    assert str(paths[0]) in same.sentence, "the file that has the same samples"
    assert (missing.code, missing.field) == ("not-there", "missing.wav")
    for problem in skipped:
        check_sentence(problem.sentence)


def test_a_name_is_the_stem_unless_another_signal_has_it(make_wav, noise):
    paths = [make_wav(f"{i}/a.wav", noise[i * 1000 :][:1000]) for i in range(3)]
    paths.append(make_wav("b.wav", noise[5000:6000]))
    signals, skipped = read_all(paths, 8192)
    assert not skipped
    hashes = [signal.sha256[:6] for signal in signals]
    wanted = ["a", f"a-{hashes[1]}", f"a-{hashes[2]}", "b"]
    assert [signal.name for signal in signals] == wanted


def test_a_name_that_is_stored_stays_whatever_its_neighbours(make_wav, noise):
    paths = [make_wav(f"{i}/a.wav", noise[i * 1000 :][:1000]) for i in range(2)]
    (first,), _ = read_all(paths[:1], 8192)
    (second,), _ = read_all(paths[1:], 8192)
    assert first.name == second.name == "a"
    known = {second.sha256: "a", "f" * 64: "b"}
    names = [signal.name for signal in read_all(paths, 8192, known=known)[0]]
    assert names == [f"a-{first.sha256[:6]}", "a"]
    known = {second.sha256: "a-123456"}
    assert [s.name for s in read_all(paths, 8192, known=known)[0]] == ["a", "a-123456"]


def test_what_a_directory_has_besides_is_counted_once(make_wav, noise, tmp_path):
    for name in ("a.wav", "b.wave", "c.aifc", "d.opus"):
        options = {"format": "WAV"} if name == "b.wave" else {}
        if name == "c.aifc":
            options = {"format": "AIFF"}
        if name == "d.opus":
            (tmp_path / "clips" / name).parent.mkdir(exist_ok=True)
            samples = noise[:48_000]
            soundfile.write(tmp_path / "clips" / name, samples, 48_000, "OPUS", format="OGG")
            continue
        make_wav(f"clips/{name}", noise[:5000] * (1 + ord(name[0]) / 200), **options)
    for name in ("x.mp3", "y.mp3", "z.w64", "README"):
        (tmp_path / "clips" / name).touch()
    (tmp_path / "clips" / "more").mkdir()
    folder = str(tmp_path / "clips")
    assert [path.name for path in find_files([folder])] == ["a.wav", "b.wave", "c.aifc", "d.opus"]
    (sentence,) = passed_over([folder, folder])
    for part in ("2 .mp3", "1 .w64", "1 README", "1 folder (more)"):
        assert part in sentence
    assert passed_over([f"{folder}/*.wav", f"{folder}/a.wav"]) == []


def test_copies_of_a_recording_are_named(make_wav, noise):
    tone = 0.4 * np.sin(np.arange(8000) / 9) + 0.1 * noise[:8000]
    paths = [
        make_wav("a16.wav", tone, subtype="PCM_16"),
        make_wav("a24.wav", tone, subtype="PCM_24"),
        make_wav("half.wav", tone / 2, subtype="PCM_16"),
        make_wav("turned.wav", -tone, subtype="PCM_24"),
        make_wav("other.wav", 0.4 * np.sin(np.arange(8000) / 9.1) + 0.1 * noise[8000:16_000]),
        make_wav("short.wav", tone[:5000]),
    ]
    signals, _ = read_all(paths, 8192)
    assert len({signal.sha256 for signal in signals}) == 6
    sentences = near_duplicates(signals)
    assert len(sentences) == 6, "all pairs of four copies"
    assert not any("other" in sentence or "short" in sentence for sentence in sentences)
    assert near_duplicates(signals[:1] + signals[4:]) == []


@pytest.mark.parametrize("given", ["", "  "])
def test_an_empty_path_is_refused(given):
    with refused("empty", "--signals"):
        find_files([given])
    with refused("empty", "--results"):
        Folder(given)


def test_a_file_may_begin_with_a_tilde(make_wav, noise, tmp_path, monkeypatch):
    make_wav("~a.wav", noise[:300])
    monkeypatch.chdir(tmp_path)
    assert find_files(["~a.wav"]) == find_files(["./~a.wav"]) == [Path("~a.wav")]
    assert local_path("~a.wav") == tmp_path / "~a.wav"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_files(["~/~a.wav"]) == [tmp_path / "~a.wav"]


def test_find_files_takes_paths_globs_and_directories_each_file_once(make_wav, noise, tmp_path):
    a, b = (make_wav(f"clips/{name}", noise[:300]) for name in ("a.wav", "B.FLAC"))
    (tmp_path / "clips" / "notes.txt").write_text("not a sound")
    odd = make_wav("[x].wav", noise[:300])
    assert find_files([str(tmp_path / "clips")]) == sorted([a, b])
    assert find_files([str(tmp_path / "clips" / "*.wav")]) == [a]
    assert find_files([str(b), str(tmp_path / "clips"), str(b)]) == [b, a]
    assert find_files([str(odd)]) == [odd], "a path that exists is no glob"
    assert find_files(["missing.wav"]) == [Path("missing.wav")]


def test_find_files_refuses_a_directory_without_sound_and_a_glob_without_a_match(tmp_path):
    (tmp_path / "notes.txt").write_text("not a sound")
    for pattern in (str(tmp_path), str(tmp_path / "*.wav")):
        with refused("not-there", pattern):
            find_files([pattern])


def test_an_unknown_home_is_refused_by_name():
    with refused("not-there", "--signals", "~no-such-user/x.wav"):
        find_files(["~no-such-user/x.wav"])


def test_a_name_that_is_not_utf8_can_be_printed_and_stored(make_wav, noise, tmp_path):
    odd = os.fsencode(tmp_path / "h") + b"\xe9.wav"
    os.rename(make_wav("a.wav", noise[:300]), odd)
    ((signal,), skipped) = read_all([Path(os.fsdecode(odd))], 8192)
    assert not skipped
    assert (signal.name, signal.source) == ("h\ufffd", f"{tmp_path}/h\ufffd.wav")
    assert signal.source.encode()


def test_each_kind_of_study_refuses_the_files_of_the_other(write, make_wav, noise):
    sound, image = make_wav("a.wav", noise[:1000]), write("a.png", IMAGES["a.png"])
    signals, (problem,) = read_all([sound, image], 4096, "image")
    assert [signal.source for signal in signals] == [str(image)]
    assert (problem.code, problem.field) == ("wrong-kind", str(sound))
    signals, (problem,) = read_all([sound, image], 4096, "sound")
    assert [signal.source for signal in signals] == [str(sound)]
    assert (problem.code, problem.field) == ("wrong-kind", str(image))


@pytest.mark.parametrize("stem", [b"a\nb", b"h\xe9"])
@pytest.mark.parametrize("suffix", [b".png", b".npy", b".tif"])
def test_names_with_odd_bytes_can_be_printed(tmp_path, stem, suffix):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + stem + suffix))
    content = encoded(Image.fromarray(COLOR).quantize(9), {b".tif": "TIFF"}.get(suffix, "PNG"))
    path.write_bytes(IMAGES["a.npy"] if suffix == b".npy" else content)
    ((signal,), skipped) = read_all([path], 4096, "image")
    assert not skipped
    assert signal.name == {b"a\nb": "a\\nb", b"h\xe9": "h\ufffd"}[stem]
    assert len(signal.notes) == (suffix != b".npy")
    assert "".join([signal.source, *signal.notes]).isprintable()
    path.write_bytes(b"text")
    signals, (problem,) = read_all([path], 4096, "image")
    assert not signals
    assert problem.field == signal.source
    assert problem.code == "wrong-kind"
    check_sentence(problem.sentence)
