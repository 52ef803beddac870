"""Check whether a study can run on this cluster, and say how to fix what is wrong:

    python -m studies.engine.doctor cluster.yaml --results s3://bucket/noisescape

It runs on the head node, starts nothing, and examines every node with one small task. Exit codes:
0 nothing is wrong, 1 something is, 2 the user's input is.
"""

import argparse
import logging
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote

from inr_models import InputError
from inr_models.shown import count, shown
from studies.engine.doctor import checks, findings
from studies.engine.doctor.findings import Cluster, Finding, Node
from studies.engine.doctor.nodes import Examine, examine_nodes, join, leave, read_cluster


def main(argv: Sequence[str] | None = None, examine: Examine = checks.examine) -> int:
    """Print a line for each finding, and return the exit code.

    Args:
        argv: the arguments, by default those of this process.
        examine: the function to run on every node.
    """
    logging.disable(logging.WARNING)
    arguments = _parser().parse_args(argv)
    uri = arguments.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI", "")
    secrets = passwords(arguments.results, uri)
    problems = 0
    try:
        cluster = read_cluster(arguments.cluster) if arguments.cluster else None
        for finding in diagnose(cluster, arguments.results, uri, arguments.timeout, examine):
            problems += finding.level == "problem"
            fix = f"; fix: {finding.fix}" if finding.fix else ""
            line = f"{finding.level:8} {finding.subject}: {finding.text}{fix}"
            print(without_passwords(line, secrets), flush=True)
    except InputError as error:
        print(f"error: {without_passwords(str(error), secrets)}", file=sys.stderr)
        return 2
    finally:
        leave()
    print(count(problems, "problem") if problems else "nothing is wrong")
    return 1 if problems else 0


def diagnose(
    cluster: Cluster | None, results: str, uri: str, seconds: float, examine: Examine
) -> Iterator[Finding]:
    """Yield all findings, in the order in which a user should fix them.

    Args:
        cluster: the cluster file, None without one.
        results: the results, as the user names them.
        uri: MLflow's tracking URI, "" for SQLite in the results.
        seconds: how long to wait for a node.
        examine: the function to run on every node.
    """
    storage = results if "://" in results and not results.startswith("file:") else None
    if (yield from join(cluster)):
        reports = yield from examine_nodes(examine, storage, seconds)
        yield from findings.workers(reports, cluster)
    else:
        reports = {Node("", "this machine", None, is_head=True): examine(storage, seconds)}
    yield from findings.code(reports, cluster)
    yield from findings.versions(reports)
    yield from findings.gpus(reports)
    yield from findings.results(reports, results, seconds)
    yield findings.mlflow(uri, results, seconds)


def passwords(*uris: str) -> set[str]:
    """Return the passwords in URIs, as they are written there and decoded."""
    written = {word for uri in uris for word in re.findall(r"://[^:\s]*:(\S*)@", uri)}
    return {word for word in written | {unquote(word) for word in written} if len(word) > 3}


def without_passwords(text: str, secrets: Iterable[str]) -> str:
    """Return `text` fit to be shown, without `secrets` anywhere.

    `shown` alone hides passwords within URIs. A server's message may quote one outside of them.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return shown(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m studies.engine.doctor",
        description="Check whether a study can run on this cluster, and say how to fix problems.",
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
        type=seconds,
        default=120.0,
        metavar="SECONDS",
        help="how long to wait for a node (default: %(default)g)",
    )
    return parser


def seconds(text: str) -> float:
    """Return the number in `text` if it is a time to wait. argparse prints what is raised."""
    number = float(text)
    if not 0 < number <= 3600:
        raise argparse.ArgumentTypeError(f"{text}: give seconds, up to 3600")
    return number
