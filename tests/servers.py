"""Servers that tests start, stop and start again at the same address."""

import socket
import threading
import time
from typing import Self

import boto3
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
    """moto's S3 in this process. While it is stopped nobody listens; what it holds stays."""

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
        """Of the objects below `prefix`, as far as one answer goes."""
        found = self.client.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [entry["Key"] for entry in found.get("Contents", ())]


    def wait_for(self, prefix: str, count: int = 1) -> None:
        """Until there are so many objects below `prefix`."""
        deadline = time.monotonic() + 120
        while len(self.names(prefix)) < count:
            assert time.monotonic() < deadline, f"fewer than {count} files came to {prefix}"
            time.sleep(0.05)
