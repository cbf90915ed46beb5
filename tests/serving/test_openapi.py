"""The OpenAPI document is true: schemathesis asks all of it, through the gate, in this process."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

TOKEN = "a-token-of-many-signs-0123456789"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
SETTINGS = settings(
    max_examples=25, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@schemathesis.serializer("application/vnd.apache.arrow.stream")
def as_it_is(context: Any, value: Any) -> Any:
    return value if isinstance(value, bytes) else str(value).encode()


def test_every_address_answers_as_the_document_says(client) -> None:
    schema = schemathesis.openapi.from_dict(client("GET", "/openapi.json").json)
    statuses: Counter[int] = Counter()

    def check(case: Any) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}", "Host": "127.0.0.1:8000"}
        response = case.call(app=client.service.gate, headers=headers)
        statuses[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:
        cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in MODES))
        SETTINGS(given(case=cases)(check))()
    assert len(operations) == 5 + 2 * 5  # fixed addresses, and two of each model
    assert min(statuses[200], statuses[422]) >= 50
    assert statuses.keys() <= {200, 400, 401, 404, 406, 413, 415, 422}


def test_every_example_is_answered_and_fits_its_schema(client, models) -> None:
    import jsonschema

    document = client("GET", "/openapi.json").json
    asked = 0
    for path, methods in document["paths"].items():
        body = methods.get("post", {}).get("requestBody", {}).get("content", {})
        for example in body.get("application/json", {}).get("examples", {}).values():
            jsonschema.validate(example["value"], body["application/json"]["schema"])
            got = client("POST", path.replace("%20", " "), example["value"])
            answers = methods["post"]["responses"]["200"]["content"]["application/json"]["schema"]
            assert got.status == 200, (path, got.body)
            jsonschema.validate(got.json, answers)
            asked += 1
        if body:
            got = client("POST", path, body["text/csv"]["example"].encode(), "text/csv")
            assert got.status == 200, (path, got.body)
    assert asked == len(models) * 2 * 3


def test_the_document_is_open_api_3_1_and_wants_the_token_everywhere(client) -> None:
    document = client("GET", "/openapi.json").json
    schemathesis.openapi.from_dict(document).validate()
    assert document["security"] == [{"token": []}]
    for methods in document["paths"].values():
        for method, operation in methods.items():
            if method != "parameters":
                assert {"401", "403", "429"} <= operation["responses"].keys()
                assert "security" not in operation


def test_every_route_stands_in_the_document(client, models) -> None:
    paths = client("GET", "/openapi.json").json["paths"]
    routes = {route.path for route in client.service.api.routes}
    for route in routes:
        wanted = [route]
        if route.endswith(("/predict", "/importance")):
            wanted = [route.replace("{name}", name) for name in models]
        assert set(wanted) <= paths.keys()


def test_names_of_models_are_quoted_in_addresses(serve, models) -> None:
    from shoal.serving.catalogue import Catalogue
    from shoal.serving.gate import Bounds
    from shoal.serving.openapi import openapi_of

    hostile = "a b{c}%2F?#é<script>"
    catalogue = Catalogue.open({hostile: lambda: models["price"]})
    document = openapi_of(catalogue, Bounds(), 5)
    assert "/models/a%20b%7Bc%7D%252F%3F%23%C3%A9%3Cscript%3E/predict" in document["paths"]
    json.dumps(document)
