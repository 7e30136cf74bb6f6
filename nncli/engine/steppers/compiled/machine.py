"""Machine: code in LLVM's language -> machine code for the core it runs on."""

import ctypes

import llvmlite.binding as llvm

from nncli.engine.steppers.compiled.kernel import Code

RUN = ctypes.CFUNCTYPE(None, ctypes.c_int64, *[ctypes.c_void_p] * 4, ctypes.c_int64)


class Machine:
    """Compiled code, which lives as long as this."""

    def __init__(self, code: Code) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        target = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(),
            features=llvm.get_host_cpu_features().flatten(),
            opt=3,
            jit=True,
        )
        code.module.triple, code.module.data_layout = target.triple, str(target.target_data)
        module = llvm.parse_assembly(str(code.module))
        options = llvm.create_pipeline_tuning_options(speed_level=2)
        options.loop_vectorization = True
        # these two take a third of the time to compile, and save none to run
        options.loop_unrolling = options.slp_vectorization = False
        passes = llvm.create_pass_builder(target, options)
        passes.getModulePassManager().run(module, passes)
        self.engine = llvm.create_mcjit_compiler(module, target)
        for name, address in code.outside.items():
            self.engine.add_global_mapping(module.get_function(name), address)
        self.engine.finalize_object()
        self.kept = code.kept
        self._run = RUN(self.engine.get_function_address("run"))

    def run(self, steps: int, *pointers_and_stride: int | None) -> None:
        """Make so many steps; see program.add_run."""
        self._run(steps, *pointers_and_stride)
