package dev.caviar.engine.memory;

import com.sun.management.OperatingSystemMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/// Recycles native memory: a buffer's block goes back when it is no longer reachable, and the next of its size reuses it.
///
/// Arrays are small Java objects in front of large native blocks, so the garbage collector alone would run too rarely:
/// past a soft limit of bytes in use, an allocation asks for a collection and waits a moment for blocks to come back
/// (back-pressure). Free blocks are kept up to a bound and then given back to the system. Safe for many threads.
///
/// No more is given than the machine has, or the system property `caviar.memory` says, in bytes.
///
/// ```java
/// Buffer buffer = Pool.shared().allocate(Type.of(DType.F32, 1000));
/// ```
public final class Pool {
    private static final Pool SHARED = new Pool(256L << 20);
    private static final long SMALLEST = 64;
    /// From here on a block is held against the machine's memory: a system may give more than there is, and end the process when it is written to.
    private static final long LARGE = 64L << 20;

    private final Map<Long, ArrayDeque<Block>> free = new HashMap<>();
    private final long step;
    private long used;
    private long idle;
    private long softLimit;

    private record Block(Arena arena, MemorySegment memory) {}

    /// A pool that begins to push back at this many bytes in use, and again at each further multiple that stays in use.
    public Pool(long softLimit) {
        this.step = softLimit;
        this.softLimit = softLimit;
    }

    /// The pool of eager tensors.
    public static Pool shared() {
        return SHARED;
    }

    /// A buffer with arbitrary content, whose memory comes back to the pool when nothing refers to it or a part of it.
    /// Throws [OutOfMemoryError] that names the type where the system has no memory left.
    public Buffer allocate(Type type) {
        long bytes = sizeClass(type.bytes());
        pressure(bytes);
        Block block = take(bytes);
        if (block == null) {
            block = fresh(bytes, type);
        }
        final Block taken = block;
        var memory = block.memory.reinterpret(bytes, Arena.ofAuto(), _ -> give(taken));
        return new Buffer(memory, type);
    }

    /// A buffer of zeros with memory of its own, which goes back to the system when nothing refers to it. It is counted and pushes back like the
    /// others, so that the JVM need not, whose limit for memory that it looks after itself is the size of the heap. Throws [OutOfMemoryError] as
    /// they do.
    Buffer zeros(Type type) {
        long bytes = type.bytes();
        pressure(bytes);
        synchronized (this) {
            used += bytes;
        }
        var block = fresh(bytes, type);
        var memory = block.memory.reinterpret(bytes, Arena.ofAuto(), _ -> {
            synchronized (this) {
                used -= bytes;
            }
            block.arena.close();
        });
        return new Buffer(memory, type);
    }

    /// Bytes that live buffers hold now.
    public synchronized long bytesInUse() {
        return used;
    }

    /// Bytes kept for reuse.
    public synchronized long bytesIdle() {
        return idle;
    }

    /// Sizes step by an eighth of a power of two: at most 12 % is wasted, and near sizes share blocks.
    private static long sizeClass(long bytes) {
        long grain = Math.max(SMALLEST, Long.highestOneBit(Math.max(1, bytes)) >> 3);
        return Math.max(SMALLEST, (bytes + grain - 1) / grain * grain);
    }

    private synchronized Block take(long bytes) {
        var blocks = free.get(bytes);
        used += bytes;
        if (blocks == null || blocks.isEmpty()) {
            return null;
        }
        idle -= bytes;
        return blocks.pop();
    }

    /// A block that is counted as used already.
    private Block fresh(long bytes, Type type) {
        if (bytes >= LARGE && bytesInUse() > most()) {
            throw refused(bytes, type, " of " + most());
        }
        var arena = Arena.ofShared();
        try {
            return new Block(arena, arena.allocate(bytes, 64));
        } catch (OutOfMemoryError e) {
            arena.close();
            throw refused(bytes, type, "");
        }
    }

    private static long most() {
        var machine = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return Long.getLong("caviar.memory", machine.getTotalMemorySize());
    }

    private OutOfMemoryError refused(long bytes, Type type, String of) {
        synchronized (this) {
            used -= bytes;
            softLimit = Math.max(step, used + step);
        }
        return new OutOfMemoryError("No native memory for a tensor " + type + " (" + bytes + " bytes, " + bytesInUse() + of + " in use).\nMaybe use a smaller batch.");
    }

    private void give(Block block) {
        long bytes = block.memory.byteSize();
        synchronized (this) {
            used -= bytes;
            if (idle + bytes <= step) {
                idle += bytes;
                free.computeIfAbsent(bytes, _ -> new ArrayDeque<>()).push(block);
                return;
            }
        }
        block.arena.close();
    }

    private void pressure(long bytes) {
        synchronized (this) {
            if (used + bytes <= softLimit) {
                return;
            }
        }
        System.gc();
        for (int i = 0; i < 20; i++) {
            synchronized (this) {
                if (used + bytes <= softLimit) {
                    return;
                }
            }
            try {
                Thread.sleep(1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        synchronized (this) {
            softLimit = Math.max(softLimit, used + bytes + step);
        }
    }
}
