package dev.caviar.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// Philox with vectors: a lane per block in 64 bits, so that the 32-bit products keep their upper halves. Even and odd
/// blocks run side by side and are woven into one vector of 32-bit words at the end.
final class VectorPhilox {
    /// At most 16 blocks at once: a group has no more.
    private static final VectorSpecies<Long> LONGS = LongVector.SPECIES_PREFERRED.length() > 8
            ? LongVector.SPECIES_512 : LongVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, LONGS.vectorShape());
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final long LOW = 0xffffffffL;
    private static final long M0 = Philox.M0 & LOW;
    private static final long M1 = Philox.M1 & LOW;
    /// Blocks 0, 2, 4, ...: what an even lane adds to the counter.
    private static final LongVector EVEN = LongVector.zero(LONGS).addIndex(2);

    private VectorPhilox() {}

    static void groups(long key, long stream, long group, MemorySegment y, long yo, long groups) {
        int step = INTS.length();
        for (long g = 0; g < groups; g++) {
            for (int b = 0; b < 16; b += step) {
                blocks(key, stream, (group + g) * 16 + b, y, (yo + g * Philox.GROUP + b) * 4);
            }
        }
    }

    private static void blocks(long key, long stream, long counter, MemorySegment y, long at) {
        var a = EVEN.add(counter);
        var b = a.add(1);
        var a0 = a.and(LOW);
        var a1 = a.lanewise(VectorOperators.LSHR, 32);
        var a2 = LongVector.broadcast(LONGS, stream & LOW);
        var a3 = LongVector.broadcast(LONGS, stream >>> 32);
        var b0 = b.and(LOW);
        var b1 = b.lanewise(VectorOperators.LSHR, 32);
        var b2 = a2;
        var b3 = a3;
        long k0 = key & LOW;
        long k1 = key >>> 32;
        for (int round = 0; round < Philox.ROUNDS; round++) {
            var p = a0.and(LOW).mul(M0);
            var q = a2.and(LOW).mul(M1);
            var r = b0.and(LOW).mul(M0);
            var s = b2.and(LOW).mul(M1);
            a0 = q.lanewise(VectorOperators.LSHR, 32).lanewise(VectorOperators.XOR, a1).lanewise(VectorOperators.XOR, k0);
            a2 = p.lanewise(VectorOperators.LSHR, 32).lanewise(VectorOperators.XOR, a3).lanewise(VectorOperators.XOR, k1);
            b0 = s.lanewise(VectorOperators.LSHR, 32).lanewise(VectorOperators.XOR, b1).lanewise(VectorOperators.XOR, k0);
            b2 = r.lanewise(VectorOperators.LSHR, 32).lanewise(VectorOperators.XOR, b3).lanewise(VectorOperators.XOR, k1);
            // The upper halves are rubbish from here on; every reader masks or shifts them away.
            a1 = q.and(LOW);
            a3 = p.and(LOW);
            b1 = s.and(LOW);
            b3 = r.and(LOW);
            k0 = k0 + (Philox.W0 & LOW) & LOW;
            k1 = k1 + (Philox.W1 & LOW) & LOW;
        }
        weave(a0, b0, y, at);
        weave(a1, b1, y, at + 64);
        weave(a2, b2, y, at + 128);
        weave(a3, b3, y, at + 192);
    }

    private static void weave(LongVector even, LongVector odd, MemorySegment y, long at) {
        even.and(LOW).or(odd.lanewise(VectorOperators.LSHL, 32)).reinterpretAsInts().intoMemorySegment(y, at, ORDER);
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
