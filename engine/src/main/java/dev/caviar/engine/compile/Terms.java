package dev.caviar.engine.compile;

import dev.caviar.engine.compile.Values.Mode;
import dev.caviar.engine.kernel.BinaryFn;
import dev.caviar.engine.kernel.Functions;
import dev.caviar.engine.kernel.Lanes;
import dev.caviar.engine.kernel.UnaryFn;
import dev.caviar.engine.memory.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A nest in operations of the machine, each once: elementary functions are written out by [Functions], types that have no
/// arithmetic of their own are widened.
///
/// Half floats are computed in F32 inside a nest and rounded where they are stored or cast.
final class Terms implements Lanes<Integer, Integer, Integer> {
    /// What a value is while it is computed: F32, a 32-bit integer, a truth, F64 or I64. Only the first three come as vectors.
    enum Kind { F, I, M, D, L }

    /// `bits` of a term say which number, source, count of bits or function.
    enum Prim {
        LOAD, NUMBER, ADD, SUB, MUL, DIV, FMA, NEG, ABS, SQRT, MIN, MAX, LT, LE, EQ, AND, OR, XOR, NOT, SELECT, BITS, FLOATS,
        CONVERT, SHL, SHR, USHR, ROUND_F16, UNARY, BINARY, RARELY, QUOTIENT, POWER, REDUCE, ARG
    }

    /// One operation. `line` is the instruction that asked for it first, counted from 1.
    record Term(Prim prim, Kind kind, List<Integer> args, long bits, Mode mode, int phase, int line) {
        int arg(int i) {
            return args.get(i);
        }

        /// Whether it varies along a row, and so fills vectors.
        boolean wide() {
            return mode == Mode.ROW || mode == Mode.FULL;
        }
    }

    private record Key(Prim prim, Kind kind, List<Integer> args, long bits) {}

    private final Nest nest;
    private final boolean functions;
    private final List<Term> terms = new ArrayList<>();
    private final Map<Key, Integer> known = new HashMap<>();
    private final int[] values;
    private final int[] stored;
    private final Mode reduced;
    private int line;

    private Terms(Nest nest, boolean functions) {
        this.nest = nest;
        this.functions = functions;
        this.values = new int[nest.sources().size() + nest.instructions().size()];
        this.stored = new int[nest.stores().size()];
        this.reduced = nest.reduced();
    }

    /// With `functions`, exp and its kin are written out in F32; otherwise they are what plain Java computes in F64.
    static Terms of(Nest nest, boolean functions) {
        var terms = new Terms(nest, functions);
        int sources = nest.sources().size();
        for (int k = 0; k < sources; k++) {
            terms.values[k] = terms.add(Prim.LOAD, kind(nest.sources().get(k).dtype()), k);
        }
        for (int k = 0; k < nest.instructions().size(); k++) {
            terms.line = k + 1;
            terms.values[sources + k] = terms.instruction(nest.instructions().get(k));
        }
        for (int s = 0; s < terms.stored.length; s++) {
            int value = nest.stores().get(s).value();
            terms.stored[s] = nest.dtype(value) == DType.BF16 ? terms.brain(terms.values[value]) : terms.values[value];
        }
        return terms;
    }

    List<Term> list() {
        return terms;
    }

    Term get(int term) {
        return terms.get(term);
    }

    /// The term that store `s` writes.
    int stored(int s) {
        return stored[s];
    }

    static Kind kind(DType dtype) {
        return switch (dtype) {
            case F32, BF16, F16 -> Kind.F;
            case F64 -> Kind.D;
            case I64 -> Kind.L;
            case I32, U8 -> Kind.I;
            case BOOL -> Kind.M;
        };
    }

    /// Whether a term can be subnormal although nothing that was read is.
    boolean maySubnormal(int t) {
        Term term = get(t);
        return switch (term.prim()) {
            case LOAD, NUMBER, SQRT -> false;
            case SELECT -> maySubnormal(term.arg(1)) || maySubnormal(term.arg(2));
            case NEG, ABS, MIN, MAX -> term.args().stream().anyMatch(this::maySubnormal);
            case CONVERT -> get(term.arg(0)).kind() == Kind.D;
            default -> true;
        };
    }

    private Integer add(Prim prim, Kind kind, long bits, Integer... args) {
        var list = List.of(args);
        return known.computeIfAbsent(new Key(prim, kind, list, bits), key -> {
            var mode = switch (prim) {
                case LOAD -> nest.sources().get((int) bits).mode();
                case REDUCE, ARG -> reduced;
                default -> list.stream().map(a -> get(a).mode).reduce(Mode.SCALAR, Nest::join);
            };
            int phase = list.stream().mapToInt(a -> get(a).phase).max().orElse(0) + (prim == Prim.REDUCE || prim == Prim.ARG ? 1 : 0);
            terms.add(new Term(prim, kind, list, bits, mode, phase, line));
            return terms.size() - 1;
        });
    }

    private Integer instruction(Nest.Instruction instruction) {
        return switch (instruction) {
            case Nest.Map1(var fn, var dtype, int a) -> narrow(dtype, unary(fn, values[a], nest.dtype(a)));
            case Nest.Map2(var fn, var dtype, int a, int b) -> narrow(dtype, binary(fn, values[a], values[b]));
            case Nest.Choose(_, int c, int a, int b) -> choose(values[c], values[a], values[b]);
            case Nest.Convert(var to, int a) -> nest.dtype(a) == to ? values[a] : convert(to, values[a]);
            case Nest.Reduce(var fn, var dtype, int a) -> narrow(dtype, add(Prim.REDUCE, kind(dtype), fn.ordinal(), values[a]));
            case Nest.Arg(boolean largest, int a) -> add(Prim.ARG, Kind.L, largest ? 1 : 0, values[a]);
        };
    }

    /// Integers of 8 bits wrap round after each operation.
    private Integer narrow(DType dtype, Integer x) {
        return dtype == DType.U8 ? iand(x, integer(255)) : x;
    }

    private Integer unary(UnaryFn fn, Integer x, DType from) {
        return switch (get(x).kind) {
            case F -> floatUnary(fn, x);
            case D -> doubleUnary(fn, x);
            case M -> not(x);
            case I, L -> switch (fn) {
                case NEG -> add(Prim.NEG, get(x).kind, 0, x);
                case ABS -> from == DType.U8 ? x : add(Prim.ABS, get(x).kind, 0, x);
                case SQUARE -> add(Prim.MUL, get(x).kind, 0, x, x);
                case RELU -> add(Prim.MAX, get(x).kind, 0, x, whole(get(x).kind, 0));
                case SIGN -> choose(less(whole(get(x).kind, 0), x), whole(get(x).kind, 1),
                        choose(less(x, whole(get(x).kind, 0)), whole(get(x).kind, -1), whole(get(x).kind, 0)));
                default -> x;
            };
        };
    }

    private Integer floatUnary(UnaryFn fn, Integer x) {
        if (fn == UnaryFn.NOT || fn == UnaryFn.NOT_FINITE) {
            return Functions.test(fn, this, x);
        }
        boolean exact = switch (fn) {
            case NEG, ABS, SQRT, SQUARE, RELU -> true;
            default -> false;
        };
        if (functions || exact) {
            return Functions.unary(fn, this, x);
        }
        return convert(DType.F32, add(Prim.UNARY, Kind.D, fn.ordinal(), convert(DType.F64, x)));
    }

    private Integer doubleUnary(UnaryFn fn, Integer x) {
        return switch (fn) {
            case NEG -> add(Prim.NEG, Kind.D, 0, x);
            case ABS -> add(Prim.ABS, Kind.D, 0, x);
            case SQRT -> add(Prim.SQRT, Kind.D, 0, x);
            case SQUARE -> add(Prim.MUL, Kind.D, 0, x, x);
            case NOT, NOT_FINITE -> convert(DType.BOOL, add(Prim.UNARY, Kind.D, fn.ordinal(), x));
            default -> add(Prim.UNARY, Kind.D, fn.ordinal(), x);
        };
    }

    private Integer binary(BinaryFn fn, Integer a, Integer b) {
        var kind = get(a).kind;
        if (kind == Kind.M) {
            return switch (fn) {
                case AND, MUL, MIN -> and(a, b);
                case OR, MAX -> or(a, b);
                case EQ -> or(and(a, b), not(or(a, b)));
                default -> and(or(a, b), not(and(a, b)));
            };
        }
        if (kind == Kind.F && functions && !fn.isPredicate()) {
            return Functions.binary(fn, this, a, b);
        }
        return switch (fn) {
            case ADD -> add(Prim.ADD, kind, 0, a, b);
            case SUB -> add(Prim.SUB, kind, 0, a, b);
            case MUL -> add(Prim.MUL, kind, 0, a, b);
            case DIV -> kind == Kind.I || kind == Kind.L ? add(Prim.QUOTIENT, kind, 0, a, b) : add(Prim.DIV, kind, 0, a, b);
            case MAX -> add(Prim.MAX, kind, 0, a, b);
            case MIN -> add(Prim.MIN, kind, 0, a, b);
            case POW -> kind == Kind.I || kind == Kind.L ? add(Prim.POWER, kind, 0, a, b)
                    : kind == Kind.D ? add(Prim.BINARY, kind, fn.ordinal(), a, b)
                    : convert(DType.F32, add(Prim.BINARY, Kind.D, fn.ordinal(), convert(DType.F64, a), convert(DType.F64, b)));
            case EQ -> equal(a, b);
            case NE -> not(equal(a, b));
            case LT -> less(a, b);
            case LE -> add(Prim.LE, Kind.M, 0, a, b);
            case GT -> less(b, a);
            case GE -> add(Prim.LE, Kind.M, 0, b, a);
            case AND -> and(convert(DType.BOOL, a), convert(DType.BOOL, b));
            case OR -> or(convert(DType.BOOL, a), convert(DType.BOOL, b));
        };
    }

    private Integer equal(Integer a, Integer b) {
        return add(Prim.EQ, Kind.M, 0, a, b);
    }

    private Integer less(Integer a, Integer b) {
        return add(Prim.LT, Kind.M, 0, a, b);
    }

    private Integer choose(Integer condition, Integer a, Integer b) {
        return get(a).kind == Kind.M ? or(and(condition, a), and(not(condition), b))
                : add(Prim.SELECT, get(a).kind, 0, condition, a, b);
    }

    /// A whole number of a kind.
    private Integer whole(Kind kind, int value) {
        return add(Prim.NUMBER, kind, switch (kind) {
            case F -> Float.floatToRawIntBits(value);
            case D -> Double.doubleToRawLongBits(value);
            case I, L, M -> value;
        });
    }

    private Integer convert(DType to, Integer x) {
        var from = get(x).kind;
        return switch (to) {
            case BOOL -> from == Kind.M ? x : not(equal(x, whole(from, 0)));
            case U8 -> from == Kind.M ? plain(Kind.I, x) : iand(plain(Kind.I, x), integer(255));
            case BF16 -> brain(plain(Kind.F, x));
            case F16 -> add(Prim.ROUND_F16, Kind.F, 0, plain(Kind.F, x));
            case F32, F64, I64, I32 -> plain(kind(to), x);
        };
    }

    /// As Java converts, except that I64 goes to F32 by way of F64, as the loops of one op do.
    private Integer plain(Kind to, Integer x) {
        var from = get(x).kind;
        if (from == to) {
            return x;
        }
        if (from == Kind.M) {
            return add(Prim.SELECT, to, 0, x, whole(to, 1), whole(to, 0));
        }
        return from == Kind.L && to == Kind.F ? plain(Kind.F, plain(Kind.D, x)) : add(Prim.CONVERT, to, 0, x);
    }

    /// Rounds to a number of 16 upper bits: to nearest even by adding just under half, or half where the kept part is odd.
    private Integer brain(Integer x) {
        var bits = bits(x);
        var rounded = iadd(bits, iadd(integer(0x7fff), iand(iushr(bits, 16), integer(1))));
        var kept = iselect(eq(x, x), rounded, ior(bits, integer(0x400000)));
        return floats(iand(kept, integer(0xffff0000)));
    }

    @Override
    public Integer number(float value) {
        return add(Prim.NUMBER, Kind.F, Float.floatToRawIntBits(value));
    }

    @Override
    public Integer integer(int value) {
        return add(Prim.NUMBER, Kind.I, value);
    }

    @Override
    public Integer add(Integer a, Integer b) {
        return add(Prim.ADD, Kind.F, 0, a, b);
    }

    @Override
    public Integer sub(Integer a, Integer b) {
        return add(Prim.SUB, Kind.F, 0, a, b);
    }

    @Override
    public Integer mul(Integer a, Integer b) {
        return add(Prim.MUL, Kind.F, 0, a, b);
    }

    @Override
    public Integer div(Integer a, Integer b) {
        return add(Prim.DIV, Kind.F, 0, a, b);
    }

    @Override
    public Integer fma(Integer a, Integer b, Integer c) {
        return add(Prim.FMA, Kind.F, 0, a, b, c);
    }

    @Override
    public Integer neg(Integer a) {
        return add(Prim.NEG, Kind.F, 0, a);
    }

    @Override
    public Integer abs(Integer a) {
        return add(Prim.ABS, Kind.F, 0, a);
    }

    @Override
    public Integer sqrt(Integer a) {
        return add(Prim.SQRT, Kind.F, 0, a);
    }

    @Override
    public Integer min(Integer a, Integer b) {
        return add(Prim.MIN, Kind.F, 0, a, b);
    }

    @Override
    public Integer max(Integer a, Integer b) {
        return add(Prim.MAX, Kind.F, 0, a, b);
    }

    @Override
    public Integer lt(Integer a, Integer b) {
        return less(a, b);
    }

    @Override
    public Integer le(Integer a, Integer b) {
        return add(Prim.LE, Kind.M, 0, a, b);
    }

    @Override
    public Integer eq(Integer a, Integer b) {
        return equal(a, b);
    }

    @Override
    public Integer and(Integer a, Integer b) {
        return add(Prim.AND, Kind.M, 0, a, b);
    }

    @Override
    public Integer or(Integer a, Integer b) {
        return add(Prim.OR, Kind.M, 0, a, b);
    }

    @Override
    public Integer not(Integer a) {
        return add(Prim.NOT, Kind.M, 0, a);
    }

    @Override
    public Integer select(Integer mask, Integer a, Integer b) {
        return add(Prim.SELECT, Kind.F, 0, mask, a, b);
    }

    @Override
    public Integer iselect(Integer mask, Integer a, Integer b) {
        return add(Prim.SELECT, Kind.I, 0, mask, a, b);
    }

    @Override
    public Integer rarely(Integer mask, UnaryFn fn, Integer x, Integer usual) {
        return add(Prim.RARELY, Kind.F, fn.ordinal(), mask, x, usual);
    }

    @Override
    public Integer bits(Integer a) {
        return get(a).prim == Prim.FLOATS ? get(a).arg(0) : add(Prim.BITS, Kind.I, 0, a);
    }

    @Override
    public Integer floats(Integer a) {
        return get(a).prim == Prim.BITS ? get(a).arg(0) : add(Prim.FLOATS, Kind.F, 0, a);
    }

    @Override
    public Integer toFloats(Integer a) {
        return add(Prim.CONVERT, Kind.F, 0, a);
    }

    @Override
    public Integer toInts(Integer a) {
        return add(Prim.CONVERT, Kind.I, 0, a);
    }

    @Override
    public Integer iadd(Integer a, Integer b) {
        return add(Prim.ADD, Kind.I, 0, a, b);
    }

    @Override
    public Integer isub(Integer a, Integer b) {
        return add(Prim.SUB, Kind.I, 0, a, b);
    }

    @Override
    public Integer imul(Integer a, Integer b) {
        return add(Prim.MUL, Kind.I, 0, a, b);
    }

    @Override
    public Integer iand(Integer a, Integer b) {
        return add(Prim.AND, Kind.I, 0, a, b);
    }

    @Override
    public Integer ior(Integer a, Integer b) {
        return add(Prim.OR, Kind.I, 0, a, b);
    }

    @Override
    public Integer ixor(Integer a, Integer b) {
        return add(Prim.XOR, Kind.I, 0, a, b);
    }

    @Override
    public Integer ishl(Integer a, int count) {
        return add(Prim.SHL, Kind.I, count, a);
    }

    @Override
    public Integer ishr(Integer a, int count) {
        return add(Prim.SHR, Kind.I, count, a);
    }

    @Override
    public Integer iushr(Integer a, int count) {
        return add(Prim.USHR, Kind.I, count, a);
    }

    @Override
    public Integer ilt(Integer a, Integer b) {
        return less(a, b);
    }

    @Override
    public Integer ieq(Integer a, Integer b) {
        return equal(a, b);
    }
}
