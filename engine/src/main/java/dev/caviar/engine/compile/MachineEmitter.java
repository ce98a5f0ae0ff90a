package dev.caviar.engine.compile;

import static dev.caviar.engine.compile.X86.R10;
import static dev.caviar.engine.compile.X86.R11;
import static dev.caviar.engine.compile.X86.R12;
import static dev.caviar.engine.compile.X86.R13;
import static dev.caviar.engine.compile.X86.R14;
import static dev.caviar.engine.compile.X86.R15;
import static dev.caviar.engine.compile.X86.R8;
import static dev.caviar.engine.compile.X86.R9;
import static dev.caviar.engine.compile.X86.RAX;
import static dev.caviar.engine.compile.X86.RBP;
import static dev.caviar.engine.compile.X86.RBX;
import static dev.caviar.engine.compile.X86.RCX;
import static dev.caviar.engine.compile.X86.RDI;
import static dev.caviar.engine.compile.X86.RDX;
import static dev.caviar.engine.compile.X86.RSI;
import static dev.caviar.engine.compile.X86.RSP;

import dev.caviar.engine.compile.Emitter.Shape;
import dev.caviar.engine.compile.Passes.Level;
import dev.caviar.engine.compile.Passes.Pass;
import dev.caviar.engine.compile.Straight.Value;
import dev.caviar.engine.compile.Terms.Prim;
import dev.caviar.engine.compile.Values.Mode;
import dev.caviar.engine.compile.X86.Label;
import dev.caviar.engine.compile.X86.Memory;
import dev.caviar.engine.compile.X86.Register;
import dev.caviar.engine.memory.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// Writes the loops of a nest as machine code for x86-64 with AVX2: the same operations in the same order as [Emitter] writes as
/// bytecode for vectors of eight lanes, so that both give the same bits.
///
/// Numbers that do not vary along a row are vectors of eight equal lanes. What is computed in front of a loop lies on the stack, from where
/// instructions read it. Short rows with sums go two by two, pass by pass: while one waits for its sum, which takes longer than a pass, the processor
/// is at the other.
final class MachineEmitter {
    static final int LANES = 8;
    private static final int[] SAVED = {RBX, RBP, R12, R13, R14, R15};
    /// Running vectors that have registers; more of them lie on the stack.
    private static final int MOST_RUNNING = 8;
    /// The row or column where we are, the element of a row (or the row of a block), how far the row is from the first, and where a
    /// block of them ends.
    private static final int AT = RCX;
    static final int J = R9;
    private static final int DOWN = R10;
    private static final int STOP = R11;
    /// The element of the second of two rows, counted from the first row's beginning.
    private static final int BELOW = R10;
    /// Elements of a row up to which two rows go together: longer ones have enough to do, and would push each other out of the nearest cache.
    private static final int SHORT = 512;

    private final Nest nest;
    private final Terms terms;
    private final Passes passes;
    private final boolean flush;
    private final int unroll;
    final X86 out = new X86();
    private final MachineOperations operations = new MachineOperations(out);
    private final MachineFolds folds;

    private int frame;
    private final int table = slot(8);
    private final int to = slot(8);
    private final int count = slot(8);
    private final int stack = slot(8);
    private final Memory lanes = Memory.of(RSP, slot(32));
    private final Value mask = Value.at(lanes);
    private final int[] pointer;
    /// For each of two rows.
    private final @Nullable Value[][][] kept;
    private final @Nullable Value[][] local;
    private int row;

    private MachineEmitter(Nest nest, Terms terms, Passes passes, boolean flush, int unroll) {
        this.nest = nest;
        this.terms = terms;
        this.passes = passes;
        this.flush = flush;
        this.unroll = unroll;
        int memories = nest.sources().size() + nest.stores().size();
        this.pointer = new int[memories];
        this.kept = new Value[2][unroll][terms.list().size()];
        this.local = new Value[unroll][terms.list().size()];
        this.folds = new MachineFolds(this, operations, terms);
        int next = 0;
        for (int m = 0; m < memories; m++) {
            // A register, or a place on the stack as −1 − displacement.
            pointer[m] = !inner(m) ? 0 : next < SAVED.length ? SAVED[next++] : -1 - slot(8);
        }
    }

    /// The code of a nest whose terms are all of 32-bit lanes; see [#can].
    static byte[] emit(Nest nest, Terms terms, Passes passes, boolean flush, int unroll) {
        return new MachineEmitter(nest, terms, passes, flush, unroll).emit();
    }

    /// Whether all that a nest computes has a vector instruction.
    static boolean can(Nest nest, Terms terms, Passes passes) {
        for (int t = 0; t < terms.list().size(); t++) {
            if (passes.alive(t) && !MachineOperations.can(nest, terms, terms.get(t))) {
                return false;
            }
        }
        return nest.stores().stream().allMatch(store -> MachineOperations.can(nest.dtype(store.value()))
                || nest.dtype(store.value()) == DType.I64 && nest.axis() == Nest.Axis.ROWS && store.mode() == Mode.COLUMN);
    }

    /// So many bytes on the stack, at a multiple of as many.
    int slot(int bytes) {
        frame = (frame + bytes - 1) & -bytes;
        frame += bytes;
        return frame - bytes;
    }

    Straight straight() {
        return new Straight(this::slot);
    }

    private byte[] emit() {
        for (int register : SAVED) {
            out.push(register);
        }
        out.move(RAX, RSP);
        int patch = out.reserveStack();
        out.and(RSP, -32);
        out.store(Memory.of(RSP, stack), RAX);
        out.store(Memory.of(RSP, table), RDI);
        out.store(Memory.of(RSP, to), R8);
        var once = straight();
        for (int t : passes.once()) {
            keep(once, t, 0, compute(once, t, 0, Shape.NUMBER, -1));
            kept[1][0][t] = kept[0][0][t];
        }
        once.write(out, 0);
        forget();
        switch (nest.axis()) {
            case FLAT -> flat();
            case ROWS -> rows();
            case COLUMNS -> columns();
        }
        out.zeroUpper();
        out.load(RSP, Memory.of(RSP, stack));
        for (int k = SAVED.length - 1; k >= 0; k--) {
            out.pop(SAVED[k]);
        }
        out.ret();
        out.patch(patch, frame + 32);
        return out.finish();
    }

    private void flat() {
        pointers(true, AT);
        out.load(DOWN, Memory.of(RSP, to));
        out.sub(DOWN, new Register(AT));
        row(DOWN, 1);
    }

    private void rows() {
        pointers(false, AT);
        if (passes.passes().stream().anyMatch(pass -> !pass.reductions().isEmpty())) {
            var alone = new Label();
            out.compare(RDX, SHORT);
            out.jumpIfMore(alone);
            rows(2);
            out.bind(alone);
        }
        rows(1);
    }

    private void rows(int together) {
        loop(together, () -> {
            out.move(RDI, AT);
            out.multiply(RDI, new Register(RDX));
            pointers(true, RDI);
            row(RDX, together);
        });
    }

    private void columns() {
        pointers(false, AT);
        if (unroll > 1) {
            loop(unroll * LANES, () -> block(Shape.vectors(unroll)));
        }
        loop(LANES, () -> block(Shape.vectors(1)));
        var none = new Label();
        out.compare(AT, Memory.of(RSP, to));
        out.jumpIfAtLeast(none);
        out.load(RAX, Memory.of(RSP, to));
        out.sub(RAX, new Register(AT));
        firstLanes();
        block(Shape.TAIL);
        out.bind(none);
    }

    /// `for (; at + room <= to; at += room) body`.
    private void loop(int room, Runnable body) {
        var top = new Label();
        var end = new Label();
        out.bind(top);
        out.address(RAX, Memory.of(AT, room));
        out.compare(RAX, Memory.of(RSP, to));
        out.jumpIfMore(end);
        body.run();
        out.add(AT, (long) room);
        out.jump(top);
        out.bind(end);
    }

    /// Sets where each memory's part begins: those that move with the row (or block of columns), by `by` elements, or the others.
    private void pointers(boolean moving, int by) {
        for (int m = 0; m < pointer.length; m++) {
            boolean moves = mode(m) == Mode.FULL;
            if (inner(m) && moves == moving) {
                int register = pointer[m] >= 0 ? pointer[m] : R8;
                out.load(RAX, Memory.of(RSP, table));
                out.load(register, Memory.of(RAX, 8 * m));
                if (moves) {
                    out.address(register, new Memory(register, by, shift(m), 0));
                }
                if (pointer[m] < 0) {
                    out.store(Memory.of(RSP, -1 - pointer[m]), R8);
                }
            }
        }
    }

    /// All passes over one row, or two `together`, of as many elements as the register `end` says.
    private void row(int end, int together) {
        each(together, () -> outer(0, Shape.NUMBER));
        for (int p = 0; p < passes.passes().size(); p++) {
            int now = p;
            each(together, () -> folds.overRow(passes.passes().get(now), end, unroll));
            each(together, () -> outer(now + 1, Shape.NUMBER));
        }
        each(together, () -> outerStores(Shape.NUMBER));
    }

    private void each(int together, Runnable code) {
        for (row = 0; row < together; row++) {
            code.run();
        }
        row = 0;
    }

    /// All passes over the rows of some columns.
    private void block(Shape shape) {
        pointers(true, AT);
        outer(0, shape);
        for (int p = 0; p < passes.passes().size(); p++) {
            folds.overColumns(passes.passes().get(p), RSI, shape);
            outer(p + 1, shape);
        }
        outerStores(shape);
    }

    private void outer(int p, Shape shape) {
        var code = straight();
        for (int t : passes.outer(p)) {
            for (int u = 0; u < (terms.get(t).wide() ? shape.count() : 1); u++) {
                keep(code, t, u, compute(code, t, u, shape, -1));
            }
        }
        code.write(out, 0);
        forget();
    }

    private void outerStores(Shape shape) {
        var code = straight();
        for (int s : passes.outerStores()) {
            for (int u = 0; u < shape.count(); u++) {
                store(code, s, u, shape);
            }
        }
        code.write(out, 0);
    }

    /// Keeps a value on the stack for what comes after this piece of code. The piece itself goes on with the register.
    private void keep(Straight code, int t, int u, Value value) {
        if (terms.get(t).prim() == Prim.NUMBER) {
            kept(t, u, value);
        } else {
            var slot = Memory.of(RSP, slot(32));
            code.store(value, slot);
            local[u][t] = value;
            kept(t, u, Value.at(slot));
        }
    }

    /// From here on, values are where they were kept.
    private void forget() {
        for (var row : local) {
            Arrays.fill(row, null);
        }
    }

    /// Says where a term lies for all the code that follows.
    void kept(int t, int u, Value value) {
        kept[row][u][t] = value;
    }

    // Walks along one row, or down the rows.

    /// Walks from element [#J] to the register `end`, with `running` vectors in registers of their own.
    void walkRow(Pass pass, int end, List<Value> running) {
        if (unroll > 1) {
            var whole = new Label();
            if (!pass.reductions().isEmpty() && nest.axis() == Nest.Axis.ROWS) {
                // Ragged rows go vector by vector, so that sums do not depend on how the tail is reached.
                out.move(RAX, RDX);
                out.and(RAX, LANES - 1);
                out.compare(RAX, 0);
                out.jumpIfMore(whole);
            }
            walk(body(pass, Shape.vectors(unroll)), end, unroll * LANES, running);
            out.bind(whole);
        }
        walk(body(pass, Shape.vectors(1)), end, LANES, running);
        var none = new Label();
        out.compare(J, new Register(end));
        out.jumpIfAtLeast(none);
        out.move(RAX, end);
        out.sub(RAX, new Register(J));
        firstLanes();
        var tail = body(pass, Shape.TAIL);
        tail.write(out, running.size());
        out.move(J, end);
        out.bind(none);
    }

    private void walk(Straight body, int end, int room, List<Value> running) {
        var none = new Label();
        out.address(RAX, Memory.of(J, room));
        out.compare(RAX, new Register(end));
        out.jumpIfMore(none);
        body.loop(out, running.size(), top -> {
            out.add(J, (long) room);
            out.address(RAX, Memory.of(J, room));
            out.compare(RAX, new Register(end));
            out.jumpIfAtMost(top);
        });
        out.bind(none);
    }

    /// Walks down from row [#J] to the register `end`.
    void walkRows(Pass pass, int end, Shape shape, List<Value> running) {
        var none = new Label();
        out.compare(J, new Register(end));
        out.jumpIfAtLeast(none);
        body(pass, shape).loop(out, running.size(), top -> {
            out.add(J, 1L);
            out.add(DOWN, RDX);
            out.compare(J, new Register(end));
            out.jumpIfLess(top);
        });
        out.bind(none);
    }

    /// Makes the mask of as many lanes as [#RAX] says, and keeps that number.
    private void firstLanes() {
        out.store(Memory.of(RSP, count), RAX);
        out.address(RDI, operations.lanes());
        out.shiftLeft(RAX, 2);
        out.sub(RDI, new Register(RAX));
        out.vector(Straight.LOAD, 0x0f, 0, Memory.of(RDI, 0), -1);
        out.vector(Straight.STORE, 0x0f, 0, lanes, -1);
    }

    Value mask() {
        return mask;
    }

    private Straight body(Pass pass, Shape shape) {
        var code = straight();
        if (row == 1) {
            code.other(() -> out.address(BELOW, new Memory(J, RDX, 0, 0)));
        }
        for (int u = 0; u < shape.count(); u++) {
            for (int t : pass.terms()) {
                if (u == 0 || terms.get(t).wide()) {
                    local[u][t] = compute(code, t, u, shape, pass.reload()[t]);
                }
            }
            for (int r : pass.reductions()) {
                folds.take(code, r, u, shape);
            }
            for (int s : pass.stores()) {
                store(code, s, u, shape);
            }
        }
        forget();
        return code;
    }

    Value value(int t, int u) {
        int copy = terms.get(t).wide() ? u : 0;
        var here = local[copy][t];
        return here != null ? here : Objects.requireNonNull(kept[row][copy][t], () -> "term " + t);
    }

    private Value compute(Straight code, int t, int u, Shape shape, int reload) {
        var term = terms.get(t);
        if (term.prim() == Prim.NUMBER) {
            return operations.number(term);
        }
        if (reload < 0 && term.prim() != Prim.LOAD) {
            return operations.term(code, terms, term, a -> value(a, u));
        }
        int m = reload >= 0 ? nest.sources().size() + reload : (int) term.bits();
        var dtype = dtype(m);
        if (!term.wide()) {
            return operations.loadOne(code, dtype, address(code, m, 0));
        }
        if (!shape.masked()) {
            return operations.load(code, dtype, address(code, m, u));
        }
        if (dtype.bytes() == 4) {
            return code.load(MachineOperations.MASKED_LOAD, mask, address(code, m, u));
        }
        var from = address(code, m, u);
        var place = Memory.of(RSP, slot(32));
        code.other(() -> copy(from, null, place.displacement(), dtype.bytes()));
        return operations.load(code, dtype, place);
    }

    private void store(Straight code, int s, int u, Shape shape) {
        int m = nest.sources().size() + s;
        int t = terms.stored(s);
        var dtype = dtype(m);
        var value = value(t, u);
        if (flush && dtype == DType.F32 && terms.maySubnormal(t)) {
            value = operations.flushed(code, value);
        }
        if (mode(m) != Mode.FULL && mode(m) != Mode.ROW) {
            var one = operations.packedOne(code, dtype, value);
            operations.storeOne(code, dtype, one, address(code, m, 0));
            return;
        }
        var packed = operations.packed(code, dtype, value);
        if (!shape.masked()) {
            operations.store(code, dtype, packed, address(code, m, u));
        } else if (dtype.bytes() == 4) {
            code.store(MachineOperations.MASKED_STORE, mask, packed, address(code, m, u));
        } else {
            var place = Memory.of(RSP, slot(32));
            operations.store(code, dtype, packed, place);
            var target = address(code, m, u);
            code.other(() -> copy(null, target, place.displacement(), dtype.bytes()));
        }
    }

    /// Copies as many elements as there are lanes in the mask between memory and a place on the stack.
    private void copy(@Nullable Memory from, @Nullable Memory target, int place, int bytes) {
        out.address(RAX, from == null ? Objects.requireNonNull(target) : from);
        out.clear(RDI);
        int shift = bytes - 1;
        var top = new Label();
        out.bind(top);
        for (int k = 0; k < bytes; k++) {
            var there = new Memory(RAX, RDI, shift, k);
            var here = new Memory(RSP, RDI, shift, place + k);
            out.loadByte(R8, from == null ? here : there);
            out.storeByte(from == null ? there : here, R8);
        }
        out.add(RDI, 1L);
        out.compare(RDI, Memory.of(RSP, count));
        out.jumpIfLess(top);
    }

    /// Where element `u` vectors on from the current one lies; may leave its base in [#RAX] for the next instruction.
    private Memory address(Straight code, int m, int u) {
        int ahead = u * LANES << shift(m);
        return switch (passes.level(mode(m))) {
            case ONCE -> {
                base(code, m);
                yield Memory.of(RAX, 0);
            }
            case OUTER -> {
                base(code, m);
                yield new Memory(RAX, AT, shift(m), ahead + (row << shift(m)));
            }
            case INNER -> {
                int index = mode(m) != Mode.FULL ? J : nest.axis() == Nest.Axis.COLUMNS ? DOWN : row == 1 ? BELOW : J;
                if (pointer[m] < 0) {
                    code.other(() -> out.load(RAX, Memory.of(RSP, -1 - pointer[m])));
                }
                yield new Memory(pointer[m] < 0 ? RAX : pointer[m], index, shift(m), ahead);
            }
        };
    }

    private void base(Straight code, int m) {
        code.other(() -> {
            out.load(RAX, Memory.of(RSP, table));
            out.load(RAX, Memory.of(RAX, 8 * m));
        });
    }

    private boolean inner(int m) {
        return passes.level(mode(m)) == Level.INNER;
    }

    private Mode mode(int m) {
        int sources = nest.sources().size();
        return m < sources ? nest.sources().get(m).mode() : nest.stores().get(m - sources).mode();
    }

    private DType dtype(int m) {
        int sources = nest.sources().size();
        return m < sources ? nest.sources().get(m).dtype() : nest.dtype(nest.stores().get(m - sources).value());
    }

    private int shift(int m) {
        return Integer.numberOfTrailingZeros(dtype(m).bytes());
    }

    /// [#J] starts at 0, and so does the way down.
    void begin() {
        out.clear(J);
        if (nest.axis() == Nest.Axis.COLUMNS) {
            out.clear(DOWN);
        }
    }

    /// Goes through the rest up to register `end` in blocks of `size`; `body` gets the register where its block ends.
    void blocks(int end, int size, IntConsumer body) {
        var top = new Label();
        var done = new Label();
        var short_ = new Label();
        out.bind(top);
        out.compare(J, new Register(end));
        out.jumpIfAtLeast(done);
        out.address(STOP, Memory.of(J, size));
        out.compare(STOP, new Register(end));
        out.jumpIfAtMost(short_);
        out.move(STOP, end);
        out.bind(short_);
        body.accept(STOP);
        out.jump(top);
        out.bind(done);
    }

    /// Vectors that run through a loop: in registers, as long as there are few.
    List<Value> running(int many) {
        var values = new ArrayList<Value>();
        for (int i = 0; i < many; i++) {
            values.add(many <= MOST_RUNNING ? Value.in(i) : Value.at(Memory.of(RSP, slot(32))));
        }
        return values;
    }
}
