package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// One step for every `steps` batches, by the mean of their gradients: batches larger than memory holds.
///
/// Schedules by steps count these, not the batches. Gradients that are still waiting when an epoch ends go into the next
/// one's first step.
///
/// ```java
/// Optimizer as256 = Adam.of(0.001).withAccumulation(4);      // with batches of 64
/// ```
public record Accumulated(Optimizer inner, int steps) implements Wrapper {
    private static final String SLOT = "accumulated";

    public Accumulated {
        if (steps < 1) {
            throw new IllegalArgumentException("Accumulated: " + steps + " steps must be 1 or more.");
        }
    }

    @Override
    public Accumulated withInner(Optimizer inner) {
        return new Accumulated(inner, steps);
    }

    @Override
    public List<String> slots() {
        return Wrapper.plus(inner.slots(), SLOT);
    }

    @Override
    public double initial(String slot) {
        return slot.equals(SLOT) ? 0 : inner.initial(slot);
    }

    @Override
    public List<String> scalars() {
        return Wrapper.plus(inner.scalars(), "accumulation_due", "accumulation_share");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        return switch (name) {
            case "accumulation_due" -> (step + 1) % steps == 0 ? 1 : 0;
            case "accumulation_share" -> 1.0 / steps;
            default -> inner.scalar(name, step / steps, epoch);
        };
    }

    @Override
    public List<Update> updates(List<Parameter> all, Map<String, Tensor> scalars) {
        var due = scalars.get("accumulation_due").gt(0.5);
        var share = scalars.get("accumulation_share");
        var sums = all.stream().map(one -> one.slots().get(SLOT).add(one.gradient().mul(share))).toList();
        var summed = new java.util.ArrayList<Parameter>();
        for (int i = 0; i < all.size(); i++) {
            summed.add(all.get(i).with(all.get(i).value(), sums.get(i)));
        }
        var stepped = inner.updates(summed, scalars);
        var out = new java.util.ArrayList<Update>();
        for (int i = 0; i < all.size(); i++) {
            var before = all.get(i);
            var slots = new HashMap<String, Tensor>();
            stepped.get(i).slots().forEach((name, value) -> slots.put(name, due.where(value, before.slots().get(name))));
            slots.put(SLOT, due.where(Tensor.scalar(0, share.dtype()), sums.get(i)));
            out.add(new Update(due.where(stepped.get(i).param(), before.value()), slots));
        }
        return out;
    }
}
