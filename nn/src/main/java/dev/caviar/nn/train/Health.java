package dev.caviar.nn.train;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Batches;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.Bound;
import dev.caviar.nn.layer.Layer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/// Looks for what keeps a network from learning, in one pass forward and back over some examples: gradients that vanish or explode,
/// units that are dead or all the same. Nothing is changed; dropout is off.
///
/// ```java
/// static void look(Model model, Examples examples) {
///     Health.of(model, examples).forEach(IO::println);
/// }
/// ```
public final class Health {
    static final int SAMPLE = 256;
    /// Below this part of a later layer's, a gradient has vanished; the other way round it has exploded.
    private static final double LOST = 1e-3;
    /// Gradients larger than this many times the weights make no step, but a jump.
    private static final double LARGE = 1e3;
    private static final double DEAD_SHARE = 0.1;
    private final Map<String, Tensor> params;
    private final List<Tensor> gradients;
    private final Map<String, Tensor> outputs;
    private final List<Finding> findings = new ArrayList<>();

    private Health(Map<String, Tensor> params, List<Tensor> gradients, Map<String, Tensor> outputs) {
        this.params = params;
        this.gradients = gradients;
        this.outputs = outputs;
    }

    /// What is wrong with a compiled model on some of these examples (up to 256, from all over them).
    public static List<Finding> of(Model model, Examples examples) {
        return model.health(examples);
    }

    static List<Finding> of(Recipe recipe, State state, Examples examples) {
        var batches = Batches.of(sample(examples), Math.min(SAMPLE, examples.size()));
        int rows = batches.rows(0);
        var x = TrainStep.allocate(batches.xTypes(rows));
        var y = TrainStep.allocate(batches.yTypes(rows));
        batches.fill(0, x, y);
        var params = wrapped(state.params);
        var values = new LinkedHashMap<>(params);
        values.putAll(wrapped(state.states));
        var scalars = new LinkedHashMap<String, Tensor>();
        state.needs.scalars().forEach((name, value) -> scalars.put(name, Tensor.scalar(value, state.dtype())));
        var outputs = new LinkedHashMap<String, Tensor>();
        var gradients = Gradient.tape(tape -> {
            tape.watch(params.values().toArray(Tensor[]::new));
            var scope = Bound.of(values, scalars, Random.key(0), true, state.dtype()).withFrozen(state::frozen).withoutNoise()
                    .withObserver((path, layer, out) -> watch(outputs, path, layer, out.getFirst()));
            var raw = recipe.body().applyAll(scope, state.ready(tensors(x)).toArray(Tensor[]::new));
            var loss = recipe.losses(raw, Recipe.masks(scope, raw), tensors(y), numbers(recipe, state), true, Head::lengths).getFirst().mean();
            var penalty = scope.penalties();
            return tape.gradient(penalty == null ? loss : loss.add(penalty), List.copyOf(params.values()));
        });
        return new Health(params, gradients, outputs).findings();
    }

    private static Examples sample(Examples examples) {
        int n = Math.min(SAMPLE, examples.size());
        return examples.select(IntStream.range(0, n).map(i -> (int) ((long) i * examples.size() / n)).toArray());
    }

    private static Map<String, Tensor> wrapped(Map<String, Buffer> buffers) {
        var out = new LinkedHashMap<String, Tensor>();
        buffers.forEach((path, buffer) -> out.put(path, Tensor.wrap(buffer)));
        return out;
    }

    private static List<Tensor> tensors(List<Buffer> buffers) {
        return buffers.stream().map(Tensor::wrap).toList();
    }

    private static Map<String, Tensor> numbers(Recipe recipe, State state) {
        var out = new LinkedHashMap<String, Tensor>();
        recipe.numbers().forEach((name, value) -> out.put(name, Tensor.scalar(value, state.dtype())));
        return out;
    }

    /// Keeps what comes out of an activation: only there a unit that is 0 for all is a dead one.
    private static void watch(Map<String, Tensor> outputs, String path, Layer layer, Tensor out) {
        boolean activated = layer instanceof Activation || layer.tail().filter(tail -> tail.activation() != Activation.LINEAR).isPresent();
        outputs.keySet().removeIf(inner -> inner.startsWith(path + "/") && activated);
        if (activated && out.dtype().isFloat() && out.rank() > 1) {
            outputs.put(path, out.stopGradient());
        }
    }

    private List<Finding> findings() {
        var kernels = new LinkedHashMap<String, Double>();
        double square = 0;
        double weights = 0;
        int i = 0;
        for (var param : params.entrySet()) {
            double own = sumOfSquares(gradients.get(i++));
            square += own;
            weights += sumOfSquares(param.getValue());
            if (kernel(param.getKey(), param.getValue())) {
                kernels.put(param.getKey(), Math.sqrt(own / param.getValue().shape().size()));
            }
        }
        large(Math.sqrt(square), Math.sqrt(weights));
        if (Double.isFinite(square)) {
            wayBack(kernels);
        }
        symmetric();
        var alike = findings.stream().filter(finding -> finding.kind() == Finding.Kind.SYMMETRIC_UNITS).map(Finding::where).toList();
        outputs.forEach((path, out) -> {
            if (!alike.contains(path)) {
                dead(path, out);
            }
        });
        return List.copyOf(findings);
    }

    private static boolean kernel(String path, Tensor value) {
        return path.endsWith("kernel") && value.rank() > 1;
    }

    private static double sumOfSquares(Tensor x) {
        return x.square().sum().item();
    }

    private void large(double gradients, double weights) {
        if (!(gradients <= LARGE * (1 + weights))) {
            add(Finding.Kind.EXPLODING_GRADIENTS, "", gradients, "the gradients' norm is " + shown(gradients) + ", that of the weights " + shown(weights)
                    + ".", "Maybe clip them, optimizer.withClip(Clipped.Form.GLOBAL_NORM, 1), take a smaller learning rate, or initialise by He or Xavier.");
        }
    }

    /// Compares each layer's gradient with those of the layers after it.
    private void wayBack(Map<String, Double> kernels) {
        var paths = List.copyOf(kernels.keySet());
        String smallest = null;
        String largest = null;
        double low = LOST;
        double high = 1 / LOST;
        for (int i = 0; i + 1 < paths.size(); i++) {
            double own = kernels.get(paths.get(i));
            double later = paths.subList(i + 1, paths.size()).stream().mapToDouble(kernels::get).max().orElseThrow();
            if (later > 0 && own / later < low) {
                low = own / later;
                smallest = paths.get(i);
            }
            double last = kernels.get(paths.getLast());
            if (last > 0 && own / last > high) {
                high = own / last;
                largest = paths.get(i);
            }
        }
        if (smallest != null) {
            add(Finding.Kind.VANISHING_GRADIENTS, layer(smallest), low, "its gradient is " + shown(low) + " of a later layer's: it vanishes on its way back.",
                    "Maybe initialise by He or Xavier, use relu in place of sigmoid or tanh, or put batch norms between the layers.");
        }
        if (largest != null) {
            add(Finding.Kind.EXPLODING_GRADIENTS, layer(largest), high, "its gradient is " + shown(high) + " times the last layer's: it explodes on its "
                    + "way back.", "Maybe initialise by He or Xavier, put batch norms between the layers, or clip the gradients.");
        }
    }

    private void dead(String path, Tensor out) {
        var axes = IntStream.range(0, out.rank() - 1).toArray();
        var peaks = out.abs().max(axes).toDoubles();
        long dead = Arrays.stream(peaks).filter(peak -> peak == 0).count();
        if (dead > DEAD_SHARE * peaks.length) {
            add(Finding.Kind.DEAD_UNITS, path, (double) dead / peaks.length, dead + " of " + peaks.length + " units gave 0 for each of "
                    + out.shape().dim(0) + " examples: they learn nothing more.",
                    "Maybe the learning rate is too large or the inputs are not normalised; else initialise by He, put a batch norm in front, or use "
                            + "leaky_relu.");
        }
    }

    /// Units whose weights, bias and gradients are the same to the last bit.
    private void symmetric() {
        int i = 0;
        for (var param : params.entrySet()) {
            var gradient = gradients.get(i++);
            if (!kernel(param.getKey(), param.getValue())) {
                continue;
            }
            int units = (int) param.getValue().shape().dim(-1);
            var bias = params.get(param.getKey().substring(0, param.getKey().length() - "kernel".length()) + "bias");
            int different = different(param.getValue().toDoubles(), gradient.toDoubles(),
                    bias == null || bias.shape().size() != units ? new double[units] : bias.toDoubles(), units);
            if (units > 1 && different <= units / 2) {
                add(Finding.Kind.SYMMETRIC_UNITS, layer(param.getKey()), different, "its " + units + " units have the same weights and the same gradients"
                        + (different == 1 ? "" : ", but for " + different + " kinds") + ": they stay the same, whatever they learn.",
                        "Maybe the weights begin at 0 or all alike: initialise them at random, by He or Xavier.");
            }
        }
    }

    private static int different(double[] weights, double[] gradients, double[] bias, int units) {
        var seen = new HashSet<List<Long>>();
        for (int unit = 0; unit < units; unit++) {
            long one = 17;
            long other = 31;
            for (int at = unit; at < weights.length; at += units) {
                one = 0x9E3779B97F4A7C15L * (one ^ Double.doubleToLongBits(weights[at] + 0.0)) + 1;
                other = 0xC2B2AE3D27D4EB4FL * (other ^ Double.doubleToLongBits(gradients[at] + 0.0)) + 1;
                one ^= one >>> 29;
                other ^= other >>> 31;
            }
            seen.add(List.of(one, other, Double.doubleToLongBits(bias[unit])));
        }
        return seen.size();
    }

    private static String layer(String path) {
        return path.contains("/") ? path.substring(0, path.lastIndexOf('/')) : path;
    }

    private static String shown(double value) {
        return String.format(Locale.ROOT, "%.2g", value);
    }

    private void add(Finding.Kind kind, String where, double value, String problem, String advice) {
        findings.add(new Finding(kind, where, value, problem, advice));
    }
}
