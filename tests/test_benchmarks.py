"""The benchmark of a search still runs; what it measures is in benchmarks/RESULTS.md."""

import re

import benchmarks.search


def test_the_benchmark_of_a_suggestion_runs_over_several_signals(capsys, monkeypatch):
    small = ["search", "--signals", "3", "--points", "12", "--trials", "8"]
    monkeypatch.setattr("sys.argv", small)
    benchmarks.search.main()
    said = capsys.readouterr().out
    assert re.match(r"12 points, 3 signals: a suggestion costs \d+ ms, bare Optuna", said)
