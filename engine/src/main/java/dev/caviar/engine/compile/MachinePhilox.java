package dev.caviar.engine.compile;

import static dev.caviar.engine.compile.X86.R9;
import static dev.caviar.engine.compile.X86.RAX;
import static dev.caviar.engine.compile.X86.RCX;
import static dev.caviar.engine.compile.X86.RDI;
import static dev.caviar.engine.compile.X86.RDX;
import static dev.caviar.engine.compile.X86.RSI;
import static dev.caviar.engine.compile.X86.RSP;

import dev.caviar.engine.compile.Straight.Value;
import dev.caviar.engine.compile.X86.Code;
import dev.caviar.engine.compile.X86.Memory;
import dev.caviar.engine.compile.X86.Register;
import dev.caviar.engine.compile.Values.Mode;
import dev.caviar.engine.kernel.BinaryFn;
import dev.caviar.engine.kernel.MachineCode;
import dev.caviar.engine.kernel.Philox;
import dev.caviar.engine.kernel.RandomLoops;
import dev.caviar.engine.kernel.UnaryFn;
import dev.caviar.engine.memory.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/// Philox as machine code, eight blocks in a vector, where there is any.
///
/// ```java
/// RandomLoops loops = new MachinePhilox();
/// ```
public final class MachinePhilox implements RandomLoops {
    private static final Code SPLAT_HALVES = Code.of(2, 1, 0x79);
    private static final Code XOR = Code.of(1, 1, 0xef);
    private static final Code AND = Code.of(1, 1, 0xdb);
    private static final Code LONG_MUL = Code.of(1, 1, 0xf4);
    private static final Code BLEND = Code.of(3, 1, 0x02);
    private static final Code ABOVE_HALVES = Code.of(1, 1, 0x65);
    private static final int ODD = 0xaa;
    private static final int LANES = MachineEmitter.LANES;
    private static final int WORDS = 6;

    private static final @Nullable MachineCode GROUPS = made((out, stack) -> groups(out, stack));
    private static final @Nullable MachineCode UNIFORM = made((out, stack) -> uniform(out));
    private static final @Nullable MachineCode BELOW = made((out, stack) -> below(out));
    /// What the numbers of [#NORMAL] are.
    private static final MemorySegment NUMBERS = Arena.global().allocateFrom(ValueLayout.JAVA_FLOAT, 0x1p-32f, 0, -2);
    private static final Kernel NORMAL = normal();
    private static final ThreadLocal<Table> NORMALS = ThreadLocal.withInitial(() -> new Table(7));
    private static final ThreadLocal<Table> TABLE = ThreadLocal.withInitial(() -> new Table(3));

    /// For the service loader.
    public MachinePhilox() {}

    @Override
    public long groups(long key, long stream, long group, long y, long groups) {
        // The lower half of the counter must not run over within one call.
        long count = Math.min(groups, (1L << 28) - (group & (1L << 28) - 1));
        if (GROUPS == null || count <= 0) {
            return 0;
        }
        var table = TABLE.get();
        table.set(0, group * 16);
        table.set(1, stream);
        table.set(2, key);
        GROUPS.call(table.address(), y, count, 0, 0);
        Reference.reachabilityFence(table);
        return count;
    }

    @Override
    public long uniform(long y, long n) {
        long count = n & -LANES;
        if (UNIFORM == null || count == 0) {
            return 0;
        }
        UNIFORM.call(y, count, 0, 0, 0);
        return count;
    }

    @Override
    public long normal(long y, long n) {
        var table = NORMALS.get();
        for (int k = 0; k < 3; k++) {
            table.set(2 + k, NUMBERS.address() + 4L * k);
        }
        for (long at = y; at < y + 4 * n; at += 8L * Philox.HALF) {
            for (int k : new int[] {0, 5}) {
                table.set(k, at);
                table.set(k + 1, at + 4L * Philox.HALF);
            }
            NORMAL.run(table.address(), 1, Philox.HALF, 0, Philox.HALF);
        }
        Reference.reachabilityFence(table);
        return n;
    }

    /// [Philox#normal] over words of radii (source 0) and angles (1), which the numbers take the places of.
    private static Kernel normal() {
        var sources = new ArrayList<>(List.of(new Nest.Source(DType.I32, Mode.FULL), new Nest.Source(DType.I32, Mode.FULL)));
        sources.addAll(Collections.nCopies(3, new Nest.Source(DType.F32, Mode.SCALAR)));
        return Kernels.exact(new Nest(Nest.Axis.FLAT, sources, List.of(
                new Nest.Convert(DType.F32, 0),
                new Nest.Map2(BinaryFn.MUL, DType.F32, 5, 2),
                new Nest.Map2(BinaryFn.ADD, DType.F32, 6, 2),
                new Nest.Map2(BinaryFn.LT, DType.BOOL, 5, 3),
                new Nest.Map1(UnaryFn.LOG1P, DType.F32, 7),
                new Nest.Map1(UnaryFn.LOG, DType.F32, 7),
                new Nest.Choose(DType.F32, 8, 9, 10),
                new Nest.Map2(BinaryFn.MUL, DType.F32, 11, 4),
                new Nest.Map1(UnaryFn.SQRT, DType.F32, 12),
                new Nest.Convert(DType.F32, 1),
                new Nest.Map2(BinaryFn.MUL, DType.F32, 14, 2),
                new Nest.Map1(UnaryFn.COS_TURNS, DType.F32, 15),
                new Nest.Map1(UnaryFn.SIN_TURNS, DType.F32, 15),
                new Nest.Map2(BinaryFn.MUL, DType.F32, 13, 16),
                new Nest.Map2(BinaryFn.MUL, DType.F32, 13, 17)),
                List.of(new Nest.Store(18, Mode.FULL, 0), new Nest.Store(19, Mode.FULL, 1)))).kernel();
    }

    @Override
    public long below(long x, int limit, long y, long n) {
        long count = n & -2 * LANES;
        if (BELOW == null || count == 0) {
            return 0;
        }
        var table = TABLE.get();
        table.set(0, limit ^ 0x8000);
        BELOW.call(x, y, count, table.address(), 0);
        Reference.reachabilityFence(table);
        return count;
    }

    /// Bytes of the stack that a routine took, from the bottom up.
    private static final class Stack {
        private int size;

        int slot(int bytes) {
            size += bytes;
            return size - bytes;
        }
    }

    /// A routine without calls that keeps nothing in saved registers.
    private static @Nullable MachineCode made(BiFunction<X86, Stack, @Nullable Void> body) {
        if (!MachineCode.isSupported()) {
            return null;
        }
        var out = new X86();
        var stack = new Stack();
        out.push(X86.RBP);
        out.move(X86.RBP, RSP);
        int patch = out.reserveStack();
        out.and(RSP, -32);
        body.apply(out, stack);
        out.zeroUpper();
        out.move(RSP, X86.RBP);
        out.pop(X86.RBP);
        out.ret();
        out.patch(patch, stack.size + 32);
        return MachineCode.of(out.finish()).orElse(null);
    }

    /// `for (R9 = 0; R9 < end; R9 += step) body`, at least once.
    private static void loop(X86 out, int end, int step, Straight body) {
        out.clear(R9);
        body.loop(out, 0, top -> {
            out.add(R9, (long) step);
            out.compare(R9, new Register(end));
            out.jumpIfLess(top);
        });
    }

    /// From six words at RDI (counter, stream, key), RDX groups to RSI.
    private static @Nullable Void groups(X86 out, Stack stack) {
        var setup = new Straight(stack::slot);
        var state = new Value[4];
        var keys = new Value[2 * Philox.ROUNDS];
        for (int k = 0; k < WORDS; k++) {
            var word = setup.load(MachineOperations.SPLAT, Memory.of(RDI, 4 * k));
            if (k == 0) {
                word = setup.binary(MachineOperations.INT_ADD, word, Value.at(out.constant(0, 1, 2, 3, 4, 5, 6, 7)));
            }
            if (k < 4) {
                state[k] = kept(setup, stack, word);
                continue;
            }
            var step = Value.at(out.word(k == 4 ? Philox.W0 : Philox.W1));
            for (int round = 0; round < Philox.ROUNDS; round++) {
                keys[2 * round + k - 4] = kept(setup, stack, word);
                word = setup.binary(MachineOperations.INT_ADD, word, step);
            }
        }
        setup.write(out, 0);
        var body = new Straight(stack::slot);
        for (int half = 0; half < 2; half++) {
            var counter = half == 0 ? state[0] : body.binary(MachineOperations.INT_ADD, state[0], Value.at(out.word(LANES)));
            var words = cipher(body, out, new Value[] {counter, state[1], state[2], state[3]}, keys);
            for (int w = 0; w < 4; w++) {
                body.store(words[w], Memory.of(RSI, 64 * w + 32 * half));
            }
        }
        body.assign(state[0], body.binary(MachineOperations.INT_ADD, state[0], Value.at(out.word(2 * LANES))));
        body.loop(out, 0, top -> {
            out.add(RSI, 256L);
            out.add(RDX, -1L);
            out.compare(RDX, 0);
            out.jumpIfMore(top);
        });
        return null;
    }

    private static Value kept(Straight code, Stack stack, Value value) {
        var slot = Memory.of(RSP, stack.slot(32));
        code.store(value, slot);
        return Value.at(slot);
    }

    private static Value[] cipher(Straight code, X86 out, Value[] c, Value[] keys) {
        var m0 = Value.at(out.word(Philox.M0));
        var m1 = Value.at(out.word(Philox.M1));
        for (int round = 0; round < Philox.ROUNDS; round++) {
            var p = products(code, c[0], m0);
            var q = products(code, c[2], m1);
            c = new Value[] {mixed(code, high(code, q), c[1], keys[2 * round]), low(code, q),
                mixed(code, high(code, p), c[3], keys[2 * round + 1]), low(code, p)};
        }
        return c;
    }

    private static Value mixed(Straight code, Value a, Value b, Value key) {
        return code.binary(XOR, code.binary(XOR, a, b), key);
    }

    /// 64 bits each, of the lanes 0, 2, 4, 6 and of the others.
    private static Value[] products(Straight code, Value a, Value factor) {
        return new Value[] {code.binary(LONG_MUL, a, factor), code.binary(LONG_MUL, code.shift(0x73, 2, a, 32), factor)};
    }

    private static Value high(Straight code, Value[] products) {
        return code.binary(BLEND, code.shift(0x73, 2, products[0], 32), products[1], ODD);
    }

    private static Value low(Straight code, Value[] products) {
        return code.binary(BLEND, products[0], code.shift(0x73, 6, products[1], 32), ODD);
    }

    /// RSI words at RDI.
    private static @Nullable Void uniform(X86 out) {
        var body = new Straight(bytes -> 0);
        var place = new Memory(RDI, R9, 2, 0);
        var whole = body.unary(MachineOperations.TO_FLOATS, body.shift(0x72, 2, body.load(Straight.LOAD, place), 8));
        body.store(body.binary(MachineOperations.MUL, whole, Value.at(out.word(Float.floatToRawIntBits(Philox.UNIT)))), place);
        loop(out, RSI, LANES, body);
        return null;
    }

    /// RDX halves at RDI to bytes at RSI, with the limit at RCX, turned so that signed numbers are in order.
    private static @Nullable Void below(X86 out) {
        var body = new Straight(bytes -> 0);
        out.vector(SPLAT_HALVES, 15, 0, Memory.of(RCX, 0), -1);
        out.vector(Straight.STORE, 15, 0, Memory.of(RSP, 0), -1);
        var turned = body.binary(XOR, body.load(Straight.LOAD, new Memory(RDI, R9, 1, 0)), Value.at(out.word(0x80008000)));
        var below = body.binary(ABOVE_HALVES, body.unary(Straight.LOAD, Value.at(Memory.of(RSP, 0))), turned);
        var ones = body.binary(AND, below, Value.at(out.word(0x00010001)));
        body.store(MachineOperations.STORE_16, body.unary(MachineOperations.PERMUTE_LONGS, body.binary(MachineOperations.PACK_BYTES, ones, ones), 0x08), new Memory(RSI, R9, 0, 0), -1);
        loop(out, RDX, 2 * LANES, body);
        return null;
    }
}
