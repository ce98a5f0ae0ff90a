package dev.caviar.nn.layer;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.Locale;

/// How a parameter begins. The same key and type give the same values.
///
/// A kernel `[taps…, inputs, outputs]` has taps times `inputs` incoming connections per output, and taps times `outputs`
/// outgoing ones per input, which is what the scaled forms go by.
///
/// ```java
/// Tensor kernel = Init.he().tensor(Type.of(DType.F32, 784, 256), Random.key(1));
/// Init same = Init.of("he_normal");
/// ```
public sealed interface Init {
    /// Values of this type.
    Tensor tensor(Type type, Tensor key);

    /// The same number everywhere.
    record Constant(double value) implements Init {
        @Override
        public Tensor tensor(Type type, Tensor key) {
            return Tensor.full(value, type);
        }
    }

    /// Normal; `truncated`, what lies more than two deviations from the mean is drawn anew.
    record Normal(double mean, double deviation, boolean truncated) implements Init {
        public Normal {
            if (!(deviation >= 0)) {
                throw new IllegalArgumentException("Normal: a deviation of " + deviation + " must be 0 or more.");
            }
        }

        /// With mean 0.
        public Normal(double deviation) {
            this(0, deviation, false);
        }

        @Override
        public Tensor tensor(Type type, Tensor key) {
            var values = truncated ? cut(type, key).mul(deviation) : normal(type, key, deviation);
            return mean == 0 ? values : values.add(mean);
        }
    }

    /// Uniform from `low` to `high`.
    record Uniform(double low, double high) implements Init {
        public Uniform {
            if (!(low <= high)) {
                throw new IllegalArgumentException("Uniform from " + low + " to " + high + ": the lower end comes first.");
            }
        }

        /// Within ±limit.
        public Uniform(double limit) {
            this(-limit, limit);
        }

        @Override
        public Tensor tensor(Type type, Tensor key) {
            return low == -high ? Random.uniform(key, type).mul(2).sub(1).mul(high) : Random.uniform(key, type).mul(high - low).add(low);
        }
    }

    /// Variance `scale`/n, where n is the number of connections that come in, go out, or their mean: Keras's `VarianceScaling`.
    record Variance(double scale, Fan fan, Form form) implements Init {
        /// Which connections.
        public enum Fan {
            IN,
            OUT,
            MEAN
        }

        /// Which distribution.
        public enum Form {
            NORMAL,
            /// Within two deviations, which are as much larger as that makes them smaller.
            TRUNCATED,
            UNIFORM
        }

        /// The deviation of a standard normal one that is cut off at ±2.
        private static final double CUT = 0.87962566103423978;

        public Variance {
            if (!(scale > 0)) {
                throw new IllegalArgumentException("Variance: a scale of " + scale + " must be positive.");
            }
        }

        @Override
        public Tensor tensor(Type type, Tensor key) {
            double in = inputs(type.shape());
            double out = type.shape().rank() < 2 ? in : (double) taps(type.shape()) * outputs(type.shape());
            double variance = scale / Math.max(1, switch (fan) {
                case IN -> in;
                case OUT -> out;
                case MEAN -> (in + out) / 2;
            });
            return switch (form) {
                case NORMAL -> normal(type, key, Math.sqrt(variance));
                case TRUNCATED -> cut(type, key).mul(Math.sqrt(variance) / CUT);
                case UNIFORM -> uniform(Math.sqrt(3 * variance)).tensor(type, key);
            };
        }
    }

    /// `gain` on the diagonal of a matrix, 0 elsewhere.
    record Identity(double gain) implements Init {
        @Override
        public Tensor tensor(Type type, Tensor key) {
            if (type.shape().rank() != 2) {
                throw new ShapeException(this + " of " + type + ": only a matrix has a diagonal.");
            }
            return Tensor.range(type.shape().dim(0), DType.I64).expandDims(1).expandTo(type.shape())
                    .eq(Tensor.range(type.shape().dim(1), DType.I64).expandTo(type.shape())).cast(type.dtype()).mul(gain);
        }
    }

    /// Normal with variance 2/inputs, for rectifiers (He et al. 2015).
    record He() implements Init {
        @Override
        public Tensor tensor(Type type, Tensor key) {
            return normal(type, key, Math.sqrt(2.0 / inputs(type.shape())));
        }
    }

    /// The three forms that go by the name of Xavier (Glorot & Bengio 2010).
    record Xavier(Form form) implements Init {
        /// Which variance, and which distribution.
        public enum Form {
            /// Normal with variance 1/inputs.
            INPUTS,
            /// Normal with variance 2/(inputs + outputs).
            NORMAL,
            /// Uniform within ±√(6/(inputs + outputs)).
            UNIFORM
        }

        @Override
        public Tensor tensor(Type type, Tensor key) {
            double sum = (double) inputs(type.shape()) + taps(type.shape()) * outputs(type.shape());
            return switch (form) {
                case INPUTS -> normal(type, key, Math.sqrt(1.0 / inputs(type.shape())));
                case NORMAL -> normal(type, key, Math.sqrt(2 / sum));
                case UNIFORM -> Random.uniform(key, type).mul(2).sub(1).mul(Math.sqrt(6 / sum));
            };
        }
    }

    /// Columns (or rows, where there are fewer) at right angles and of length `gain` (Saxe et al. 2013).
    record Orthogonal(double gain) implements Init {
        @Override
        public Tensor tensor(Type type, Tensor key) {
            long columns = outputs(type.shape());
            long rows = type.shape().size() / Math.max(1, columns);
            boolean tall = rows >= columns;
            var vectors = normal(Type.of(type.dtype(), tall ? columns : rows, tall ? rows : columns), key, 1).toDoubles();
            orthonormal(vectors, (int) Math.min(rows, columns), (int) Math.max(rows, columns));
            var matrix = Tensor.of(vectors).reshape(Math.min(rows, columns), Math.max(rows, columns));
            return (tall ? matrix.transpose() : matrix).mul(gain).reshape(type.shape()).cast(type.dtype());
        }

        /// Gram-Schmidt, twice over for accuracy.
        private static void orthonormal(double[] v, int n, int width) {
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < 2 * i; j++) {
                    int other = j % i;
                    double dot = dot(v, i, other, width);
                    for (int k = 0; k < width; k++) {
                        v[i * width + k] -= dot * v[other * width + k];
                    }
                }
                double length = Math.sqrt(dot(v, i, i, width));
                for (int k = 0; k < width; k++) {
                    v[i * width + k] /= length;
                }
            }
        }

        private static double dot(double[] v, int i, int j, int width) {
            double sum = 0;
            for (int k = 0; k < width; k++) {
                sum += v[i * width + k] * v[j * width + k];
            }
            return sum;
        }
    }

    /// The last axis in equal parts, each of which begins in its own way.
    record Blocks(List<Init> parts) implements Init {
        public Blocks {
            parts = List.copyOf(parts);
        }

        @Override
        public Tensor tensor(Type type, Tensor key) {
            var shape = type.shape();
            if (shape.rank() == 0 || shape.dim(-1) % parts.size() != 0) {
                throw new ShapeException(this + " of " + type + ": the last axis must be a multiple of " + parts.size() + ".");
            }
            var part = type.withShape(shape.with(-1, shape.dim(-1) / parts.size()));
            var blocks = new Tensor[parts.size()];
            for (int i = 0; i < blocks.length; i++) {
                blocks[i] = parts.get(i).tensor(part, key.add(Tensor.of((long) i, 0L)));
            }
            return Tensor.concat(-1, blocks);
        }
    }

    static Init zeros() {
        return new Constant(0);
    }

    static Init ones() {
        return new Constant(1);
    }

    static Init constant(double value) {
        return new Constant(value);
    }

    /// Normal with deviation 0.05.
    static Init normal() {
        return normal(0.05);
    }

    static Init normal(double deviation) {
        return new Normal(deviation);
    }

    /// Within two deviations of the mean.
    static Init truncatedNormal(double mean, double deviation) {
        return new Normal(mean, deviation, true);
    }

    /// Uniform within ±0.05.
    static Init uniform() {
        return uniform(0.05);
    }

    static Init uniform(double limit) {
        return new Uniform(limit);
    }

    static Init uniform(double low, double high) {
        return new Uniform(low, high);
    }

    /// Variance `scale`/n in Keras's three ways.
    static Init variance(double scale, Variance.Fan fan, Variance.Form form) {
        return new Variance(scale, fan, form);
    }

    static Init identity() {
        return new Identity(1);
    }

    static Init he() {
        return new He();
    }

    /// Glorot uniform, the default of kernels.
    static Init xavier() {
        return new Xavier(Xavier.Form.UNIFORM);
    }

    static Init xavier(Xavier.Form form) {
        return new Xavier(form);
    }

    static Init orthogonal() {
        return new Orthogonal(1);
    }

    static Init blocks(Init... parts) {
        return new Blocks(List.of(parts));
    }

    /// By its usual name: zeros, ones, random_normal, truncated_normal, random_uniform, he_normal, he_uniform, lecun_normal, lecun_uniform, glorot_normal,
    /// glorot_uniform, orthogonal, identity.
    static Init of(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "zeros" -> zeros();
            case "ones" -> ones();
            case "random_normal", "normal" -> normal();
            case "truncated_normal" -> truncatedNormal(0, 0.05);
            case "he_uniform" -> variance(2, Variance.Fan.IN, Variance.Form.UNIFORM);
            case "lecun_uniform" -> variance(1, Variance.Fan.IN, Variance.Form.UNIFORM);
            case "identity" -> identity();
            case "random_uniform", "uniform" -> uniform();
            case "he_normal", "he" -> he();
            case "lecun_normal", "xavier_inputs" -> xavier(Xavier.Form.INPUTS);
            case "glorot_normal", "xavier_normal" -> xavier(Xavier.Form.NORMAL);
            case "glorot_uniform", "xavier_uniform", "xavier" -> xavier();
            case "orthogonal" -> orthogonal();
            default -> throw new IllegalArgumentException("There is no initialisation \"" + name + "\".\nMaybe one of zeros, ones, "
                    + "random_normal, truncated_normal, random_uniform, he_normal, he_uniform, lecun_normal, lecun_uniform, glorot_normal, glorot_uniform, "
                    + "orthogonal, identity.");
        };
    }

    /// A key that belongs to a path: the seed moved by the path's FNV-1a hash.
    static Tensor keyFor(Tensor key, String path) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < path.length(); i++) {
            hash = (hash ^ path.charAt(i)) * 0x100000001b3L;
        }
        return key.add(Tensor.of(hash, 0L));
    }

    private static Tensor normal(Type type, Tensor key, double deviation) {
        return Random.normal(key, type).mul(deviation);
    }

    /// Standard normal within ±2: one in 22 is drawn anew, and hardly any value more than a few times.
    private static Tensor cut(Type type, Tensor key) {
        var values = Random.normal(key, type);
        for (long draw = 1; draw <= 10; draw++) {
            var outside = values.abs().gt(Tensor.scalar(2, type.dtype()));
            values = outside.where(Random.normal(key.add(Tensor.of(0L, draw)), type), values);
        }
        return values.max(-2).min(2);
    }

    /// The places of a convolution's kernel: each input reaches as many outputs through every one of them.
    private static long taps(Shape shape) {
        return shape.rank() < 3 ? 1 : shape.size() / Math.max(1, shape.dim(-1) * shape.dim(-2));
    }

    private static long outputs(Shape shape) {
        return shape.rank() == 0 ? 1 : shape.dim(-1);
    }

    private static long inputs(Shape shape) {
        return shape.rank() < 2 ? Math.max(1, outputs(shape)) : shape.size() / Math.max(1, outputs(shape));
    }
}
