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
import dev.caviar.engine.tensor.View;
import dev.caviar.engine.tensor.Vjp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;
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
    private final List<Tensor> made = new ArrayList<>();

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
            places.putIfAbsent(tensor, made.size());
            made.add(tensor);
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

    /// The segment as one op on what came from outside, which gives those of `results` that it made and that are not `known`; empty where
    /// there are none.
    List<Replayed> whole(List<Tensor> results, Predicate<Tensor> known) {
        return cut(results, known, List.of(0, written.size()), false);
    }

    /// The segment as √n ops one after another, cut where least passes from one to the next; n counts what leaves a result in memory, and not what
    /// is fused or only seen in another way.
    List<Replayed> pieces(List<Tensor> results, Predicate<Tensor> known) {
        int n = written.size();
        long lasting = written.stream().filter(each -> each.op.lane() == null && !(each.op instanceof Move || each.op instanceof View)).count();
        int count = Math.max(1, (int) Math.round(Math.sqrt(lasting)));
        var live = live(results);
        var cuts = new ArrayList<>(List.of(0));
        for (int i = 1; i < count; i++) {
            int best = -1;
            int end = Math.min(n - 1, (2 * i + 1) * n / (2 * count));
            for (int at = Math.max(cuts.getLast() + 1, (2 * i - 1) * n / (2 * count)); at <= end; at++) {
                best = best < 0 || live[at] < live[best] ? at : best;
            }
            if (best > 0) {
                cuts.add(best);
            }
        }
        cuts.add(n);
        return cut(results, known, cuts, true);
    }

    /// The bytes that ops before each place hand on to it and those after.
    private long[] live(List<Tensor> results) {
        var last = lastUses(results);
        var live = new long[written.size() + 2];
        int place = 0;
        for (int i = 0; i < written.size(); i++) {
            for (int k = 0; k < written.get(i).out; k++, place++) {
                if (last[place] > i) {
                    live[i + 1] += made.get(place).type().bytes();
                    live[last[place] + 1] -= made.get(place).type().bytes();
                }
            }
        }
        Arrays.parallelPrefix(live, Long::sum);
        return live;
    }

    /// By place, the last op that reads it: their number where it is a result, −1 where none does.
    private int[] lastUses(List<Tensor> results) {
        var last = new int[made.size()];
        Arrays.fill(last, -1);
        for (int i = 0; i < written.size(); i++) {
            for (int place : written.get(i).in) {
                if (place >= 0) {
                    last[place] = i;
                }
            }
        }
        for (var result : results) {
            int place = places.getOrDefault(result, -1);
            if (place >= 0) {
                last[place] = written.size();
            }
        }
        return last;
    }

    private List<Replayed> cut(List<Tensor> results, Predicate<Tensor> known, List<Integer> cuts, boolean keepLast) {
        var last = lastUses(results);
        var pieces = new ArrayList<Replayed>();
        int begin = 0;
        for (int i = 0; i + 1 < cuts.size(); i++) {
            var ops = written.subList(cuts.get(i), cuts.get(i + 1));
            int end = begin + ops.stream().mapToInt(Written::out).sum();
            var kept = new ArrayList<Integer>();
            var out = new ArrayList<Tensor>();
            for (int place = begin; place < end; place++) {
                if (last[place] >= cuts.get(i + 1) && !known.test(made.get(place))) {
                    kept.add(place - begin);
                    out.add(made.get(place));
                }
            }
            if (!out.isEmpty()) {
                var in = new ArrayList<Tensor>();
                var inside = inside(ops, begin, in);
                pieces.add(new Replayed(new Again(inside, kept, keepLast && i + 2 == cuts.size()), in, out));
            }
            begin = end;
        }
        return pieces;
    }

    /// Ops whose results count from `begin`, with places as if there was nothing before them; `in` is what comes from outside then.
    private List<Written> inside(List<Written> ops, int begin, List<Tensor> in) {
        var indices = new HashMap<Integer, Integer>();
        return ops.stream().map(op -> new Written(op.op, op.in.stream().map(place -> place >= begin ? place - begin
                : -1 - indices.computeIfAbsent(place, p -> {
                    in.add(p >= 0 ? made.get(p) : outside.get(-1 - p));
                    return in.size() - 1;
                })).toList(), op.out, op.origin)).toList();
    }

    /// An op, its operands and its results.
    record Replayed(Op op, List<Tensor> in, List<Tensor> out) {}

    /// Some ops once more; at once where `now`, so that a trace finds them written already and nothing is computed again.
    private record Again(List<Written> written, List<Integer> kept, boolean now) implements CustomOp {
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

        /// Operands that are computed themselves are read after all gradients are there; parameters and constants need not wait.
        @Override
        public List<@Nullable Tensor> vjp(Vjp v) {
            var flowing = IntStream.range(0, kept.size()).filter(v::flows).boxed().toList();
            var in = new ArrayList<Tensor>();
            var wanted = new ArrayList<Tensor>();
            for (int i = 0; i < v.in().size(); i++) {
                var x = v.in(i);
                boolean needed = needed(v, i);
                if (!now && (needed || !(x instanceof Array))) {
                    for (int k : flowing) {
                        x = new View.After().on(x, v.grad(k));
                    }
                }
                in.add(x);
                if (needed) {
                    wanted.add(x);
                }
            }
            return Gradient.tape(tape -> {
                tape.watch(wanted.toArray(Tensor[]::new));
                var out = replay(in);
                var found = tape.gradient(flowing.stream().map(out::get).toList(), flowing.stream().map(v::grad).toList(), wanted).iterator();
                var all = new ArrayList<@Nullable Tensor>();
                for (int i = 0; i < in.size(); i++) {
                    all.add(needed(v, i) ? found.next() : null);
                }
                return all;
            });
        }

        /// A piece may be given what another one made along with numbers, such as a mask.
        private static boolean needed(Vjp v, int i) {
            return v.needed(i) && v.in(i).dtype().isFloat();
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
