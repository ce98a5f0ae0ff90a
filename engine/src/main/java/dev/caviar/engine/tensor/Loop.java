package dev.caviar.engine.tensor;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.Type;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Repeats a body `steps` times and hands values on from one time to the next.
///
/// Inputs: `carries` tensors that the body changes, `scanned` ones of which step t sees slice t of axis 0 (length `steps`),
/// and constants, which every step sees whole. The body takes carries, slices and constants, and gives the new carries, of the
/// types they had, then any other tensors. Outputs: the carries after the last step, then each of the body's other
/// outputs, stacked along a new axis 0; with `recorded` also the carries as they were before each step, stacked. With
/// `reverse` it begins at slice `steps − 1`.
///
/// Its gradient is a loop the other way over the gradient of the body, which is given the recorded carries.
///
/// ```java
/// enum Sum implements Body {
///     STEP;
///
///     public String label() { return "sum"; }
///     public List<Tensor> apply(List<Tensor> in) { return List.of(in.get(0).add(in.get(1))); }
///     public List<Sample> samples() { return List.of(); }
/// }
/// Tensor total = new Loop(Sum.STEP, 1, 1, 3, false, false).on(Tensor.scalar(0), Tensor.of(1f, 2f, 3f));     // 6
/// ```
public record Loop(Body body, int carries, int scanned, long steps, boolean reverse, boolean recorded) implements Op {
    @Override
    public String label() {
        return "loop " + body.label();
    }

    @Override
    public List<Type> infer(List<Type> in) {
        if (steps == 0 || in.size() < carries + scanned) {
            throw new ShapeException(label() + " of " + steps + " steps over " + in + ": it takes 1 step or more, and at least "
                    + (carries + scanned) + " inputs.");
        }
        for (int i = carries; i < carries + scanned; i++) {
            var shape = in.get(i).shape();
            if (shape.rank() == 0 || shape.dim(0) != steps) {
                throw new ShapeException(label() + " of " + steps + " steps: input " + i + " is " + in.get(i)
                        + ", whose first axis must have that length.\nMaybe transpose it to [steps, …].");
            }
        }
        var out = types(in);
        for (int i = 0; i < carries; i++) {
            if (i >= out.size() || !out.get(i).equals(in.get(i))) {
                throw new ShapeException(label() + ": carry " + i + " begins as " + in.get(i) + ", but a step gives "
                        + (i < out.size() ? out.get(i) : "nothing") + ".\nMaybe cast or reshape it at the end of the body.");
            }
        }
        var all = new ArrayList<>(out.subList(0, carries));
        out.subList(carries, out.size()).forEach(type -> all.add(stacked(type)));
        if (recorded) {
            in.subList(0, carries).forEach(type -> all.add(stacked(type)));
        }
        return List.copyOf(all);
    }

    /// What one step of the body is given, for inputs of these types.
    public List<Type> step(List<Type> in) {
        var types = new ArrayList<Type>();
        for (int i = 0; i < in.size(); i++) {
            boolean slice = i >= carries && i < carries + scanned;
            types.add(slice ? in.get(i).withShape(in.get(i).shape().without(List.of(0))) : in.get(i));
        }
        return types;
    }

    private List<Type> types(List<Type> in) {
        return new Call(body).infer(step(in));
    }

    private Type stacked(Type type) {
        return type.withShape(type.shape().insert(0, steps));
    }

    @Override
    public Op recording() {
        return recorded ? this : new Loop(body, carries, scanned, steps, reverse, true);
    }

    /// in = carries, scanned, constants; out = carries, stacked, recorded carries.
    /// The way back: carries are the gradients of the carries and the sums of those of the constants.
    @Override
    public List<@Nullable Tensor> vjp(Vjp v) {
        int constants = v.in().size() - carries - scanned;
        int stacked = v.out().size() - 2 * carries;
        var back = new ArrayList<Tensor>();
        for (int i = 0; i < carries; i++) {
            back.add(v.grad(i));
        }
        for (int i = carries + scanned; i < v.in().size(); i++) {
            back.add(Tensor.full(0, v.in(i).type()));
        }
        boolean seeded = false;
        for (int i = 0; i < carries; i++) {
            back.add(v.out(carries + stacked + i));
            seeded |= v.flows(carries + stacked + i);
        }
        back.addAll(v.in().subList(carries, carries + scanned));
        for (int i = carries; i < carries + stacked; i++) {
            back.add(v.grad(i));
        }
        for (int i = 0; seeded && i < carries; i++) {
            back.add(v.grad(carries + stacked + i));
        }
        back.addAll(v.in().subList(carries + scanned, v.in().size()));
        var body = new Back(v.pullback(this.body), carries, scanned, constants, stacked, seeded);
        int given = carries + scanned + stacked + (seeded ? carries : 0);
        var all = new Loop(body, carries + constants, given, steps, !reverse, false).apply(back);
        // Carries, constants, slices: in the order of the inputs.
        var out = new ArrayList<@Nullable Tensor>();
        for (int i = 0; i < v.in().size(); i++) {
            int at = i < carries ? i : i < carries + scanned ? i + constants : i - scanned;
            out.add(v.needed(i) ? all.get(at) : null);
        }
        return out;
    }

    /// One step back: takes the gradients of the carries and the sums for the constants; then slices of the recorded carries, of
    /// what was scanned, and of the gradients of the stacked outputs and, where any, of the recorded carries; then the constants.
    private record Back(Body pullback, int carries, int scanned, int constants, int stacked, boolean seeded) implements Body {
        @Override
        public String label() {
            return pullback.label();
        }

        @Override
        public List<Tensor> apply(List<Tensor> in) {
            int slices = carries + constants;
            int seeds = slices + carries + scanned;
            int rest = seeds + stacked + (seeded ? carries : 0);
            var given = new ArrayList<>(in.subList(slices, seeds));
            given.addAll(in.subList(rest, in.size()));
            given.addAll(in.subList(0, carries));
            given.addAll(in.subList(seeds, seeds + stacked));
            var all = pullback.apply(given);
            var out = new ArrayList<Tensor>();
            for (int i = 0; i < carries; i++) {
                out.add(seeded ? all.get(i).add(in.get(seeds + stacked + i)) : all.get(i));
            }
            for (int i = 0; i < constants; i++) {
                out.add(in.get(carries + i).add(all.get(carries + scanned + i)));
            }
            out.addAll(all.subList(carries, carries + scanned));
            return out;
        }

        @Override
        public List<Sample> samples() {
            return List.of();
        }
    }

    /// One loop, each step of which does the step of every call.
    @Override
    public List<Tensor> batch(Batched b) {
        var over = new ArrayList<Boolean>();
        var in = new ArrayList<Tensor>();
        for (int i = 0; i < b.values().size(); i++) {
            over.add(i < carries || b.over(i));
            boolean slices = i >= carries && i < carries + scanned && b.over(i);
            in.add(i < carries ? b.wide(i) : slices ? swapped(b.in(i)) : b.in(i));
        }
        var all = new Loop(new Each(body, b.k(), over), carries, scanned, steps, reverse, recorded).apply(in);
        return IntStream.range(0, all.size()).mapToObj(i -> i < carries ? all.get(i) : swapped(all.get(i))).toList();
    }

    private static Tensor swapped(Tensor x) {
        return x.transpose(IntStream.range(0, x.rank()).map(axis -> axis < 2 ? 1 - axis : axis).toArray());
    }

    /// A body for K calls at once; `over` tells which inputs differ from call to call.
    private record Each(Body body, int k, List<Boolean> over) implements Body {
        @Override
        public String label() {
            return k + " × " + body.label();
        }

        @Override
        public List<Tensor> apply(List<Tensor> in) {
            return new Batched(IntStream.range(0, in.size()).mapToObj(i -> new Batched.Value(in.get(i), over.get(i))).toList(), k).through(body);
        }

        @Override
        public List<Sample> samples() {
            return List.of();
        }
    }

    /// Runs the body eagerly, step by step.
    @Override
    public void run(Args a) {
        var now = new ArrayList<>(a.in().stream().map(Tensor::wrap).toList());
        int stacked = a.out().size() - carries - (recorded ? carries : 0);
        for (long n = 0; n < steps; n++) {
            long t = reverse ? steps - 1 - n : n;
            for (int i = 0; recorded && i < carries; i++) {
                put(now.get(i), a.out(carries + stacked + i), t);
            }
            for (int i = carries; i < carries + scanned; i++) {
                now.set(i, slice(a.in(i), t));
            }
            var out = Eager.of(a.provider()).scoped(() -> body.apply(List.copyOf(now)));
            for (int i = 0; i < carries; i++) {
                now.set(i, out.get(i));
            }
            for (int i = 0; i < stacked; i++) {
                put(out.get(carries + i), a.out(carries + i), t);
            }
        }
        for (int i = 0; i < carries; i++) {
            a.out(i).copyFrom(now.get(i).array().buffer());
        }
    }

    private static Tensor slice(Buffer x, long t) {
        var type = x.type().withShape(x.type().shape().without(List.of(0)));
        return Tensor.wrap(new Buffer(x.memory().asSlice(t * type.bytes(), type.bytes()), type));
    }

    private static void put(Tensor value, Buffer stack, long t) {
        var from = value.array().buffer();
        MemorySegment.copy(from.memory(), 0, stack.memory(), t * from.type().bytes(), from.type().bytes());
    }

    @Override
    public Cost cost(List<Type> in) {
        return Cost.of(Math.multiplyExact(steps, new Call(body).cost(step(in)).flops()), in, infer(in));
    }

    @Override
    public Op withDims(LongUnaryOperator known) {
        return new Loop(body, carries, scanned, known.applyAsLong(steps), reverse, recorded);
    }

    /// A step of the body's own samples, `steps` times over.
    @Override
    public List<Sample> samples() {
        var samples = new ArrayList<Sample>();
        for (var sample : body.samples()) {
            var types = new ArrayList<>(sample.in());
            for (int i = carries; i < carries + scanned; i++) {
                types.set(i, stacked(types.get(i)));
            }
            if (sample.error() == null) {
                samples.add(new Sample(types, sample.low(), sample.high(), null));
                var wrong = new ArrayList<>(types);
                wrong.set(carries, types.get(carries).withShape(types.get(carries).shape().with(0, steps + 1)));
                samples.add(new Sample(wrong, sample.low(), sample.high(), "whose first axis must have that length"));
            }
        }
        return samples;
    }
}
