package dev.caviar.engine.compile;

import dev.caviar.engine.compile.X86.Code;
import dev.caviar.engine.compile.X86.Memory;
import dev.caviar.engine.compile.X86.Operand;
import dev.caviar.engine.compile.X86.Register;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/// Vector instructions without jumps, over values that get their registers when the code is written: the value whose next use is
/// furthest away makes room (Belady, 1966).
///
/// A value lives in a register, in memory from the beginning (constants, what was computed before a loop), or in a register of its own
/// all the time (running sums). Instructions read one operand from memory for nothing, so constants need no register; those that are
/// used most get the ones that are left over.
final class Straight {
    private static final int REGISTERS = 16;
    /// So many must be left for an instruction with what it reads and writes.
    private static final int FREE = 5;

    /// A vector value. `home` is where it lies in memory, null while it never has.
    static final class Value {
        private final @Nullable Operand home;
        private final boolean memory;
        private int own;

        private int register = -1;
        private int[] uses = {};
        private int used;

        private Value(@Nullable Operand home, int own) {
            this.home = home;
            this.memory = home != null;
            this.own = own;
        }

        /// A value that lies in memory already.
        static Value at(Operand home) {
            return new Value(home, -1);
        }

        /// A value that keeps one register all the time.
        static Value in(int register) {
            return new Value(null, register);
        }

        boolean inRegister() {
            return own >= 0;
        }

        Operand home() {
            return Objects.requireNonNull(home);
        }

        private int next() {
            return used < uses.length ? uses[used] : Integer.MAX_VALUE;
        }
    }

    private enum Form {
        /// result = op(a, b), b from memory where it is there.
        BINARY,
        /// result = op(a), from memory where it is there.
        UNARY,
        /// result = op(a, count), the result in the place of the first source, `immediate >> 8` the opcode's digit.
        SHIFT,
        /// result = a·b + c.
        FMA,
        /// result = a where mask c is not set, else b.
        BLEND,
        /// result = what lies at `place`; behind a mask a.
        LOAD,
        /// Writes a to `place`; behind a mask b.
        STORE,
        /// The running value a becomes b.
        ASSIGN,
        /// Other code, which changes no vector register.
        OTHER
    }

    private record Instruction(Form form, Code code, @Nullable Value result, List<Value> sources, @Nullable Operand place, int immediate,
            @Nullable Runnable other) {}

    private static final Code MOVE = Code.of(1, 0, 0x28);
    static final Code LOAD = Code.of(1, 0, 0x10);
    static final Code STORE = Code.of(1, 0, 0x11);
    private static final Code BLEND = Code.of(3, 1, 0x4a);
    private static final Code FMA_213 = Code.of(2, 1, 0xa8);
    static final Code FMA_231 = Code.of(2, 1, 0xb8);

    private final List<Instruction> instructions = new ArrayList<>();
    /// Gives the displacement of 32 fresh bytes on the stack.
    private final IntUnaryOperator slots;

    /// `slots` gives so many bytes of the stack, at a multiple of as many.
    Straight(IntUnaryOperator slots) {
        this.slots = slots;
    }

    // What the code does.

    Value binary(Code code, Value a, Value b) {
        return binary(code, a, b, -1);
    }

    Value binary(Code code, Value a, Value b, int immediate) {
        return add(Form.BINARY, code, List.of(a, b), null, immediate);
    }

    Value unary(Code code, Value a) {
        return unary(code, a, -1);
    }

    Value unary(Code code, Value a, int immediate) {
        return add(Form.UNARY, code, List.of(a), null, immediate);
    }

    Value shift(int opcode, int digit, Value a, int count) {
        return add(Form.SHIFT, Code.of(1, 1, opcode), List.of(a), null, digit << 8 | count);
    }

    Value fma(Value a, Value b, Value c) {
        return add(Form.FMA, FMA_213, List.of(a, b, c), null, -1);
    }

    /// `yes` where the mask is set.
    Value blend(Value mask, Value yes, Value no) {
        return add(Form.BLEND, BLEND, List.of(no, yes, mask), null, -1);
    }

    Value load(Code code, Operand place) {
        return add(Form.LOAD, code, List.of(), place, -1);
    }

    Value load(Code code, Value mask, Operand place) {
        return add(Form.LOAD, code, List.of(mask), place, -1);
    }

    void store(Code code, Value a, Operand place, int immediate) {
        instructions.add(new Instruction(Form.STORE, code, null, List.of(a), place, immediate, null));
    }

    void store(Code code, Value mask, Value a, Operand place) {
        instructions.add(new Instruction(Form.STORE, code, null, List.of(a, mask), place, -1, null));
    }

    void store(Value a, Operand place) {
        store(STORE, a, place, -1);
    }

    void assign(Value running, Value next) {
        instructions.add(new Instruction(Form.ASSIGN, MOVE, null, List.of(running, next), null, -1, null));
    }

    void other(Runnable code) {
        instructions.add(new Instruction(Form.OTHER, MOVE, null, List.of(), null, -1, code));
    }

    private Value add(Form form, Code code, List<Value> sources, @Nullable Operand place, int immediate) {
        var result = new Value(null, -1);
        instructions.add(new Instruction(form, code, result, sources, place, immediate, null));
        return result;
    }

    // Registers.

    /// The values in memory that are read most, at most `count` of them: what a loop would gain by keeping in registers.
    private List<Value> popular(int most) {
        var reads = new LinkedHashMap<Value, Integer>();
        for (var at : instructions) {
            at.sources.stream().filter(v -> v.memory && v.own < 0).forEach(v -> reads.merge(v, 1, Integer::sum));
        }
        // Running values in memory change, and stay there.
        instructions.stream().filter(at -> at.form == Form.ASSIGN).forEach(at -> reads.remove(at.sources.getFirst()));
        return reads.entrySet().stream().sorted(Map.Entry.<Value, Integer>comparingByValue().reversed()).limit(Math.max(0, most))
                .map(Map.Entry::getKey).toList();
    }

    /// Writes this code as a loop; the first `reserved` registers are others'. `next` moves on and jumps to the label while there is more.
    void loop(X86 out, int reserved, Consumer<X86.Label> next) {
        var top = new X86.Label();
        var own = settle(reserved);
        own.forEach(value -> out.vector(LOAD, value.own, 0, value.home(), -1));
        out.align(16);
        out.bind(top);
        write(out, reserved + own.size());
        next.accept(top);
        release(own);
    }

    /// Chooses values that get registers from `reserved` on for all of a loop of this code: as many of those in memory as fit without
    /// pushing others out. They are loaded in front of the loop, and given back behind it.
    private List<Value> settle(int reserved) {
        var popular = popular(REGISTERS - reserved - FREE);
        for (int count = popular.size(); count > 0; count--) {
            var chosen = popular.subList(0, count);
            for (int i = 0; i < count; i++) {
                chosen.get(i).own = reserved + i;
            }
            if (new Allocation(null, reserved + count).write() == 0) {
                return chosen;
            }
            release(chosen);
        }
        return List.of();
    }

    /// Gives the registers of [#settle] back.
    private static void release(List<Value> values) {
        values.forEach(value -> value.own = -1);
    }

    /// Writes the code; the first `reserved` registers are others'.
    void write(X86 out, int reserved) {
        new Allocation(out, reserved).write();
    }

    private final class Allocation {
        private final @Nullable X86 out;
        private final @Nullable Value[] holder = new Value[REGISTERS];
        private final int reserved;
        private final boolean[] locked = new boolean[REGISTERS];
        private final Map<Value, Operand> spilled = new HashMap<>();
        private int spills;
        private int at;

        Allocation(@Nullable X86 out, int reserved) {
            this.out = out;
            this.reserved = reserved;
            count();
        }

        /// Where each value is read.
        private void count() {
            var uses = new HashMap<Value, List<Integer>>();
            for (int i = 0; i < instructions.size(); i++) {
                for (var value : instructions.get(i).sources) {
                    uses.computeIfAbsent(value, v -> new ArrayList<>()).add(i);
                }
            }
            for (var instruction : instructions) {
                for (var value : instruction.sources) {
                    reset(value, uses);
                }
                if (instruction.result != null) {
                    reset(instruction.result, uses);
                }
            }
        }

        private void reset(Value value, Map<Value, List<Integer>> uses) {
            value.uses = uses.getOrDefault(value, List.of()).stream().mapToInt(i -> i).toArray();
            value.used = 0;
            value.register = value.own;
        }

        /// Tells how often a value was pushed out of its register.
        int write() {
            for (at = 0; at < instructions.size(); at++) {
                step(instructions.get(at));
            }
            return spills;
        }

        private void step(Instruction it) {
            Arrays.fill(locked, false);
            switch (it.form) {
                case BINARY -> {
                    var swapped = commutes(it.code) && inMemory(it.sources.get(0)) && !inMemory(it.sources.get(1));
                    int a = register(it.sources.get(swapped ? 1 : 0));
                    var b = operand(it.sources.get(swapped ? 0 : 1));
                    done(it);
                    emit(it.code, result(it), a, b, it.immediate);
                }
                case UNARY -> {
                    var a = operand(it.sources.getFirst());
                    done(it);
                    emit(it.code, result(it), 0, a, it.immediate);
                }
                case SHIFT -> {
                    int a = register(it.sources.getFirst());
                    done(it);
                    emit(it.code, it.immediate >> 8, result(it), new Register(a), it.immediate & 255);
                }
                case BLEND -> {
                    int no = register(it.sources.get(0));
                    int mask = register(it.sources.get(2));
                    var yes = operand(it.sources.get(1));
                    done(it);
                    emit(it.code, result(it), no, yes, mask << 4);
                }
                case FMA -> fma(it);
                case LOAD -> {
                    int mask = it.sources.isEmpty() ? 0 : register(it.sources.getFirst());
                    done(it);
                    emit(it.code, result(it), mask, place(it), -1);
                }
                case STORE -> {
                    int a = register(it.sources.getFirst());
                    int mask = it.sources.size() == 1 ? 0 : register(it.sources.get(1));
                    emit(it.code, a, mask, place(it), it.immediate);
                    done(it);
                }
                case ASSIGN -> assign(it);
                case OTHER -> {
                    if (out != null) {
                        Objects.requireNonNull(it.other).run();
                    }
                }
            }
        }

        private Operand place(Instruction it) {
            return Objects.requireNonNull(it.place);
        }

        private void assign(Instruction it) {
            var running = it.sources.get(0);
            if (running.own >= 0) {
                if (it.sources.get(1).register != running.own) {
                    emit(MOVE, running.own, 0, operand(it.sources.get(1)), -1);
                }
            } else {
                emit(STORE, register(it.sources.get(1)), 0, Objects.requireNonNull(running.home), -1);
                if (running.register >= 0) {
                    holder[running.register] = null;
                    running.register = -1;
                }
            }
            done(it);
        }

        private void fma(Instruction it) {
            var a = it.sources.get(0);
            var b = it.sources.get(1);
            var c = it.sources.get(2);
            if (inMemory(a) && !inMemory(b)) {
                var other = a;
                a = b;
                b = other;
            }
            if (dies(c)) {
                int first = register(a);
                var second = operand(b);
                int sum = register(c);
                done(it);
                take(it, sum);
                emit(FMA_231, sum, first, second, -1);
            } else if (dies(a) || dies(b)) {
                var dying = dies(a) ? a : b;
                int product = register(dying);
                int second = register(dying == a ? b : a);
                var sum = operand(c);
                done(it);
                take(it, product);
                emit(FMA_213, product, second, sum, -1);
            } else {
                int first = register(a);
                var second = operand(b);
                var sum = operand(c);
                int place = free();
                locked[place] = true;
                emit(inMemory(c) ? LOAD : MOVE, place, 0, sum, -1);
                done(it);
                take(it, place);
                emit(FMA_231, place, first, second, -1);
            }
        }

        /// Whether a value's register may be overwritten by the current instruction.
        private boolean dies(Value value) {
            return value.register >= 0 && value.own < 0 && value.uses[value.uses.length - 1] == at;
        }

        private boolean inMemory(Value value) {
            return value.register < 0;
        }

        private void take(Instruction it, int register) {
            var value = Objects.requireNonNull(it.result);
            value.register = register;
            holder[register] = value;
            dropUnused(value);
        }

        /// A register for the result; sources that die have been given back.
        private int result(Instruction it) {
            Arrays.fill(locked, false);
            int running = runningBehind(it);
            int register = running >= 0 ? running : free();
            take(it, register);
            return register;
        }

        /// The register of the running value that becomes this result at once, or −1.
        private int runningBehind(Instruction it) {
            if (at + 1 == instructions.size() || instructions.get(at + 1).form != Form.ASSIGN) {
                return -1;
            }
            var assigned = instructions.get(at + 1).sources;
            return assigned.get(1) == it.result && assigned.get(1).uses.length == 1 ? assigned.get(0).own : -1;
        }

        private void dropUnused(Value value) {
            if (value.uses.length == 0) {
                holder[value.register] = null;
            }
        }

        /// Counts the uses by the current instruction, and frees what is not read again.
        private void done(Instruction it) {
            for (var value : it.sources) {
                while (value.next() <= at) {
                    value.used++;
                }
                if (value.next() == Integer.MAX_VALUE && value.register >= 0 && value.own < 0) {
                    holder[value.register] = null;
                    value.register = -1;
                }
            }
        }

        private Operand operand(Value value) {
            if (value.register >= 0) {
                locked[value.register] = true;
                return new Register(value.register);
            }
            return home(value);
        }

        private Operand home(Value value) {
            return Objects.requireNonNullElseGet(spilled.get(value), () -> Objects.requireNonNull(value.home));
        }

        private int register(Value value) {
            if (value.register < 0) {
                int register = free();
                emit(LOAD, register, 0, home(value), -1);
                value.register = register;
                holder[register] = value;
            }
            locked[value.register] = true;
            return value.register;
        }

        /// A register that nobody needs, or whose value is needed last of all.
        private int free() {
            int best = -1;
            for (int r = reserved; r < REGISTERS; r++) {
                if (locked[r]) {
                    continue;
                }
                var value = holder[r];
                if (value == null) {
                    return r;
                }
                if (best < 0 || value.next() > Objects.requireNonNull(holder[best]).next()) {
                    best = r;
                }
            }
            var value = Objects.requireNonNull(holder[best]);
            spills++;
            if (!value.memory && !spilled.containsKey(value)) {
                Operand slot = out == null ? Memory.of(X86.RSP, 0) : Memory.of(X86.RSP, slots.applyAsInt(32));
                emit(STORE, best, 0, slot, -1);
                spilled.put(value, slot);
            }
            value.register = -1;
            holder[best] = null;
            return best;
        }

        private void emit(Code code, int reg, int first, Operand rm, int immediate) {
            if (out != null) {
                out.vector(code, reg, first, rm, immediate);
            }
        }
    }

    /// Of floats and of whole numbers: sums, products, and what is done bit by bit.
    private static boolean commutes(Code code) {
        return switch (code.map() << 8 | code.opcode()) {
            case 0x158, 0x159, 0x154, 0x156, 0x157, 0x1fe, 0x1db, 0x1eb, 0x1ef, 0x240, 0x176 -> true;
            default -> false;
        };
    }
}
