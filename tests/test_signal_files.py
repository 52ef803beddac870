"""Which files are read, under which names, and which are skipped."""

import os
from pathlib import Path

import pytest
from PIL import Image

from studies.engine.signals.reading import find_files, read_all
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


def test_equal_stems_get_names_of_their_own(make_wav, noise):
    paths = [make_wav(f"{i}/a.wav", noise[i * 1000 :][:1000]) for i in range(3)]
    paths.append(make_wav("b.wav", noise[5000:6000]))
    signals, skipped = read_all(paths, 8192)
    names = [signal.name for signal in signals]
    assert not skipped
    assert len(set(names)) == 4
    assert names[3] == "b"
    assert all(name.startswith("a-") for name in names[:3])
    assert names == [signal.name for signal in read_all(paths, 8192)[0]]


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
    with refused("not-there", "~no-such-user/x.wav"):
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
