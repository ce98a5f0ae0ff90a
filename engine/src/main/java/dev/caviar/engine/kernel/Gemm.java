package dev.caviar.engine.kernel;

import dev.caviar.engine.memory.DType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Makes matrix products ready to run.
///
/// ```java
/// var spec = GemmSpec.of(DType.F32, 2, 2, 3);
/// var a = Tensor.ones(2, 3).array().buffer();
/// var b = Tensor.ones(3, 2).array().buffer();
/// var c = Buffer.allocate(Type.of(DType.F32, 2, 2));
/// Provider.best().gemm().prepare(spec).run(a.memory(), b.memory(), null, c.memory());
/// double corner = c.at(0);                 // 3
/// ```
public interface Gemm {
    /// A product that is ready to run on the calling thread, again and again. What is costly (a primitive) is shared and
    /// cached by spec; the call itself belongs to one thread at a time. F32 and F64 are always possible (F64 in plain Java).
    Call prepare(GemmSpec spec);

    /// Whether products of this type run as they are. Where BF16 or F16 do not, it is faster to keep rounded values in F32.
    boolean runs(DType dtype);

    /// One prepared product.
    interface Call {
        /// Computes C; `bias` is null where the spec has none. Segments start at the operand's first element.
        void run(MemorySegment a, MemorySegment b, @Nullable MemorySegment bias, MemorySegment c);

        /// The name of the code that does it, such as `brg_matmul:avx512_core` or `plain`.
        String implementation();
    }
}
