package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// An optimizer some of whose numbers go by schedules of their own, such as a momentum that falls while the rate rises.
///
/// The names are those of [Optimizer#scalars].
///
/// ```java
/// Optimizer optimizer = Scalars.of(Momentum.of(0.1, 0.9)).with("beta", Polynomial.of(0.5, 0.95, 10));
/// ```
public record Scalars(Optimizer inner, Map<String, Schedule> schedules) implements Wrapper {
    public Scalars {
        schedules = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(schedules));
        for (var name : schedules.keySet()) {
            if (!inner.scalars().contains(name)) {
                throw new IllegalArgumentException("Scalars: " + inner + " has no \"" + name + "\"; it has " + inner.scalars() + ".");
            }
        }
    }

    public static Scalars of(Optimizer inner) {
        return new Scalars(inner, Map.of());
    }

    public Scalars with(String name, Schedule schedule) {
        var all = new LinkedHashMap<>(schedules);
        all.put(name, schedule);
        return new Scalars(inner, all);
    }

    @Override
    public Scalars withInner(Optimizer inner) {
        return new Scalars(inner, schedules);
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        var own = schedules.get(name);
        return own != null ? own.at(step, epoch) : inner.scalar(name, step, epoch);
    }

    @Override
    public List<Update> updates(List<Parameter> all, Map<String, Tensor> scalars) {
        return inner.updates(all, scalars);
    }
}
