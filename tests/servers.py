"""Servers that tests start, stop and start again at the same address."""

import contextlib
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

import boto3
import pyarrow.parquet as pq
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

BUCKET = "bucket"


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_port(port: int, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.2)


class S3Server:
    """Runs moto's S3 in this process. While it is stopped nobody listens; what it holds stays."""

    def __init__(self) -> None:
        self.port = free_port()
        self.requests: list[str] = []
        self.application = DomainDispatcherApplication(create_backend_app)
        self.server: BaseWSGIServer | None = None
        self.environment = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def __enter__(self) -> Self:
        self.start()
        self.client.create_bucket(Bucket=BUCKET)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def client(self):  # boto3 makes its classes when they are asked for
        return boto3.client(
            "s3",
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def start(self) -> None:
        class Quiet(WSGIRequestHandler):
            def log_request(self, *_: object) -> None:
                pass

        def noting(environ, respond):
            self.requests.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
            return self.application(environ, respond)

        self.server = make_server(
            "127.0.0.1", self.port, noting, threaded=True, request_handler=Quiet
        )
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def names(self, prefix: str) -> list[str]:
        """Return the objects below `prefix`, as far as one answer goes."""
        listed = self.client.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [entry["Key"] for entry in listed.get("Contents", ())]

    def num_rows(self, results: str) -> int:
        """Count fits in the results below a prefix. A row that gets another file may count twice.

        This server shows an object as empty while it is being replaced. A growing file that gets
        its final name after it was listed does not count.
        """
        keys = [*self.names(f"{results}/fits/"), *self.names(f"{results}/_growing/fits/")]
        client, count = self.client, 0
        for key in keys:
            with contextlib.suppress(client.exceptions.NoSuchKey):
                data = client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
                if data:
                    count += pq.ParquetFile(io.BytesIO(data)).metadata.num_rows
        return count

    def wait_for(self, prefix: str) -> None:
        """Until there is an object below `prefix`."""
        self._wait(lambda: self.names(prefix), prefix)

    def wait_for_rows(self, results: str, count: int) -> None:
        """Until the results below a prefix have so many fits."""
        self._wait(lambda: self.num_rows(results) >= count, results)

    def _wait(self, is_there: Callable[[], object], prefix: str) -> None:
        deadline = time.monotonic() + 600
        while not is_there():
            assert time.monotonic() < deadline, f"too little came to {prefix}"
            time.sleep(0.05)


class Postgres:
    """Runs PostgreSQL from the system's packages, in a folder and at a port of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self.user: list[str] = []
        if os.geteuid() == 0:  # which it refuses to be run by
            shutil.chown(self.folder, "nobody")
            self.user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        self.uri = f"postgresql://mlflow@127.0.0.1:{self.port}/postgres"

    def __enter__(self) -> Self:
        self._do("initdb", "--username=mlflow", "--auth=trust", "--no-sync")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if (self.folder / "data" / "postmaster.pid").exists():
            self.kill()
        shutil.rmtree(self.folder)

    @staticmethod
    def why_not() -> str:
        """Why there is none here; empty if there is."""
        needed = ["initdb", "pg_ctl", *(["setpriv"] if os.geteuid() == 0 else [])]
        missing = [name for name in needed if not shutil.which(name)]
        return f"PostgreSQL's {missing[0]} is not on the PATH" if missing else ""

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._do("pg_ctl", "start", "--wait", f"--log={self.folder}/log", f"--options={options}")

    def kill(self) -> None:
        """All its processes at once, as a crash would."""
        self._do("pg_ctl", "stop", "--mode=immediate")

    def _do(self, program: str, *arguments: str) -> None:
        command = [*self.user, program, f"--pgdata={self.folder}/data", *arguments]
        subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL, timeout=120)


class MlflowServer:
    """Runs `mlflow server` with one worker. `arguments` say where its runs and artifacts are."""

    def __init__(self, log: Path, *arguments: str, environment: Mapping[str, str] = {}) -> None:
        port = free_port()
        self.uri = f"http://127.0.0.1:{port}"
        quick = {
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        }
        command = [
            sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
            "-w", "1", *arguments,
        ]  # fmt: skip
        with log.open("w") as file:
            self.process = subprocess.Popen(
                command,
                env=os.environ | quick | dict(environment),
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        self.port = port

    def __enter__(self) -> Self:
        try:
            wait_for_port(self.port)
        except AssertionError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
