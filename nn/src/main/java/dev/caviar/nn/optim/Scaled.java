package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.Map;

/// Gradients times a factor: −1 climbs, as PyTorch's `maximize`; `1/s` undoes a loss that was multiplied by s, as Keras's
/// `loss_scale_factor` does.
///
/// ```java
/// Optimizer climbs = Adam.of(0.001).withScale(-1);
/// ```
public record Scaled(Optimizer inner, double factor) implements Wrapper {
    public Scaled {
        if (!Double.isFinite(factor)) {
            throw new IllegalArgumentException("Scaled: a factor of " + factor + " is no number.");
        }
    }

    @Override
    public Scaled withInner(Optimizer inner) {
        return new Scaled(inner, factor);
    }

    /// Both factors in one.
    @Override
    public Scaled withScale(double factor) {
        return new Scaled(inner, this.factor * factor);
    }

    @Override
    public List<String> scalars() {
        return Wrapper.plus(inner.scalars(), "gradient_scale");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        return name.equals("gradient_scale") ? factor : inner.scalar(name, step, epoch);
    }

    @Override
    public List<Update> updates(List<Parameter> all, Map<String, Tensor> scalars) {
        var scale = scalars.get("gradient_scale");
        return inner.updates(all.stream().map(one -> one.with(one.value(), one.gradient().mul(scale))).toList(), scalars);
    }
}
