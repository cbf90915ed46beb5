"""Models made by hand, and requests to a service through its gate, in this process."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from shoal.codes import CODES
from shoal.data.dataset import Dataset, Feature, Schema
from shoal.data.scaling import Scaler
from shoal.models import Model
from shoal.models.summary import summarise
from shoal.network import Dense, Network
from shoal.serving.access import Access, loopback_hosts
from shoal.serving.app import Application, application
from shoal.serving.catalogue import Catalogue
from shoal.serving.gate import Bounds

TOKEN = "a-token-of-many-signs-0123456789"
HOST = "127.0.0.1:8000"
HOSTILE = '</script>"\n' + "%s 🦉 שלום"
"""The name of a column and of a class."""


def model_of(schema: Schema, *, n_networks: int = 3, seed: int = 0) -> Model:
    """Return a model of random weights whose training rows were standard normal."""
    rng = np.random.default_rng(seed)
    width, n_outputs = len(schema.feature_names), schema.n_outputs
    last = "sigmoid" if n_outputs == 1 or schema.kind == "multilabel" else "softmax"
    last = "identity" if schema.is_regression else last
    network = Network([Dense(4, "tanh"), Dense(n_outputs, last)], inputs=width)
    weights = [rng.normal(size=(n_networks, width, 4)), rng.normal(size=(n_networks, 4, n_outputs))]
    biases = [rng.normal(size=(n_networks, 4)), rng.normal(size=(n_networks, n_outputs))]
    start = network.start_from(
        [w.tolist() for w in weights], [b.tolist() for b in biases], dtype="float32"
    )
    x, start_of = rng.normal(size=(200, width)), 0
    for column in schema.columns:
        n = len(column.feature_names)
        if column.categories is not None:
            x[:, start_of : start_of + n] = np.eye(n)[rng.integers(0, n, 200)]
        start_of += n
    dataset = Dataset(x=x, y=np.zeros((200, n_outputs)), schema=schema)
    centers, scales = rng.normal(size=width), 0.5 + rng.random(width)
    return Model(
        network=network, parameters=start, schema=schema,
        scalers=(Scaler(center=tuple(centers.tolist()), scale=tuple(scales.tolist())),),
        target_scalers=(Scaler(center=(0.0,) * n_outputs, scale=(1.0,) * n_outputs),),
        seeds=tuple(range(n_networks)), best=0, experiment={}, arithmetic="1", version="0.1.0",
        summary=summarise(dataset, np.arange(200)),
    )  # fmt: skip


SCHEMAS = {
    "flowers": Schema(
        columns=(Feature(name="a"), Feature(name="b"), Feature(name="c", fill=0.5)),
        target="kind", kind="classification", classes=("iris", "rose", "oak"),
    ),
    "mixed": Schema(
        columns=(
            Feature(name=HOSTILE),
            Feature(name="colour", categories=("red", "blue, green", "true")),
            Feature(name="grade", categories=("1", "2")),
        ),
        target="y", kind="classification", classes=("no", HOSTILE),
    ),
    "price": Schema(columns=(Feature(name="a"),), target="euro", kind="regression"),
    "pair": Schema(
        columns=(Feature(name="a"), Feature(name="rows")), target="u", more_targets=("v",),
        kind="regression",
    ),
    "marks": Schema(
        columns=(Feature(name="a"), Feature(name="b")), target="u", more_targets=("v",),
        kind="multilabel", label_classes=(("off", "on"), ("no", "yes")),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Got:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Client:
    """Asks a service in this process, with all that the gate wants."""

    service: Application
    models: Mapping[str, Model]

    def __call__(
        self, method: str, path: str, body: Any = b"", kind: str = "application/json",
        **headers: str,
    ) -> Got:  # fmt: skip
        return asyncio.run(self.ask(method, path, body, kind, **headers))

    def predict(self, name: str, body: Any, kind: str = "application/json", **headers: str) -> Got:
        return self("POST", f"/models/{name}/predict", body, kind, **headers)

    def refused(self, name: str, body: Any, kind: str = "application/json") -> tuple[int, Any]:
        got = self.predict(name, body, kind)
        assert got.headers["content-type"] == "application/json"
        told = got.json
        assert told.pop("code") in CODES
        return got.status, told

    async def ask(
        self, method: str, path: str, body: Any = b"", kind: str = "application/json",
        **headers: str,
    ) -> Got:  # fmt: skip
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"host": HOST, "authorization": f"Bearer {TOKEN}", "content-type": kind}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        path, _, query = path.partition("?")
        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(),
            "query_string": query.encode(), "root_path": "", "scheme": "http",
            "headers": [(n.encode(), v.encode()) for n, v in given.items() if v],
            "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 1),
        }  # fmt: skip
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.service.gate(scope, receive, send)
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Got(sent[0]["status"], found, b"".join(m["body"] for m in sent[1:]))


@pytest.fixture(scope="session")
def models() -> dict[str, Model]:
    return {name: model_of(schema, seed=k) for k, (name, schema) in enumerate(SCHEMAS.items())}


@pytest.fixture(scope="session")
def access() -> Access:
    return Access(token=TOKEN, hosts=loopback_hosts(8000))


@pytest.fixture
def serve(models: dict[str, Model], access: Access) -> Callable[..., Client]:
    """Serve models, under bounds of the test."""

    def make(bounds: Bounds | None = None, **settings: Any) -> Client:
        sources = {name: functools.partial(models.get, name) for name in models}
        catalogue = Catalogue.open(sources)  # type: ignore[arg-type]
        return Client(application(catalogue, access, bounds=bounds, **settings), models)

    return make


@pytest.fixture
def client(serve: Callable[..., Client]) -> Client:
    return serve()
