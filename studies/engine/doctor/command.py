"""What stands in a study's way on this cluster, and how to mend it:

    python -m studies.engine.doctor cluster.yaml --results s3://bucket/noisescape

Runs on the head node, starts nothing, and asks every node with one small task. Exit codes: 0
nothing is wrong, 1 something is, 2 the user's input.
"""

import argparse
import logging
import os
import sys
from collections.abc import Iterator, Sequence

from studies.engine.doctor import checks, findings
from studies.engine.doctor.findings import Cluster, Finding, Node
from studies.engine.doctor.nodes import BadInput, Examine, ask, join, leave, read_cluster


def main(argv: Sequence[str] | None = None, examine: Examine = checks.examine) -> int:
    """Print what is found, a line each, and return the exit code.

    Args:
        examine: what is run on every node.
    """
    logging.disable(logging.WARNING)
    arguments = _parser().parse_args(argv)
    uri = arguments.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI", "")
    secrets = checks.passwords(arguments.results, uri)
    problems = 0
    try:
        cluster = read_cluster(arguments.cluster) if arguments.cluster else None
        for found in diagnose(cluster, arguments.results, uri, arguments.timeout, examine):
            problems += found.level == "problem"
            mend = f"; mend: {found.mend}" if found.mend else ""
            line = f"{found.level:8} {found.subject}: {found.text}{mend}"
            print(checks.hide_secrets(line, secrets), flush=True)
    except BadInput as error:
        print(f"error: {checks.hide_secrets(str(error), secrets)}", file=sys.stderr)
        return 2
    finally:
        leave()
    print(f"{problems} problem{'s' * (problems != 1)}" if problems else "nothing is wrong")
    return int(problems > 0)


def diagnose(
    cluster: Cluster | None, results: str, uri: str, seconds: float, examine: Examine
) -> Iterator[Finding]:
    """All that is looked at, in the order in which it is best mended."""
    storage = results if "://" in results and not results.startswith("file:") else None
    if (yield from join(cluster)):
        reports = yield from ask(examine, storage, seconds)
        yield from findings.workers(reports, cluster)
    else:
        reports = {Node("", "this machine", None, is_head=True): examine(storage, seconds)}
    yield from findings.code(reports, cluster)
    yield from findings.versions(reports)
    yield from findings.gpus(reports)
    yield from findings.results(reports, results, seconds)
    yield findings.mlflow(uri, results, seconds)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m studies.engine.doctor",
        description="What stands in a study's way on this cluster, and how to mend it.",
    )
    parser.add_argument("cluster", nargs="?", metavar="cluster.yaml", help="the cluster's file")
    parser.add_argument(
        "--results", default="results", metavar="FOLDER", help="the store (default: %(default)s)"
    )
    parser.add_argument(
        "--tracking-uri", metavar="URI", help="MLflow (default: SQLite in the results)"
    )
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=120.0,
        metavar="SECONDS",
        help="for a node to answer (%(default)g)",
    )
    return parser


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text}: give seconds, up to 3600")
    return seconds
