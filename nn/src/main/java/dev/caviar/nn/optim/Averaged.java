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
/// before that it follows the weights. A model hands the averages out by `Model.averages()`; every `overwrite` steps they take the weights' place, if that
/// is not 0, as Keras's `ema_overwrite_frequency`.
///
/// ```java
/// Optimizer ema = Adam.of(0.001).withAverage(0.999);
/// Optimizer swa = Averaged.equal(Sgd.of(0.05), 1000, 100);
/// ```
public record Averaged(Optimizer inner, Form form, double momentum, long start, long every, long overwrite) implements Wrapper {
    /// The slot that holds the average.
    public static final String SLOT = "average";

    /// How the weights of different steps count.
    public enum Form {
        EXPONENTIAL,
        CORRECTED,
        EQUAL
    }

    public Averaged {
        if (inner.slots().contains(SLOT)) {
            throw new IllegalArgumentException("Averaged: " + inner + " keeps an average of the weights already.\nMaybe use that one.");
        }
        if (overwrite < 0) {
            throw new IllegalArgumentException("Averaged: weights replaced every " + overwrite + " steps: it must be 0 or more.");
        }
        if (!(momentum >= 0 && momentum < 1) || start < 0 || every < 1) {
            throw new IllegalArgumentException("Averaged with momentum " + momentum + " from step " + start + " every " + every
                    + ": momentum must be in [0, 1), the start 0 or more, the steps between 1 or more.");
        }
    }

    public static Averaged exponential(Optimizer inner, double momentum) {
        return new Averaged(inner, Form.EXPONENTIAL, momentum, 0, 1, 0);
    }

    public static Averaged equal(Optimizer inner, long start, long every) {
        return new Averaged(inner, Form.EQUAL, 0, start, every, 0);
    }

    @Override
    public Averaged withInner(Optimizer inner) {
        return new Averaged(inner, form, momentum, start, every, overwrite);
    }

    /// The exponential form with bias correction.
    public Averaged withCorrected(boolean corrected) {
        return new Averaged(inner, corrected ? Form.CORRECTED : Form.EXPONENTIAL, momentum, start, every, overwrite);
    }

    /// The averages replace the weights every so many steps; 0 for never.
    public Averaged withOverwrite(long overwrite) {
        return new Averaged(inner, form, momentum, start, every, overwrite);
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
        return overwrite > 0 ? Wrapper.plus(inner.scalars(), "average_gain", "average_due") : Wrapper.plus(inner.scalars(), "average_gain");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        if (name.equals("average_due")) {
            return (step + 1) % overwrite == 0 ? 1 : 0;
        }
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
            var param = stepped.get(i).param();
            var average = MovingAverage.next(all.get(i).slots().get(SLOT), param, gain);
            slots.put(SLOT, average);
            out.add(new Update(overwrite > 0 ? scalars.get("average_due").gt(0.5).where(average, param) : param, slots));
        }
        return out;
    }
}
