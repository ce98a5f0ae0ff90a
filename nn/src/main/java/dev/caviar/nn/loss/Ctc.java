package dev.caviar.nn.loss;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Body;
import dev.caviar.engine.tensor.Loop;
import dev.caviar.engine.tensor.Sample;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Activation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Connectionist temporal classification: minus the logarithm of the probability that a sequence of steps says a shorter sequence of labels,
/// however they are aligned (Graves et al. 2006).
///
/// Predictions are `[examples, steps, classes]`, targets whole numbers `[examples, labels]`, filled up behind by `blank`; the loss is one number
/// for each example, not divided by its length. A way through the steps says what is left when equal neighbours are merged and blanks are left out.
/// The sum over all ways is taken step by step in logarithms (the forward recursion of section 4.1), so nothing underflows.
///
/// Steps that a mask leaves out are not there, wherever they lie: where the model's output has one, training and the rest give it. Labels
/// that no way can say, because there are fewer steps than labels and blanks between equal ones, have the loss infinity and no gradient; with
/// [#withZeroInfinity] the loss 0 as well.
///
/// ```java
/// var steps = Tensor.of(new float[][] {{0.6f, 0.4f}, {0.6f, 0.4f}}).reshape(1, 2, 2);
/// Tensor each = Ctc.of(false).perExample(steps, Tensor.of(1L).reshape(1, 1));       // −log(0.4·0.4 + 0.4·0.6 + 0.6·0.4)
/// var read = Ctc.of(false).decode(steps);                                           // [[]]
/// ```
///
/// @param fromLogits whether predictions are logits, or probabilities
/// @param blank      the class that says nothing
/// @param zeroInfinity whether labels that cannot be said count nothing, rather than infinity
public record Ctc(boolean fromLogits, int blank, boolean zeroInfinity) implements Loss {
    /// The logarithm of what cannot be; finite, so that differences of two are not NaN.
    private static final double NEVER = -1e30;

    public Ctc {
        if (blank < 0) {
            throw new IllegalArgumentException("Ctc: the blank is class " + blank + "; it must be 0 or more.");
        }
    }

    /// With class 0 as the blank.
    public static Ctc of(boolean fromLogits) {
        return new Ctc(fromLogits, 0, false);
    }

    public Ctc withBlank(int blank) {
        return new Ctc(fromLogits, blank, zeroInfinity);
    }

    /// Whether labels that cannot be said have the loss 0, so that one bad example does not end a training.
    public Ctc withZeroInfinity(boolean zeroInfinity) {
        return new Ctc(fromLogits, blank, zeroInfinity);
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target) {
        return perExample(predicted, target, null, Map.of());
    }

    /// Of predictions and labels that are filled up behind: only the first `steps` and the first `labels` of each example count, both whole
    /// numbers `[examples]`.
    public Tensor perExample(Tensor predicted, Tensor target, Tensor steps, Tensor labels) {
        check(predicted, target);
        checkLengths("steps", steps, predicted);
        checkLengths("labels", labels, target);
        var blanks = Tensor.full(blank, target.type());
        return perExample(predicted, first(labels, target.shape().dim(1)).where(target, blanks), first(steps, predicted.shape().dim(1)), Map.of());
    }

    /// Which of `width` places are among the first so many.
    private static Tensor first(Tensor lengths, long width) {
        var shape = lengths.shape().insert(1, width);
        return Tensor.range(width, DType.I64).expandTo(shape).lt(lengths.cast(DType.I64).expandDims(1).expandTo(shape));
    }

    @Override
    public Tensor perExample(Tensor predicted, Tensor target, @Nullable Tensor mask, Map<String, Tensor> numbers) {
        check(predicted, target);
        var x = predicted.dtype() == DType.F64 ? predicted : predicted.cast(DType.F32);
        var log = fromLogits ? x.logSoftmax(-1) : x.div(x.sum(-1).expandDims(-1)).max(1e-7).min(1 - 1e-7).log();
        var labels = target.cast(DType.I64);
        long n = labels.shape().dim(0), states = 2 * labels.shape().dim(1) + 1;
        var type = new Type(x.dtype(), labels.shape().with(1, states));

        // Blanks before, between and behind the labels: b l₁ b l₂ b.
        var blanks = Tensor.full(blank, labels.type());
        var said = Tensor.concat(1, Tensor.stack(2, blanks, labels).reshape(n, states - 1), Tensor.full(blank, Type.of(DType.I64, n, 1)));
        var each = log.matmul(said.oneHot(x.shape().dim(2), x.dtype()).transpose(0, 2, 1)).transpose(1, 0, 2);
        // From a label to the next one without the blank between, where they differ.
        var before = Tensor.concat(1, Tensor.full(blank, Type.of(DType.I64, n, 2)), said).slice(1, 0, states);
        var never = Tensor.full(NEVER, type);
        var skip = said.ne(before).where(Tensor.full(0, type), never);
        var first = Tensor.concat(1, Tensor.full(0, Type.of(x.dtype(), n, 1)), Tensor.full(NEVER, Type.of(x.dtype(), n, states)).slice(1, 1, states));
        var counts = mask == null ? null : mask.transpose(1, 0).expandDims(2).expandTo(each.shape());
        var last = (counts == null ? new Loop(Step.FORWARD, 1, 1, x.shape().dim(1), false, false).apply(List.of(first, each, skip))
                : new Loop(Step.MASKED, 1, 2, x.shape().dim(1), false, false).apply(List.of(first, each, counts, skip))).getFirst();

        // It ends in the last label or in the blank behind it.
        var end = labels.ne(blanks).cast(DType.I64).sum(1).mul(2).expandDims(-1).expandTo(said.shape());
        var at = Tensor.range(states, DType.I64).expandTo(said.shape());
        var there = at.le(end).and(at.ge(end.sub(1)));
        var likely = there.where(last, never).logSumExp(1);
        var impossible = likely.lt(Tensor.full(NEVER / 2, likely.type()));
        return impossible.where(Tensor.full(zeroInfinity ? 0 : Double.POSITIVE_INFINITY, likely.type()), likely.neg()).cast(predicted.dtype());
    }

    /// One step: stay, come from the state before, or from the one before that.
    private enum Step implements Body {
        FORWARD,
        /// With one more slice for each step: where it counts.
        MASKED {
            @Override
            public List<Tensor> apply(List<Tensor> in) {
                var next = FORWARD.apply(List.of(in.get(0), in.get(1), in.get(3))).getFirst();
                return List.of(in.get(2).where(next, in.get(0)));
            }

            @Override
            public List<Sample> samples() {
                var type = Type.of(DType.F32, 2, 5);
                return List.of(Sample.of(type, type, type.withDType(DType.BOOL), type));
            }
        };

        @Override
        public String label() {
            return this == FORWARD ? "ctc step" : "masked ctc step";
        }

        /// The states' logarithms, those of the step's classes, and which states may be left out -> the states' logarithms.
        @Override
        public List<Tensor> apply(List<Tensor> in) {
            var stay = in.get(0);
            var one = behind(stay, 1);
            var two = behind(stay, 2).add(in.get(2));
            var top = stay.max(one).max(two).stopGradient();
            var sum = stay.sub(top).exp().add(one.sub(top).exp()).add(two.sub(top).exp());
            return List.of(sum.log().add(top).add(in.get(1)));
        }

        private static Tensor behind(Tensor states, long n) {
            var none = Tensor.full(NEVER, new Type(states.dtype(), states.shape().with(1, n)));
            return Tensor.concat(1, none, states).slice(1, 0, states.shape().dim(1));
        }

        @Override
        public List<Sample> samples() {
            var type = Type.of(DType.F32, 2, 5);
            return List.of(Sample.of(type, type, type));
        }
    }

    private void checkLengths(String what, Tensor lengths, Tensor of) {
        if (lengths.rank() != 1 || lengths.dtype().isFloat() || lengths.shape().dim(0) != of.shape().dim(0)) {
            throw new ShapeException(kind() + ": lengths in " + what + " are " + lengths.type() + " but there are " + of.shape().dim(0)
                    + " examples.\nMaybe give one whole number for each example.");
        }
    }

    private void check(Tensor predicted, Tensor target) {
        boolean fits = predicted.rank() == 3 && target.rank() == 2 && !target.dtype().isFloat() && predicted.shape().dim(0) == target.shape().dim(0)
                && target.shape().dim(1) > 0 && predicted.shape().dim(1) > 0;
        if (!fits) {
            throw new ShapeException(kind() + ": predictions are " + predicted.type() + " but targets are " + target.type() + "; they must be [examples, steps, "
                    + "classes] and whole numbers [examples, labels].\nMaybe the last recurrent layer needs withReturnSequences(true).");
        }
        if (blank >= predicted.shape().dim(2)) {
            throw new ShapeException(kind() + ": the blank is class " + blank + " but predictions are " + predicted.type()
                    + ".\nMaybe the last layer needs one unit more than there are labels.");
        }
    }

    /// What each example says by the likeliest class of each step: equal neighbours merged, blanks left out.
    public List<List<Integer>> decode(Tensor predicted) {
        var best = predicted.argmax(2).toLongs();
        int steps = (int) predicted.shape().dim(1);
        var all = new ArrayList<List<Integer>>();
        for (int i = 0; i < predicted.shape().dim(0); i++) {
            var said = new ArrayList<Integer>();
            for (int t = 0; t < steps; t++) {
                long now = best[i * steps + t];
                if (now != blank && (t == 0 || best[i * steps + t - 1] != now)) {
                    said.add((int) now);
                }
            }
            all.add(List.copyOf(said));
        }
        return List.copyOf(all);
    }

    @Override
    public Activation link() {
        return Activation.SOFTMAX;
    }

    @Override
    public Loss onLogits() {
        return new Ctc(true, blank, zeroInfinity);
    }

    @Override
    public String kind() {
        return fromLogits ? "ctc_from_logits" : "ctc";
    }
}
