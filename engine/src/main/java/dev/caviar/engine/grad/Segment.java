package dev.caviar.engine.grad;

import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Args;
import dev.caviar.engine.tensor.Array;
import dev.caviar.engine.tensor.CustomOp;
import dev.caviar.engine.tensor.Interpreter;
import dev.caviar.engine.tensor.Move;
import dev.caviar.engine.tensor.Op;
import dev.caviar.engine.tensor.Origin;
import dev.caviar.engine.tensor.Sample;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Variable;
import dev.caviar.engine.tensor.Vjp;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Ops that are written down as what they are, and not by their results, so that these can be forgotten and computed again
/// (Chen, Xu, Zhang & Guestrin 2016).
///
/// While the segment runs, ops go to the interpreter below the tape, which therefore keeps nothing of them. Every op is pure: the same
/// ops on the same operands give the same again.
final class Segment implements Interpreter {
    private final Tape tape;
    private final Interpreter below;
    private final List<Written> written = new ArrayList<>();
    private final List<Tensor> outside = new ArrayList<>();
    private final Map<Tensor, Integer> places = new IdentityHashMap<>();
    private int made;

    /// An op and the places of its operands: what was made inside counts from 0, what came from outside down from −1.
    private record Written(Op op, List<Integer> in, int out, Origin origin) {}

    Segment(Tape tape, Interpreter below) {
        this.tape = tape;
        this.below = below;
    }

    @Override
    public List<Tensor> apply(Op op, List<Tensor> in) {
        return write(op, in, () -> below.apply(op, in));
    }

    /// A function with a gradient rule of its own.
    List<Tensor> custom(Custom op, List<Tensor> in) {
        return write(op, in, () -> below.scoped(() -> op.call(in)));
    }

    private List<Tensor> write(Op op, List<Tensor> in, Supplier<List<Tensor>> results) {
        var at = in.stream().map(this::place).toList();
        var out = results.get();
        written.add(new Written(op, at, out.size(), Origin.current()));
        for (var tensor : out) {
            // The same op on the same operands may be the same tensor: its first place counts.
            places.putIfAbsent(tensor, made);
            made++;
        }
        return out;
    }

    private int place(Tensor tensor) {
        return places.computeIfAbsent(tensor, t -> {
            outside.add(t);
            return -outside.size();
        });
    }

    @Override
    public Tensor read(Variable variable) {
        return tape.read(variable);
    }

    @Override
    public void assign(Variable variable, Tensor value) {
        tape.assign(variable, value);
    }

    /// The segment as one op on what came from outside, which gives those of `results` that it made; forgets everything else.
    Replayed end(List<Tensor> results) {
        var kept = new ArrayList<Integer>();
        var out = new ArrayList<Tensor>();
        for (var result : results) {
            int at = places.getOrDefault(result, -1);
            if (at >= 0 && !kept.contains(at)) {
                kept.add(at);
                out.add(result);
            }
        }
        places.clear();
        return new Replayed(new Again(List.copyOf(written), kept), List.copyOf(outside), out);
    }

    /// An op, its operands and its results.
    record Replayed(Op op, List<Tensor> in, List<Tensor> out) {}

    /// The segment once more.
    private record Again(List<Written> written, List<Integer> kept) implements CustomOp {
        @Override
        public String label() {
            return "recomputed";
        }

        @Override
        public List<Type> infer(List<Type> in) {
            throw new UnsupportedOperationException("A recomputed segment stands on a tape only.");
        }

        @Override
        public void run(Args a) {
            throw new UnsupportedOperationException("A recomputed segment stands on a tape only.");
        }

        /// Operands that are computed themselves are read after the gradient is there; parameters and constants need not wait.
        @Override
        public List<@Nullable Tensor> vjp(Vjp v) {
            var gradient = v.grad(0);
            var in = new ArrayList<Tensor>();
            for (int i = 0; i < v.in().size(); i++) {
                var x = v.in(i);
                // An op of its own for each, so that the same tensor given twice has two gradients.
                in.add(x instanceof Array && !v.needed(i) ? x : new Move.After().on(x, gradient));
            }
            return Gradient.tape(tape -> {
                var wanted = new ArrayList<Tensor>();
                for (int i = 0; i < in.size(); i++) {
                    if (v.needed(i)) {
                        wanted.add(in.get(i));
                    }
                }
                tape.watch(wanted.toArray(Tensor[]::new));
                var out = replay(in);
                var gradients = new ArrayList<Tensor>();
                for (int i = 0; i < out.size(); i++) {
                    gradients.add(v.grad(i));
                }
                var found = tape.gradient(out, gradients, wanted).iterator();
                var all = new ArrayList<@Nullable Tensor>();
                for (int i = 0; i < in.size(); i++) {
                    all.add(v.needed(i) ? found.next() : null);
                }
                return all;
            });
        }

        private List<Tensor> replay(List<Tensor> in) {
            var made = new ArrayList<Tensor>();
            for (var each : written) {
                var operands = each.in.stream().map(at -> at >= 0 ? made.get(at) : in.get(-1 - at)).toList();
                made.addAll(each.origin.scoped(() -> each.op instanceof Custom custom ? custom.call(operands) : each.op.apply(operands)));
            }
            return kept.stream().map(made::get).toList();
        }

        @Override
        public List<Sample> samples() {
            return List.of();
        }
    }
}
