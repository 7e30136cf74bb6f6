"""Answers rows with a model of nncli's: python server.py model.onnx [PORT]. No nncli is needed."""

import json
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import onnxruntime


def shown(output):
    """What JSON has no numbers for becomes null."""
    if output.dtype.kind != "f":
        return output
    return np.where(np.isfinite(output), output.astype(object), None)


def answer(session, rows):
    """A dict for each dict of cells, by column; a cell that isn't there is missing."""
    given = {}
    for column in session.get_inputs():
        cells = [row.get(column.name) for row in rows]
        if column.type == "tensor(string)":
            texts = ["" if cell is None else str(cell).strip() for cell in cells]
            given[column.name] = np.array(texts, dtype=object)[:, None]
        else:
            numbers = [np.nan if cell in (None, "") else float(cell) for cell in cells]
            given[column.name] = np.array(numbers, dtype=float)[:, None]
    names = [output.name for output in session.get_outputs()]
    found = [shown(output).tolist() for output in session.run(None, given)]
    return [dict(zip(names, row, strict=True)) for row in zip(*found, strict=True)]


def server(model, port):
    """A server of this folder, the model and its answers, for this machine alone."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    about = session.get_modelmeta().custom_metadata_map
    about = {key: json.loads(value) for key, value in about.items()}

    class Handler(SimpleHTTPRequestHandler):
        wbufsize = -1  # head and body leave together, which saves 40 ms

        def do_GET(self):
            if self.path == "/model.onnx":
                self.send(Path(model).read_bytes(), "application/octet-stream")
            elif self.path == "/about":
                self.send(json.dumps(about).encode())
            else:
                super().do_GET()

        def do_POST(self):
            try:
                rows = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send(json.dumps(answer(session, rows)).encode())
            except (ValueError, TypeError, AttributeError) as error:
                self.send(json.dumps({"error": str(error)}).encode(), code=400)

        def send(self, body, kind="application/json", code=200):
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    folder = str(Path(__file__).parent)
    return ThreadingHTTPServer(("127.0.0.1", port), lambda *each: Handler(*each, directory=folder))


if __name__ == "__main__":
    server(sys.argv[1], int((sys.argv[2:] or ["8000"])[0])).serve_forever()
