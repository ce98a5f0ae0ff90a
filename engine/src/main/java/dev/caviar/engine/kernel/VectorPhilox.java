package dev.caviar.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// Philox with vectors: a lane per block in 64 bits, so that the 32-bit products keep their upper halves.
final class VectorPhilox {
    /// At most 16 blocks at once: a group has no more.
    private static final VectorSpecies<Long> LONGS = LongVector.SPECIES_PREFERRED.length() > 16
            ? LongVector.SPECIES_512 : LongVector.SPECIES_PREFERRED;
    private static final int LANES = LONGS.length();
    private static final VectorSpecies<Integer> HALVES = VectorSpecies.of(int.class, VectorShape.forBitSize(LONGS.vectorBitSize() / 2));
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final long LOW = 0xffffffffL;
    private static final LongVector M0 = LongVector.broadcast(LONGS, Philox.M0 & LOW);
    private static final LongVector M1 = LongVector.broadcast(LONGS, Philox.M1 & LOW);
    private static final LongVector INDEX = LongVector.zero(LONGS).addIndex(1);

    private VectorPhilox() {}

    static void groups(long key, long stream, long group, MemorySegment y, long yo, long groups) {
        for (long g = 0; g < groups; g++) {
            for (int b = 0; b < 16; b += LANES) {
                blocks(key, stream, (group + g) * 16 + b, y, (yo + g * Philox.GROUP + b) * 4);
            }
        }
    }

    /// The upper halves of words are rubbish: whoever multiplies masks them away, and the end keeps lower halves only.
    private static void blocks(long key, long stream, long counter, MemorySegment y, long at) {
        // Only where it sees both factors masked by a constant does the compiler use the 32-bit multiplication.
        var lows = LongVector.broadcast(LONGS, LOW);
        var m0 = M0.and(lows);
        var m1 = M1.and(lows);
        var c0 = INDEX.add(counter);
        var c1 = c0.lanewise(VectorOperators.LSHR, 32);
        var c2 = LongVector.broadcast(LONGS, stream & LOW);
        var c3 = LongVector.broadcast(LONGS, stream >>> 32);
        long k0 = key & LOW;
        long k1 = key >>> 32;
        for (int round = 0; round < Philox.ROUNDS; round++) {
            var p = c0.and(lows).mul(m0);
            var q = c2.and(lows).mul(m1);
            c0 = q.lanewise(VectorOperators.LSHR, 32).lanewise(VectorOperators.XOR, c1)
                    .lanewise(VectorOperators.XOR, LongVector.broadcast(LONGS, k0));
            c2 = p.lanewise(VectorOperators.LSHR, 32).lanewise(VectorOperators.XOR, c3)
                    .lanewise(VectorOperators.XOR, LongVector.broadcast(LONGS, k1));
            c1 = q;
            c3 = p;
            k0 = k0 + (Philox.W0 & LOW) & LOW;
            k1 = k1 + (Philox.W1 & LOW) & LOW;
        }
        ((IntVector) c0.convertShape(VectorOperators.L2I, HALVES, 0)).intoMemorySegment(y, at, ORDER);
        ((IntVector) c1.convertShape(VectorOperators.L2I, HALVES, 0)).intoMemorySegment(y, at + 64, ORDER);
        ((IntVector) c2.convertShape(VectorOperators.L2I, HALVES, 0)).intoMemorySegment(y, at + 128, ORDER);
        ((IntVector) c3.convertShape(VectorOperators.L2I, HALVES, 0)).intoMemorySegment(y, at + 192, ORDER);
    }

    static void toUniform(MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i + INTS.length() <= n; i += INTS.length()) {
            var bits = IntVector.fromMemorySegment(INTS, y, (yo + i) * 4, ORDER).lanewise(VectorOperators.LSHR, 8);
            ((FloatVector) bits.convert(VectorOperators.I2F, 0)).mul(Philox.UNIT).intoMemorySegment(y, (yo + i) * 4, ORDER);
        }
        for (; i < n; i++) {
            y.setAtIndex(Elements.F32, yo + i, (y.getAtIndex(Elements.I32, yo + i) >>> 8) * Philox.UNIT);
        }
    }
}
