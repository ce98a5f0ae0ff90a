package dev.caviar.engine.kernel;

import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// Philox with vectors, a lane per block. The upper halves of products come from two multiplications of every other lane.
final class VectorPhilox {
    /// At most 16 blocks in a vector: a group has no more.
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED.length() > 16
            ? IntVector.SPECIES_512 : IntVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Long> LONGS = VectorSpecies.of(long.class, INTS.vectorShape());
    private static final VectorSpecies<Short> SHORTS = VectorSpecies.of(short.class, INTS.vectorShape());
    private static final VectorSpecies<Byte> BYTES = VectorSpecies.of(byte.class, VectorShape.forBitSize(INTS.vectorBitSize() / 2));
    private static final int LANES = INTS.length();
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final long LOW = 0xffffffffL;
    private static final long ODD = 0xaaaaaaaaL & (1L << LANES) - 1;
    private static final IntVector INDEX = IntVector.zero(INTS).addIndex(1);

    private VectorPhilox() {}

    /// Fills as many groups as two vectors of blocks do at once; gives how many those were.
    static long groups(long key, long stream, long group, MemorySegment y, long yo, long groups) {
        long step = 2 * LANES;
        long blocks = groups * 16 / step * step;
        for (long b = 0; b < blocks; b += step) {
            pair(key, stream, group * 16 + b, y, at(yo, b), at(yo, b + LANES));
        }
        return blocks / 16;
    }

    /// The byte where word 0 of a block goes.
    private static long at(long yo, long block) {
        return (yo + block / 16 * Philox.GROUP + block % 16) * 4;
    }

    /// Two vectors of blocks side by side, of which one is multiplied while the other waits for its products. The text of a round is
    /// written out, since vectors that go through a method of their own may be boxed there.
    private static void pair(long key, long stream, long counter, MemorySegment y, long first, long second) {
        // Only where it sees both factors masked by a constant does the compiler use the 32-bit multiplication.
        var lows = LongVector.broadcast(LONGS, LOW);
        var m0 = LongVector.broadcast(LONGS, Philox.M0 & LOW).and(lows);
        var m1 = LongVector.broadcast(LONGS, Philox.M1 & LOW).and(lows);
        var odd = VectorMask.fromLong(INTS, ODD);
        var a0 = INDEX.add((int) counter);
        var b0 = INDEX.add((int) counter + LANES);
        var a1 = IntVector.broadcast(INTS, (int) (counter >>> 32));
        var b1 = a1;
        var a2 = IntVector.broadcast(INTS, (int) stream);
        var b2 = a2;
        var a3 = IntVector.broadcast(INTS, (int) (stream >>> 32));
        var b3 = a3;
        var k0 = IntVector.broadcast(INTS, (int) key);
        var k1 = IntVector.broadcast(INTS, (int) (key >>> 32));
        for (int round = 0; round < Philox.ROUNDS; round++) {
            var p = a0.reinterpretAsLongs();
            var q = a2.reinterpretAsLongs();
            var r = b0.reinterpretAsLongs();
            var s = b2.reinterpretAsLongs();
            var a5 = a0.mul(Philox.M0);
            var a4 = a2.mul(Philox.M1);
            var b5 = b0.mul(Philox.M0);
            var b4 = b2.mul(Philox.M1);
            a0 = q.and(lows).mul(m1).lanewise(LSHR, 32).reinterpretAsInts()
                    .blend(q.lanewise(LSHR, 32).mul(m1).reinterpretAsInts(), odd).lanewise(XOR, a1).lanewise(XOR, k0);
            a2 = p.and(lows).mul(m0).lanewise(LSHR, 32).reinterpretAsInts()
                    .blend(p.lanewise(LSHR, 32).mul(m0).reinterpretAsInts(), odd).lanewise(XOR, a3).lanewise(XOR, k1);
            b0 = s.and(lows).mul(m1).lanewise(LSHR, 32).reinterpretAsInts()
                    .blend(s.lanewise(LSHR, 32).mul(m1).reinterpretAsInts(), odd).lanewise(XOR, b1).lanewise(XOR, k0);
            b2 = r.and(lows).mul(m0).lanewise(LSHR, 32).reinterpretAsInts()
                    .blend(r.lanewise(LSHR, 32).mul(m0).reinterpretAsInts(), odd).lanewise(XOR, b3).lanewise(XOR, k1);
            a1 = a4;
            a3 = a5;
            b1 = b4;
            b3 = b5;
            k0 = k0.add(Philox.W0);
            k1 = k1.add(Philox.W1);
        }
        a0.intoMemorySegment(y, first, ORDER);
        a1.intoMemorySegment(y, first + 64, ORDER);
        a2.intoMemorySegment(y, first + 128, ORDER);
        a3.intoMemorySegment(y, first + 192, ORDER);
        b0.intoMemorySegment(y, second, ORDER);
        b1.intoMemorySegment(y, second + 64, ORDER);
        b2.intoMemorySegment(y, second + 128, ORDER);
        b3.intoMemorySegment(y, second + 192, ORDER);
    }

    static void toUniform(MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i + LANES <= n; i += LANES) {
            var bits = IntVector.fromMemorySegment(INTS, y, (yo + i) * 4, ORDER).lanewise(LSHR, 8);
            ((FloatVector) bits.convert(VectorOperators.I2F, 0)).mul(Philox.UNIT).intoMemorySegment(y, (yo + i) * 4, ORDER);
        }
        for (; i < n; i++) {
            y.setAtIndex(Elements.F32, yo + i, (y.getAtIndex(Elements.I32, yo + i) >>> 8) * Philox.UNIT);
        }
    }

    /// 1 for each of the halves of words in x, as many as whole vectors hold, that is below `limit`, which is 1 to 65535, else 0;
    /// gives how many those were.
    static long below(MemorySegment x, long xo, int limit, MemorySegment y, long yo, long n) {
        // Unsigned numbers are in the order of signed ones with the top bit turned round.
        var top = ShortVector.broadcast(SHORTS, Short.MIN_VALUE);
        var bound = ShortVector.broadcast(SHORTS, (short) (limit ^ 0x8000));
        var zero = ShortVector.zero(SHORTS);
        var one = ShortVector.broadcast(SHORTS, (short) 1);
        long i = 0;
        for (; i + SHORTS.length() <= n; i += SHORTS.length()) {
            var v = ShortVector.fromMemorySegment(SHORTS, x, (xo + i) * 2, ORDER).lanewise(XOR, top);
            ((ByteVector) zero.blend(one, v.compare(VectorOperators.LT, bound)).convertShape(VectorOperators.S2B, BYTES, 0))
                    .intoMemorySegment(y, yo + i, ORDER);
        }
        return i;
    }
}
