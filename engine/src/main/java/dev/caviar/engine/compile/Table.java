package dev.caviar.engine.compile;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Addresses that a [Kernel] reads.
final class Table {
    private final MemorySegment memory;
    private final long address;

    Table(int count) {
        memory = Arena.ofAuto().allocate(8L * Math.max(1, count), 64);
        address = memory.address();
    }

    void set(int k, long address) {
        memory.setAtIndex(ValueLayout.JAVA_LONG, k, address);
    }

    /// Valid as long as this table is reachable.
    long address() {
        return address;
    }
}
