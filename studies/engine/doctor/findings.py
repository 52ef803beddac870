"""Turn the reports of the nodes into findings: each is ok, a note, or a problem and its fix."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from studies.engine.doctor import checks
from studies.engine.doctor.checks import Report
from studies.engine.store.folder import local_path


class Finding(NamedTuple):
    """Holds one line of output: what the doctor knows of a subject, and how to fix it."""

    level: Literal["ok", "note", "problem"]
    subject: str
    text: str
    fix: str = ""


class Cluster(NamedTuple):
    """Holds what the doctor needs of a cluster file. The command `sync` updates all nodes."""

    file: str
    min_workers: int
    sync: str


class Node(NamedTuple):
    """Names a node. Ray sees so many GPUs (None if Ray does not run) and CPU cores there."""

    id: str
    name: str
    gpus: int | None
    is_head: bool
    cores: int = 0


Reports = Mapping[Node, Report]


def ok(subject: str, text: str) -> Finding:
    """Return the finding that all is well."""
    return Finding("ok", subject, text)


def note(subject: str, text: str) -> Finding:
    """Return a finding that a user should know and need not fix."""
    return Finding("note", subject, text)


def problem(subject: str, text: str, fix: str) -> Finding:
    """Return a finding that a user has to fix.

    >>> problem("code", "10.0.0.11 has other code", "ray rsync-up cluster.yaml").level
    'problem'
    """
    return Finding("problem", subject, text, fix)


def workers(reports: Reports, cluster: Cluster | None) -> Iterator[Finding]:
    """Check whether as many workers answer as the cluster file keeps up."""
    if cluster:
        count = sum(not node.is_head for node in reports)
        text = f"{count} answer, {cluster.file} wants at least {cluster.min_workers}"
        if count < cluster.min_workers:
            fix = "see why no more come in /tmp/ray/session_latest/logs/monitor.log, on the head"
            yield problem("workers", text, fix)
        else:
            yield ok("workers", text)


def code(reports: Reports, cluster: Cluster | None) -> Iterator[Finding]:
    """Check whether every node has the code of this one."""
    own = checks.code_hash()
    sync = f"in your checkout, {cluster.sync}" if cluster else "bring it the same code"
    others = [node for node, report in reports.items() if report["code"] != own]
    for node in others:
        text = f"{node.name} has other code ({reports[node]['code']}) than this node ({own})"
        yield problem("code", text, sync)
    if reports and not others:
        yield ok("code", f"{own}, {_on(reports)}")


def versions(reports: Reports) -> Iterator[Finding]:
    """Check whether every node has this one's versions of Python and of what fits need."""
    own = checks.versions()
    fix = "install what constraints.txt pins there, and restart Ray there"
    others = [
        problem("versions", f"{node.name} has {name} {version}, this node {own[name]}", fix)
        for node, report in reports.items()
        for name, version in report["versions"].items()
        if version != own[name]
    ]
    yield from others
    if reports and not others:
        yield ok("versions", f"{', '.join(map(' '.join, own.items()))}, {_on(reports)}")


def gpus(reports: Reports) -> Iterator[Finding]:
    """Check whether torch can compute on the GPUs that Ray hands out."""
    fine = 0
    for node, report in reports.items():
        usable, seen = report["gpus"], node.gpus if node.gpus is not None else report["gpus"]
        if usable < 0:
            fix = "install what constraints.txt pins there"
            if report["gpu_error"].startswith(checks.SILENT):
                fix = "if that node is busy, give a longer --timeout; else " + fix
            yield problem("GPUs", f"{node.name}: torch does not start: {report['gpu_error']}", fix)
        elif usable < seen:
            text = f"{node.name}: Ray hands out {seen}, torch can use {usable}"
            fix = "install the NVIDIA driver that torch's CUDA needs, and restart Ray there"
            yield problem("GPUs", f"{text}: {report['gpu_error']}", fix)
        elif usable > seen:
            yield note("GPUs", f"{node.name}: torch can use {usable}, Ray hands out only {seen}")
        else:
            fine += usable
    if fine:
        yield ok("GPUs", f"{fine}, which torch can use")
    elif reports and not any(report["gpus"] for report in reports.values()):
        yield ok("GPUs", "none, neither for Ray nor for torch")


def results(reports: Reports, where: str, seconds: float) -> Iterator[Finding]:
    """Check whether the results can be written where they have to be: from the driver's node.

    Args:
        reports: what the nodes report.
        where: the results, as the user names them.
        seconds: how long to wait for the storage.
    """
    if refusal := checks.failure_of(seconds, checks.try_writing, where):
        fix = "name a folder or URI that this machine may write with --results"
        yield problem("results", f"{where} cannot be written from here: {refusal}", fix)
        return
    place = where if "://" in where else str(local_path(where))
    yield ok("results", f"{place} can be written from here; no other node writes results")
    for node, report in reports.items():
        if report["refusal"]:
            text = f"{node.name} cannot write there: {report['refusal']}"
            yield note("results", f"{text}; it matters only if a study is started on that node")


def mlflow(uri: str, where: str, seconds: float) -> Finding:
    """Check whether MLflow answers this node, which alone talks to it.

    Args:
        uri: the tracking URI, "" for SQLite in the results.
        where: the results, as the user names them.
        seconds: how long to wait for an answer.
    """
    if not uri:
        folder = "_mlflow" if "://" in where else f"{where}/_mlflow"
        return ok("MLflow", f"no server: SQLite in {folder}, on this node")
    file = uri.removeprefix("sqlite:///")
    if file != uri and not Path(file).exists():
        return ok("MLflow", f"{uri} is not there yet: the first run makes it")
    if refusal := checks.failure_of(seconds, checks.reach_mlflow, uri, seconds):
        fix = "start it (docs/cluster.md), or leave --tracking-uri and MLFLOW_TRACKING_URI out"
        return problem("MLflow", f"{uri} does not answer: {refusal}", fix)
    return ok("MLflow", f"{uri} answers; only this node talks to it")


def _on(reports: Reports) -> str:
    return f"the same on {len(reports)} nodes" if len(reports) > 1 else "on this node"
