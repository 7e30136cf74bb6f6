"""examples/serve_onnx answers rows over HTTP, whatever stands in them."""

import importlib.util
import json
import re
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread

import pytest
from onnx_models import RandomModel, config

from nncli.export.onnx.model import onnx_model

FOLDER = Path(__file__).parents[2] / "examples" / "serve_onnx"
TABLE = "town,size,kind\n" + "".join(
    f"{'AB'[k % 2]},{k * 7 % 11},{'xyz'[k % 3]}\n" for k in range(30)
)


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """ask(method, path, body): (status, the body of the answer)."""
    folder = tmp_path_factory.mktemp("served")
    path = config(folder, TABLE, "data: {path: table.csv, target: kind}", "network: {hidden: [3]}")
    (folder / "model.onnx").write_bytes(onnx_model(RandomModel(path)).content)
    spec = importlib.util.spec_from_file_location("serve_onnx_server", FOLDER / "server.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    served = module.server(str(folder / "model.onnx"), 0)
    thread = Thread(target=served.serve_forever, args=(0.02,))
    thread.start()

    def call(method, path="/", body=None):
        connection = HTTPConnection(*served.server_address)
        connection.request(method, path, body)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content

    yield call
    served.shutdown()
    served.server_close()
    thread.join()


def posted(ask, rows):
    status, content = ask("POST", body=json.dumps(rows))
    return status, json.loads(content)


def test_rows_are_answered(ask):
    status, [first, blank, other] = posted(
        ask, [{"town": " A ", "size": 3}, {"town": "A", "size": "3"}, {"size": None}]
    )
    assert status == 200
    assert first["label"] == blank["label"]
    assert first["probabilities"] == pytest.approx(blank["probabilities"], abs=1e-14)
    assert first["label"] in "xyz"
    assert sum(first["probabilities"]) == pytest.approx(1)
    assert other["label"] in "xyz"


def test_what_is_no_answer_is_null(ask):
    assert posted(ask, [{"size": float("inf")}]) == (
        200,
        [{"label": "", "probabilities": [None, None, None]}],
    )


@pytest.mark.parametrize("body", ['{"a', '["a"]', "3", '[{"size": "many"}]'])
def test_what_is_no_row_is_refused(ask, body):
    status, content = ask("POST", body=body)
    assert status == 400
    assert json.loads(content)["error"]


def test_the_page_asks_for_nothing_from_elsewhere(ask):
    status, page = ask("GET")
    assert status == 200
    assert not re.search(rb"https?:", page)
    assert json.loads(ask("GET", "/about")[1])["classes"] == ["x", "y", "z"]
    assert ask("GET", "/model.onnx")[1].startswith(b"\x08\x08\x12\x05nncli")
