package dev.caviar.engine.tensor;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import java.util.ArrayList;
import java.util.List;

/// Long short-term memory over a sequence (Hochreiter & Schmidhuber 1997; with forget gate, Gers et al. 2000).
///
/// Inputs: x `[T, N, features]`, the first states h and c `[N, u]`, kernel `[features, 4u]`, recurrent kernel `[u, 4u]`, bias
/// `[4u]`; the columns are those of the input gate, the forget gate, the candidate and the output gate, in this order.
/// Outputs: all h `[T, N, u]`, the last h, the last c; with `recorded` also all c and the gates' values `[T, N, 4u]`, which the
/// gradient reads. Time is the first axis, so that the rows of one step lie together: a step is one product with the
/// recurrent kernel and one elementwise pass, and everything that does not wait for the step before is one product
/// over all steps.
///
/// ```java
/// var call = new Call(new Lstm(false));
/// // 5 steps of 2 sequences with 3 features, 4 units
/// var out = call.apply(List.of(Tensor.ones(5, 2, 3), Tensor.zeros(2, 4), Tensor.zeros(2, 4), Tensor.ones(3, 16),
///         Tensor.ones(4, 16), Tensor.zeros(16)));
/// Tensor last = out.get(1);                // f32[2, 4]
/// ```
public record Lstm(boolean recorded) implements Body {
    @Override
    public String label() {
        return "lstm";
    }

    @Override
    public Precision precision() {
        return Precision.LOW;
    }

    @Override
    public List<Tensor> apply(List<Tensor> in) {
        check(this, in, 4, 2, false);
        var x = in.get(0);
        var z = x.matmul(in.get(3)).add(in.get(5));
        var loop = new Loop(new Step(recorded), 2, 1, x.shape().dim(0), false, false);
        var out = loop.apply(List.of(in.get(1), in.get(2), z, in.get(4)));
        var all = new ArrayList<>(List.of(out.get(2), out.get(0), out.get(1)));
        all.addAll(out.subList(3, out.size()));
        return all;
    }

    /// What recurrent bodies take: x, `states` first states, kernel, recurrent kernel and bias, all of `gates` parts; with
    /// `two` the bias has a row for each of the kernels.
    static void check(Body body, List<Tensor> in, long gates, int states, boolean two) {
        var types = in.stream().map(Tensor::type).toList();
        boolean fits = types.size() == states + 4 && types.getFirst().shape().rank() == 3
                && types.get(states + 2).shape().rank() == 2;
        if (fits) {
            var x = types.getFirst();
            long u = types.get(states + 2).shape().dim(0);
            var first = Type.of(x.dtype(), x.shape().dim(1), u);
            var wanted = new ArrayList<>(List.of(x));
            for (int i = 0; i < states; i++) {
                wanted.add(first);
            }
            wanted.add(Type.of(x.dtype(), x.shape().dim(2), gates * u));
            wanted.add(Type.of(x.dtype(), u, gates * u));
            wanted.add(two ? Type.of(x.dtype(), 2, gates * u) : Type.of(x.dtype(), gates * u));
            fits = types.equals(wanted);
        }
        if (!fits) {
            throw new ShapeException("call " + body.label() + " on " + types + ": it takes x [steps, examples, features], "
                    + states + " × [examples, units], kernel [features, " + gates + "·units], recurrent kernel [units, " + gates
                    + "·units] and a bias, of one type.\nMaybe transpose x, whose first axis is time here.");
        }
    }

    /// One step: h, c, x·W + b, U -> h, c, h; with `recorded` also c and the gates.
    record Step(boolean recorded) implements Body {
        @Override
        public String label() {
            return "lstm step";
        }

        @Override
        public List<Tensor> apply(List<Tensor> in) {
            var z = in.get(2).add(in.get(0).matmul(in.get(3)));
            long u = in.get(1).shape().dim(1);
            var i = z.slice(1, 0, u).sigmoid();
            var f = z.slice(1, u, 2 * u).sigmoid();
            var g = z.slice(1, 2 * u, 3 * u).tanh();
            var o = z.slice(1, 3 * u, 4 * u).sigmoid();
            var c = f.mul(in.get(1)).add(i.mul(g));
            var h = o.mul(c.tanh());
            return recorded ? List.of(h, c, h, c, Tensor.concat(1, i, f, g, o)) : List.of(h, c, h);
        }

        @Override
        public List<Sample> samples() {
            var state = Type.of(DType.F32, 2, 3);
            return List.of(Sample.of(state, state, Type.of(DType.F32, 2, 12), Type.of(DType.F32, 3, 12)).within(-1, 1));
        }
    }

    @Override
    public Body recording() {
        return new Lstm(true);
    }

    @Override
    public Body gradient(List<Boolean> given) {
        return new Gradient(given);
    }

    /// The gradients of the inputs from inputs, outputs (with what was recorded), and the gradients of those of the five outputs
    /// for which `given` is true. The gates' gradients are found step by step, from the last to the first; those of the
    /// kernels are one product each over all steps.
    ///
    /// ```java
    /// Body back = new Lstm(true).gradient(List.of(false, true, false, false, false));      // only that of the last h is given
    /// ```
    public record Gradient(List<Boolean> given) implements Body {
        public Gradient {
            given = List.copyOf(given);
        }

        @Override
        public String label() {
            return "lstm gradient";
        }

        /// Where the gradient of an output stands among the inputs; −1 where it is not given.
        public int position(int output) {
            return given.get(output) ? 11 + (int) given.subList(0, output).stream().filter(g -> g).count() : -1;
        }

        private Tensor grad(List<Tensor> in, int output, Tensor like) {
            return given.get(output) ? in.get(position(output)) : Tensor.full(0, like.type());
        }

        @Override
        public Precision precision() {
            return Precision.LOW;
        }

        @Override
        public List<Tensor> apply(List<Tensor> in) {
            var x = in.get(0);
            long steps = x.shape().dim(0);
            var back = new ArrayList<>(List.of(grad(in, 1, in.get(1)), grad(in, 2, in.get(2)),
                    in.get(10), in.get(9), before(in.get(2), in.get(9))));
            for (int output : new int[] {0, 3, 4}) {
                if (given.get(output)) {
                    back.add(in.get(position(output)));
                }
            }
            int scanned = back.size() - 2;
            back.add(in.get(4));
            var out = new Loop(new Step(given), 2, scanned, steps, true, false).apply(back);
            var dz = out.get(2);
            var rows = new Contract(List.of(), List.of(), List.of(0, 1), List.of(0, 1));
            return List.of(dz.matmul(in.get(3).transpose()), out.get(0), out.get(1), rows.on(x, dz),
                    rows.on(before(in.get(1), in.get(6)), dz), dz.sum(0, 1));
        }

        /// The states before each step: the first one, then all but the last.
        private static Tensor before(Tensor first, Tensor all) {
            long steps = all.shape().dim(0);
            return steps == 1 ? first.expandDims(0) : Tensor.concat(0, first.expandDims(0), all.slice(0, 0, steps - 1));
        }

        /// dh, dc, gates, c, c before, the gradients given at each step, U -> dh, dc, d(x·W + b).
        private record Step(List<Boolean> given) implements Body {
            @Override
            public String label() {
                return "lstm gradient step";
            }

            @Override
            public List<Tensor> apply(List<Tensor> in) {
                int next = 5;
                var dh = given.get(0) ? in.get(0).add(in.get(next++)) : in.get(0);
                var dc = given.get(3) ? in.get(1).add(in.get(next++)) : in.get(1);
                var gates = in.get(2);
                long u = dh.shape().dim(1);
                var i = gates.slice(1, 0, u);
                var f = gates.slice(1, u, 2 * u);
                var g = gates.slice(1, 2 * u, 3 * u);
                var o = gates.slice(1, 3 * u, 4 * u);
                var tanh = in.get(3).tanh();
                dc = dc.add(dh.mul(o).mul(like1(tanh).sub(tanh.square())));
                var d = Tensor.concat(1, dc.mul(g), dc.mul(in.get(4)), dc.mul(i), dh.mul(tanh));
                d = given.get(4) ? d.add(in.get(next)) : d;
                var one = like1(g);
                var dz = d.mul(Tensor.concat(1, i.sub(i.square()), f.sub(f.square()), one.sub(g.square()), o.sub(o.square())));
                return List.of(dz.matmul(in.getLast().transpose()), dc.mul(f), dz);
            }

            private static Tensor like1(Tensor x) {
                return Tensor.full(1, x.type());
            }

            @Override
            public List<Sample> samples() {
                return List.of();
            }
        }

        @Override
        public List<Sample> samples() {
            return List.of();
        }
    }

    @Override
    public List<Sample> samples() {
        var x = Type.of(DType.F32, 3, 2, 2);
        var state = Type.of(DType.F32, 2, 3);
        var good = Sample.of(x, state, state, Type.of(DType.F32, 2, 12), Type.of(DType.F32, 3, 12), Type.of(DType.F32, 12)).within(-1, 1);
        return List.of(good, Sample.bad("it takes x", x, state, state, Type.of(DType.F32, 2, 12), Type.of(DType.F32, 3, 9),
                Type.of(DType.F32, 12)));
    }
}
