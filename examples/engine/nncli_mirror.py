"""`mirror`: an engine whose arrays are not NumPy's state, as those of an accelerator wouldn't be.

It reads the recorded tapes, makes a mirror of every array that they name, and carries out each
operation there. Theta and slots go to the mirrors when `epochs` is called and come back before it
returns; the rows of a step, its rate and its random numbers go there at each step.

The mirrors are NumPy arrays, made and worked on by the functions of `Device` alone: an engine for
another library replaces that class. This one gains nothing; it shows what has to be done.
"""

import math

import numpy as np

from nncli.engine.operations import (
    AllReduce,
    Concatenate,
    Copy,
    Draw,
    Elementwise,
    Gather,
    Product,
    Reduction,
    ScatterAdd,
)
from nncli.engine.rows import is_in_memory
from nncli.engine.steppers.gradient import GradientStepper
from nncli.engine.steppers.protocol import Engine
from nncli.engine.tape import single


class Device:
    """Memory elsewhere, and what can be done there."""

    def upload(self, array):
        """A copy of a host's array."""
        return np.array(array)

    def view(self, buffer, array, offset):
        """The mirror of `array`, which lies `offset` bytes behind the buffer's beginning."""
        return np.ndarray(array.shape, array.dtype, buffer, offset, array.strides)

    def write(self, mirror, array):
        """Host to device."""
        mirror[...] = array

    def read(self, mirror, array):
        """Device to host."""
        array[...] = mirror

    def elementwise(self, ufunc, operands, target):
        ufunc(*operands, out=target)

    def copy(self, source, target):
        target[...] = source

    def product(self, left, right, target):
        target[...] = np.dot(left, right)

    def reduce(self, ufunc, source, axis, keeps_axis, target):
        target[...] = ufunc.reduce(source, axis=axis, keepdims=keeps_axis)

    def gather(self, source, index, axis, target):
        target[...] = np.take(source, index, axis=axis)

    def scatter_add(self, source, index, target):
        np.add.at(target, index, source)


def owner_of(array):
    """The array that has the memory, of which this one may be a view."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def address_of(array):
    return array.__array_interface__["data"][0]


class Mirrors:
    """The mirror of each host array; views of one array are views of one mirror."""

    def __init__(self, device):
        self.device, self.buffers, self.views = device, {}, []

    def of(self, array):
        if not isinstance(array, np.ndarray):
            return array
        owner = owner_of(array)
        if id(owner) not in self.buffers:
            self.buffers[id(owner)] = owner, self.device.upload(owner.reshape(-1))
        buffer = self.buffers[id(owner)][1]
        return self.device.view(buffer, array, address_of(array) - address_of(owner))


class MirrorStepper(GradientStepper):
    """Everything but the steps themselves is the gradient stepper's: order, rates, counters."""

    def __init__(self, job, state, ranks):
        super().__init__(job, state, ranks)
        self.device = Device()
        self.mirrors = Mirrors(self.device)
        hosts = [state.theta, *state.slots.values()]
        self.moved = [(host, self.mirrors.of(host)) for host in hosts]
        inputs = [self.plan.index, *self.scalars.values()]  # which each step begins by setting
        self.changing = [(host, self.mirrors.of(host)) for host in inputs]
        self.kernels = {
            rows: [self.kernel(each) for each in single((tape + self.update_tape).operations)]
            for rows, tape in self.gradient_tapes.items()
        }

    def epochs(self, last, stop, seconds=math.inf):
        for host, mirror in self.moved:
            self.device.write(mirror, host)
        first, end = self.state.epoch, stop.now() + seconds
        try:
            while self.state.epoch < last:
                if self.state.epoch > first and stop.now() >= end:
                    break
                if not self.epoch(stop, self.step):
                    return False
        finally:
            for host, mirror in self.moved:
                self.device.read(mirror, host)
        return True

    def step(self, rows):
        for host, mirror in self.changing:
            self.device.write(mirror, host)
        for kernel in self.kernels[rows]:
            kernel()

    def kernel(self, operation):
        """A function without arguments that carries an operation out on mirrors."""
        device, mirror = self.device, self.mirrors.of
        target = mirror(operation.target)
        match operation:
            case Elementwise(ufunc, operands, _):
                own = tuple(map(mirror, operands))
                return lambda: device.elementwise(ufunc, own, target)
            case Copy(source, _):
                own = mirror(source)
                return lambda: device.copy(own, target)
            case Product(left, right, _):
                a, b = mirror(left), mirror(right)
                return lambda: device.product(a, b, target)
            case Reduction(ufunc, source, axis, keeps_axis, _):
                own = mirror(source)
                return lambda: device.reduce(ufunc, own, axis, keeps_axis, target)
            case Gather(source, index, axis, _):
                own, places = mirror(source), mirror(index)
                return lambda: device.gather(own, places, axis, target)
            case ScatterAdd(source, index, _):
                own, places = mirror(source), mirror(index)
                return lambda: device.scatter_add(own, places, target)
            case Concatenate():
                copies = [self.kernel(each) for each in operation.copies]
                return lambda: [copy() for copy in copies]
            case Draw(fill, host) | AllReduce(fill, host):
                return lambda: self.on_host(fill, host, target)
        raise TypeError(operation)

    def on_host(self, function, host, mirror):
        """What NumPy's streams and MPI do."""
        self.device.read(mirror, host)
        function(host)
        self.device.write(mirror, host)


KNOWN = (
    *(Elementwise, Copy, Product, Reduction, Gather, ScatterAdd, Concatenate, Draw, AllReduce),
)


class Mirror(Engine):
    """What `training.engine: mirror` names."""

    def refusal(self, job):
        if not is_in_memory({**job.train.inputs, "targets": job.train.targets}):
            return "mirror keeps rows in memory: the numpy engine reads them from the disk"
        looked_at = GradientStepper(job, job.state_at(np.zeros(job.network.layout.size)))
        tapes = [*looked_at.gradient_tapes.values(), looked_at.update_tape]
        operations = (each for tape in tapes for each in single(tape.operations))
        if unknown := {type(each).__name__ for each in operations if not isinstance(each, KNOWN)}:
            return f"mirror has no kernel for {', '.join(sorted(unknown))}"
        return ""

    def stepper(self, job, state, ranks):
        return MirrorStepper(job, state, ranks)
