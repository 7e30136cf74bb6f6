"""ONNX: a run as one file for other runtimes, from raw columns to answers.

The network is translated from the forward pass that the engine records (`network.py`,
`formulas.py`). The encoding of a row's cells is in `columns.py` and its neighbours, the decoding of
outputs in `outputs.py`. `graph.py` holds the nodes, `messages.py` writes their bytes; `model.py`
puts everything together, and `runtime_check.py` runs the file.
"""
