package dev.caviar.engine.tensor;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a gradient rule is given: the op's inputs and outputs, and the gradients of the outputs.
///
/// ```java
/// // The rule of y = x²: x's gradient is 2x times that of y.
/// static List<Tensor> square(Vjp v) {
///     return Vjp.one(v.in(0).mul(2).mul(v.grad()));
/// }
/// ```
public interface Vjp {
    List<Tensor> in();

    List<Tensor> out();

    /// The gradient of output `i`, zeros where nothing flows into it.
    Tensor grad(int i);

    /// Whether anything flows into output `i`; where not, its gradient is zeros.
    default boolean flows(int i) {
        return true;
    }

    /// Whether anybody wants the gradient of input `i`.
    boolean needed(int i);

    /// A body that computes the gradients of `body`'s inputs from its inputs followed by the gradients of its outputs.
    Body pullback(Body body);

    default Tensor in(int i) {
        return in().get(i);
    }

    default Tensor out(int i) {
        return out().get(i);
    }

    default Tensor grad() {
        return grad(0);
    }

    /// The gradients of a one-input op.
    static List<@Nullable Tensor> one(@Nullable Tensor gradient) {
        return java.util.Collections.singletonList(gradient);
    }
}
