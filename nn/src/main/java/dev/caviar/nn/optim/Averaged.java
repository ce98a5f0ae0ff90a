package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.MovingAverage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// An average of the weights over the steps, kept beside them: often better weights than the last ones.
///
/// Exponential: `a ← β·a + (1−β)·w`, which begins at the weights after the first step (Polyak & Juditsky 1992); `corrected`, at their
/// corrected average. Equal: the plain mean of every `every`-th weights from step `start` (Izmailov et al. 2018, SWA);
/// before that it follows the weights. A model hands the averages out by `Model.averages()`.
///
/// ```java
/// Optimizer ema = Adam.of(0.001).withAverage(0.999);
/// Optimizer swa = Averaged.equal(Sgd.of(0.05), 1000, 100);
/// ```
public record Averaged(Optimizer inner, Form form, double momentum, long start, long every) implements Wrapper {
    /// The slot that holds the average.
    public static final String SLOT = "average";

    /// How the weights of different steps count.
    public enum Form {
        EXPONENTIAL,
        CORRECTED,
        EQUAL
    }

    public Averaged {
        if (!(momentum >= 0 && momentum < 1) || start < 0 || every < 1) {
            throw new IllegalArgumentException("Averaged with momentum " + momentum + " from step " + start + " every " + every
                    + ": momentum must be in [0, 1), the start 0 or more, the steps between 1 or more.");
        }
    }

    public static Averaged exponential(Optimizer inner, double momentum) {
        return new Averaged(inner, Form.EXPONENTIAL, momentum, 0, 1);
    }

    public static Averaged equal(Optimizer inner, long start, long every) {
        return new Averaged(inner, Form.EQUAL, 0, start, every);
    }

    @Override
    public Averaged withInner(Optimizer inner) {
        return new Averaged(inner, form, momentum, start, every);
    }

    /// The exponential form with bias correction.
    public Averaged withCorrected(boolean corrected) {
        return new Averaged(inner, corrected ? Form.CORRECTED : Form.EXPONENTIAL, momentum, start, every);
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
        return Wrapper.plus(inner.scalars(), "average_gain");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        if (!name.equals("average_gain")) {
            return inner.scalar(name, step, epoch);
        }
        var average = MovingAverage.of(momentum).withCorrected(true);
        return switch (form) {
            case EXPONENTIAL -> step == 0 ? 1 : average.gain();
            case CORRECTED -> average.gain() * average.correction(step);
            case EQUAL -> step <= start ? 1 : (step - start) % every == 0 ? 1.0 / ((step - start) / every + 1) : 0;
        };
    }

    @Override
    public List<Update> updates(List<Parameter> all, Map<String, Tensor> scalars) {
        var gain = scalars.get("average_gain");
        var stepped = inner.updates(all, scalars);
        var out = new java.util.ArrayList<Update>();
        for (int i = 0; i < all.size(); i++) {
            var slots = new HashMap<>(stepped.get(i).slots());
            slots.put(SLOT, MovingAverage.next(all.get(i).slots().get(SLOT), stepped.get(i).param(), gain));
            out.add(new Update(stepped.get(i).param(), slots));
        }
        return out;
    }
}
