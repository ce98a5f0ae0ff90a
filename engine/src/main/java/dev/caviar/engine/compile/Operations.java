package dev.caviar.engine.compile;

import static dev.caviar.engine.compile.Assembler.BYTES;
import static dev.caviar.engine.compile.Assembler.FLOAT;
import static dev.caviar.engine.compile.Assembler.FLOATS;
import static dev.caviar.engine.compile.Assembler.HALVES;
import static dev.caviar.engine.compile.Assembler.INTS;
import static dev.caviar.engine.compile.Assembler.MASK;
import static dev.caviar.engine.compile.Assembler.MATH;
import static dev.caviar.engine.compile.Assembler.NATIVES;
import static dev.caviar.engine.compile.Assembler.ORDER;
import static dev.caviar.engine.compile.Assembler.SEGMENT;
import static dev.caviar.engine.compile.Assembler.SPECIES;
import static dev.caviar.engine.compile.Assembler.VECTOR;
import static dev.caviar.engine.compile.Assembler.operator;
import static dev.caviar.engine.compile.Assembler.primitive;
import static dev.caviar.engine.compile.Assembler.vectorOf;
import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.caviar.engine.compile.Terms.Kind;
import dev.caviar.engine.compile.Terms.Prim;
import dev.caviar.engine.compile.Terms.Term;
import dev.caviar.engine.kernel.BinaryFn;
import dev.caviar.engine.kernel.UnaryFn;
import dev.caviar.engine.memory.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/// One operation in bytecode, on numbers or on vectors; operands are pushed by the caller's `push`, results stay on the stack.
final class Operations {
    private final Assembler out;
    private final CodeBuilder code;

    Operations(Assembler out) {
        this.out = out;
        this.code = out.code;
    }

    // One number.

    /// Loads an element whose address is on the stack.
    void load(DType dtype) {
        code.invokestatic(NATIVES, dtype.name().toLowerCase(Locale.ROOT), MethodTypeDesc.of(primitive(Terms.kind(dtype)), CD_long));
    }

    /// Stores the number on top of the stack at the address below it.
    void store(DType dtype) {
        var name = dtype == DType.BOOL ? "u8" : dtype.name().toLowerCase(Locale.ROOT);
        code.invokestatic(NATIVES, name, MethodTypeDesc.of(CD_void, CD_long, primitive(Terms.kind(dtype))));
    }

    void number(Term term) {
        switch (term.kind()) {
            case F -> code.loadConstant(Float.intBitsToFloat((int) term.bits()));
            case D -> code.loadConstant(Double.longBitsToDouble(term.bits()));
            case L -> code.loadConstant(term.bits());
            case I, M -> code.loadConstant((int) term.bits());
        }
    }

    void scalar(Term term, Kind operands, IntConsumer push) {
        switch (term.prim()) {
            case LT, LE, EQ -> compare(term, operands, push);
            case SELECT -> select(term, push);
            case RARELY -> rarely(term, push);
            case UNARY, BINARY -> function(term, push);
            default -> {
                term.args().forEach(push::accept);
                simple(term, operands);
            }
        }
    }

    private void simple(Term term, Kind from) {
        var kind = term.kind();
        switch (term.prim()) {
            case ADD -> pick(kind, CodeBuilder::fadd, CodeBuilder::iadd, CodeBuilder::dadd, CodeBuilder::ladd);
            case SUB -> pick(kind, CodeBuilder::fsub, CodeBuilder::isub, CodeBuilder::dsub, CodeBuilder::lsub);
            case MUL -> pick(kind, CodeBuilder::fmul, CodeBuilder::imul, CodeBuilder::dmul, CodeBuilder::lmul);
            case DIV -> pick(kind, CodeBuilder::fdiv, CodeBuilder::idiv, CodeBuilder::ddiv, CodeBuilder::ldiv);
            case NEG -> pick(kind, CodeBuilder::fneg, CodeBuilder::ineg, CodeBuilder::dneg, CodeBuilder::lneg);
            case AND -> pick(kind, null, CodeBuilder::iand, null, CodeBuilder::land);
            case OR -> pick(kind, null, CodeBuilder::ior, null, CodeBuilder::lor);
            case XOR -> pick(kind, null, CodeBuilder::ixor, null, CodeBuilder::lxor);
            case FMA -> out.callStatic(MATH, "fma", CD_float, CD_float, CD_float, CD_float);
            case ABS -> out.callStatic(MATH, "abs", primitive(kind), primitive(kind));
            case MIN, MAX -> out.callStatic(MATH, term.prim() == Prim.MIN ? "min" : "max", primitive(kind), primitive(kind), primitive(kind));
            case SQRT -> root(kind);
            case NOT -> code.iconst_1().ixor();
            case BITS -> out.callStatic(FLOAT, "floatToRawIntBits", CD_int, CD_float);
            case FLOATS -> out.callStatic(FLOAT, "intBitsToFloat", CD_float, CD_int);
            case SHL -> code.loadConstant((int) term.bits()).ishl();
            case SHR -> code.loadConstant((int) term.bits()).ishr();
            case USHR -> code.loadConstant((int) term.bits()).iushr();
            case CONVERT -> code.conversion(Assembler.type(from, false), Assembler.type(kind, false));
            case ROUND_F16 -> out.callStatic(NATIVES, "half", CD_float, CD_float);
            case QUOTIENT -> out.callStatic(NATIVES, "quotient", primitive(kind), primitive(kind), primitive(kind));
            case POWER -> out.callStatic(NATIVES, "power", primitive(kind), primitive(kind), primitive(kind));
            case LOAD, NUMBER, LT, LE, EQ, SELECT, UNARY, BINARY, RARELY, REDUCE, ARG -> throw new AssertionError(term);
        }
    }

    private void root(Kind kind) {
        if (kind == Kind.F) {
            code.f2d();
        }
        out.callStatic(MATH, "sqrt", CD_double, CD_double);
        if (kind == Kind.F) {
            code.d2f();
        }
    }

    private void pick(Kind kind, Consumer<CodeBuilder> f, Consumer<CodeBuilder> i, Consumer<CodeBuilder> d, Consumer<CodeBuilder> l) {
        (switch (kind) {
            case F -> f;
            case I, M -> i;
            case D -> d;
            case L -> l;
        }).accept(code);
    }

    /// 1 or 0; NaN makes each comparison false.
    private void compare(Term term, Kind kind, IntConsumer push) {
        term.args().forEach(push::accept);
        Label no = code.newLabel();
        Label end = code.newLabel();
        switch (kind) {
            case F -> code.fcmpg();
            case D -> code.dcmpg();
            case L -> code.lcmp();
            case I, M -> { }
        }
        boolean ints = kind == Kind.I || kind == Kind.M;
        switch (term.prim()) {
            case LT -> {
                if (ints) {
                    code.if_icmpge(no);
                } else {
                    code.ifge(no);
                }
            }
            case LE -> {
                if (ints) {
                    code.if_icmpgt(no);
                } else {
                    code.ifgt(no);
                }
            }
            default -> {
                if (ints) {
                    code.if_icmpne(no);
                } else {
                    code.ifne(no);
                }
            }
        }
        code.iconst_1().goto_(end).labelBinding(no).iconst_0().labelBinding(end);
    }

    private void select(Term term, IntConsumer push) {
        Label no = code.newLabel();
        Label end = code.newLabel();
        push.accept(term.arg(0));
        code.ifeq(no);
        push.accept(term.arg(1));
        code.goto_(end).labelBinding(no);
        push.accept(term.arg(2));
        code.labelBinding(end);
    }

    private void rarely(Term term, IntConsumer push) {
        Label usual = code.newLabel();
        Label end = code.newLabel();
        var type = ClassDesc.of(UnaryFn.class.getName());
        push.accept(term.arg(0));
        code.ifeq(usual).getstatic(type, UnaryFn.values()[(int) term.bits()].name(), type);
        push.accept(term.arg(1));
        code.f2d().invokevirtual(type, "apply", MethodTypeDesc.of(CD_double, CD_double)).d2f().goto_(end).labelBinding(usual);
        push.accept(term.arg(2));
        code.labelBinding(end);
    }

    private void function(Term term, IntConsumer push) {
        boolean unary = term.prim() == Prim.UNARY;
        var type = ClassDesc.of((unary ? UnaryFn.class : BinaryFn.class).getName());
        var name = unary ? UnaryFn.values()[(int) term.bits()].name() : BinaryFn.values()[(int) term.bits()].name();
        code.getstatic(type, name, type);
        term.args().forEach(push::accept);
        code.invokevirtual(type, "apply", unary ? MethodTypeDesc.of(CD_double, CD_double) : MethodTypeDesc.of(CD_double, CD_double, CD_double));
    }

    // Vectors.

    /// Loads a vector; `address` pushes where it begins, `mask` a mask where only some lanes are there.
    void loadWide(DType dtype, Runnable address, Runnable mask, boolean masked) {
        switch (dtype) {
            case F32 -> fromMemory(FLOATS, "FLOATS", address, mask, masked);
            case I32 -> fromMemory(INTS, "INTS", address, mask, masked);
            case BF16 -> {
                fromMemory(HALVES, "HALVES", address, mask, false);
                convert(HALVES, "ZERO_EXTEND_S2I", INTS, "INTS");
                shift("LSHL", 16);
                out.call(INTS, "reinterpretAsFloats", FLOATS);
            }
            case U8 -> {
                fromMemory(BYTES, "BYTES", address, mask, false);
                convert(BYTES, "ZERO_EXTEND_B2I", INTS, "INTS");
            }
            case BOOL -> {
                out.constant("FLOATS", SPECIES);
                for (int part = 0; part < Wide.LANES / 8; part++) {
                    address.run();
                    code.loadConstant(part * 8L).ladd();
                    out.callStatic(NATIVES, "bits", CD_long, CD_long);
                    if (part > 0) {
                        code.loadConstant(8).lshl().lor();
                    }
                }
                code.invokestatic(MASK, "fromLong", MethodTypeDesc.of(MASK, SPECIES, CD_long));
            }
            case F64, F16, I64 -> throw new AssertionError(dtype);
        }
    }

    private void fromMemory(ClassDesc type, String species, Runnable address, Runnable mask, boolean masked) {
        out.constant(species, SPECIES);
        code.getstatic(NATIVES, "ALL", SEGMENT);
        address.run();
        code.getstatic(NATIVES, "ORDER", ORDER);
        if (masked) {
            mask.run();
            if (type.equals(INTS)) {
                castMask("INTS");
            }
            out.callStatic(type, "fromMemorySegment", type, SPECIES, SEGMENT, CD_long, ORDER, MASK);
        } else {
            out.callStatic(type, "fromMemorySegment", type, SPECIES, SEGMENT, CD_long, ORDER);
        }
    }

    /// Stores the vector on the stack.
    void storeWide(DType dtype, Runnable address, Runnable mask, boolean masked) {
        switch (dtype) {
            case F32 -> intoMemory(FLOATS, address, mask, masked);
            case I32 -> intoMemory(INTS, address, mask, masked);
            case BF16 -> {
                out.call(FLOATS, "reinterpretAsInts", INTS);
                shift("LSHR", 16);
                convert(INTS, "I2S", HALVES, "HALVES");
                intoMemory(HALVES, address, mask, false);
            }
            case U8 -> {
                convert(INTS, "I2B", BYTES, "BYTES");
                intoMemory(BYTES, address, mask, false);
            }
            case BOOL -> {
                out.call(MASK, "toLong", CD_long);
                int bits = out.keep(java.lang.classfile.TypeKind.LONG);
                for (int part = 0; part < Wide.LANES / 8; part++) {
                    address.run();
                    code.loadConstant(part * 8L).ladd().lload(bits).loadConstant(part * 8).lushr();
                    out.callStatic(NATIVES, "bits", CD_void, CD_long, CD_long);
                }
            }
            case F64, F16, I64 -> throw new AssertionError(dtype);
        }
    }

    private void intoMemory(ClassDesc type, Runnable address, Runnable mask, boolean masked) {
        code.getstatic(NATIVES, "ALL", SEGMENT);
        address.run();
        code.getstatic(NATIVES, "ORDER", ORDER);
        if (masked) {
            mask.run();
            if (type.equals(INTS)) {
                castMask("INTS");
            }
            out.call(type, "intoMemorySegment", CD_void, SEGMENT, CD_long, ORDER, MASK);
        } else {
            out.call(type, "intoMemorySegment", CD_void, SEGMENT, CD_long, ORDER);
        }
    }

    private void castMask(String species) {
        out.constant(species, SPECIES);
        out.call(MASK, "cast", MASK, SPECIES);
    }

    private void convert(ClassDesc from, String how, ClassDesc to, String species) {
        out.operator(how, "Conversion");
        out.constant(species, SPECIES);
        code.iconst_0();
        out.call(from, "convertShape", VECTOR, operator("Conversion"), SPECIES, CD_int);
        code.checkcast(to);
    }

    private void shift(String how, int count) {
        out.operator(how, "Binary");
        code.loadConstant(count);
        out.call(INTS, "lanewise", INTS, operator("Binary"), CD_int);
    }

    /// The number on the stack in every lane.
    void splat(Kind kind) {
        switch (kind) {
            case F -> {
                int value = out.keep(java.lang.classfile.TypeKind.FLOAT);
                out.constant("FLOATS", SPECIES);
                code.fload(value);
                out.callStatic(FLOATS, "broadcast", FLOATS, SPECIES, CD_float);
            }
            case I -> {
                int value = out.keep(java.lang.classfile.TypeKind.INT);
                out.constant("INTS", SPECIES);
                code.iload(value);
                out.callStatic(INTS, "broadcast", INTS, SPECIES, CD_int);
            }
            case M -> {
                int value = out.keep(java.lang.classfile.TypeKind.INT);
                out.constant("FLOATS", SPECIES);
                code.iload(value).ineg().i2l();
                code.invokestatic(MASK, "fromLong", MethodTypeDesc.of(MASK, SPECIES, CD_long));
            }
            case D, L -> throw new AssertionError(kind);
        }
    }

    /// A vector operation; masks are always those of floats.
    void wide(Term term, Kind operands, IntConsumer push) {
        var type = vectorOf(term.kind());
        switch (term.prim()) {
            case SELECT -> {
                push.accept(term.arg(2));
                push.accept(term.arg(1));
                push.accept(term.arg(0));
                if (term.kind() == Kind.I) {
                    castMask("INTS");
                }
                out.call(type, "blend", type, VECTOR, MASK);
            }
            case LT, LE, EQ -> {
                push.accept(term.arg(0));
                out.operator(term.prim().name(), "Comparison");
                push.accept(term.arg(1));
                out.call(vectorOf(operands), "compare", MASK, operator("Comparison"), VECTOR);
                if (operands == Kind.I) {
                    castMask("FLOATS");
                }
            }
            case XOR -> {
                push.accept(term.arg(0));
                out.operator("XOR", "Associative");
                push.accept(term.arg(1));
                out.call(INTS, "lanewise", INTS, operator("Binary"), VECTOR);
            }
            default -> {
                term.args().forEach(push::accept);
                simpleWide(term, type);
            }
        }
    }

    private void simpleWide(Term term, ClassDesc type) {
        var name = term.prim().name().toLowerCase(Locale.ROOT);
        switch (term.prim()) {
            case ADD, SUB, MUL, DIV, MIN, MAX -> out.call(type, name, type, VECTOR);
            case AND, OR -> {
                if (term.kind() == Kind.M) {
                    out.call(MASK, name, MASK, MASK);
                } else {
                    out.call(INTS, name, INTS, VECTOR);
                }
            }
            case FMA -> out.call(FLOATS, name, FLOATS, VECTOR, VECTOR);
            case NEG, ABS, SQRT, NOT -> out.call(type, name, type);
            case BITS -> out.call(FLOATS, "reinterpretAsInts", INTS);
            case FLOATS -> out.call(INTS, "reinterpretAsFloats", FLOATS);
            case SHL -> shift("LSHL", (int) term.bits());
            case SHR -> shift("ASHR", (int) term.bits());
            case USHR -> shift("LSHR", (int) term.bits());
            case CONVERT -> {
                if (term.kind() == Kind.F) {
                    convert(INTS, "I2F", FLOATS, "FLOATS");
                } else {
                    convert(FLOATS, "F2I", INTS, "INTS");
                }
            }
            case LOAD, NUMBER, XOR, LT, LE, EQ, SELECT, ROUND_F16, UNARY, BINARY, RARELY, QUOTIENT, POWER, REDUCE, ARG ->
                throw new AssertionError(term);
        }
    }

    /// The sum of the lanes of the vector on the stack, folded in halves: an order that does not depend on who runs it.
    void foldSum() {
        for (int distance = Wide.LANES / 2; distance > 0; distance /= 2) {
            code.dup();
            out.constant("BY_" + distance, Assembler.SHUFFLE);
            out.call(FLOATS, "rearrange", FLOATS, Assembler.SHUFFLE);
            out.call(FLOATS, "add", FLOATS, VECTOR);
        }
        code.iconst_0();
        out.call(FLOATS, "lane", CD_float, CD_int);
    }

    void foldExtreme(boolean largest) {
        out.operator(largest ? "MAX" : "MIN", "Associative");
        out.call(FLOATS, "reduceLanes", CD_float, operator("Associative"));
    }
}
