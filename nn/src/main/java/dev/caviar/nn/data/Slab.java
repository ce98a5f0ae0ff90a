package dev.caviar.nn.data;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Pool;
import dev.caviar.engine.memory.Type;

/// Memory for many small tensors, taken from large blocks that come back when none of theirs is in use; a thread has its own.
final class Slab {
    private static final long BLOCK = 1 << 20;
    private static final long ALIGN = 64;
    private static final ThreadLocal<Slab> MINE = ThreadLocal.withInitial(Slab::new);
    private Buffer block = new Buffer(java.lang.foreign.MemorySegment.NULL, Type.of(DType.U8, 0));
    private long used;

    private Slab() {}

    /// A buffer with arbitrary content.
    static Buffer allocate(Type type) {
        return MINE.get().take(type);
    }

    private Buffer take(Type type) {
        long bytes = type.bytes();
        if (bytes > BLOCK / 4) {
            return Pool.shared().allocate(type);
        }
        if (used + bytes > block.type().bytes()) {
            block = Pool.shared().allocate(Type.of(DType.U8, BLOCK));
            used = 0;
        }
        var memory = block.memory().asSlice(used, bytes);
        used += (bytes + ALIGN - 1) / ALIGN * ALIGN;
        return new Buffer(memory, type);
    }
}
