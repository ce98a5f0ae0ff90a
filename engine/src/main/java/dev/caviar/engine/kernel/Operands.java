package dev.caviar.engine.kernel;

import java.lang.foreign.MemorySegment;

/// The memory that a routine is given, checked before it is touched by bare addresses.
final class Operands {
    private Operands() {}

    static void check(MemorySegment[] operands, long[] bytes, Object what) {
        if (operands.length != bytes.length) {
            throw new IllegalArgumentException(operands.length + " operands where there are " + bytes.length + ": " + what + ".");
        }
        for (int i = 0; i < operands.length; i++) {
            if (!operands[i].isNative() || operands[i].byteSize() < bytes[i]) {
                throw new IllegalArgumentException("Operand " + i + " needs " + bytes[i] + " bytes of native memory, got "
                        + operands[i].byteSize() + (operands[i].isNative() ? "" : " on the heap") + ": " + what + ".");
            }
        }
    }
}
