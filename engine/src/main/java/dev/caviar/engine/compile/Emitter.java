package dev.caviar.engine.compile;

import static dev.caviar.engine.compile.Assembler.FLOATS;
import static dev.caviar.engine.compile.Assembler.INTS;
import static dev.caviar.engine.compile.Assembler.MASK;
import static dev.caviar.engine.compile.Assembler.NATIVES;
import static dev.caviar.engine.compile.Assembler.SPECIES;
import static dev.caviar.engine.compile.Assembler.VECTOR;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.caviar.engine.compile.Passes.Level;
import dev.caviar.engine.compile.Passes.Pass;
import dev.caviar.engine.compile.Terms.Kind;
import dev.caviar.engine.compile.Terms.Prim;
import dev.caviar.engine.compile.Terms.Term;
import dev.caviar.engine.compile.Values.Mode;
import dev.caviar.engine.memory.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.Arrays;

/// Writes the loops of a nest: terms become local variables, numbers or vectors of them.
///
/// The tail of a row runs through the same operations, behind a mask or one by one, so that an element's value does not depend on where it stands.
final class Emitter {
    // The parameters of Kernel.run.
    static final int TABLE = 1;
    static final int ROWS = 3;
    static final int COLUMNS = 5;
    static final int FROM = 7;
    static final int TO = 9;
    static final int LOCALS = 11;

    /// What one round of a loop handles: `count` vectors, some lanes of one, or one number.
    record Shape(boolean wide, int count, boolean masked) {
        static final Shape NUMBER = new Shape(false, 1, false);
        static final Shape TAIL = new Shape(true, 1, true);

        static Shape vectors(int count) {
            return new Shape(true, count, false);
        }
    }

    /// What a method of a kernel handles: everything; whole rounds of vectors; single vectors; what is less than one. Each is a method of
    /// its own, because the JVM's quick compiler gives up on long methods full of vectors, and may then never call the good one.
    /// Short rows with a rest go behind masks from end to end: one text of a pass instead of two keeps the method short.
    enum Part { ALL, WHOLE, SINGLE, REST, SHORT }

    private final Nest nest;
    private final Terms terms;
    private final Passes passes;
    private final Part part;
    private final boolean vectors;
    private final boolean masks;
    private final boolean flush;
    private final int unroll;
    private final Assembler out;
    private final CodeBuilder code;
    private final Operations operations;
    private final Folds folds;

    private final int[] base;
    private final int[] start;
    private final int[] scalar;
    private final int[] splat;
    private final int[][] wide;
    private final boolean[] spread;
    private final int[][] offset = new int[2][4];
    private int mask = -1;
    private int position = -1;
    private int at = -1;
    private int smallest = -1;
    private int sign = -1;

    Emitter(Nest nest, Terms terms, Passes passes, Style style, Part part, CodeBuilder code) {
        this.nest = nest;
        this.part = part;
        this.terms = terms;
        this.passes = passes;
        this.vectors = style.vectors();
        this.masks = style.masks();
        this.flush = style.flush();
        this.unroll = style.unroll();
        this.code = code;
        this.out = new Assembler(code, LOCALS);
        this.operations = new Operations(out);
        int count = terms.list().size();
        this.base = new int[nest.sources().size() + nest.stores().size()];
        this.start = new int[base.length];
        this.scalar = new int[count];
        this.splat = new int[count];
        this.wide = new int[unroll][count];
        this.spread = new boolean[count];
        this.folds = new Folds(this, out, operations, nest, terms);
    }

    /// How a nest is written: with vectors, with masked tails (numbers one by one otherwise), flushing subnormal results, and
    /// how many vectors one round of a loop takes.
    record Style(boolean vectors, boolean masks, boolean flush, int unroll) {}

    void emit() {
        markSpread();
        for (int m = 0; m < base.length; m++) {
            code.lload(TABLE).loadConstant(8L * m).ladd();
            out.callStatic(NATIVES, "i64", CD_long, CD_long);
            base[m] = out.keep(TypeKind.LONG);
        }
        flushConstants();
        for (int t : passes.once()) {
            term(t, 0, Shape.NUMBER, -1);
        }
        switch (nest.axis()) {
            case FLAT -> flat();
            case ROWS -> rows();
            case COLUMNS -> columns();
        }
        code.return_();
    }

    /// Finds the numbers that are needed in every lane.
    private void markSpread() {
        for (int t = 0; t < spread.length && vectors; t++) {
            if (passes.alive(t) && (terms.get(t).wide() || Passes.reduction(terms.get(t)))) {
                terms.get(t).args().forEach(a -> spread[a] |= !terms.get(a).wide());
            }
        }
        for (int s = 0; s < nest.stores().size() && vectors; s++) {
            var mode = nest.stores().get(s).mode();
            if (mode == Mode.FULL || mode == Mode.ROW) {
                spread[terms.stored(s)] |= !terms.get(terms.stored(s)).wide();
            }
        }
    }

    private void flushConstants() {
        if (vectors && flush) {
            code.loadConstant(Float.MIN_NORMAL);
            operations.splat(Kind.F);
            smallest = out.keep(TypeKind.REFERENCE);
            code.loadConstant(Integer.MIN_VALUE);
            operations.splat(Kind.I);
            sign = out.keep(TypeKind.REFERENCE);
        }
    }

    private void flat() {
        for (int m = 0; m < base.length; m++) {
            start[m] = base[m];
            if (mode(m) == Mode.FULL) {
                code.lload(base[m]).lload(FROM).loadConstant(shift(m)).lshl().ladd();
                start[m] = out.keep(TypeKind.LONG);
            }
        }
        code.lload(TO).lload(FROM).lsub().l2i();
        int end = out.keep(TypeKind.INT);
        if (part == Part.REST) {
            hurry();
        }
        row(end);
    }

    /// A few turns of nothing, which the good compiler drops: a method without a loop would be called thousands of times before it is
    /// compiled well.
    private void hurry() {
        out.mark();
        code.iconst_0();
        int turn = out.keep(TypeKind.INT);
        code.loadConstant(32);
        int turns = out.keep(TypeKind.INT);
        out.loop(turn, turns, 1, () -> { });
        out.release();
    }

    private void rows() {
        code.lload(FROM);
        at = out.keep(TypeKind.LONG);
        code.lload(COLUMNS).l2i();
        int end = out.keep(TypeKind.INT);
        out.loopLong(at, TO, 1, () -> {
            code.lload(at).lload(COLUMNS).lmul();
            int first = out.keep(TypeKind.LONG);
            for (int m = 0; m < base.length; m++) {
                start[m] = base[m];
                if (mode(m) == Mode.FULL) {
                    code.lload(base[m]).lload(first).loadConstant(shift(m)).lshl().ladd();
                    start[m] = out.keep(TypeKind.LONG);
                }
            }
            row(end);
        });
    }

    /// All passes over one row.
    private void row(int end) {
        outer(0, Shape.NUMBER);
        for (int p = 0; p < passes.passes().size(); p++) {
            var pass = passes.passes().get(p);
            folds.overRow(pass, end, vectors ? unroll : 0);
            outer(p + 1, Shape.NUMBER);
        }
        for (int s : passes.outerStores()) {
            store(s, 0, Shape.NUMBER);
        }
    }

    /// Walks a row, or a part of it, from int local `j` to `end`.
    void walkRow(Pass pass, int j, int end) {
        position = j;
        int lanes = Wide.LANES;
        if (part == Part.SHORT) {
            out.loop(j, end, 0, () -> {
                code.iload(end).iload(j).isub().loadConstant(lanes);
                out.callStatic(Assembler.MATH, "min", Assembler.primitive(Kind.I), Assembler.primitive(Kind.I), Assembler.primitive(Kind.I));
                firstLanes();
                body(pass, Shape.TAIL);
                code.iinc(j, lanes);
            });
            return;
        }
        if (vectors && part != Part.REST) {
            if (unroll > 1 && part != Part.ALL) {
                out.loop(j, end, unroll * lanes, () -> body(pass, Shape.vectors(unroll)));
            }
            out.loop(j, end, lanes, () -> body(pass, Shape.vectors(1)));
        }
        if (part == Part.WHOLE) {
            return;
        }
        if (vectors) {
            if (masks) {
                out.rest(j, end, () -> {
                    code.iload(end).iload(j).isub();
                    firstLanes();
                    body(pass, Shape.TAIL);
                    code.iload(end).istore(j);
                });
                return;
            }
        }
        out.loop(j, end, 1, () -> body(pass, Shape.NUMBER));
    }

    /// The mask of as many lanes as the int on the stack says.
    private void firstLanes() {
        int count = out.keep(TypeKind.INT);
        out.constant("FLOATS", SPECIES);
        code.lconst_1().iload(count).lshl().lconst_1().lsub();
        code.invokestatic(MASK, "fromLong", MethodTypeDesc.of(MASK, SPECIES, CD_long));
        mask = out.keep(TypeKind.REFERENCE);
    }

    private void columns() {
        code.lload(FROM);
        at = out.keep(TypeKind.LONG);
        code.lload(ROWS).l2i();
        int end = out.keep(TypeKind.INT);
        switch (part) {
            case WHOLE -> out.loopLong(at, TO, unroll * Wide.LANES, () -> block(end, Shape.vectors(unroll)));
            case SINGLE -> out.loopLong(at, TO, Wide.LANES, () -> block(end, Shape.vectors(1)));
            case REST -> {
                if (masks) {
                    code.lload(TO).lload(at).lsub().l2i();
                    firstLanes();
                    block(end, Shape.TAIL);
                } else {
                    out.loopLong(at, TO, 1, () -> block(end, Shape.NUMBER));
                }
            }
            case ALL -> out.loopLong(at, TO, 1, () -> block(end, Shape.NUMBER));
        }
    }

    /// All passes over the rows of some columns.
    private void block(int end, Shape shape) {
        for (int m = 0; m < base.length; m++) {
            start[m] = base[m];
            if (mode(m) == Mode.FULL || mode(m) == Mode.ROW) {
                code.lload(base[m]).lload(at).loadConstant(shift(m)).lshl().ladd();
                start[m] = out.keep(TypeKind.LONG);
            }
        }
        outer(0, shape);
        for (int p = 0; p < passes.passes().size(); p++) {
            folds.overColumns(passes.passes().get(p), end, shape);
            outer(p + 1, shape);
        }
        for (int s : passes.outerStores()) {
            for (int u = 0; u < shape.count(); u++) {
                store(s, u, shape);
            }
        }
    }

    /// Walks the rows of a block from int local `i` to `end`.
    void walkRows(Pass pass, int i, int end, Shape shape) {
        position = i;
        out.loop(i, end, 1, () -> body(pass, shape));
    }

    private void outer(int p, Shape shape) {
        for (int t : passes.outer(p)) {
            for (int u = 0; u < (terms.get(t).wide() ? shape.count() : 1); u++) {
                term(t, u, shape, -1);
            }
        }
    }

    private void body(Pass pass, Shape shape) {
        offsets(pass);
        for (int u = 0; u < shape.count(); u++) {
            for (int t : pass.terms()) {
                if (u == 0 || terms.get(t).wide()) {
                    term(t, u, shape, pass.reload()[t]);
                }
            }
            for (int r : pass.reductions()) {
                folds.take(r, u, shape);
            }
            for (int s : pass.stores()) {
                store(s, u, shape);
            }
        }
    }

    /// How far the current element is from the start of each memory, once for each size of element.
    private void offsets(Pass pass) {
        for (var row : offset) {
            Arrays.fill(row, -1);
        }
        for (int t : pass.terms()) {
            if (pass.reload()[t] >= 0) {
                offset(nest.sources().size() + pass.reload()[t]);
            } else if (terms.get(t).prim() == Prim.LOAD) {
                offset((int) terms.get(t).bits());
            }
        }
        pass.stores().forEach(s -> offset(nest.sources().size() + s));
    }

    private void offset(int m) {
        int down = strided(m) ? 1 : 0;
        if (offset[down][shift(m)] < 0) {
            code.iload(position).i2l();
            if (down == 1) {
                code.lload(COLUMNS).lmul();
            }
            code.loadConstant(shift(m)).lshl();
            offset[down][shift(m)] = out.keep(TypeKind.LONG);
        }
    }

    private boolean strided(int m) {
        return nest.axis() == Nest.Axis.COLUMNS && mode(m) == Mode.FULL;
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

    private void address(int m, int u) {
        var mode = mode(m);
        switch (passes.level(mode)) {
            case ONCE -> code.lload(base[m]);
            case OUTER -> {
                code.lload(start[m]);
                if (nest.axis() == Nest.Axis.ROWS) {
                    code.lload(at).loadConstant(shift(m)).lshl().ladd();
                }
            }
            case INNER -> code.lload(start[m]).lload(offset[strided(m) ? 1 : 0][shift(m)]).ladd();
        }
        if (u > 0) {
            code.loadConstant((long) u * Wide.LANES << shift(m)).ladd();
        }
    }

    private void term(int t, int u, Shape shape, int reload) {
        var term = terms.get(t);
        boolean vector = shape.wide() && term.wide();
        out.line(term.line());
        if (term.prim() == Prim.NUMBER) {
            operations.number(term);
        } else if (reload >= 0 || term.prim() == Prim.LOAD) {
            int m = reload >= 0 ? nest.sources().size() + reload : (int) term.bits();
            if (vector) {
                operations.loadWide(dtype(m), () -> address(m, u), () -> code.aload(mask), shape.masked());
            } else {
                address(m, 0);
                operations.load(dtype(m));
            }
        } else if (vector) {
            operations.wide(term, terms.get(term.arg(0)).kind(), a -> pushWide(a, u));
        } else {
            operations.scalar(term, terms.get(term.arg(0)).kind(), this::pushNumber);
        }
        if (vector) {
            wide[u][t] = out.keep(TypeKind.REFERENCE);
        } else {
            result(t, shape.wide() || passes.level(term.mode()) == Level.ONCE || nest.axis() != Nest.Axis.COLUMNS);
        }
    }

    /// Keeps the number on the stack as a term's value, and in every lane where vectors ask for it.
    void result(int t, boolean wanted) {
        scalar[t] = out.keep(Assembler.type(terms.get(t).kind(), false));
        if (spread[t] && wanted) {
            pushNumber(t);
            operations.splat(terms.get(t).kind());
            splat[t] = out.keep(TypeKind.REFERENCE);
        }
    }

    /// Keeps the vector on the stack as a term's value.
    void resultWide(int t, int u) {
        wide[u][t] = out.keep(TypeKind.REFERENCE);
    }

    void pushWide(int t, int u) {
        code.aload(terms.get(t).wide() ? wide[u][t] : splat[t]);
    }

    void pushNumber(int t) {
        if (terms.get(t).prim() == Prim.NUMBER) {
            operations.number(terms.get(t));
        } else {
            code.loadLocal(Assembler.type(terms.get(t).kind(), false), scalar[t]);
        }
    }

    void pushMask() {
        code.aload(mask);
    }

    void pushPosition() {
        code.iload(position);
    }

    private void store(int s, int u, Shape shape) {
        int m = nest.sources().size() + s;
        int t = terms.stored(s);
        boolean small = flush && dtype(m) == DType.F32 && terms.maySubnormal(t);
        boolean vector = shape.wide() && (mode(m) == Mode.FULL || mode(m) == Mode.ROW);
        if (vector) {
            pushWide(t, u);
            if (small) {
                flushWide();
            }
            operations.storeWide(dtype(m), () -> address(m, u), this::pushMask, shape.masked());
        } else {
            address(m, 0);
            pushNumber(t);
            if (small) {
                out.callStatic(NATIVES, "flushed", CD_float, CD_float);
            }
            operations.store(dtype(m));
        }
    }

    /// What is below the smallest normal number becomes zero of its sign.
    private void flushWide() {
        int value = out.keep(TypeKind.REFERENCE);
        code.aload(value).aload(value);
        out.call(FLOATS, "reinterpretAsInts", INTS);
        code.aload(sign);
        out.call(INTS, "and", INTS, VECTOR);
        out.call(INTS, "reinterpretAsFloats", FLOATS);
        code.aload(value);
        out.call(FLOATS, "abs", FLOATS);
        out.operator("LT", "Comparison");
        code.aload(smallest);
        out.call(FLOATS, "compare", MASK, Assembler.operator("Comparison"), VECTOR);
        out.call(FLOATS, "blend", FLOATS, VECTOR, MASK);
    }
}
