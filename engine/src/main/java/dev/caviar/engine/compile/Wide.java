package dev.caviar.engine.compile;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// The constants of kernels on vectors; loaded only where the vector module is there.
final class Wide {
    static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
    static final int LANES = FLOATS.length();
    /// As many bytes and halves as a vector has floats; of no use where there are fewer than 8 lanes.
    static final VectorSpecies<Byte> BYTES = LANES == 8 || LANES == 16
            ? VectorSpecies.of(byte.class, VectorShape.forBitSize(LANES * 8)) : ByteVector.SPECIES_64;
    static final VectorSpecies<Short> HALVES = VectorSpecies.of(short.class, VectorShape.forBitSize(Math.max(64, LANES * 16)));

    static final VectorShuffle<Float> BY_8 = half(8);
    static final VectorShuffle<Float> BY_4 = half(4);
    static final VectorShuffle<Float> BY_2 = half(2);
    static final VectorShuffle<Float> BY_1 = half(1);

    private Wide() {}

    private static VectorShuffle<Float> half(int distance) {
        return VectorShuffle.fromOp(FLOATS, i -> (i + distance) % LANES);
    }
}
