package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.Map;

/// Weights that shrink with each step: decoupled, `w ← w − α·decay·w` in front of the step (Loshchilov & Hutter 2019); or
/// `coupled`, `g ← g + decay·w`, which is the gradient of an L2 penalty of decay/2.
///
/// Parameters whose path matches the regular expression `except` are left alone.
///
/// ```java
/// var adamW = Adam.of(0.001).withDecay(0.01).withExcept("(.*/)?(bias|gamma|beta)");
/// var likePyTorch = Adam.of(0.001).withDecay(0.1).withCoupled(true);
/// ```
public record WeightDecay(Optimizer inner, double decay, boolean coupled, String except) implements Wrapper {
    public WeightDecay {
        if (!(decay >= 0)) {
            throw new IllegalArgumentException("WeightDecay: " + decay + " must be 0 or more.");
        }
    }

    @Override
    public WeightDecay withInner(Optimizer inner) {
        return new WeightDecay(inner, decay, coupled, except);
    }

    @Override
    public WeightDecay withDecay(double decay) {
        return new WeightDecay(inner, decay, coupled, except);
    }

    public WeightDecay withCoupled(boolean coupled) {
        return new WeightDecay(inner, decay, coupled, except);
    }

    public WeightDecay withExcept(String except) {
        return new WeightDecay(inner, decay, coupled, except);
    }

    @Override
    public List<String> scalars() {
        return Wrapper.plus(inner.scalars(), "weight_decay");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        if (!name.equals("weight_decay")) {
            return inner.scalar(name, step, epoch);
        }
        return coupled ? decay : decay * inner.rate().at(step, epoch);
    }

    @Override
    public List<Update> updates(List<Parameter> all, Map<String, Tensor> scalars) {
        var factor = scalars.get("weight_decay");
        return inner.updates(all.stream().map(one -> {
            if (!except.isEmpty() && one.path().matches(except)) {
                return one;
            }
            var part = one.value().mul(factor);
            return coupled ? one.with(one.value(), one.gradient().add(part)) : one.with(one.value().sub(part), one.gradient());
        }).toList(), scalars);
    }
}
