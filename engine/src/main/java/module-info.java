/// Tensors, ops, gradients, graphs, compiler and kernels.
module dev.caviar.engine {
    requires static transitive org.jspecify;
    requires static jdk.incubator.vector;
    requires jdk.jfr;
    requires jdk.management;

    uses dev.caviar.engine.kernel.ConvolutionLoops;
    uses dev.caviar.engine.kernel.FunctionLoops;
    uses dev.caviar.engine.kernel.RandomLoops;
    uses dev.caviar.engine.kernel.TransposeLoops;
    provides dev.caviar.engine.kernel.ConvolutionLoops with dev.caviar.engine.compile.MachineConvolution;
    provides dev.caviar.engine.kernel.FunctionLoops with dev.caviar.engine.compile.CompiledFunctions;
    provides dev.caviar.engine.kernel.RandomLoops with dev.caviar.engine.compile.MachinePhilox;
    provides dev.caviar.engine.kernel.TransposeLoops with dev.caviar.engine.compile.MachineTranspose;

    exports dev.caviar.engine.memory;
    exports dev.caviar.engine.kernel;
    exports dev.caviar.engine.tensor;
    exports dev.caviar.engine.grad;
    exports dev.caviar.engine.graph;
    exports dev.caviar.engine.compile;
}
