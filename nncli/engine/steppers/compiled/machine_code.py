"""Machine code: compiles a module's text for this machine with LLVM.

llvmlite is imported only to compile; to check whether a tape can be compiled doesn't need it.
"""

from functools import cache, lru_cache

from nncli.engine.steppers.compiled.kernel import Registers
from nncli.operating_system import give_back_memory

KEPT = 4
"""Modules whose code is kept for the next network that is alike, in this process alone.

Members of an ensemble have two or three, by how rows divide into batches. Too small: each waits for
the compiler; too large: memory that nobody asks for again.
"""


@cache
def registers() -> Registers:
    """The vector registers of this machine."""
    import llvmlite.binding as llvm

    has_avx512 = llvm.get_host_cpu_features().get("avx512f", False)
    return Registers(32, 64) if has_avx512 else Registers(16, 32)


class MachineCode:
    """Compiled functions; they exist as long as this object."""

    def __init__(self, text: str) -> None:
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        target = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(),
            features=llvm.get_host_cpu_features().flatten(),
            opt=2,
            jit=True,
        )
        module = llvm.parse_assembly(text)
        module.triple, module.data_layout = target.triple, str(target.target_data)
        self.engine = llvm.create_mcjit_compiler(module, target)
        self.engine.finalize_object()
        give_back_memory()  # used by the compilation

    def address_of(self, name: str) -> int:
        """The address of a function."""
        address: int = self.engine.get_function_address(name)
        return address


@lru_cache(KEPT)
def machine_code(text: str) -> MachineCode:
    """The machine code of a text, cached for the latest texts."""
    return MachineCode(text)
