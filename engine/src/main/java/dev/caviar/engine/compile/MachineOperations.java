package dev.caviar.engine.compile;

import dev.caviar.engine.compile.Straight.Value;
import dev.caviar.engine.compile.Terms.Kind;
import dev.caviar.engine.compile.Terms.Prim;
import dev.caviar.engine.compile.Terms.Term;
import dev.caviar.engine.compile.X86.Code;
import dev.caviar.engine.compile.X86.Constant;
import dev.caviar.engine.compile.X86.Memory;
import dev.caviar.engine.kernel.ReduceFn;
import dev.caviar.engine.memory.DType;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntFunction;

/// One operation of a [Term] in instructions of AVX2 and FMA on eight lanes of 32 bits. A truth is a lane of ones or of zeros. Numbers of 64 bits
/// are positions only: one for a row, in four equal lanes.
final class MachineOperations {
    static final Code MASKED_LOAD = Code.of(2, 1, 0x2c);
    static final Code MASKED_STORE = Code.of(2, 1, 0x2e);

    static final Code ADD = Code.of(1, 0, 0x58);
    static final Code MUL = Code.of(1, 0, 0x59);
    private static final Code SUB = Code.of(1, 0, 0x5c);
    private static final Code MIN = Code.of(1, 0, 0x5d);
    private static final Code DIV = Code.of(1, 0, 0x5e);
    static final Code MAX = Code.of(1, 0, 0x5f);
    private static final Code SQRT = Code.of(1, 0, 0x51);
    private static final Code AND = Code.of(1, 0, 0x54);
    private static final Code OR = Code.of(1, 0, 0x56);
    private static final Code XOR = Code.of(1, 0, 0x57);
    private static final Code COMPARE = Code.of(1, 0, 0xc2);
    static final Code TO_FLOATS = Code.of(1, 0, 0x5b);
    private static final Code TO_INTS = Code.of(1, 2, 0x5b);
    static final Code INT_ADD = Code.of(1, 1, 0xfe);
    private static final Code INT_SUB = Code.of(1, 1, 0xfa);
    private static final Code INT_MUL = Code.of(2, 1, 0x40);
    private static final Code INT_MIN = Code.of(2, 1, 0x39);
    private static final Code INT_MAX = Code.of(2, 1, 0x3d);
    private static final Code INT_ABS = Code.of(2, 1, 0x1e);
    private static final Code INT_ABOVE = Code.of(1, 1, 0x66);
    private static final Code INT_EQUAL = Code.of(1, 1, 0x76);
    private static final Code LONG_EQUAL = Code.of(2, 1, 0x29);
    private static final Code INTS_TO_LONGS = Code.of(2, 1, 0x25);
    private static final Code SPLAT_LONG = Code.of(2, 1, 0x59);
    private static final Code BYTES_TO_INTS = Code.of(2, 1, 0x31);
    private static final Code HALVES_TO_INTS = Code.of(2, 1, 0x33);
    static final Code SPLAT = Code.of(2, 1, 0x18);
    private static final Code SPLAT_BYTE = Code.of(2, 1, 0x78).half();
    private static final Code SPLAT_HALF = Code.of(2, 1, 0x79).half();
    private static final Code EXCHANGE = Code.of(3, 1, 0x06);
    private static final Code PERMUTE = Code.of(3, 1, 0x04);
    static final Code PERMUTE_LONGS = Code.of(3, 1, 0x00).w1();
    private static final Code PACK_HALVES = Code.of(2, 1, 0x2b);
    static final Code PACK_BYTES = Code.of(1, 1, 0x67);
    private static final Code DOUBLE_ADD = Code.of(1, 3, 0x58).half();
    private static final Code TO_DOUBLE = Code.of(1, 2, 0x5a).half();
    private static final Code FROM_DOUBLE = Code.of(1, 3, 0x5a).half();
    static final Code STORE_16 = Code.of(1, 0, 0x11).half();
    private static final Code STORE_8 = Code.of(1, 1, 0xd6).half();
    private static final Code STORE_4 = Code.of(1, 2, 0x11).half();
    private static final Code STORE_2 = Code.of(3, 1, 0x15).half();
    private static final Code STORE_1 = Code.of(3, 1, 0x14).half();

    private static final int EQUAL = 0x00;
    private static final int UNORDERED = 0x03;
    private static final int ORDERED = 0x07;
    private static final int BELOW = 0x11;
    private static final int AT_MOST = 0x12;
    private static final int AT_LEAST = 0x1d;

    private final X86 out;
    private final Map<Integer, Value> words = new HashMap<>();
    private final Constant ones;

    MachineOperations(X86 out) {
        this.out = out;
        this.ones = out.constant(-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    /// Whether there are instructions for a term.
    static boolean can(Nest nest, Terms terms, Term term) {
        if (term.kind() == Kind.L) {
            return !term.wide() && (term.prim() == Prim.LOAD || term.prim() == Prim.ARG && nest.axis() == Nest.Axis.ROWS
                    && terms.get(term.arg(0)).kind() == Kind.F);
        }
        if (term.kind() == Kind.D || term.prim() != Prim.EQ && term.args().stream().anyMatch(a -> terms.get(a).kind() == Kind.L)) {
            return false;
        }
        return switch (term.prim()) {
            case LOAD -> can(nest.sources().get((int) term.bits()).dtype());
            case UNARY, BINARY, RARELY, QUOTIENT, POWER, ROUND_F16, ARG -> false;
            case REDUCE -> term.kind() == Kind.F && term.bits() != ReduceFn.PROD.ordinal();
            case DIV -> term.kind() == Kind.F;
            case CONVERT -> terms.get(term.arg(0)).kind() == Kind.F || terms.get(term.arg(0)).kind() == Kind.I;
            default -> true;
        };
    }

    static boolean can(DType dtype) {
        return switch (dtype) {
            case F32, I32, BF16, U8, BOOL -> true;
            case F64, F16, I64 -> false;
        };
    }

    // Numbers.

    private Value word(int bits) {
        return words.computeIfAbsent(bits, b -> Value.at(out.word(b)));
    }

    Value number(float value) {
        return word(Float.floatToRawIntBits(value));
    }

    Value zero() {
        return word(0);
    }

    Value number(Term term) {
        return word(term.kind() == Kind.M ? term.bits() == 0 ? 0 : -1 : (int) term.bits());
    }

    /// Eight lanes of ones with as many of zeros behind them; points at the zeros.
    Constant lanes() {
        return new Constant(ones.offset() + 32);
    }

    // Operations.

    Value term(Straight code, Terms terms, Term term, IntFunction<Value> values) {
        var kind = term.kind();
        var from = terms.get(term.arg(0)).kind();
        var a = values.apply(term.arg(0));
        var b = term.args().size() > 1 ? values.apply(term.arg(1)) : a;
        boolean floats = kind == Kind.F;
        return switch (term.prim()) {
            case ADD -> code.binary(floats ? ADD : INT_ADD, a, b);
            case SUB -> code.binary(floats ? SUB : INT_SUB, a, b);
            case MUL -> code.binary(floats ? MUL : INT_MUL, a, b);
            case DIV -> code.binary(DIV, a, b);
            case FMA -> code.fma(a, b, values.apply(term.arg(2)));
            case NEG -> floats ? code.binary(XOR, a, word(Integer.MIN_VALUE)) : code.binary(INT_SUB, zero(), a);
            case ABS -> floats ? code.binary(AND, a, word(Integer.MAX_VALUE)) : code.unary(INT_ABS, a);
            case SQRT -> code.unary(SQRT, a);
            case MIN, MAX -> {
                boolean largest = term.prim() == Prim.MAX;
                yield floats ? extreme(code, terms, term, a, b) : code.binary(largest ? INT_MAX : INT_MIN, a, b);
            }
            case LT -> from == Kind.F ? code.binary(COMPARE, a, b, BELOW) : code.binary(INT_ABOVE, b, a);
            case LE -> from == Kind.F ? code.binary(COMPARE, a, b, AT_MOST) : code.binary(XOR, code.binary(INT_ABOVE, a, b), word(-1));
            case EQ -> from == Kind.F ? code.binary(COMPARE, a, b, EQUAL) : code.binary(from == Kind.L ? LONG_EQUAL : INT_EQUAL, a, b);
            case AND -> code.binary(AND, a, b);
            case OR -> code.binary(OR, a, b);
            case XOR -> code.binary(XOR, a, b);
            case NOT -> code.binary(XOR, a, word(-1));
            case SELECT -> code.blend(a, b, values.apply(term.arg(2)));
            case BITS, FLOATS -> a;
            case CONVERT -> floats ? code.unary(TO_FLOATS, a) : toInts(code, a);
            case SHL -> code.shift(0x72, 6, a, (int) term.bits());
            case SHR -> code.shift(0x72, 4, a, (int) term.bits());
            case USHR -> code.shift(0x72, 2, a, (int) term.bits());
            case LOAD, NUMBER, ROUND_F16, UNARY, BINARY, RARELY, QUOTIENT, POWER, REDUCE, ARG -> throw new AssertionError(term);
        };
    }

    /// As Java casts: NaN to 0, what is too large to the largest. The instruction gives the smallest number for all of them.
    private Value toInts(Straight code, Value a) {
        var whole = code.unary(TO_INTS, a);
        var mended = code.binary(XOR, whole, code.binary(COMPARE, a, number(0x1p31f), AT_LEAST));
        return code.binary(AND, mended, code.binary(COMPARE, a, a, ORDERED));
    }

    /// Beside a number that is not NaN, the instruction's rule (the second operand, if one is NaN or both are zeros) is nearly Java's.
    private Value extreme(Straight code, Terms terms, Term term, Value a, Value b) {
        boolean largest = term.prim() == Prim.MAX;
        for (int k = 0; k < 2; k++) {
            var number = terms.get(term.arg(k));
            float value = Float.intBitsToFloat((int) number.bits());
            if (number.prim() == Prim.NUMBER && !Float.isNaN(value) && (largest || (int) number.bits() != Integer.MIN_VALUE)) {
                var found = code.binary(largest ? MAX : MIN, k == 0 ? a : b, k == 0 ? b : a);
                // −0 + 0 is 0.
                return largest && number.bits() == 0 ? code.binary(ADD, found, zero()) : found;
            }
        }
        return extreme(code, largest, a, b);
    }

    /// As Java does it, with −0 below 0: of two zeros the instruction takes the second operand, which therefore is the one that may win.
    private Value extreme(Straight code, boolean largest, Value a, Value b) {
        var first = largest ? code.blend(a, a, b) : code.blend(a, b, a);
        var second = largest ? code.blend(a, b, a) : code.blend(a, a, b);
        var found = code.binary(largest ? MAX : MIN, first, second);
        return code.blend(unordered(code, first), first, found);
    }

    Value unordered(Straight code, Value a) {
        return code.binary(COMPARE, a, a, UNORDERED);
    }

    Value sub(Straight code, Value a, Value b) {
        return code.binary(SUB, a, b);
    }

    Value combine(Straight code, ReduceFn fn, Value a, Value b) {
        return switch (fn) {
            case SUM -> code.binary(ADD, a, b);
            case PROD -> code.binary(MUL, a, b);
            case MAX -> extreme(code, true, a, b);
            case MIN -> extreme(code, false, a, b);
        };
    }

    /// Lane i gets lane i + distance of those that count; the others are their copies.
    Value turned(Straight code, Value a, int distance) {
        return distance == 4 ? code.binary(EXCHANGE, a, a, 1) : code.unary(PERMUTE, a, distance == 2 ? 0x4e : 0xb1);
    }

    /// Where `v` is the new largest, for which NaN counts, or the new smallest, above which NaN is; of equals the old one stays.
    Value beats(Straight code, boolean largest, Value v, Value best) {
        var nan = unordered(code, largest ? v : best);
        var number = code.binary(COMPARE, largest ? best : v, largest ? best : v, ORDERED);
        return code.binary(OR, code.binary(AND, nan, number), code.binary(COMPARE, largest ? best : v, largest ? v : best, BELOW));
    }

    /// Where two are equal, or both NaN, and the first position is behind the second.
    Value behind(Straight code, Value a, Value place, Value b, Value other) {
        var equal = code.binary(OR, code.binary(COMPARE, a, b, EQUAL), code.binary(AND, unordered(code, a), unordered(code, b)));
        return code.binary(AND, equal, code.binary(INT_ABOVE, place, other));
    }

    Value or(Straight code, Value a, Value b) {
        return code.binary(OR, a, b);
    }

    /// The numbers from `first` on, one in each lane.
    Value from(int first) {
        return Value.at(out.constant(first, first + 1, first + 2, first + 3, first + 4, first + 5, first + 6, first + 7));
    }

    /// Positions from the number at `place` on.
    Value positions(Straight code, Memory place, Value from) {
        return code.binary(INT_ADD, code.load(SPLAT, place), from);
    }

    Value longs(Straight code, Value a) {
        return code.unary(INTS_TO_LONGS, a);
    }

    /// The F64 in the first lanes and the F32 in the first lane.
    Value addDouble(Straight code, Value total, Value a) {
        return code.binary(DOUBLE_ADD, total, code.binary(TO_DOUBLE, a, a));
    }

    Value splatDouble(Straight code, Value total) {
        return code.unary(SPLAT, code.binary(FROM_DOUBLE, total, total));
    }

    /// What is below the smallest normal number becomes zero of its sign.
    Value flushed(Straight code, Value a) {
        var small = code.binary(COMPARE, code.binary(AND, a, word(Integer.MAX_VALUE)), number(Float.MIN_NORMAL), BELOW);
        return code.blend(small, code.binary(AND, a, word(Integer.MIN_VALUE)), a);
    }

    // Memory.

    Value load(Straight code, DType dtype, Memory from) {
        return switch (dtype) {
            case F32, I32 -> code.load(Straight.LOAD, from);
            case BF16 -> code.shift(0x72, 6, code.load(HALVES_TO_INTS, from), 16);
            case U8 -> code.load(BYTES_TO_INTS, from);
            case BOOL -> code.binary(INT_ABOVE, code.load(BYTES_TO_INTS, from), zero());
            case F64, F16, I64 -> throw new AssertionError(dtype);
        };
    }

    /// One number in every lane.
    Value loadOne(Straight code, DType dtype, Memory from) {
        return switch (dtype) {
            case F32, I32 -> code.load(SPLAT, from);
            case BF16 -> code.shift(0x72, 6, code.unary(HALVES_TO_INTS, code.load(SPLAT_HALF, from)), 16);
            case U8 -> code.unary(BYTES_TO_INTS, code.load(SPLAT_BYTE, from));
            case BOOL -> code.binary(INT_ABOVE, code.unary(BYTES_TO_INTS, code.load(SPLAT_BYTE, from)), zero());
            case I64 -> code.load(SPLAT_LONG, from);
            case F64, F16 -> throw new AssertionError(dtype);
        };
    }

    /// Eight numbers side by side as they lie in memory.
    Value packed(Straight code, DType dtype, Value a) {
        return switch (dtype) {
            case F32, I32 -> a;
            case BF16 -> halves(code, code.shift(0x72, 2, a, 16));
            case U8 -> bytes(code, a);
            case BOOL -> bytes(code, code.binary(AND, a, word(1)));
            case F64, F16, I64 -> throw new AssertionError(dtype);
        };
    }

    /// Packing works in halves of 128 bits.
    private Value halves(Straight code, Value a) {
        return code.unary(PERMUTE_LONGS, code.binary(PACK_HALVES, a, a), 0xd8);
    }

    private Value bytes(Straight code, Value a) {
        var halves = halves(code, a);
        return code.binary(PACK_BYTES, halves, halves);
    }

    void store(Straight code, DType dtype, Value packed, Memory place) {
        switch (dtype) {
            case F32, I32 -> code.store(packed, place);
            case BF16 -> code.store(STORE_16, packed, place, -1);
            case U8, BOOL -> code.store(STORE_8, packed, place, -1);
            case F64, F16, I64 -> throw new AssertionError(dtype);
        }
    }

    Value packedOne(Straight code, DType dtype, Value a) {
        return switch (dtype) {
            case F32, I32, U8, I64 -> a;
            case BF16 -> code.shift(0x72, 2, a, 16);
            case BOOL -> code.binary(AND, a, word(1));
            case F64, F16 -> throw new AssertionError(dtype);
        };
    }

    void storeOne(Straight code, DType dtype, Value a, Memory place) {
        switch (dtype) {
            case F32, I32 -> code.store(STORE_4, a, place, -1);
            case I64 -> code.store(STORE_8, a, place, -1);
            case BF16 -> code.store(STORE_2, a, place, 0);
            case U8, BOOL -> code.store(STORE_1, a, place, 0);
            case F64, F16 -> throw new AssertionError(dtype);
        }
    }
}
