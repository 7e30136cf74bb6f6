"""ONNX: a run as one file that others' runtimes answer from, raw columns in, answers out.

The network is read off the forward pass that the engine records (`network.py`, `formulas.py`);
what happens before it to the cells of a row is in `columns.py` and its neighbours, what happens
behind it in `outputs.py`. `graph.py` holds the nodes, `messages.py` their bytes; `model.py` puts
them together, and `runtime_check.py` runs the file.
"""
