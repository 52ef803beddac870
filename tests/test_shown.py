"""Text of others reaches terminals and logs without control characters and without passwords."""

import pickle
import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inr_models import InputError
from inr_models.errors import Problem
from inr_models.shown import printable, shown, without_secrets
from studies.engine.store.storage import StorageAway

ESCAPES = "\x1b]0;title\x07\x1b[2J\x9b31m\r\n\u202etxt.vaw\u2028"


@given(st.text() | st.text(alphabet=ESCAPES))
def test_whatever_a_terminal_obeys_is_written_out(text):
    plain = printable(text)
    kinds = {unicodedata.category(c) for c in plain if c not in "\u200c\u200d"}
    assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert plain.encode().decode() == plain
    assert printable(plain) == plain


def test_only_those_characters_change():
    assert printable("Größe [red]$x$ 音\u3000楽 שלום 👩\u200d🚀 'a b' <b>\\n") == (
        "Größe [red]$x$ 音\u3000楽 שלום 👩\u200d🚀 'a b' <b>\\n"
    )
    assert printable("a\x1b[31m\nb\udce9") == "a\\x1b[31m\\nb\ufffd"


SECRET = st.text(
    st.characters(codec="ascii", exclude_characters=" ?&#=;'\")", exclude_categories=["Cc"]),
    min_size=8,
)


@given(secret=SECRET, scheme=st.sampled_from(["http", "postgresql+psycopg2", "s3", "mysql"]))
def test_no_part_of_a_user_and_password_or_of_a_query_stays(secret, scheme):
    for uri in (
        f"{scheme}://user:{secret}@host:5000/path",
        f"{scheme}://user:{quote(secret, safe='')}@host:5000/path",
        f"{scheme}://{quote(secret, safe='')}@host",
        f"{scheme}://host/path?region=eu&token={secret}",
    ):
        _, _, path = uri.partition("host")
        for text in (
            uri,
            f"{uri}: refused with url: {path}",
            f"cannot reach {uri}: refused",
            f"HTTPError('{uri}')",
        ):
            left = without_secrets(text)
            assert secret not in left.replace("host:5000/path", "")
            assert "***" in left
            assert f"{scheme}://" in left
            assert "host" in left
        assert "region=***" not in left


@pytest.mark.parametrize(
    "text",
    [
        "results", "http://127.0.0.1:5000", "sqlite:////home/a@b/mlflow.db", "s3://bucket/a@b/c",
        "s3://bucket/x?region=eu-1&endpoint_override=127.0.0.1:9000&scheme=http", "clip?a=b.wav",
        "mail@host: no such file",
    ],
)  # fmt: skip
def test_what_holds_no_secret_stays_as_it_is(text):
    assert shown(text) == text


def test_an_error_is_fit_to_be_shown_whatever_it_quotes():
    error = InputError.of(
        [
            Problem("damaged", "a\nb.wav", "a\nb.wav: wrong."),
            Problem("no-answer", "--results", "http://user:secret@host\x1b: away."),
        ]
    )
    assert str(error) == "a\\nb.wav: wrong.\n       http://***@host\\x1b: away."
    assert [(p.code, p.field) for p in error.problems] == [
        ("damaged", "a\\nb.wav"),
        ("no-answer", "--results"),
    ]


@pytest.mark.parametrize("kind", [InputError, StorageAway])
def test_an_error_crosses_processes_whole(kind):
    error = kind("damaged", "a.wav", "a.wav: wrong.", Problem("empty", "b.wav", "b.wav: empty."))
    other = pickle.loads(pickle.dumps(error))
    assert type(other) is kind
    assert other.problems == error.problems
    assert str(other) == str(error)


def test_an_error_keeps_its_code_and_field_behind_a_place():
    error = InputError("out-of-range", "k", "k = 0: give more.").within("a.json")
    assert error.problems == (Problem("out-of-range", "k", "a.json: k = 0: give more."),)
