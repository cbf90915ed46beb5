"""The service as an ASGI application: routes of FastAPI behind the gate.

The two routes that carry rows are raw ASGI, asked before FastAPI's own layers: an empty one
answers in 2 us, behind those layers in 9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import Match

from shoal.serving.access import Access
from shoal.serving.catalogue import Catalogue
from shoal.serving.documents import About, Health, Models, about
from shoal.serving.figures import Figures
from shoal.serving.gate import DEFECT, Bounds, Gate, Receive, Scope, Send
from shoal.serving.openapi import openapi_of
from shoal.serving.refusals import Answer, RequestError, json_answer
from shoal.serving.service import Service

MAX_ROWS: Final = 100_000
READ: Final = ["GET", "HEAD"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The whole service.

    Attributes:
        gate: what a server calls.
        api: the application behind it, with the routes.
        service: what answers.
    """

    gate: Gate
    api: FastAPI
    service: Service


def application(
    catalogue: Catalogue,
    access: Access,
    *,
    bounds: Bounds | None = None,
    max_rows: int = MAX_ROWS,
    threads: int | None = None,
) -> Application:
    """Return the service for some models.

    Args:
        catalogue: the models.
        access: who may ask.
        bounds: how much at once.
        max_rows: of one request.
        threads: that large requests are computed on; None: as many as there are.
    """
    figures = Figures(catalogue)
    service = Service(catalogue, figures, max_rows=max_rows, threads=threads)
    bounds = bounds or Bounds()
    api = _api(service, bounds)
    gate = Gate(_Front(api), access, bounds, observe=figures.observe)
    figures.gate = gate
    return Application(gate=gate, api=api, service=service)


def _api(service: Service, bounds: Bounds) -> FastAPI:
    api = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    api.add_exception_handler(HTTPException, _http_error)
    api.add_exception_handler(RequestError, _refused)
    api.add_exception_handler(Exception, _defect)
    for path, handler in (("predict", service.predict), ("importance", service.importance)):
        route = APIRoute(f"/models/{{name}}/{path}", _raw, methods=["POST"])
        route.app = handler
        api.router.routes.append(route)
    _add_lists(api, service)
    _add_operations(api, service, bounds)
    return api


async def _raw() -> None:
    """Stand for a route whose application is put in its place."""


class _Front:
    """Asks the routes that are raw ASGI first, before what FastAPI does for every request."""

    def __init__(self, api: FastAPI) -> None:
        self._api = api
        routes = (route for route in api.router.routes if isinstance(route, APIRoute))
        self._raw = [route for route in routes if route.endpoint is _raw]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            for route in self._raw:
                found, more = route.matches(scope)
                if found is Match.FULL:
                    scope.update(more)
                    await route.app(scope, receive, send)
                    return
        await self._api(scope, receive, send)


def _add_lists(api: FastAPI, service: Service) -> None:
    @api.api_route("/models", methods=READ, response_model=Models)
    async def models() -> Models:
        return Models(models=[about(served) for served in service.catalogue.models.values()])

    @api.api_route("/models/{name}", methods=READ, response_model=About)
    async def model(name: str) -> About:
        return about(service.catalogue.get(name))


def _add_operations(api: FastAPI, service: Service, bounds: Bounds) -> None:
    @api.api_route("/healthz", methods=READ, response_model=Health)
    async def healthz() -> Health:
        return Health(status="ok", models=len(service.catalogue.models))

    @api.api_route("/metrics", methods=READ)
    async def metrics() -> Response:
        return _response(service.figures.answer())

    @api.api_route("/openapi.json", methods=READ)
    async def openapi() -> Response:
        return _response(json_answer(openapi_of(service.catalogue, bounds, service.max_rows)))


def _response(answer: Answer) -> Response:
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    headers["content-type"] = answer.kind.decode()
    return Response(answer.body, answer.status, headers)


async def _http_error(_: Request, error: Exception) -> Response:
    """Answer an address or a method that there is not."""
    assert isinstance(error, HTTPException)
    told = {404: "there is nothing at this address.", 405: "this address takes another method."}
    sentence = told.get(error.status_code, f"{error.detail}.")
    given = RequestError(error.status_code, sentence)
    return JSONResponse(
        {"error": given.sentence, "code": given.code}, error.status_code, dict(error.headers or {})
    )


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    return _response(error.answer)


async def _defect(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": DEFECT}, 500)
