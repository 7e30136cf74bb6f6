"""Training steps as machine code: the recorded tape, translated call by call.

    tape -> operations -> groups -> kernels -> program -> machine code

No layer, loss or optimizer is written here a second time: whatever a tape holds is read back from
its calls. llvmlite compiles it in tenths of a second, so nothing is cached on disk.
"""
