package dev.caviar.engine.compile;

import dev.caviar.engine.compile.Terms.Kind;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayDeque;
import java.util.Deque;

/// Bytecode with local variables that are given back, counted loops, and the names that kernels call.
final class Assembler {
    static final ClassDesc NATIVES = Natives.class.describeConstable().orElseThrow();
    static final ClassDesc WIDE = ClassDesc.of("dev.caviar.engine.compile.Wide");
    static final ClassDesc MATH = ClassDesc.of("java.lang.Math");
    static final ClassDesc FLOAT = ClassDesc.of("java.lang.Float");
    static final ClassDesc SEGMENT = ClassDesc.of("java.lang.foreign.MemorySegment");
    static final ClassDesc ORDER = ClassDesc.of("java.nio.ByteOrder");
    static final ClassDesc VECTOR = vector("Vector");
    static final ClassDesc FLOATS = vector("FloatVector");
    static final ClassDesc INTS = vector("IntVector");
    static final ClassDesc HALVES = vector("ShortVector");
    static final ClassDesc BYTES = vector("ByteVector");
    static final ClassDesc MASK = vector("VectorMask");
    static final ClassDesc SPECIES = vector("VectorSpecies");
    static final ClassDesc SHUFFLE = vector("VectorShuffle");
    static final ClassDesc OPERATORS = vector("VectorOperators");

    final CodeBuilder code;
    private final Deque<Integer> marks = new ArrayDeque<>();
    private int next;
    private int line = -1;

    /// Slots below `first` are the method's own parameters.
    Assembler(CodeBuilder code, int first) {
        this.code = code;
        this.next = first;
    }

    private static ClassDesc vector(String name) {
        return ClassDesc.of("jdk.incubator.vector." + name);
    }

    static ClassDesc operator(String kind) {
        return OPERATORS.nested(kind);
    }

    /// The kind of local that holds a term, as a vector or as one number.
    static TypeKind type(Kind kind, boolean wide) {
        if (wide) {
            return TypeKind.REFERENCE;
        }
        return switch (kind) {
            case F -> TypeKind.FLOAT;
            case I, M -> TypeKind.INT;
            case D -> TypeKind.DOUBLE;
            case L -> TypeKind.LONG;
        };
    }

    static ClassDesc primitive(Kind kind) {
        return switch (kind) {
            case F -> ConstantDescs.CD_float;
            case I, M -> ConstantDescs.CD_int;
            case D -> ConstantDescs.CD_double;
            case L -> ConstantDescs.CD_long;
        };
    }

    static ClassDesc vectorOf(Kind kind) {
        return kind == Kind.F ? FLOATS : kind == Kind.I ? INTS : MASK;
    }

    /// Puts what stands on the stack into a local of its own.
    int keep(TypeKind type) {
        int slot = next;
        next += type.slotSize();
        code.storeLocal(type, slot);
        return slot;
    }

    /// Locals kept from here on are given back by [#release].
    void mark() {
        marks.push(next);
    }

    void release() {
        next = marks.pop();
    }

    void line(int number) {
        if (number != line && number > 0) {
            code.lineNumber(number);
            line = number;
        }
    }

    void call(ClassDesc owner, String name, ClassDesc result, ClassDesc... parameters) {
        code.invokevirtual(owner, name, MethodTypeDesc.of(result, parameters));
    }

    void callStatic(ClassDesc owner, String name, ClassDesc result, ClassDesc... parameters) {
        code.invokestatic(owner, name, MethodTypeDesc.of(result, parameters));
    }

    /// A constant of [Wide].
    void constant(String name, ClassDesc type) {
        code.getstatic(WIDE, name, type);
    }

    void operator(String name, String kind) {
        code.getstatic(OPERATORS, name, operator(kind));
    }

    /// `while (at + room <= end) { body; at += room; }` over ints; with room 0, `while (at < end) body`, which moves on by itself.
    void loop(int at, int end, int room, Runnable body) {
        Label top = code.newLabel();
        Label out = code.newLabel();
        code.labelBinding(top).iload(at);
        if (room > 1) {
            code.loadConstant(room).iadd();
        }
        code.iload(end);
        if (room > 1) {
            code.if_icmpgt(out);
        } else {
            code.if_icmpge(out);
        }
        mark();
        body.run();
        release();
        if (room > 0) {
            code.iinc(at, room);
        }
        code.goto_(top).labelBinding(out);
    }

    /// As [#loop], over longs.
    void loopLong(int at, int end, int room, Runnable body) {
        Label top = code.newLabel();
        Label out = code.newLabel();
        code.labelBinding(top).lload(at).loadConstant((long) room).ladd().lload(end).lcmp().ifgt(out);
        mark();
        body.run();
        release();
        code.lload(at).loadConstant((long) room).ladd().lstore(at).goto_(top).labelBinding(out);
    }

    /// `if (at < end) body`.
    void rest(int at, int end, Runnable body) {
        Label out = code.newLabel();
        code.iload(at).iload(end).if_icmpge(out);
        mark();
        body.run();
        release();
        code.labelBinding(out);
    }
}
