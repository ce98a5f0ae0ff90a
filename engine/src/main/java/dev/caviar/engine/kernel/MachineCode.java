package dev.caviar.engine.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.HexFormat;
import java.util.Optional;

/// Machine code made at run time, in memory that is readable and executable, never writable and executable at once.
///
/// The code follows the System V calling convention for five whole numbers. Nobody checks what it does.
///
/// ```java
/// // ret: does nothing
/// MachineCode.of(new byte[] {(byte) 0xc3}).ifPresent(code -> code.call(0, 0, 0, 0, 0));
/// ```
public final class MachineCode {
    private static final Cleaner CLEANER = Cleaner.create();
    private static final int READ_WRITE = 3;
    private static final int READ_EXECUTE = 5;
    private static final int PRIVATE_ANONYMOUS = 0x22;
    /// Writes to where its first argument points: ECX of leaf 1, EBX of leaf 7, and, where the system keeps vectors (OSXSAVE), which.
    private static final byte[] PROBE = HexFormat.of().parseHex("53" // push rbx
            + "4989f8" // mov r8, rdi
            + "b801000000" + "31c9" + "0fa2" + "418908" // mov eax, 1; xor ecx, ecx; cpuid; mov [r8], ecx
            + "b807000000" + "31c9" + "0fa2" + "41895804" // mov eax, 7; xor ecx, ecx; cpuid; mov [r8 + 4], ebx
            + "410fba201b" + "7309" // bt [r8], 27; jnc end
            + "31c9" + "0f01d0" + "41894008" // xor ecx, ecx; xgetbv; mov [r8 + 8], eax
            + "5bc3"); // end: pop rbx; ret
    private static final boolean SUPPORTED = supported();

    private final MemorySegment entry;

    private MachineCode(MemorySegment entry) {
        this.entry = entry;
    }

    /// The functions of the system; loaded only where they are those of Linux.
    private static final class System {
        private static final Linker LINKER = Linker.nativeLinker();
        private static final MethodHandle MAP = handle("mmap", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
        private static final MethodHandle PROTECT = handle("mprotect", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
        private static final MethodHandle UNMAP = handle("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
        private static final MethodHandle CALL = LINKER.downcallHandle(
                FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));

        private static MethodHandle handle(String name, FunctionDescriptor type) {
            return LINKER.downcallHandle(LINKER.defaultLookup().find(name).orElseThrow(), type);
        }
    }

    /// Whether this machine runs such code: Linux on x86-64 with AVX2 and FMA, where a process may make code.
    /// The property `caviar.machine=off` says no.
    public static boolean isSupported() {
        return SUPPORTED;
    }

    /// Makes code callable; empty where the system gives no memory for it.
    public static Optional<MachineCode> of(byte[] code) {
        long bytes = code.length + 4095L & -4096;
        try {
            var memory = (MemorySegment) System.MAP.invokeExact(MemorySegment.NULL, bytes, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
            if (memory.address() == -1) {
                return Optional.empty();
            }
            MemorySegment.copy(MemorySegment.ofArray(code), 0, memory.reinterpret(bytes), 0, code.length);
            if ((int) System.PROTECT.invokeExact(memory, bytes, READ_EXECUTE) != 0) {
                unmap(memory, bytes);
                return Optional.empty();
            }
            var made = new MachineCode(memory);
            CLEANER.register(made, () -> unmap(memory, bytes));
            return Optional.of(made);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    private static void unmap(MemorySegment memory, long bytes) {
        try {
            int ignored = (int) System.UNMAP.invokeExact(memory, bytes);
        } catch (Throwable e) {
            throw failed(e);
        }
    }

    /// Calls the code with five whole numbers.
    public void call(long a, long b, long c, long d, long e) {
        try {
            System.CALL.invokeExact(entry, a, b, c, d, e);
        } catch (Throwable t) {
            throw failed(t);
        }
        Reference.reachabilityFence(this);
    }

    private static AssertionError failed(Throwable e) {
        return new AssertionError("A call of the system failed in Java.", e);
    }

    private static boolean supported() {
        if (!"Linux".equals(java.lang.System.getProperty("os.name")) || !"amd64".equals(java.lang.System.getProperty("os.arch"))
                || "off".equals(java.lang.System.getProperty("caviar.machine"))) {
            return false;
        }
        try {
            return of(PROBE).map(MachineCode::fits).orElse(false);
        } catch (RuntimeException | LinkageError | AssertionError e) {
            return false;
        }
    }

    private static boolean fits(MachineCode probe) {
        try (var arena = Arena.ofConfined()) {
            var found = arena.allocate(12, 4);
            probe.call(found.address(), 0, 0, 0, 0);
            int first = found.get(JAVA_INT, 0);
            boolean fma = (first & 1 << 12) != 0;
            boolean avx2 = (first & 1 << 28) != 0 && (found.get(JAVA_INT, 4) & 1 << 5) != 0;
            boolean kept = (found.get(JAVA_INT, 8) & 6) == 6;
            return fma && avx2 && kept;
        }
    }
}
