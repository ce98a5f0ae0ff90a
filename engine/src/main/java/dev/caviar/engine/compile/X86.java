package dev.caviar.engine.compile;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Writes machine code for x86-64 with AVX2: the few instructions that kernels are made of, jumps, and constants behind the code.
///
/// Encodings are those of Intel's Software Developer's Manual, volume 2; a vector instruction always gets the three-byte VEX prefix.
final class X86 {
    static final int RAX = 0;
    static final int RCX = 1;
    static final int RDX = 2;
    static final int RBX = 3;
    static final int RSP = 4;
    static final int RBP = 5;
    static final int RSI = 6;
    static final int RDI = 7;
    static final int R8 = 8;
    static final int R9 = 9;
    static final int R10 = 10;
    static final int R11 = 11;
    static final int R12 = 12;
    static final int R13 = 13;
    static final int R14 = 14;
    static final int R15 = 15;
    static final int NONE = -1;

    private static final byte[][] PADDING = {{}, {(byte) 0x90}, {0x66, (byte) 0x90}, {0x0f, 0x1f, 0}, {0x0f, 0x1f, 0x40, 0}, {0x0f, 0x1f, 0x44, 0, 0},
        {0x66, 0x0f, 0x1f, 0x44, 0, 0}, {0x0f, 0x1f, (byte) 0x80, 0, 0, 0, 0}, {0x0f, 0x1f, (byte) 0x84, 0, 0, 0, 0, 0}};

    /// What an instruction reads or writes besides its registers.
    sealed interface Operand permits Register, Memory, Constant {}

    record Register(int number) implements Operand {}

    /// `base + (index << shift) + displacement`; `index` may be [#NONE].
    record Memory(int base, int index, int shift, int displacement) implements Operand {
        static Memory of(int base, int displacement) {
            return new Memory(base, NONE, 0, displacement);
        }

        Memory plus(int bytes) {
            return new Memory(base, index, shift, displacement + bytes);
        }
    }

    /// Bytes behind the code, `offset` from their beginning.
    record Constant(int offset) implements Operand {}

    /// A vector instruction: its map of opcodes (1 for 0F, 2 for 0F38, 3 for 0F3A), prefix (0, 1 for 66, 2 for F3, 3 for F2), W, length and
    /// opcode.
    record Code(int map, int prefix, int w, boolean wide, int opcode) {
        static Code of(int map, int prefix, int opcode) {
            return new Code(map, prefix, 0, true, opcode);
        }

        Code w1() {
            return new Code(map, prefix, 1, wide, opcode);
        }

        /// On 16 bytes.
        Code half() {
            return new Code(map, prefix, w, false, opcode);
        }
    }

    /// A place in the code that jumps go to.
    static final class Label {
        private int at = -1;
    }

    private record Jump(int at, Label to) {}

    /// A displacement from the end of its instruction to a constant.
    private record Fixup(int at, int end, int offset) {}

    private byte[] code = new byte[1024];
    private int size;
    private final List<Jump> jumps = new ArrayList<>();
    private final List<Fixup> fixups = new ArrayList<>();
    private final ByteArrayOutputStream pool = new ByteArrayOutputStream();
    private final Map<Integer, Constant> words = new HashMap<>();

    /// Eight times the same 32 bits.
    Constant word(int bits) {
        return words.computeIfAbsent(bits, b -> {
            var lanes = new int[8];
            Arrays.fill(lanes, b);
            return constant(lanes);
        });
    }

    /// A multiple of eight words, at a multiple of 32 bytes.
    Constant constant(int... lanes) {
        int offset = pool.size();
        var bytes = ByteBuffer.allocate(4 * lanes.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(lanes);
        pool.writeBytes(bytes.array());
        return new Constant(offset);
    }

    /// The finished code with its constants behind it.
    byte[] finish() {
        align(32);
        int start = size;
        for (var jump : jumps) {
            int32At(jump.to.at - jump.at - 4, jump.at);
        }
        for (var fixup : fixups) {
            int32At(start + fixup.offset - fixup.end, fixup.at);
        }
        var whole = Arrays.copyOf(code, start + pool.size());
        System.arraycopy(pool.toByteArray(), 0, whole, start, pool.size());
        return whole;
    }

    private void put(int... bytes) {
        if (size + bytes.length > code.length) {
            code = Arrays.copyOf(code, 2 * code.length);
        }
        for (int b : bytes) {
            code[size++] = (byte) b;
        }
    }

    private void word32(int value) {
        put(value, value >> 8, value >> 16, value >> 24);
    }

    private void int32At(int value, int at) {
        for (int i = 0; i < 4; i++) {
            code[at + i] = (byte) (value >> 8 * i);
        }
    }

    void align(int to) {
        int gap = -size & to - 1;
        while (gap > 0) {
            int length = Math.min(gap, PADDING.length - 1);
            for (byte b : PADDING[length]) {
                put(b);
            }
            gap -= length;
        }
    }

    void bind(Label label) {
        label.at = size;
    }

    // Whole numbers of 64 bits.

    private void rex(int reg, Operand rm, boolean wide, boolean always) {
        int b = switch (rm) {
            case Register r -> r.number >> 3;
            case Memory m -> m.base >> 3 | (m.index == NONE ? 0 : m.index >> 3 << 1);
            case Constant c -> 0;
        };
        int rex = (wide ? 8 : 0) | reg >> 3 << 2 | b;
        if (rex != 0 || always) {
            put(0x40 | rex);
        }
    }

    /// The bytes that say which register and which operand; `after` more bytes of the instruction follow.
    private void operands(int reg, Operand rm, int after) {
        int r = (reg & 7) << 3;
        switch (rm) {
            case Register(int number) -> put(0xc0 | r | number & 7);
            case Constant(int offset) -> {
                put(r | 5);
                fixups.add(new Fixup(size, size + 4 + after, offset));
                word32(0);
            }
            case Memory m -> {
                boolean near = m.displacement >= -128 && m.displacement < 128;
                put((near ? 0x44 : 0x84) | r, m.shift << 6 | (m.index == NONE ? 4 : m.index & 7) << 3 | m.base & 7);
                if (near) {
                    put(m.displacement);
                } else {
                    word32(m.displacement);
                }
            }
        }
    }

    private void whole(int opcode, int reg, Operand rm) {
        rex(reg, rm, true, false);
        put(opcode);
        operands(reg, rm, 0);
    }

    void move(int to, int from) {
        whole(0x8b, to, new Register(from));
    }

    void load(int to, Memory from) {
        whole(0x8b, to, from);
    }

    void store(Memory to, int from) {
        whole(0x89, from, to);
    }

    void address(int to, Operand of) {
        whole(0x8d, to, of);
    }

    void add(int to, int by) {
        whole(0x03, to, new Register(by));
    }

    void sub(int to, Operand by) {
        whole(0x2b, to, by);
    }

    void multiply(int to, Operand by) {
        rex(to, by, true, false);
        put(0x0f, 0xaf);
        operands(to, by, 0);
    }

    void compare(int a, Operand b) {
        whole(0x3b, a, b);
    }

    void clear(int register) {
        whole(0x33, register, new Register(register));
    }

    private void immediate(int digit, int to, int value) {
        rex(0, new Register(to), true, false);
        put(0x81);
        operands(digit, new Register(to), 4);
        word32(value);
    }

    void add(int to, long value) {
        immediate(0, to, Math.toIntExact(value));
    }

    void and(int to, int value) {
        immediate(4, to, value);
    }

    void compare(int a, int value) {
        immediate(7, a, value);
    }

    void shiftLeft(int register, int count) {
        if (count > 0) {
            rex(0, new Register(register), true, false);
            put(0xc1);
            operands(4, new Register(register), 1);
            put(count);
        }
    }

    /// Makes room on the stack, for as many bytes as [#patch] will say; returns what that wants to know.
    int reserveStack() {
        immediate(5, RSP, 0);
        return size - 4;
    }

    void patch(int at, int bytes) {
        int32At(bytes, at);
    }

    void loadByte(int to, Memory from) {
        rex(to, from, false, false);
        put(0x0f, 0xb6);
        operands(to, from, 0);
    }

    void storeByte(Memory to, int from) {
        rex(from, to, false, true);
        put(0x88);
        operands(from, to, 0);
    }

    void push(int register) {
        rex(0, new Register(register), false, false);
        put(0x50 | register & 7);
    }

    void pop(int register) {
        rex(0, new Register(register), false, false);
        put(0x58 | register & 7);
    }

    void ret() {
        put(0xc3);
    }

    // Jumps; comparisons are of signed numbers.

    void jump(Label to) {
        put(0xe9);
        target(to);
    }

    void jumpIfLess(Label to) {
        put(0x0f, 0x8c);
        target(to);
    }

    void jumpIfAtLeast(Label to) {
        put(0x0f, 0x8d);
        target(to);
    }

    void jumpIfAtMost(Label to) {
        put(0x0f, 0x8e);
        target(to);
    }

    void jumpIfMore(Label to) {
        put(0x0f, 0x8f);
        target(to);
    }

    void jumpIfZero(Label to) {
        put(0x0f, 0x84);
        target(to);
    }

    private void target(Label to) {
        jumps.add(new Jump(size, to));
        word32(0);
    }

    // Vectors.

    /// `reg` and `first` are registers (0 where an instruction has no `first`); `immediate` is −1 where it has none.
    void vector(Code code, int reg, int first, Operand rm, int immediate) {
        int x = 0;
        int b = 0;
        switch (rm) {
            case Register r -> b = r.number >> 3;
            case Memory m -> {
                b = m.base >> 3;
                x = m.index == NONE ? 0 : m.index >> 3;
            }
            case Constant _ -> { }
        }
        put(0xc4, (reg >> 3 ^ 1) << 7 | (x ^ 1) << 6 | (b ^ 1) << 5 | code.map,
                code.w << 7 | (~first & 15) << 3 | (code.wide ? 4 : 0) | code.prefix, code.opcode);
        operands(reg, rm, immediate < 0 ? 0 : 1);
        if (immediate >= 0) {
            put(immediate);
        }
    }

    /// Leaves no upper halves behind that would slow down older instructions.
    void zeroUpper() {
        put(0xc5, 0xf8, 0x77);
    }
}
