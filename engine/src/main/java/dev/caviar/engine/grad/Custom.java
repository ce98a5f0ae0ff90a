package dev.caviar.engine.grad;

import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Args;
import dev.caviar.engine.tensor.CustomOp;
import dev.caviar.engine.tensor.Interpreter;
import dev.caviar.engine.tensor.Sample;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Vjp;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A function on a tape with a gradient rule that its writer gave.
record Custom(Function<List<Tensor>, List<Tensor>> f, Function<Vjp, List<@Nullable Tensor>> rule) implements CustomOp {
    /// Its results here, which remember the rule on every tape that is open.
    List<Tensor> call(List<Tensor> in) {
        return switch (Interpreter.current()) {
            case Tape tape -> tape.custom(this, in);
            case Segment segment -> segment.custom(this, in);
            default -> f.apply(in);
        };
    }

    @Override
    public String label() {
        return "custom gradient";
    }

    @Override
    public List<Type> infer(List<Type> in) {
        throw new UnsupportedOperationException("A custom gradient stands on a tape only.");
    }

    @Override
    public void run(Args a) {
        throw new UnsupportedOperationException("A custom gradient stands on a tape only.");
    }

    @Override
    public List<@Nullable Tensor> vjp(Vjp v) {
        var gradients = rule.apply(v);
        if (gradients.size() != v.in().size()) {
            throw new ShapeException("custom gradient: the rule gives " + gradients.size() + " gradients for " + v.in().size() + " inputs.");
        }
        for (int i = 0; i < gradients.size(); i++) {
            var gradient = gradients.get(i);
            if (gradient != null && !gradient.type().equals(v.in(i).type())) {
                throw new ShapeException("custom gradient: input " + i + " is " + v.in(i).type() + " but the rule's gradient is " + gradient.type()
                        + ".\nMaybe sum it over the axes that were repeated.");
            }
        }
        return gradients;
    }

    @Override
    public List<Sample> samples() {
        return List.of();
    }
}
