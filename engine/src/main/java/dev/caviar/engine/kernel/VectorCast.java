package dev.caviar.engine.kernel;

import static dev.caviar.engine.kernel.VectorLoops.INTS;
import static dev.caviar.engine.kernel.VectorLoops.LANES;
import static dev.caviar.engine.kernel.VectorLoops.ORDER;
import static dev.caviar.engine.kernel.VectorLoops.SPECIES;
import static dev.caviar.engine.kernel.VectorLoops.load;
import static dev.caviar.engine.kernel.VectorLoops.store;

import dev.caviar.engine.memory.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// Conversions between F32 and the types that data and masks come in; the last elements one by one, which gives the same.
final class VectorCast {
    private static final boolean BYTES_FIT = LANES == 8 || LANES == 16;
    private static final VectorSpecies<Byte> BYTES = BYTES_FIT
            ? VectorSpecies.of(byte.class, VectorShape.forBitSize(LANES * 8)) : ByteVector.SPECIES_64;
    private static final VectorSpecies<Short> SHORTS = VectorSpecies.of(short.class, VectorShape.forBitSize(Math.max(64, LANES * 16)));

    private VectorCast() {}

    /// Whether this pair of types has a loop here.
    static boolean run(DType from, MemorySegment x, long xo, DType to, MemorySegment y, long yo, long n) {
        if (to == DType.F32) {
            return toFloat(from, x, xo, y, yo, n);
        }
        return from == DType.F32 && fromFloat(x, xo, to, y, yo, n);
    }

    private static boolean toFloat(DType from, MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        switch (from) {
            case U8, BOOL -> fromBytes(x, xo, y, yo, n);
            case I32 -> fromInts(x, xo, y, yo, n);
            case BF16 -> fromBrain(x, xo, y, yo, n);
            case I64 -> {
                for (long i = 0; i < n; i++) {
                    y.setAtIndex(Elements.F32, yo + i, (float) (double) x.getAtIndex(Elements.I64, xo + i));
                }
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private static boolean fromFloat(MemorySegment x, long xo, DType to, MemorySegment y, long yo, long n) {
        switch (to) {
            case I32 -> toInts(x, xo, y, yo, n);
            case BF16 -> toBrain(x, xo, y, yo, n);
            case I64 -> {
                for (long i = 0; i < n; i++) {
                    y.setAtIndex(Elements.I64, yo + i, (long) x.getAtIndex(Elements.F32, xo + i));
                }
            }
            case U8 -> {
                for (long i = 0; i < n; i++) {
                    y.set(Elements.I8, yo + i, (byte) x.getAtIndex(Elements.F32, xo + i));
                }
            }
            case BOOL -> {
                if (!VectorCompare.runRight(BinaryFn.NE, x, xo, 0, y, yo, n)) {
                    return false;
                }
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private static void fromBytes(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        if (BYTES_FIT) {
            for (; i <= n - LANES; i += LANES) {
                var ints = ByteVector.fromMemorySegment(BYTES, x, xo + i, ORDER)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
                store((FloatVector) ints.convertShape(VectorOperators.I2F, SPECIES, 0), y, yo + i);
            }
        }
        for (; i < n; i++) {
            y.setAtIndex(Elements.F32, yo + i, x.get(Elements.I8, xo + i) & 0xff);
        }
    }

    private static void fromInts(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            var ints = IntVector.fromMemorySegment(INTS, x, (xo + i) * 4, ORDER);
            store((FloatVector) ints.convertShape(VectorOperators.I2F, SPECIES, 0), y, yo + i);
        }
        for (; i < n; i++) {
            y.setAtIndex(Elements.F32, yo + i, x.getAtIndex(Elements.I32, xo + i));
        }
    }

    private static void toInts(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            var ints = (IntVector) load(x, xo + i).convertShape(VectorOperators.F2I, INTS, 0);
            ints.intoMemorySegment(y, (yo + i) * 4, ORDER);
        }
        for (; i < n; i++) {
            y.setAtIndex(Elements.I32, yo + i, (int) x.getAtIndex(Elements.F32, xo + i));
        }
    }

    private static void fromBrain(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            var ints = (IntVector) ShortVector.fromMemorySegment(SHORTS, x, (xo + i) * 2, ORDER)
                    .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
            store(ints.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), y, yo + i);
        }
        for (; i < n; i++) {
            y.setAtIndex(Elements.F32, yo + i, Float.intBitsToFloat(x.getAtIndex(Elements.I16, xo + i) << 16));
        }
    }

    /// Round to nearest even by adding just under half, or half where the kept part is odd; NaN gets its quiet bit.
    private static void toBrain(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
        long i = 0;
        for (; i <= n - LANES; i += LANES) {
            var v = load(x, xo + i);
            var bits = v.reinterpretAsInts();
            var upper = bits.lanewise(VectorOperators.LSHR, 16);
            var rounded = bits.add(0x7fff).add(upper.and(1)).lanewise(VectorOperators.LSHR, 16);
            var nan = v.test(VectorOperators.IS_NAN).cast(INTS);
            ((ShortVector) rounded.blend(upper.or(0x40), nan).convertShape(VectorOperators.I2S, SHORTS, 0))
                    .intoMemorySegment(y, (yo + i) * 2, ORDER);
        }
        for (; i < n; i++) {
            y.setAtIndex(Elements.I16, yo + i, Elements.bfloat(x.getAtIndex(Elements.F32, xo + i)));
        }
    }
}
