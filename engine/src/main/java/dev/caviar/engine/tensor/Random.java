package dev.caviar.engine.tensor;

import dev.caviar.engine.kernel.Philox;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.LongUnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Random numbers as pure functions of a key, by a counter-based generator (Salmon et al. 2011, Philox4x32-10): the same
/// key gives the same numbers, whatever the number of threads.
///
/// ```java
/// Tensor key = Random.key(42);
/// Tensor[] two = Random.split(key, 2);
/// Tensor noise = Random.normal(two[0], 32, 100);
/// ```
public sealed interface Random extends Op {
    /// The type of a key: its seed and its stream.
    Type KEY = Type.of(DType.I64, 2);

    /// What numbers are drawn from.
    enum Distribution {
        /// [0, 1), all alike.
        UNIFORM,
        /// Mean 0 and variance 1.
        NORMAL
    }

    /// A tensor of independent numbers from one distribution, of this type for each key: keys `[…, 2]` give `[…, type]`.
    record Draw(Distribution distribution, Type type) implements Random {
        @Override
        public String label() {
            return distribution.name().toLowerCase(Locale.ROOT);
        }

        @Override
        public List<Type> infer(List<Type> in) {
            return List.of(type.withShape(join(key(this, in.getFirst()), type.shape())));
        }

        @Override
        public void run(Args a) {
            var key = a.in(0);
            var y = a.out(0).memory();
            long n = type.shape().size();
            for (long i = 0; 2 * i < key.size(); i++) {
                switch (distribution) {
                    case UNIFORM -> Philox.uniform(key.longAt(2 * i), key.longAt(2 * i + 1), 0, type.dtype(), y, i * n, n);
                    case NORMAL -> Philox.normal(key.longAt(2 * i), key.longAt(2 * i + 1), 0, type.dtype(), y, i * n, n);
                }
            }
        }

        @Override
        public Op withDims(LongUnaryOperator known) {
            var lengths = type.shape().dims().stream().map(known::applyAsLong).toList();
            return new Draw(distribution, type.withShape(new Shape(lengths)));
        }
    }

    /// Coins that show their face with a probability: keys `[…, 2]` and probabilities `[…]` give BOOL `[…, shape]`.
    record Coin(Shape shape) implements Random {
        @Override
        public String label() {
            return "coin";
        }

        @Override
        public List<Type> infer(List<Type> in) {
            var keys = key(this, in.getFirst());
            var chance = in.get(1);
            if (!chance.dtype().isFloat() || !chance.shape().equals(keys)) {
                throw new ShapeException("coin(" + in.get(0) + ", " + chance + "): it takes one float for each key, its probability."
                        + "\nMaybe cast() the probability, or expand it.");
            }
            return List.of(new Type(DType.BOOL, join(keys, shape)));
        }

        @Override
        public void run(Args a) {
            var key = a.in(0);
            long n = shape.size();
            for (long i = 0; 2 * i < key.size(); i++) {
                Philox.coins(key.longAt(2 * i), key.longAt(2 * i + 1), 0, a.in(1).at(i), a.out(0).memory(), i * n, n);
            }
        }

        @Override
        public Op withDims(LongUnaryOperator known) {
            return new Coin(new Shape(shape.dims().stream().map(known::applyAsLong).toList()));
        }

        @Override
        public List<Tensor> batch(Batched b) {
            return apply(b.wide());
        }

        @Override
        public List<@Nullable Tensor> vjp(Vjp v) {
            return Arrays.asList(null, null);
        }

        @Override
        public List<Sample> samples() {
            var chance = Type.of(DType.F32);
            return List.of(Sample.of(KEY, chance).within(0, 1), Sample.of(Type.of(DType.I64, 3, 2), Type.of(DType.F32, 3)).within(0, 1),
                    Sample.bad("is no key", chance, chance), Sample.bad("one float for each key", KEY, Type.of(DType.F32, 2)));
        }
    }

    /// `n` new keys `[n, 2]` from each; the old one should not be used again.
    record Split(int n) implements Random {
        @Override
        public String label() {
            return "split_key";
        }

        @Override
        public List<Type> infer(List<Type> in) {
            return List.of(new Type(DType.I64, join(key(this, in.getFirst()), Shape.of(n, 2))));
        }

        @Override
        public void run(Args a) {
            var key = a.in(0);
            for (long i = 0; 2 * i < key.size(); i++) {
                Philox.split(key.longAt(2 * i), key.longAt(2 * i + 1), n, a.out(0).memory(), 2 * n * i);
            }
        }
    }

    /// Every key draws what it would draw alone.
    @Override
    default List<Tensor> batch(Batched b) {
        return apply(b.in());
    }

    @Override
    default List<@Nullable Tensor> vjp(Vjp v) {
        return Vjp.one(null);
    }

    @Override
    default Cost cost(List<Type> in) {
        return Cost.of(infer(in).getFirst().shape().size(), in, infer(in));
    }

    @Override
    default List<Sample> samples() {
        return List.of(Sample.of(KEY).within(0, 1000), Sample.bad("is no key", Type.of(DType.F32, 2)));
    }

    /// A key from a seed.
    static Tensor key(long seed) {
        return Tensor.of(seed, 0L);
    }

    /// Uniform F32 numbers in [0, 1).
    static Tensor uniform(Tensor key, long... dims) {
        return uniform(key, Type.of(DType.F32, dims));
    }

    static Tensor uniform(Tensor key, Type type) {
        return new Draw(Distribution.UNIFORM, type).on(key);
    }

    /// Normal F32 numbers with mean 0 and variance 1.
    static Tensor normal(Tensor key, long... dims) {
        return normal(key, Type.of(DType.F32, dims));
    }

    static Tensor normal(Tensor key, Type type) {
        return new Draw(Distribution.NORMAL, type).on(key);
    }

    /// Truths of these lengths, each true with this probability (a float scalar, rounded to a multiple of 2⁻¹⁶): 16
    /// random bits each, which makes it the fastest way to a mask.
    static Tensor bernoulli(Tensor key, Tensor probability, long... dims) {
        return new Coin(Shape.of(dims)).apply(List.of(key, probability)).getFirst();
    }

    static Tensor[] split(Tensor key, int n) {
        var keys = new Split(n).on(key);
        var out = new Tensor[n];
        for (int i = 0; i < n; i++) {
            out[i] = keys.at(0, i);
        }
        return out;
    }

    /// A key drawn from a Java generator.
    static Tensor key(RandomGenerator random) {
        return Tensor.of(random.nextLong(), random.nextLong());
    }

    /// The axes in front of the keys: one key has none.
    private static Shape key(Op op, Type type) {
        if (type.dtype() != DType.I64 || type.shape().rank() == 0 || type.shape().dim(-1) != 2) {
            throw new ShapeException(op.label() + " with " + type + ": it is no key, which is " + KEY
                    + ".\nMaybe make one by Random.key(seed).");
        }
        return type.shape().without(List.of(type.shape().rank() - 1));
    }

    private static Shape join(Shape a, Shape b) {
        var dims = new ArrayList<>(a.dims());
        dims.addAll(b.dims());
        return new Shape(dims);
    }
}
