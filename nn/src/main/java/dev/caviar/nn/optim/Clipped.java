package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.Map;

/// Gradients kept within a limit, in one of the usual ways.
///
/// ```java
/// Optimizer calm = Adam.of(0.001).withClip(Clipped.Form.GLOBAL_NORM, 1);
/// ```
public record Clipped(Optimizer inner, Form form, double limit) implements Wrapper {
    /// What is kept within the limit.
    public enum Form {
        /// Each element, to [−limit, limit].
        VALUE,
        /// The length of each parameter's gradient, which is shortened to the limit.
        NORM,
        /// The length of all gradients together (Pascanu, Mikolov & Bengio 2013).
        GLOBAL_NORM
    }

    public Clipped {
        if (!(limit > 0)) {
            throw new IllegalArgumentException("Clipped: the limit " + limit + " must be positive.");
        }
    }

    @Override
    public Clipped withInner(Optimizer inner) {
        return new Clipped(inner, form, limit);
    }

    public Clipped withLimit(double limit) {
        return new Clipped(inner, form, limit);
    }

    @Override
    public List<String> scalars() {
        return Wrapper.plus(inner.scalars(), "clip");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        return name.equals("clip") ? limit : inner.scalar(name, step, epoch);
    }

    @Override
    public List<Update> updates(List<Parameter> all, Map<String, Tensor> scalars) {
        var limit = scalars.get("clip");
        var clipped = switch (form) {
            case VALUE -> all.stream().map(one -> one.with(one.value(), one.gradient().max(limit.neg()).min(limit))).toList();
            case NORM -> all.stream().map(one -> scaled(one, shrink(one.gradient().square().sum(), limit))).toList();
            case GLOBAL_NORM -> {
                var factor = all.stream().map(one -> one.gradient().square().sum()).reduce(Tensor::add).map(sum -> shrink(sum, limit));
                yield all.stream().map(one -> scaled(one, factor.orElseThrow())).toList();
            }
        };
        return inner.updates(clipped, scalars);
    }

    private static Parameter scaled(Parameter one, Tensor factor) {
        return one.with(one.value(), one.gradient().mul(factor));
    }

    private static Tensor shrink(Tensor squares, Tensor limit) {
        return limit.div(squares.sqrt().max(limit));
    }
}
