package dev.caviar.engine.tensor;

import dev.caviar.engine.memory.Type;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/// An operation on tensors: a value that carries all its rules.
///
/// The set is closed and small; what a framework has beside it (layers, losses, optimizers) are Java functions over these.
/// Attributes are record components, so that equality, hashing and printing are free. Every op is pure. Elementwise ops
/// demand equal types: [Tensor]'s methods put in the casts and expansions.
///
/// What it is in ONNX joins this interface together with the exporter that reads it.
///
/// ```java
/// Tensor y = Unary.TANH.on(Tensor.of(0.5f));
/// ```
public sealed interface Op permits Unary, Binary, Select, Reduce, Move, View, Cast, Contract, Conv, Window, Index, Random, Call, Loop, CustomOp {
    /// The name in printed graphs and errors.
    String label();

    /// The types of the outputs; throws [ShapeException] that names the op and what does not fit.
    List<Type> infer(List<Type> in);

    /// The gradient rule: what each input's gradient is, given those of the outputs; null for an input that has none or
    /// is not [needed][Vjp#needed].
    List<@Nullable Tensor> vjp(Vjp v);

    /// This op as a tape applies it where a gradient may be asked for: with further outputs, after its own, that the
    /// gradient rule reads. The rule is always that of the recording form.
    default Op recording() {
        return this;
    }

    /// Computes the outputs' buffers from the inputs'.
    void run(Args a);

    /// Good and bad inputs, from which every test of the op derives.
    List<Sample> samples();

    /// What one element of the output computes; null where the op is not elementwise. Such ops may be fused, and may
    /// write over an input.
    default @Nullable Lane lane() {
        return null;
    }

    /// What it asks of the machine for inputs of these types, whose lengths are known.
    default Cost cost(List<Type> in) {
        var out = infer(in);
        var lane = lane();
        return Cost.of(lane == null ? 0 : Cost.each(lane) * out.getFirst().shape().size(), in, out);
    }

    /// The batch rule: K calls of this op as one. Elementwise ops are repeated over the calls, others go call by call where
    /// they have no rule of their own.
    default List<Tensor> batch(Batched b) {
        return lane() != null ? apply(b.wide()) : b.slices(this);
    }

    /// How it takes part in mixed precision.
    default Precision precision() {
        return Precision.FULL;
    }

    /// This op with unknown lengths in its attributes replaced.
    default Op withDims(LongUnaryOperator known) {
        return this;
    }

    /// This op under the current interpreter.
    default List<Tensor> apply(List<? extends Tensor> in) {
        return Interpreter.current().apply(this, List.copyOf(in));
    }

    /// The only output of this op under the current interpreter.
    default Tensor on(Tensor... in) {
        return Interpreter.current().apply(this, List.of(in)).getFirst();
    }
}
