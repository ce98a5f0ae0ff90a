package dev.caviar.engine.kernel;

/// One lane, computed as it is asked for. Compiled code keeps none of the boxes.
final class ScalarLanes implements Lanes<Float, Integer, Boolean> {
    static final ScalarLanes INSTANCE = new ScalarLanes();

    private ScalarLanes() {}

    @Override
    public Float number(float value) {
        return value;
    }

    @Override
    public Integer integer(int value) {
        return value;
    }

    @Override
    public Float add(Float a, Float b) {
        return a + b;
    }

    @Override
    public Float sub(Float a, Float b) {
        return a - b;
    }

    @Override
    public Float mul(Float a, Float b) {
        return a * b;
    }

    @Override
    public Float div(Float a, Float b) {
        return a / b;
    }

    @Override
    public Float fma(Float a, Float b, Float c) {
        return Math.fma(a, b, c);
    }

    @Override
    public Float neg(Float a) {
        return -a;
    }

    @Override
    public Float abs(Float a) {
        return Math.abs(a);
    }

    @Override
    public Float sqrt(Float a) {
        return (float) Math.sqrt(a);
    }

    @Override
    public Float min(Float a, Float b) {
        return Math.min(a, b);
    }

    @Override
    public Float max(Float a, Float b) {
        return Math.max(a, b);
    }

    @Override
    public Boolean lt(Float a, Float b) {
        return (float) a < (float) b;
    }

    @Override
    public Boolean le(Float a, Float b) {
        return (float) a <= (float) b;
    }

    @Override
    public Boolean eq(Float a, Float b) {
        return (float) a == (float) b;
    }

    @Override
    public Boolean and(Boolean a, Boolean b) {
        return a & b;
    }

    @Override
    public Boolean or(Boolean a, Boolean b) {
        return a | b;
    }

    @Override
    public Boolean not(Boolean a) {
        return !a;
    }

    @Override
    public Float select(Boolean mask, Float a, Float b) {
        return mask ? a : b;
    }

    @Override
    public Integer iselect(Boolean mask, Integer a, Integer b) {
        return mask ? a : b;
    }

    @Override
    public Float rarely(Boolean mask, UnaryFn fn, Float x, Float usual) {
        return mask ? (float) fn.apply(x) : usual;
    }

    @Override
    public Integer bits(Float a) {
        return Float.floatToRawIntBits(a);
    }

    @Override
    public Float floats(Integer a) {
        return Float.intBitsToFloat(a);
    }

    @Override
    public Float toFloats(Integer a) {
        return (float) (int) a;
    }

    @Override
    public Integer toInts(Float a) {
        return (int) (float) a;
    }

    @Override
    public Integer iadd(Integer a, Integer b) {
        return a + b;
    }

    @Override
    public Integer isub(Integer a, Integer b) {
        return a - b;
    }

    @Override
    public Integer imul(Integer a, Integer b) {
        return a * b;
    }

    @Override
    public Integer iand(Integer a, Integer b) {
        return a & b;
    }

    @Override
    public Integer ior(Integer a, Integer b) {
        return a | b;
    }

    @Override
    public Integer ixor(Integer a, Integer b) {
        return a ^ b;
    }

    @Override
    public Integer ishl(Integer a, int count) {
        return a << count;
    }

    @Override
    public Integer ishr(Integer a, int count) {
        return a >> count;
    }

    @Override
    public Integer iushr(Integer a, int count) {
        return a >>> count;
    }

    @Override
    public Boolean ilt(Integer a, Integer b) {
        return (int) a < (int) b;
    }

    @Override
    public Boolean ieq(Integer a, Integer b) {
        return (int) a == (int) b;
    }
}
