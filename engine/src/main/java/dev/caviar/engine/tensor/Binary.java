package dev.caviar.engine.tensor;

import dev.caviar.engine.kernel.BinaryFn;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Elementwise functions of two tensors of equal type; comparisons and logic give booleans.
///
/// Nothing is broadcast here: [Tensor]'s methods expand first.
///
/// ```java
/// Tensor y = Binary.MAX.on(Tensor.of(1f, 5f), Tensor.of(3f, 2f));     // 3, 5
/// ```
public enum Binary implements Op {
    ADD("add", BinaryFn.ADD, (g, a, b, y) -> g, (g, a, b, y) -> g),
    SUB("sub", BinaryFn.SUB, (g, a, b, y) -> g, (g, a, b, y) -> g.neg()),
    MUL("mul", BinaryFn.MUL, (g, a, b, y) -> g.mul(b), (g, a, b, y) -> g.mul(a)),
    DIV("div", BinaryFn.DIV, (g, a, b, y) -> g.div(b), (g, a, b, y) -> g.mul(y).div(b).neg()),
    POW("pow", BinaryFn.POW, (g, a, b, y) -> g.mul(b).mul(a.pow(b.sub(1))),
            (g, a, b, y) -> g.mul(y).mul(a.gt(0).where(a, a.like(1)).log())),
    /// Where both are equal, each gets half of the gradient.
    MAX("max", BinaryFn.MAX, (g, a, b, y) -> g.mul(share(a, b)), (g, a, b, y) -> g.mul(share(b, a))),
    MIN("min", BinaryFn.MIN, (g, a, b, y) -> g.mul(share(b, a)), (g, a, b, y) -> g.mul(share(a, b))),
    EQ("eq", BinaryFn.EQ, null, null),
    NE("ne", BinaryFn.NE, null, null),
    LT("lt", BinaryFn.LT, null, null),
    LE("le", BinaryFn.LE, null, null),
    GT("gt", BinaryFn.GT, null, null),
    GE("ge", BinaryFn.GE, null, null),
    AND("and", BinaryFn.AND, null, null),
    OR("or", BinaryFn.OR, null, null);

    private final String label;
    private final BinaryFn fn;
    private final @Nullable Rule left;
    private final @Nullable Rule right;

    private interface Rule {
        Tensor gradient(Tensor g, Tensor a, Tensor b, Tensor y);
    }

    Binary(String label, BinaryFn fn, @Nullable Rule left, @Nullable Rule right) {
        this.label = label;
        this.fn = fn;
        this.left = left;
        this.right = right;
    }

    /// 1 where a > b, ½ where they are equal, else 0.
    private static Tensor share(Tensor a, Tensor b) {
        return a.gt(b).where(a.like(1), a.eq(b).where(a.like(0.5), a.like(0)));
    }

    @Override
    public String label() {
        return label;
    }

    @Override
    public List<Type> infer(List<Type> in) {
        var a = in.get(0);
        var b = in.get(1);
        if (!a.equals(b)) {
            throw new ShapeException(label + "(" + a + ", " + b + "): both must be of one type.\n"
                    + "Maybe use the tensor's own method, which expands and casts.");
        }
        boolean logic = this == AND || this == OR;
        if (logic != (a.dtype() == DType.BOOL) && !(this == EQ || this == NE)) {
            throw new ShapeException(label + "(" + a + ", " + b + "): it takes " + (logic ? "bool." : "numbers.")
                    + "\nMaybe cast() first.");
        }
        return List.of(fn.isPredicate() ? a.withDType(DType.BOOL) : a);
    }

    @Override
    public List<@Nullable Tensor> vjp(Vjp v) {
        return Arrays.asList(side(v, left, 0), side(v, right, 1));
    }

    private static @Nullable Tensor side(Vjp v, @Nullable Rule rule, int i) {
        return rule == null || !v.needed(i) ? null : rule.gradient(v.grad(), v.in(0), v.in(1), v.out(0));
    }

    @Override
    public void run(Args a) {
        var x = a.in(0);
        a.loops().binary(fn, x.type().dtype(), x.memory(), 0, 1, a.in(1).memory(), 0, 1, a.out(0).memory(), 0, x.size());
    }

    @Override
    public Precision precision() {
        return this == MAX || this == MIN ? Precision.FOLLOW : Precision.FULL;
    }

    @Override
    public Lane lane() {
        return new Lane.Map2(fn, new Lane.In(0), new Lane.In(1));
    }

    @Override
    public List<Sample> samples() {
        var matrix = Type.of(DType.F32, 3, 4);
        var bad = Sample.bad("both must be of one type", matrix, Type.of(DType.F32, 4));
        return switch (this) {
            case AND, OR -> List.of(Sample.of(Type.of(DType.BOOL, 6), Type.of(DType.BOOL, 6)),
                    Sample.bad("it takes bool", matrix, matrix));
            case DIV -> List.of(Sample.of(matrix, matrix).within(0.3, 3), bad);
            case POW -> List.of(Sample.of(matrix, matrix).within(0.3, 2), bad);
            default -> List.of(Sample.of(matrix, matrix), Sample.of(Type.of(DType.I64, 5), Type.of(DType.I64, 5)), bad);
        };
    }
}
