"""How parts run: one flat vector of parameters, preallocated buffers, recorded calls."""
