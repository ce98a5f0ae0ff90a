package dev.caviar.engine.compile;

import static dev.caviar.engine.compile.Assembler.FLOATS;
import static dev.caviar.engine.compile.Assembler.MASK;
import static dev.caviar.engine.compile.Assembler.MATH;
import static dev.caviar.engine.compile.Assembler.NATIVES;
import static dev.caviar.engine.compile.Assembler.VECTOR;
import static dev.caviar.engine.compile.Assembler.operator;
import static dev.caviar.engine.compile.Assembler.primitive;
import static java.lang.constant.ConstantDescs.CD_boolean;

import dev.caviar.engine.compile.Emitter.Shape;
import dev.caviar.engine.compile.Passes.Pass;
import dev.caviar.engine.compile.Terms.Kind;
import dev.caviar.engine.compile.Terms.Prim;
import dev.caviar.engine.compile.Terms.Term;
import dev.caviar.engine.kernel.ReduceFn;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;

/// The reductions of a pass. So many terms go into a lane, and then the sum moves on: along a row into F64, along columns
/// by Kahan's compensation, so that the error stays near that of a short sum. The order is fixed by the shape alone.
final class Folds {
    /// Rounds of a loop whose terms go into the same lanes.
    static final int ROUNDS = 64;

    private final Emitter emitter;
    private final Assembler out;
    private final CodeBuilder code;
    private final Operations operations;
    private final Terms terms;
    /// Locals of running totals, where they are numbers; of the position that an [Prim#ARG] found.
    private final int[] total;
    private final int[] place;
    /// Locals of running vectors, of totals of blocks, and of what those have lost.
    private final int[][] lanes;
    private final int[][] sums;
    private final int[][] lost;

    Folds(Emitter emitter, Assembler out, Operations operations, Nest nest, Terms terms) {
        this.emitter = emitter;
        this.out = out;
        this.code = out.code;
        this.operations = operations;
        this.terms = terms;
        int count = terms.list().size();
        this.total = new int[count];
        this.place = new int[count];
        this.lanes = new int[count][8];
        this.sums = new int[count][8];
        this.lost = new int[count][8];
    }

    /// One pass over a row; `unroll` is 0 without vectors.
    void overRow(Pass pass, int end, int unroll) {
        pass.reductions().forEach(this::begin);
        code.iconst_0();
        int j = out.keep(TypeKind.INT);
        if (unroll == 0 || pass.reductions().isEmpty()) {
            emitter.walkRow(pass, j, end);
        } else {
            int block = ROUNDS * unroll * Wide.LANES;
            out.loop(j, end, 0, () -> {
                code.iload(j).loadConstant(block).iadd().iload(end);
                out.callStatic(MATH, "min", primitive(Kind.I), primitive(Kind.I), primitive(Kind.I));
                int stop = out.keep(TypeKind.INT);
                pass.reductions().forEach(r -> beginWide(r, unroll));
                emitter.walkRow(pass, j, stop);
                pass.reductions().forEach(r -> foldRow(r, unroll));
            });
        }
        pass.reductions().forEach(r -> {
            pushResult(r);
            emitter.result(r, true);
        });
    }

    /// One pass over the rows of a block of columns.
    void overColumns(Pass pass, int end, Shape shape) {
        if (!shape.wide()) {
            pass.reductions().forEach(this::begin);
        }
        code.iconst_0();
        int i = out.keep(TypeKind.INT);
        if (!shape.wide() || pass.reductions().isEmpty()) {
            emitter.walkRows(pass, i, end, shape);
        } else {
            pass.reductions().forEach(r -> beginSums(r, shape.count()));
            out.loop(i, end, 0, () -> {
                code.iload(i).loadConstant(ROUNDS).iadd().iload(end);
                out.callStatic(MATH, "min", primitive(Kind.I), primitive(Kind.I), primitive(Kind.I));
                int stop = out.keep(TypeKind.INT);
                pass.reductions().forEach(r -> beginWide(r, shape.count()));
                emitter.walkRows(pass, i, stop, shape);
                pass.reductions().forEach(r -> foldColumns(r, shape.count()));
            });
        }
        for (int r : pass.reductions()) {
            if (shape.wide()) {
                for (int u = 0; u < shape.count(); u++) {
                    code.aload(sums[r][u]);
                    emitter.resultWide(r, u);
                }
            } else {
                pushResult(r);
                emitter.result(r, false);
            }
        }
    }

    private static ReduceFn fn(Term term) {
        return ReduceFn.values()[(int) term.bits()];
    }

    /// Sums and products of floats are kept in F64.
    private Kind totalKind(Term term) {
        var kind = operand(term);
        return kind == Kind.F && term.prim() == Prim.REDUCE && (fn(term) == ReduceFn.SUM || fn(term) == ReduceFn.PROD) ? Kind.D : kind;
    }

    private Kind operand(Term term) {
        return terms.get(term.arg(0)).kind();
    }

    private void begin(int r) {
        var term = terms.get(r);
        var kind = totalKind(term);
        if (term.prim() == Prim.ARG) {
            code.lconst_0();
            place[r] = out.keep(TypeKind.LONG);
            // Any number is below NaN.
            extreme(kind, term.bits() == 1, true);
        } else {
            switch (fn(term)) {
                case SUM -> whole(kind, 0);
                case PROD -> whole(kind, 1);
                case MAX -> extreme(kind, true, false);
                case MIN -> extreme(kind, false, false);
            }
        }
        total[r] = out.keep(Assembler.type(kind, false));
    }

    private void whole(Kind kind, int value) {
        switch (kind) {
            case F -> code.loadConstant((float) value);
            case D -> code.loadConstant((double) value);
            case L -> code.loadConstant((long) value);
            case I, M -> code.loadConstant(value);
        }
    }

    /// What every number is at least as large (or small) as.
    private void extreme(Kind kind, boolean largest, boolean nan) {
        switch (kind) {
            case F -> code.loadConstant(largest ? Float.NEGATIVE_INFINITY : nan ? Float.NaN : Float.POSITIVE_INFINITY);
            case D -> code.loadConstant(largest ? Double.NEGATIVE_INFINITY : nan ? Double.NaN : Double.POSITIVE_INFINITY);
            case L -> code.loadConstant(largest ? Long.MIN_VALUE : Long.MAX_VALUE);
            case I, M -> code.loadConstant(largest ? Integer.MIN_VALUE : Integer.MAX_VALUE);
        }
    }

    private void beginWide(int r, int count) {
        for (int u = 0; u < count; u++) {
            identity(r);
            lanes[r][u] = out.keep(TypeKind.REFERENCE);
        }
    }

    private void identity(int r) {
        switch (fn(terms.get(r))) {
            case SUM -> code.fconst_0();
            case PROD -> code.fconst_1();
            case MAX -> code.loadConstant(Float.NEGATIVE_INFINITY);
            case MIN -> code.loadConstant(Float.POSITIVE_INFINITY);
        }
        operations.splat(Kind.F);
    }

    private void beginSums(int r, int count) {
        for (int u = 0; u < count; u++) {
            identity(r);
            sums[r][u] = out.keep(TypeKind.REFERENCE);
            if (fn(terms.get(r)) == ReduceFn.SUM) {
                identity(r);
                lost[r][u] = out.keep(TypeKind.REFERENCE);
            }
        }
    }

    /// Takes the current element or elements in.
    void take(int r, int u, Shape shape) {
        var term = terms.get(r);
        int a = term.arg(0);
        if (term.prim() == Prim.ARG) {
            takePlace(r, a);
        } else if (shape.wide()) {
            code.aload(lanes[r][u]);
            if (shape.masked()) {
                identity(r);
            }
            emitter.pushWide(a, u);
            if (shape.masked()) {
                emitter.pushMask();
                out.call(FLOATS, "blend", FLOATS, VECTOR, MASK);
            }
            combineWide(fn(term));
            code.astore(lanes[r][u]);
        } else {
            var kind = totalKind(term);
            code.loadLocal(Assembler.type(kind, false), total[r]);
            emitter.pushNumber(a);
            if (kind != operand(term)) {
                code.f2d();
            }
            combine(fn(term), kind);
            code.storeLocal(Assembler.type(kind, false), total[r]);
        }
    }

    private void takePlace(int r, int a) {
        var kind = operand(terms.get(r));
        var type = Assembler.type(kind, false);
        var next = code.newLabel();
        emitter.pushNumber(a);
        widen(kind);
        code.loadLocal(type, total[r]);
        widen(kind);
        var compared = kind == Kind.I ? primitive(Kind.L) : primitive(kind);
        out.callStatic(NATIVES, terms.get(r).bits() == 1 ? "above" : "below", CD_boolean, compared, compared);
        code.ifeq(next);
        emitter.pushNumber(a);
        code.storeLocal(type, total[r]);
        emitter.pushPosition();
        code.i2l().lstore(place[r]).labelBinding(next);
    }

    private void widen(Kind kind) {
        if (kind == Kind.I) {
            code.i2l();
        }
    }

    private void combine(ReduceFn fn, Kind kind) {
        switch (fn) {
            case SUM -> {
                switch (kind) {
                    case F -> code.fadd();
                    case D -> code.dadd();
                    case L -> code.ladd();
                    case I, M -> code.iadd();
                }
            }
            case PROD -> {
                switch (kind) {
                    case F -> code.fmul();
                    case D -> code.dmul();
                    case L -> code.lmul();
                    case I, M -> code.imul();
                }
            }
            case MAX, MIN -> out.callStatic(MATH, fn == ReduceFn.MAX ? "max" : "min", primitive(kind), primitive(kind), primitive(kind));
        }
    }

    private void combineWide(ReduceFn fn) {
        out.call(FLOATS, switch (fn) {
            case SUM -> "add";
            case PROD -> "mul";
            case MAX -> "max";
            case MIN -> "min";
        }, FLOATS, VECTOR);
    }

    /// A block's vectors into the number that stands for the row.
    private void foldRow(int r, int count) {
        var fn = fn(terms.get(r));
        var kind = totalKind(terms.get(r));
        code.loadLocal(Assembler.type(kind, false), total[r]);
        for (int u = 0; u < count; u++) {
            code.aload(lanes[r][u]);
            if (u > 0) {
                combineWide(fn);
            }
        }
        if (fn == ReduceFn.SUM) {
            operations.foldSum();
            code.f2d();
        } else {
            operations.foldExtreme(fn == ReduceFn.MAX);
        }
        combine(fn, kind);
        code.storeLocal(Assembler.type(kind, false), total[r]);
    }

    private void foldColumns(int r, int count) {
        for (int u = 0; u < count; u++) {
            if (fn(terms.get(r)) == ReduceFn.SUM) {
                compensated(sums[r][u], lost[r][u], lanes[r][u]);
            } else {
                code.aload(sums[r][u]).aload(lanes[r][u]);
                combineWide(fn(terms.get(r)));
                code.astore(sums[r][u]);
            }
        }
    }

    /// Kahan: what the sum lost is taken off the next part. Past infinity there is nothing to compensate.
    private void compensated(int sum, int lost, int part) {
        code.aload(part).aload(lost);
        sub();
        int less = out.keep(TypeKind.REFERENCE);
        code.aload(sum).aload(less);
        combineWide(ReduceFn.SUM);
        int next = out.keep(TypeKind.REFERENCE);
        code.aload(next).aload(sum);
        sub();
        code.aload(less);
        sub();
        int gone = out.keep(TypeKind.REFERENCE);
        code.aload(gone).fconst_0();
        operations.splat(Kind.F);
        code.aload(gone);
        out.operator("NE", "Comparison");
        code.aload(gone);
        out.call(FLOATS, "compare", MASK, operator("Comparison"), VECTOR);
        out.call(FLOATS, "blend", FLOATS, VECTOR, MASK);
        code.astore(lost).aload(next).astore(sum);
    }

    private void sub() {
        out.call(FLOATS, "sub", FLOATS, VECTOR);
    }

    /// The number that a reduction ends with.
    private void pushResult(int r) {
        var term = terms.get(r);
        if (term.prim() == Prim.ARG) {
            code.lload(place[r]);
        } else {
            var kind = totalKind(term);
            code.loadLocal(Assembler.type(kind, false), total[r]);
            if (kind != operand(term)) {
                code.d2f();
            }
        }
    }
}
