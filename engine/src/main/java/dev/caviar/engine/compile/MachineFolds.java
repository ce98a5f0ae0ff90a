package dev.caviar.engine.compile;

import dev.caviar.engine.compile.Emitter.Shape;
import dev.caviar.engine.compile.Passes.Pass;
import dev.caviar.engine.compile.Straight.Value;
import dev.caviar.engine.compile.Terms.Prim;
import dev.caviar.engine.compile.Terms.Term;
import dev.caviar.engine.compile.X86.Memory;
import dev.caviar.engine.kernel.ReduceFn;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The reductions of a pass in machine code, term by term in the order of [Folds].
final class MachineFolds {
    private final MachineEmitter emitter;
    private final MachineOperations operations;
    private final Terms terms;
    private final @Nullable Value[][] lanes;
    /// Where an [Prim#ARG] found what is in its lanes.
    private final @Nullable Value[][] places;
    private final Memory position;

    MachineFolds(MachineEmitter emitter, MachineOperations operations, Terms terms) {
        this.emitter = emitter;
        this.operations = operations;
        this.terms = terms;
        this.lanes = new Value[terms.list().size()][4];
        this.places = new Value[terms.list().size()][4];
        this.position = home(slot());
    }

    /// One pass over a row that ends at the register `end`.
    void overRow(Pass pass, int end, int unroll) {
        emitter.begin();
        if (pass.reductions().isEmpty()) {
            emitter.walkRow(pass, end, List.of());
            return;
        }
        var totals = new ArrayList<Value>();
        for (int r : pass.reductions()) {
            var total = slot();
            if (!arg(r)) {
                set(total, fn(r) == ReduceFn.SUM ? operations.zero() : identity(fn(r)));
            }
            totals.add(total);
        }
        var running = running(pass, unroll);
        beginArgs(pass, unroll, owned(running).size());
        emitter.blocks(end, Folds.ROUNDS * unroll * MachineEmitter.LANES, stop -> {
            clear(pass, unroll);
            emitter.walkRow(pass, stop, owned(running));
            var code = emitter.straight();
            for (int i = 0; i < totals.size(); i++) {
                if (!arg(pass.reductions().get(i))) {
                    foldRow(code, pass.reductions().get(i), unroll, totals.get(i));
                }
            }
            code.write(emitter.out, owned(running).size());
        });
        foldArgs(pass, unroll, owned(running).size());
        var code = emitter.straight();
        for (int i = 0; i < totals.size(); i++) {
            int r = pass.reductions().get(i);
            if (arg(r)) {
                continue;
            }
            var result = slot();
            code.store(fn(r) == ReduceFn.SUM ? operations.splatDouble(code, totals.get(i)) : totals.get(i), home(result));
            emitter.kept(r, 0, result);
        }
        code.write(emitter.out, 0);
    }

    /// One pass over the rows of a block of columns.
    void overColumns(Pass pass, int end, Shape shape) {
        emitter.begin();
        if (pass.reductions().isEmpty()) {
            emitter.walkRows(pass, end, shape, List.of());
            return;
        }
        int count = shape.count();
        var sums = new ArrayList<Value>();
        var lost = new ArrayList<Value>();
        for (int r : pass.reductions()) {
            for (int u = 0; u < count; u++) {
                sums.add(slot());
                set(sums.getLast(), identity(fn(r)));
                lost.add(slot());
                set(lost.getLast(), operations.zero());
            }
        }
        var running = running(pass, count);
        emitter.blocks(end, Folds.ROUNDS, stop -> {
            clear(pass, count);
            emitter.walkRows(pass, stop, shape, owned(running));
            var code = emitter.straight();
            for (int i = 0; i < sums.size(); i++) {
                int r = pass.reductions().get(i / count);
                foldColumn(code, fn(r), sums.get(i), lost.get(i), lane(r, i % count));
            }
            code.write(emitter.out, owned(running).size());
        });
        for (int i = 0; i < sums.size(); i++) {
            emitter.kept(pass.reductions().get(i / count), i % count, sums.get(i));
        }
    }

    private List<Value> running(Pass pass, int count) {
        int args = (int) pass.reductions().stream().filter(this::arg).count();
        var running = emitter.running((pass.reductions().size() + args) * count);
        var next = running.iterator();
        for (int r : pass.reductions()) {
            for (int u = 0; u < count; u++) {
                lanes[r][u] = next.next();
                places[r][u] = arg(r) ? next.next() : null;
            }
        }
        return running;
    }

    private static List<Value> owned(List<Value> running) {
        return running.getFirst().inRegister() ? running : List.of();
    }

    private Value lane(int r, int u) {
        return Objects.requireNonNull(lanes[r][u]);
    }

    private Value slot() {
        return Value.at(Memory.of(X86.RSP, emitter.slot(32)));
    }

    private static Memory home(Value value) {
        return (Memory) value.home();
    }

    private void set(Value place, Value number) {
        var code = emitter.straight();
        code.assign(place, number);
        code.write(emitter.out, 0);
    }

    private void clear(Pass pass, int count) {
        var code = emitter.straight();
        int own = 0;
        for (int r : pass.reductions()) {
            for (int u = 0; u < count; u++) {
                if (!arg(r)) {
                    code.assign(lane(r, u), identity(fn(r)));
                }
                own += lane(r, u).inRegister() ? arg(r) ? 2 : 1 : 0;
            }
        }
        code.write(emitter.out, own);
    }

    private boolean arg(int r) {
        return terms.get(r).prim() == Prim.ARG;
    }

    private boolean largest(int r) {
        return terms.get(r).bits() == 1;
    }

    private Value place(int r, int u) {
        return Objects.requireNonNull(places[r][u]);
    }

    /// Below any number is −∞, which NaN beats; above any number is NaN.
    private Value worst(int r) {
        return operations.number(largest(r) ? Float.NEGATIVE_INFINITY : Float.NaN);
    }

    /// Each lane begins with its own first position: that is right where nothing beats what it begins with.
    private void beginArgs(Pass pass, int count, int own) {
        var code = emitter.straight();
        for (int r : pass.reductions()) {
            for (int u = 0; u < count && arg(r); u++) {
                code.assign(lane(r, u), worst(r));
                code.assign(place(r, u), operations.from(u * MachineEmitter.LANES));
            }
        }
        code.write(emitter.out, own);
    }

    private void takeArg(Straight code, int r, int u, Shape shape) {
        var value = emitter.value(terms.get(r).arg(0), u);
        if (shape.masked()) {
            value = code.blend(emitter.mask(), value, worst(r));
        }
        code.other(() -> emitter.out.store(position, MachineEmitter.J));
        var at = operations.positions(code, position, operations.from(u * MachineEmitter.LANES));
        var beats = operations.beats(code, largest(r), value, lane(r, u));
        code.assign(lane(r, u), code.blend(beats, value, lane(r, u)));
        code.assign(place(r, u), code.blend(beats, at, place(r, u)));
    }

    /// The best of all lanes, of equals the first.
    private void foldArgs(Pass pass, int count, int own) {
        var code = emitter.straight();
        for (int r : pass.reductions()) {
            if (!arg(r)) {
                continue;
            }
            var best = lane(r, 0);
            var place = place(r, 0);
            for (int u = 1, distance = MachineEmitter.LANES / 2; u < count || distance > 0; u++) {
                boolean lanes = u < count;
                var other = lanes ? lane(r, u) : operations.turned(code, best, distance);
                var there = lanes ? place(r, u) : operations.turned(code, place, distance);
                distance = lanes ? distance : distance / 2;
                var better = operations.or(code, operations.beats(code, largest(r), other, best), operations.behind(code, best, place, other, there));
                best = code.blend(better, other, best);
                place = code.blend(better, there, place);
            }
            var result = slot();
            code.store(operations.longs(code, place), home(result));
            emitter.kept(r, 0, result);
        }
        code.write(emitter.out, own);
    }

    private ReduceFn fn(int r) {
        return ReduceFn.values()[(int) terms.get(r).bits()];
    }

    private Value identity(ReduceFn fn) {
        return operations.number(switch (fn) {
            case SUM -> 0;
            case PROD -> 1;
            case MAX -> Float.NEGATIVE_INFINITY;
            case MIN -> Float.POSITIVE_INFINITY;
        });
    }

    /// Takes the current element or elements in.
    void take(Straight code, int r, int u, Shape shape) {
        if (arg(r)) {
            takeArg(code, r, u, shape);
            return;
        }
        Term term = terms.get(r);
        var value = emitter.value(term.arg(0), u);
        if (shape.masked()) {
            value = code.blend(emitter.mask(), value, identity(fn(r)));
        }
        code.assign(lane(r, u), operations.combine(code, fn(r), lane(r, u), value));
    }

    private void foldRow(Straight code, int r, int count, Value total) {
        var fn = fn(r);
        var all = lane(r, 0);
        for (int u = 1; u < count; u++) {
            all = operations.combine(code, fn, all, lane(r, u));
        }
        for (int distance = MachineEmitter.LANES / 2; distance > 0; distance /= 2) {
            all = operations.combine(code, fn, all, operations.turned(code, all, distance));
        }
        code.assign(total, fn == ReduceFn.SUM ? operations.addDouble(code, total, all) : operations.combine(code, fn, total, all));
    }

    private void foldColumn(Straight code, ReduceFn fn, Value sum, Value lost, Value part) {
        if (fn != ReduceFn.SUM) {
            code.assign(sum, operations.combine(code, fn, sum, part));
            return;
        }
        var less = operations.sub(code, part, lost);
        var next = operations.combine(code, ReduceFn.SUM, sum, less);
        var gone = operations.sub(code, operations.sub(code, next, sum), less);
        code.assign(lost, code.blend(operations.unordered(code, gone), operations.zero(), gone));
        code.assign(sum, next);
    }
}
