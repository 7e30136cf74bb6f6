"""Runs models in the onnxruntime of the Python that runs this, which needn't be nncli's.

Each line of stdin names a folder with model.onnx and inputs.npz; the outputs go there too.
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime

if __name__ == "__main__":
    for line in sys.stdin:
        folder = Path(line.strip())
        try:
            options = onnxruntime.SessionOptions()
            options.log_severity_level = 2
            session = onnxruntime.InferenceSession(
                str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
            cells = np.load(folder / "inputs.npz")
            given = [
                each.astype(object) if each.dtype.kind == "U" else each for each in cells.values()
            ]
            names = [each.name for each in session.get_inputs()]
            found = session.run(None, dict(zip(names, given)))  # noqa: B905  # of an old Python
            found = [each.astype(str) if each.dtype == object else each for each in found]
            np.savez(folder / "outputs.npz", *found)
            print("ok", flush=True)  # noqa: T201
        except Exception as error:
            print(repr(str(error)), flush=True)  # noqa: T201
