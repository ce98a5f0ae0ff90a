package dev.caviar.engine.tensor;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;

/// A recurrent network over a sequence, with tanh and sigmoid.
///
/// Inputs: x `[T, N, features]`, the first states `[N, u]` (h, then c for an LSTM), kernel `[features, g·u]`, recurrent kernel
/// `[u, g·u]` and bias `[g·u]`, where g is the number of the cell's [Cell#gates]; then with `masked` which steps count, BOOL
/// `[T, N, 1]` (the others keep the states), and with `dropped` a factor `[N, u]` of h on its way into the recurrent product.
/// Outputs: all h `[T, N, u]`, the last h, the last c of an LSTM; with `recorded` also all c and what the gradient reads of each
/// step, `[T, N, r·u]`.
///
/// Time is the first axis, so that the rows of one step lie together: a step is a product with the recurrent kernel and
/// an elementwise pass, and everything that does not wait for the step before is one product over all steps.
///
/// ```java
/// var call = new Call(Rnn.of(Rnn.Cell.GRU));
/// // 5 steps of 2 sequences with 3 features, 4 units
/// var out = call.apply(List.of(Tensor.ones(5, 2, 3), Tensor.zeros(2, 4), Tensor.ones(3, 12), Tensor.ones(4, 12), Tensor.zeros(2, 12)));
/// Tensor last = out.get(1);                // f32[2, 4]
/// ```
public record Rnn(Cell cell, boolean masked, boolean dropped, boolean recorded) implements Body {
    /// What one step computes from x·W + b, h and c. The columns of the kernels are those of the gates, in the order in which they stand
    /// below.
    ///
    /// ```java
    /// long columns = Rnn.Cell.LSTM.gates() * 128;         // of the kernels of an LSTM of 128 units
    /// ```
    public enum Cell {
        /// h = tanh(x·W + b + h·U) (Elman 1990).
        SIMPLE(1, 1, 1) {
            @Override
            List<Tensor> step(Tensor x, Tensor h, List<Tensor> before, List<Tensor> weights) {
                var y = x.add(h.matmul(weights.getFirst())).tanh();
                return List.of(y, y);
            }
        },

        /// Input gate, forget gate, candidate, output gate (Hochreiter & Schmidhuber 1997; with forget gate, Gers et al. 2000).
        LSTM(4, 2, 4) {
            @Override
            List<Tensor> step(Tensor x, Tensor h, List<Tensor> before, List<Tensor> weights) {
                var z = x.add(h.matmul(weights.getFirst()));
                var i = part(z, 0, 4).sigmoid();
                var f = part(z, 1, 4).sigmoid();
                var g = part(z, 2, 4).tanh();
                var o = part(z, 3, 4).sigmoid();
                var c = f.mul(before.get(1)).add(i.mul(g));
                return List.of(o.mul(c.tanh()), c, Tensor.concat(1, i, f, g, o));
            }
        },

        /// Update gate z, reset gate r, candidate (Cho et al. 2014); h = z·h + (1 − z)·tanh(x·W + b₀ + r·(h·U + b₁)), and the bias is
        /// `[2, 3u]`.
        GRU(3, 1, 4) {
            @Override
            List<Tensor> step(Tensor x, Tensor h, List<Tensor> before, List<Tensor> weights) {
                var s = h.matmul(weights.getFirst()).add(weights.get(1));
                var z = part(x, 0, 3).add(part(s, 0, 3)).sigmoid();
                var r = part(x, 1, 3).add(part(s, 1, 3)).sigmoid();
                var g = part(x, 2, 3).add(r.mul(part(s, 2, 3))).tanh();
                return List.of(g.add(z.mul(before.getFirst().sub(g))), Tensor.concat(1, z, r, g, part(s, 2, 3)));
            }
        },

        /// The same with the reset gate before the product, tanh(x·W + b + (r·h)·U).
        GRU_RESET_BEFORE(3, 1, 4) {
            @Override
            List<Tensor> step(Tensor x, Tensor h, List<Tensor> before, List<Tensor> weights) {
                var u = weights.getFirst();
                long n = u.shape().dim(0);
                var s = h.matmul(u.slice(1, 0, 2 * n));
                var z = part(x, 0, 3).add(part(s, 0, 2)).sigmoid();
                var r = part(x, 1, 3).add(part(s, 1, 2)).sigmoid();
                var kept = r.mul(h);
                var g = part(x, 2, 3).add(kept.matmul(u.slice(1, 2 * n, 3 * n))).tanh();
                return List.of(g.add(z.mul(before.getFirst().sub(g))), Tensor.concat(1, z, r, g, kept));
            }
        };

        private final int gates;
        private final int states;
        private final int records;

        Cell(int gates, int states, int records) {
            this.gates = gates;
            this.states = states;
            this.records = records;
        }

        /// The new states and what the gradient reads, from x·W + b, h as products see it, the states, and the weights.
        abstract List<Tensor> step(Tensor x, Tensor h, List<Tensor> before, List<Tensor> weights);

        /// How many parts the kernels have.
        public int gates() {
            return gates;
        }

        public int states() {
            return states;
        }

        /// How many numbers of each unit the gradient reads.
        public int records() {
            return records;
        }

        /// Whether the bias has a row for each of the kernels.
        public boolean twoBiases() {
            return this == GRU;
        }

        private static Tensor part(Tensor x, int part, int parts) {
            long n = x.shape().dim(1) / parts;
            return x.slice(1, part * n, (part + 1) * n);
        }
    }

    /// Without masks, and recording nothing.
    public static Rnn of(Cell cell) {
        return new Rnn(cell, false, false, false);
    }

    @Override
    public String label() {
        return cell.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    @Override
    public Precision precision() {
        return Precision.LOW;
    }

    @Override
    public List<Tensor> apply(List<Tensor> in) {
        check(in.stream().map(Tensor::type).toList());
        int states = cell.states;
        var x = in.getFirst();
        var bias = in.get(states + 3);
        var all = new ArrayList<>(in.subList(1, 1 + states));
        all.add(x.matmul(in.get(states + 1)).add(cell.twoBiases() ? bias.at(0, 0) : bias));
        all.addAll(in.subList(states + 4, in.size()));
        all.add(in.get(states + 2));
        if (cell.twoBiases()) {
            all.add(bias.at(0, 1));
        }
        var out = new Loop(new Step(this), states, masked ? 2 : 1, x.shape().dim(0), false, false).apply(all);
        var ordered = new ArrayList<>(List.of(out.get(states)));
        ordered.addAll(out.subList(0, states));
        ordered.addAll(out.subList(states + 1, out.size()));
        return ordered;
    }

    private void check(List<Type> in) {
        int states = cell.states;
        boolean fits = in.size() > states + 2 && in.getFirst().shape().rank() == 3 && in.get(states + 2).shape().rank() == 2;
        if (fits) {
            var x = in.getFirst();
            long u = in.get(states + 2).shape().dim(0);
            var first = Type.of(x.dtype(), x.shape().dim(1), u);
            var wanted = new ArrayList<>(List.of(x));
            for (int i = 0; i < states; i++) {
                wanted.add(first);
            }
            wanted.add(Type.of(x.dtype(), x.shape().dim(2), cell.gates * u));
            wanted.add(Type.of(x.dtype(), u, cell.gates * u));
            wanted.add(cell.twoBiases() ? Type.of(x.dtype(), 2, cell.gates * u) : Type.of(x.dtype(), cell.gates * u));
            if (masked) {
                wanted.add(Type.of(DType.BOOL, x.shape().dim(0), x.shape().dim(1), 1));
            }
            if (dropped) {
                wanted.add(first);
            }
            fits = in.equals(wanted);
        }
        if (!fits) {
            throw new ShapeException("call " + label() + " on " + in + ": it takes x [steps, examples, features], " + states
                    + " × [examples, units], kernel [features, " + cell.gates + "·units], recurrent kernel [units, " + cell.gates
                    + "·units] and a bias" + (cell.twoBiases() ? " of two rows" : "") + ", of one type"
                    + (masked ? ", then bool [steps, examples, 1]" : "") + (dropped ? ", then [examples, units]" : "")
                    + ".\nMaybe transpose x, whose first axis is time here.");
        }
    }

    /// One step: the states, x·W + b, whether it counts, the factor of h, U (and its bias) -> the states, h; with `recorded` also c and
    /// what the gradient reads.
    record Step(Rnn rnn) implements Body {
        @Override
        public String label() {
            return rnn.label() + " step";
        }

        @Override
        public List<Tensor> apply(List<Tensor> in) {
            int states = rnn.cell.states;
            var before = in.subList(0, states);
            int next = states + 1;
            var counts = rnn.masked ? in.get(next++) : null;
            var h = rnn.dropped ? before.getFirst().mul(in.get(next++)) : before.getFirst();
            var made = rnn.cell.step(in.get(states), h, before, in.subList(next, in.size()));
            var after = new ArrayList<Tensor>();
            for (int i = 0; i < states; i++) {
                after.add(counts == null ? made.get(i) : counts.where(made.get(i), before.get(i)));
            }
            var all = new ArrayList<>(after);
            all.add(after.getFirst());
            if (rnn.recorded) {
                all.addAll(after.subList(1, states));
                all.add(made.getLast());
            }
            return all;
        }

        @Override
        public List<Sample> samples() {
            long parts = rnn.cell.gates * 3L;
            var types = new ArrayList<Type>();
            for (int i = 0; i < rnn.cell.states; i++) {
                types.add(Type.of(DType.F32, 2, 3));
            }
            types.add(Type.of(DType.F32, 2, parts));
            if (rnn.masked) {
                types.add(Type.of(DType.BOOL, 2, 1));
            }
            if (rnn.dropped) {
                types.add(Type.of(DType.F32, 2, 3));
            }
            types.add(Type.of(DType.F32, 3, parts));
            if (rnn.cell.twoBiases()) {
                types.add(Type.of(DType.F32, parts));
            }
            return List.of(Sample.of(types.toArray(Type[]::new)).within(-1, 1));
        }
    }

    @Override
    public Body recording() {
        return recorded ? this : new Rnn(cell, masked, dropped, true);
    }

    @Override
    public Body gradient(List<Boolean> given, UnaryOperator<Body> pullback) {
        int records = cell.states + 1;
        boolean plain = given.subList(records, given.size()).stream().noneMatch(g -> g);
        return new Gradient(this, given, pullback.apply(plain ? new Rnn(cell, masked, dropped, false) : this));
    }

    /// The gradients of the inputs from inputs, outputs (with what was recorded), and the gradients of those outputs for which `given` is
    /// true. The ops are those of the body's own gradient, which computes the steps once more.
    ///
    /// ```java
    /// Body sum = Rnn.of(Rnn.Cell.SIMPLE).recording();
    /// Body back = sum.gradient(List.of(false, true, false), body -> body);       // only that of the last h is given
    /// ```
    ///
    /// @param of       a body that records
    /// @param pullback what gives the gradients from the inputs and the gradients of all outputs (of those before the records, where none of
    ///                 a record is given)
    public record Gradient(Rnn of, List<Boolean> given, Body pullback) implements Body {
        public Gradient {
            given = List.copyOf(given);
        }

        @Override
        public String label() {
            return of.label() + " gradient";
        }

        /// How many inputs the body has.
        public int inputs() {
            return 4 + of.cell.states + (of.masked ? 1 : 0) + (of.dropped ? 1 : 0);
        }

        /// Where the gradient of an output stands among the inputs; −1 where it is not given.
        public int position(int output) {
            return given.get(output) ? inputs() + given.size() + (int) given.subList(0, output).stream().filter(g -> g).count() : -1;
        }

        /// Whether none of what was recorded has a gradient, which only second derivatives bring.
        public boolean simple() {
            return given.subList(of.cell.states + 1, given.size()).stream().noneMatch(g -> g);
        }

        @Override
        public Precision precision() {
            return Precision.LOW;
        }

        @Override
        public List<Tensor> apply(List<Tensor> in) {
            var all = new ArrayList<>(in.subList(0, inputs()));
            for (int i = 0; i < (simple() ? of.cell.states + 1 : given.size()); i++) {
                all.add(given.get(i) ? in.get(position(i)) : Tensor.full(0, in.get(inputs() + i).type()));
            }
            return pullback.apply(all);
        }

        @Override
        public List<Sample> samples() {
            return List.of();
        }

        @Override
        public String toString() {
            return "Gradient[of=" + of + ", given=" + given + "]";
        }
    }

    @Override
    public List<Sample> samples() {
        long columns = cell.gates * 3L;
        var x = Type.of(DType.F32, 3, 2, 2);
        var types = new ArrayList<>(List.of(x));
        for (int i = 0; i < cell.states; i++) {
            types.add(Type.of(DType.F32, 2, 3));
        }
        types.add(Type.of(DType.F32, 2, columns));
        types.add(Type.of(DType.F32, 3, columns));
        types.add(cell.twoBiases() ? Type.of(DType.F32, 2, columns) : Type.of(DType.F32, columns));
        if (masked) {
            types.add(Type.of(DType.BOOL, 3, 2, 1));
        }
        if (dropped) {
            types.add(Type.of(DType.F32, 2, 3));
        }
        var bad = new ArrayList<>(types);
        bad.set(0, Type.of(DType.F32, 3, 2, 4));
        return List.of(Sample.of(types.toArray(Type[]::new)).within(-1, 1), Sample.bad("it takes x", bad.toArray(Type[]::new)));
    }
}
