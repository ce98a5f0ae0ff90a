package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Body;
import dev.caviar.engine.tensor.Call;
import dev.caviar.engine.tensor.Loop;
import dev.caviar.engine.tensor.Rnn;
import dev.caviar.engine.tensor.Sample;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One walk of a recurrent layer over a batch of sequences: what these layers have in common.
final class Recurrence {
    private static final List<String> NAMES = List.of("state_h", "state_c");

    private final Recurrent layer;
    private final Scope s;
    private final long rows;
    private final int stateful;
    private final @Nullable Tensor mask;
    private final Tensor in;
    private final List<Tensor> first = new ArrayList<>();

    /// Throws [ShapeException] unless x is a sequence, alone or with all its first states.
    Recurrence(Recurrent layer, Scope s, int units, int states, double dropout, int stateful, Tensor... x) {
        boolean fits = (x.length == 1 || x.length == states + 1) && x[0].rank() == 3 && x[0].shape().dim(1) != 0;
        for (int i = 1; fits && i < x.length; i++) {
            fits = x[i].rank() == 2 && x[i].shape().dim(0) == x[0].shape().dim(0) && x[i].shape().dim(1) == units;
        }
        if (!fits) {
            throw new ShapeException("it takes [examples, steps, "
                    + "features], alone or with " + states + " first state" + (states == 1 ? "" : "s") + " [examples, " + units
                    + "].\nMaybe reshape the input, or leave out a Flatten before the layer.");
        }
        this.layer = layer;
        this.s = s;
        this.stateful = stateful;
        rows = x[0].shape().dim(0);
        if (stateful > 0 && rows > stateful) {
            throw new ShapeException(layer + " keeps the states of " + stateful + " examples from batch to batch, but this batch has " + rows
                    + ".\nMaybe use batches of " + stateful + ", or withStateful(" + rows + ").");
        }
        var known = s.mask(x[0]);
        mask = known != null && known.shape().dims().equals(x[0].shape().dims().subList(0, 2)) ? known : null;
        var steps = x[0].cast(s.dtype()).transpose(1, 0, 2);
        steps = layer.goBackwards() ? steps.reverse(0) : steps;
        in = dropped("dropout", dropout, steps, x[0].shape().dim(2));
        for (int i = 0; i < states; i++) {
            first.add(x.length > 1 ? x[i + 1].cast(s.dtype()) : stateful > 0 ? kept(i, units).slice(0, 0, rows) : zeros(s, rows, units));
        }
    }

    static void check(String kind, int units, double dropout, double recurrentDropout, int stateful) {
        var name = kind + "(" + units + ")";
        if (units < 1) {
            throw new IllegalArgumentException(name + ": a layer has 1 unit or more.");
        }
        for (double rate : new double[] {dropout, recurrentDropout}) {
            if (!(rate >= 0 && rate < 1)) {
                throw new IllegalArgumentException(name + " with a dropout of " + rate + ": the rate is in [0, 1).\nMaybe it was meant as what "
                        + "is kept, 1 - rate.");
            }
        }
        if (stateful < 0) {
            throw new IllegalArgumentException(name + " with states of " + stateful + " examples: it is the size of a batch, or 0 for none.");
        }
    }

    static Tensor zeros(Scope s, long... dims) {
        return Tensor.full(0, Type.of(s.dtype(), dims));
    }

    private Tensor kept(int state, long units) {
        return s.carried(NAMES.get(state), Shape.of(stateful, units));
    }

    /// The same elements are dropped in all steps.
    private Tensor dropped(String name, double rate, Tensor x, long width) {
        return rate == 0 || !s.training() ? x : x.mul(factor(name, rate, width));
    }

    private Tensor factor(String name, double rate, long width) {
        return Dropout.of(rate).apply(s.child(name), Tensor.full(1, Type.of(s.dtype(), rows, width)));
    }

    Tensor kernel(long columns, Init init) {
        return s.param("kernel", Shape.of(in.shape().dim(2), columns), init);
    }

    /// What does not wait for the step before, for all steps at once.
    Tensor product(Tensor kernel) {
        return in.matmul(kernel);
    }

    /// By the engine's body of a cell, which has a routine.
    Recurrent.States call(Rnn.Cell cell, double recurrentDropout, Tensor... weights) {
        var all = new ArrayList<>(List.of(in));
        all.addAll(first);
        all.addAll(List.of(weights));
        all.addAll(masks(recurrentDropout));
        var out = new Call(new Rnn(cell, mask != null, drops(recurrentDropout), false)).apply(all);
        return end(out.getFirst(), out.subList(1, out.size()));
    }

    private boolean drops(double recurrentDropout) {
        return recurrentDropout > 0 && s.training();
    }

    /// Which steps count, and what is kept of h, where that is asked for.
    private List<Tensor> masks(double recurrentDropout) {
        var masks = new ArrayList<Tensor>();
        if (mask != null) {
            var steps = mask.transpose().expandDims(-1);
            masks.add(layer.goBackwards() ? steps.reverse(0) : steps);
        }
        if (drops(recurrentDropout)) {
            masks.add(factor("recurrent_dropout", recurrentDropout, first.getFirst().shape().dim(1)));
        }
        return masks;
    }

    /// Step by step, where `z` is what [#product] gave, with a bias or not.
    Recurrent.States loop(Cell cell, double recurrentDropout, Tensor z, List<Tensor> weights) {
        var all = new ArrayList<>(first);
        all.add(z);
        all.addAll(masks(recurrentDropout));
        all.addAll(weights);
        int states = first.size();
        var step = new Step(cell, states, mask != null, drops(recurrentDropout));
        var out = new Loop(step, states, mask != null ? 2 : 1, z.shape().dim(0), false, false).apply(all);
        return end(out.get(states), out.subList(0, states));
    }

    private Recurrent.States end(Tensor sequence, List<Tensor> last) {
        for (int i = 0; stateful > 0 && i < last.size(); i++) {
            var before = kept(i, last.get(i).shape().dim(1));
            s.update(NAMES.get(i), rows == stateful ? last.get(i) : Tensor.concat(0, last.get(i), before.slice(0, rows, stateful)));
        }
        s.pass(mask == null || !layer.returnSequences() ? null : layer.goBackwards() ? mask.reverse(1) : mask);
        var steps = sequence.transpose(1, 0, 2);
        if (mask != null && layer.zeroMasked()) {
            var counts = (layer.goBackwards() ? mask.reverse(1) : mask).expandDims(-1);
            steps = counts.where(steps, Tensor.scalar(0, steps.dtype()));
        }
        return new Recurrent.States(steps, last);
    }

    /// The states, x·W + b, which examples count, what is kept of h, and the weights -> the states, h.
    private record Step(Cell cell, int states, boolean masked, boolean drops) implements Body {
        @Override
        public String label() {
            return cell.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT) + " step";
        }

        @Override
        public List<Tensor> apply(List<Tensor> in) {
            var before = in.subList(0, states);
            int next = states + 1;
            var counts = masked ? in.get(next++) : null;
            var h = drops ? before.getFirst().mul(in.get(next++)) : before.getFirst();
            var after = new ArrayList<>(cell.next(before, h, in.get(states), in.subList(next, in.size())));
            for (int i = 0; counts != null && i < states; i++) {
                after.set(i, counts.where(after.get(i), before.get(i)));
            }
            after.add(after.getFirst());
            return after;
        }

        @Override
        public List<Sample> samples() {
            return List.of();
        }
    }
}
