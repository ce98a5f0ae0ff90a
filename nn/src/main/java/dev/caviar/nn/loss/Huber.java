package dev.caviar.nn.loss;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Targets;
import java.util.Map;

/// Half the square of distances up to `delta`, and a straight line beyond (Huber 1964): the mean over the last axis.
///
/// ```java
/// Loss loss = new Huber(1);
/// ```
public record Huber(double delta) implements Loss {
    public Huber {
        if (!(delta > 0)) {
            throw new IllegalArgumentException("Huber: delta " + delta + " must be positive.");
        }
    }

    @Override
    public Map<String, Double> numbers() {
        return Map.of("delta", delta);
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        return perExample(predicted, target, Loss.constants(this, predicted.dtype()));
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target, Map<String, Tensor> numbers) {
        var limit = numbers.get("delta");
        var away = predicted.sub(Targets.like(kind(), predicted, target));
        var size = away.abs();
        return size.le(limit).where(away.square().mul(0.5), size.sub(limit.mul(0.5)).mul(limit)).mean(-1);
    }

    @Override
    public String kind() {
        return "huber";
    }
}
