"""Training steps as machine code: the recorded tape, translated operation by operation.

    tape -> lowering (places in memory) -> loops and products (kernels) -> program (their text)
         -> machine code

No layer, loss or optimizer is written here a second time: whatever a tape holds is an operation of
one of a few kinds. llvmlite compiles it in a tenth of a second, so nothing is cached on disk.
"""
