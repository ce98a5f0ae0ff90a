package dev.caviar.engine.kernel;

import static dev.caviar.engine.kernel.Elements.F32;
import static dev.caviar.engine.kernel.Elements.F64;
import static dev.caviar.engine.kernel.Elements.I32;
import static dev.caviar.engine.kernel.Elements.I64;
import static dev.caviar.engine.kernel.Elements.I8;

import dev.caviar.engine.memory.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/// Random numbers as a pure function of a key and a position: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random
/// numbers: as easy as 1, 2, 3", SC 2011).
///
/// A key is two longs: the cipher's key, and the upper half of its counter. Element i of a fill depends on the key, i and
/// the type alone, so it is the same however a fill is cut into parts (`first` is the position of the first element
/// written) and on whatever machine. Elements come in groups of 64 from 16 blocks of four words: element r of a group is
/// word r / 16 of block r mod 16, which is how vector code of any width produces them. In F64 element i is half i mod 2
/// of block i / 2.
///
/// ```java
/// var noise = MemorySegment.ofArray(new float[100]);
/// Philox.normal(42, 0, 0, DType.F32, noise, 0, 100);
/// ```
public final class Philox {
    /// The factors of a round.
    public static final int M0 = 0xD2511F53;
    public static final int M1 = 0xCD9E8D57;
    /// What is added to the two halves of the key after each round.
    public static final int W0 = 0x9E3779B9;
    public static final int W1 = 0xBB67AE85;
    public static final int ROUNDS = 10;
    /// The step between uniform numbers in F32.
    public static final float UNIT = 0x1p-24f;
    /// So many radii lie side by side, and then as many angles.
    public static final int HALF = 16;
    static final int GROUP = 64;
    private static final @Nullable RandomLoops COMPILED =
            ServiceLoader.load(RandomLoops.class, Philox.class.getClassLoader()).findFirst().orElse(null);
    /// So many words are made before they are looked at again: they are still in the first-level cache.
    private static final int CHUNK = 2048;
    private static final ThreadLocal<MemorySegment> WORDS = ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(4 * CHUNK, 64));
    /// Groups from which on vectors are worth their start.
    private static final long WIDE = 4;
    private static final long DERIVE = 0x6361766961724B31L;

    private Philox() {}

    /// 32 random bits per element, as I32.
    public static void bits(long key, long stream, long first, MemorySegment y, long yo, long n) {
        long head = Math.min(n, -first & (GROUP - 1));
        for (long i = 0; i < head; i++) {
            y.setAtIndex(I32, yo + i, word(key, stream, first + i));
        }
        long groups = (n - head) / GROUP;
        long done = 0;
        if (COMPILED != null && y.isNative()) {
            done = COMPILED.groups(key, stream, (first + head) / GROUP, y.address() + 4 * (yo + head), groups);
        }
        if (Vectors.PRESENT && groups - done >= WIDE) {
            done += VectorPhilox.groups(key, stream, (first + head) / GROUP + done, y, yo + head + done * GROUP, groups - done);
        }
        for (long g = done; g < groups; g++) {
            group(key, stream, (first + head) / GROUP + g, y, yo + head + g * GROUP);
        }
        for (long i = head + groups * GROUP; i < n; i++) {
            y.setAtIndex(I32, yo + i, word(key, stream, first + i));
        }
    }

    /// Uniform numbers in [0, 1): multiples of 2⁻²⁴ in F32, of 2⁻⁵³ in F64.
    /// Throws [IllegalArgumentException] for other types.
    public static void uniform(long key, long stream, long first, DType dtype, MemorySegment y, long yo, long n) {
        switch (dtype) {
            case F32 -> {
                for (long i = 0; i < n; i += CHUNK) {
                    long m = Math.min(CHUNK, n - i);
                    bits(key, stream, first + i, y, yo + i, m);
                    unit(y, yo + i, m);
                }
            }
            case F64 -> {
                for (long i = 0; i < n; i++) {
                    y.setAtIndex(F64, yo + i, (longWord(key, stream, first + i) >>> 11) * 0x1p-53);
                }
            }
            default -> throw unsupported("uniform", dtype);
        }
    }

    private static void unit(MemorySegment y, long yo, long n) {
        long done = COMPILED != null && y.isNative() ? COMPILED.uniform(y.address() + 4 * yo, n) : 0;
        if (done == 0 && Vectors.PRESENT && n >= WIDE * GROUP) {
            VectorPhilox.toUniform(y, yo, n);
            return;
        }
        for (long i = done; i < n; i++) {
            y.setAtIndex(F32, yo + i, (y.getAtIndex(I32, yo + i) >>> 8) * UNIT);
        }
    }

    /// Whether a coin of probability p fell on its face, as BOOL. Element i is true where half i mod 2 of word i / 2 of [#bits],
    /// as a number of 16 bits, is below p · 2¹⁶, rounded: half a word is enough for a mask. A p below 0 counts as 0, above 1 as 1.
    public static void coins(long key, long stream, long first, double p, MemorySegment y, long yo, long n) {
        int limit = (int) Math.rint(Math.clamp(p, 0, 1) * 65536);
        if (limit == 0 || limit == 65536) {
            y.asSlice(yo, n).fill((byte) (limit >>> 16));
            return;
        }
        var words = WORDS.get();
        for (long i = 0; i < n;) {
            long word = (first + i) >>> 1;
            long half = first + i - 2 * word;
            long m = Math.min(2 * CHUNK - half, n - i);
            bits(key, stream, word, words, 0, (half + m + 1) / 2);
            long done = COMPILED != null && y.isNative() ? COMPILED.below(words.address() + 2 * half, limit, y.address() + yo + i, m) : 0;
            if (done == 0 && Vectors.PRESENT) {
                done = VectorPhilox.below(words, half, limit, y, yo + i, m);
            }
            for (; done < m; done++) {
                int bits = words.getAtIndex(I32, half + done >>> 1) >>> 16 * (int) (half + done & 1) & 0xffff;
                y.set(I8, yo + i + done, (byte) (bits < limit ? 1 : 0));
            }
            i += m;
        }
    }

    /// Standard normal numbers by Box and Muller's transform (1958): in F32 by [Functions], where |y| stays below 6.7, else in double
    /// precision. Of 32 words the first 16 make the radii and the others the angles, in parts of a turn; the first 16 numbers are the
    /// cosines and the others the sines. Throws [IllegalArgumentException] for types other than F32 and F64.
    public static void normal(long key, long stream, long first, DType dtype, MemorySegment y, long yo, long n) {
        switch (dtype) {
            case F32 -> {
                var words = WORDS.get();
                for (long i = 0; i < n;) {
                    long lead = first + i & (2 * HALF - 1);
                    long m = Math.min(CHUNK - lead, n - i);
                    long whole = lead + m + 2 * HALF - 1 & -2 * HALF;
                    bits(key, stream, first + i - lead, words, 0, whole);
                    if (COMPILED == null || COMPILED.normal(words.address(), whole) == 0) {
                        transform(words, whole);
                    }
                    MemorySegment.copy(words, 4 * lead, y, 4 * (yo + i), 4 * m);
                    i += m;
                }
            }
            case F64 -> {
                for (long i = 0; i < n; i++) {
                    long at = first + i;
                    double radius = ((longWord(key, stream, at & ~1) >>> 11) + 1) * 0x1p-53;
                    double angle = (longWord(key, stream, at | 1) >>> 11) * 0x1p-53;
                    y.setAtIndex(F64, yo + i, boxMuller(radius, angle, (at & 1) == 0));
                }
            }
            default -> throw unsupported("normal", dtype);
        }
    }

    /// Child number `data` of a key: two longs at y[yo] and y[yo + 1] of I64. Children of one key are independent of each
    /// other and of what the key itself fills.
    public static void fold(long key, long stream, long data, MemorySegment y, long yo) {
        long low = block(key ^ DERIVE, stream, data, 0);
        long high = block(key ^ DERIVE, stream, data, 1);
        y.setAtIndex(I64, yo, low);
        y.setAtIndex(I64, yo + 1, high);
    }

    /// The first n children of a key as I64 [n, 2].
    public static void split(long key, long stream, long n, MemorySegment y, long yo) {
        for (long i = 0; i < n; i++) {
            fold(key, stream, i, y, yo + 2 * i);
        }
    }

    private static IllegalArgumentException unsupported(String what, DType dtype) {
        return new IllegalArgumentException("Philox." + what + ": " + dtype + " is neither F32 nor F64.\nMaybe draw in F32 and cast.");
    }

    /// A word w, unsigned, stands for u = (w + 1)·2⁻³² in (0, 1]: from a half on, u − 1 is what F32 can hold exactly enough.
    static void transform(MemorySegment words, long n) {
        var l = Lanes.scalar();
        for (long i = 0; i < n; i += (i & HALF - 1) == HALF - 1 ? HALF + 1 : 1) {
            float w = words.getAtIndex(I32, i);
            float u = w * 0x1p-32f + 0x1p-32f;
            float log = Functions.unary(w < 0 ? UnaryFn.LOG1P : UnaryFn.LOG, l, u);
            float radius = Functions.unary(UnaryFn.SQRT, l, log * -2f);
            float turns = words.getAtIndex(I32, i + HALF) * 0x1p-32f;
            words.setAtIndex(F32, i, radius * Functions.unary(UnaryFn.COS_TURNS, l, turns));
            words.setAtIndex(F32, i + HALF, radius * Functions.unary(UnaryFn.SIN_TURNS, l, turns));
        }
    }

    private static double boxMuller(double radius, double angle, boolean first) {
        double r = Math.sqrt(-2 * Math.log(radius));
        double turn = 2 * Math.PI * angle;
        return first ? r * Math.cos(turn) : r * Math.sin(turn);
    }

    private static int word(long key, long stream, long at) {
        long r = at & (GROUP - 1);
        int word = (int) (r >>> 4);
        long pair = block(key, stream, (at >>> 6) * 16 + (r & 15), word >> 1);
        return (int) ((word & 1) == 0 ? pair : pair >>> 32);
    }

    private static long longWord(long key, long stream, long at) {
        return block(key, stream, at >>> 1, (int) (at & 1));
    }

    private static void group(long key, long stream, long group, MemorySegment y, long at) {
        for (int b = 0; b < 16; b++) {
            long low = block(key, stream, group * 16 + b, 0);
            long high = block(key, stream, group * 16 + b, 1);
            y.setAtIndex(I32, at + b, (int) low);
            y.setAtIndex(I32, at + 16 + b, (int) (low >>> 32));
            y.setAtIndex(I32, at + 32 + b, (int) high);
            y.setAtIndex(I32, at + 48 + b, (int) (high >>> 32));
        }
    }

    /// Two of the four words of a block, the first in the low bits: words 0 and 1, or words 2 and 3 for half 1.
    static long block(long key, long stream, long counter, int half) {
        int c0 = (int) counter;
        int c1 = (int) (counter >>> 32);
        int c2 = (int) stream;
        int c3 = (int) (stream >>> 32);
        int k0 = (int) key;
        int k1 = (int) (key >>> 32);
        for (int round = 0; round < ROUNDS; round++) {
            long p0 = (M0 & 0xffffffffL) * (c0 & 0xffffffffL);
            long p1 = (M1 & 0xffffffffL) * (c2 & 0xffffffffL);
            c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
            c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
            c1 = (int) p1;
            c3 = (int) p0;
            k0 += W0;
            k1 += W1;
        }
        return half == 0 ? c0 & 0xffffffffL | (long) c1 << 32 : c2 & 0xffffffffL | (long) c3 << 32;
    }
}
