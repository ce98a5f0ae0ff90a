package dev.caviar.engine.kernel;

/// The operations that elementary functions are made of, whatever a number is: a value, a vector, or a place in bytecode
/// that is being written. `F` holds F32 lanes, `I` 32-bit integer lanes, `M` one truth per lane.
///
/// Every operation is exact or rounded once to nearest even, as Java does it, so that all implementations give the same
/// bits: [Functions] is written once against this interface, and is then the same when interpreted, as plain loops and as
/// vectors (the style is "tagless final": Carette, Kiselyov, Shan, JFP 2009). Names that begin with `i` work on integers and are those
/// of the JVM's instructions. Handles may be used any number of times and in any order.
///
/// ```java
/// static <F, I, M> F hypotenuse(Lanes<F, I, M> l, F x, F y) {
///     return l.sqrt(l.fma(x, x, l.mul(y, y)));
/// }
/// ```
public interface Lanes<F, I, M> {
    /// One number for all lanes.
    F number(float value);

    /// One integer for all lanes.
    I integer(int value);

    F add(F a, F b);

    F sub(F a, F b);

    F mul(F a, F b);

    F div(F a, F b);

    /// a·b + c, rounded once.
    F fma(F a, F b, F c);

    /// The sign bit turned round, that of zero and NaN too.
    F neg(F a);

    /// The sign bit cleared.
    F abs(F a);

    F sqrt(F a);

    /// As [Math#min(float, float)]: NaN where either is, and -0 below 0.
    F min(F a, F b);

    /// As [Math#max(float, float)]: NaN where either is, and 0 above -0.
    F max(F a, F b);

    /// a < b; false where either is NaN, as in the next two.
    M lt(F a, F b);

    M le(F a, F b);

    M eq(F a, F b);

    M and(M a, M b);

    M or(M a, M b);

    M not(M a);

    /// Per lane a where the mask is true, else b.
    F select(M mask, F a, F b);

    /// As [#select], for integers.
    I iselect(M mask, I a, I b);

    /// `usual`, except where the mask is true: there the lanes of x go through [UnaryFn#apply] one by one, in double precision.
    /// This is so rare that vectors are to branch around it.
    F rarely(M mask, UnaryFn fn, F x, F usual);

    /// The bits of the numbers, as [Float#floatToRawIntBits].
    I bits(F a);

    /// The numbers with these bits.
    F floats(I a);

    /// The integers as numbers, rounded to nearest.
    F toFloats(I a);

    /// The numbers cut towards zero, as Java's cast: NaN is 0, what is too large the nearest integer.
    I toInts(F a);

    I iadd(I a, I b);

    I isub(I a, I b);

    /// The low 32 bits of the product.
    I imul(I a, I b);

    I iand(I a, I b);

    I ior(I a, I b);

    I ixor(I a, I b);

    /// Shifts to the left by 0 to 31.
    I ishl(I a, int count);

    /// Shifts to the right by 0 to 31, filling up with the sign.
    I ishr(I a, int count);

    /// Shifts to the right by 0 to 31, filling up with zeros.
    I iushr(I a, int count);

    /// a < b as signed integers.
    M ilt(I a, I b);

    M ieq(I a, I b);

    /// One number per handle, computed at once: what every other implementation must agree with.
    static Lanes<Float, Integer, Boolean> scalar() {
        return ScalarLanes.INSTANCE;
    }
}
