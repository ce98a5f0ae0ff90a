package dev.caviar.engine.tensor;

import java.util.List;
import java.util.function.Supplier;

/// What applying an op means: compute it ([Eager]), write it down (a trace), or also remember it for gradients (a tape).
///
/// The current one is bound to a scope, not to a thread: work that is handed to another thread starts at [Eager] again.
///
/// ```java
/// var seen = new ArrayList<Op>();
/// var below = Interpreter.current();
/// Interpreter recorder = (op, in) -> {
///     seen.add(op);
///     return below.apply(op, in);
/// };
/// Tensor y = recorder.scoped(() -> Tensor.of(1f, 2f).exp().sum());     // seen: exp, sum
/// ```
public interface Interpreter {
    List<Tensor> apply(Op op, List<Tensor> in);

    /// The tensor that stands for a variable here: its value, or an input of the trace.
    default Tensor read(Variable variable) {
        return variable.current();
    }

    /// Gives a variable a new value, now or when the traced program runs.
    default void assign(Variable variable, Tensor value) {
        variable.set(value.array());
    }

    /// The interpreter of the calling scope.
    static Interpreter current() {
        return Scoped.CURRENT.orElse(Eager.shared());
    }

    /// Runs `body` with this interpreter.
    default <T> T scoped(Supplier<T> body) {
        return ScopedValue.where(Scoped.CURRENT, this).call(body::get);
    }
}
