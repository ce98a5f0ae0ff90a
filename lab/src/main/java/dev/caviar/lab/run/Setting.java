package dev.caviar.lab.run;

import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Momentum;
import dev.caviar.nn.optim.Optimizer;
import dev.caviar.nn.optim.RmsProp;
import dev.caviar.nn.optim.Schedule;
import dev.caviar.nn.optim.Sgd;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The hyperparameters of one training, read by name from what a search chose, with usual values for those it did not.
///
/// | parameter | other names | without it |
/// |---|---|---|
/// | `learning_rate` | `lr`, `alpha`, `rate`, `eta` | 0.001, and 0.01 for `sgd` |
/// | `batch_size` | `batch`, `mini_batch` | 64 |
/// | `layers` (hidden ones) | `n_layers`, `num_layers`, `hidden_layers`, `n_hidden`, `depth` | 2 |
/// | `units` (of each hidden layer) | `hidden_units`, `n_units`, `hidden`, `width`, `neurons` | 128 |
/// | `units_1`, `units_2`, … (of one of them) | `units1`, … | `units` |
/// | `dropout` (rate) | `dropout_rate`, `drop` | 0 |
/// | `activation` (of hidden layers) | | `relu` |
/// | `optimizer`: `adam`, `sgd`, `momentum`, `nesterov`, `rmsprop` | `optimiser`, `opt` | `adam` |
/// | `l2` (weight penalty λ·Σw²) | `lambda`, `weight_decay`, `l2_reg` | 0 |
/// | `momentum`, `nesterov` (only `sgd`, `momentum`, `nesterov`) | `beta` | of the optimizer |
/// | `beta1`, `beta2` (only `adam`) | `beta_1`, `beta_2` | 0.9, 0.999 |
/// | `rho` (only `rmsprop`) | | 0.9 |
/// | `epsilon` (only `adam`, `rmsprop`) | `eps` | 1e-8 |
/// | `decay` (learning rate / (1 + decay · epoch)) | `learning_rate_decay`, `decay_rate` | 0 |
///
/// Case, `_`, `-` and blanks in names do not matter. A value of the wrong type or out of range throws [IllegalArgumentException].
///
/// ```java
/// var setting = Setting.of(Map.of("lr", 0.01, "batch", 32L, "optimizer", "sgd", "beta1", 0.9));
/// assert setting.optimizer().rate().at(0, 0) == 0.01 && setting.units().equals(List.of(128, 128));
/// assert setting.read().equals(Set.of("lr", "batch", "optimizer"));     // nothing reads beta1 here
/// ```
///
/// @param optimizer    how weights move, and the learning rate of each epoch
/// @param batchSize    examples in a batch
/// @param units        of each hidden layer in turn
/// @param dropout      the rate after each hidden layer
/// @param activation   of each hidden layer
/// @param l2           weight of the squares of all kernels in the loss
/// @param read         the names that were read
public record Setting(
        Optimizer optimizer, int batchSize, List<Integer> units, double dropout, Activation activation, double l2, Set<String> read) {
    private static final Map<String, String> NAMES = names();
    private static final Set<String> NUMBERS = Set.of("learning_rate", "dropout", "l2", "momentum", "beta1", "beta2", "rho", "epsilon", "decay");

    public Setting {
        units = List.copyOf(units);
        read = Set.copyOf(read);
    }

    /// The setting that these values stand for.
    public static Setting of(Map<String, ? extends @Nullable Object> params) {
        return new Reader(params).setting();
    }

    /// Whether some setting reads a parameter of this name.
    public static boolean reads(String name) {
        return canonical(name) != null;
    }

    /// What is to be read by one of the names of a parameter; null where nothing reads it.
    static @Nullable String canonical(String name) {
        var plain = plain(name);
        var known = NAMES.get(plain);
        return known == null && plain.matches("units[1-9]\\d?") ? plain : known;
    }

    /// Whether a parameter of this name is a number of the step, which differs from trial to trial without another structure, or nothing
    /// that is read.
    static boolean number(String name) {
        var canonical = canonical(name);
        return canonical == null || NUMBERS.contains(canonical);
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[_\\-\\s]", "");
    }

    private static Map<String, String> names() {
        var names = new LinkedHashMap<String, String>();
        for (var line : List.of("learning_rate lr alpha rate eta", "batch_size batch mini_batch mini_batch_size",
                "layers n_layers num_layers hidden_layers n_hidden num_hidden depth", "units hidden_units n_units num_units hidden width neurons",
                "dropout dropout_rate drop", "activation", "optimizer optimiser opt", "l2 lambda lambd weight_decay l2_reg l2_regularization",
                "momentum beta", "nesterov", "beta1", "beta2", "rho", "epsilon eps", "decay learning_rate_decay lr_decay decay_rate")) {
            var words = line.split(" ");
            for (var word : words) names.put(plain(word), words[0]);
        }
        return Map.copyOf(names);
    }

    /// Finds values by any of their names, checks them, and remembers what was looked at.
    private static final class Reader {
        private static final int MOST_LAYERS = 100;

        private final Map<String, String> given = new LinkedHashMap<>();
        private final Map<String, ? extends @Nullable Object> params;
        private final Set<String> read = new LinkedHashSet<>();

        Reader(Map<String, ? extends @Nullable Object> params) {
            this.params = params;
            for (var name : params.keySet()) {
                var canonical = canonical(name);
                if (canonical == null) continue;
                var other = given.putIfAbsent(canonical, name);
                if (other != null)
                    throw new IllegalArgumentException("\"" + other + "\" and \"" + name + "\" are two names of one parameter, " + canonical + ".");
            }
        }

        Setting setting() {
            return new Setting(optimizer(), whole("batch_size", 64, 1, 1 << 20), units(), number("dropout", 0, 0, Math.nextDown(1.0)),
                    Activation.of(text("activation", "relu")), number("l2", 0, 0, Double.MAX_VALUE), read);
        }

        private Optimizer optimizer() {
            var name = text("optimizer", "adam").toLowerCase(Locale.ROOT);
            var usual = Optimizer.of(name);
            var rate = number("learning_rate", usual.rate().at(0, 0), 0, Double.MAX_VALUE);
            var decay = number("decay", 0, 0, Double.MAX_VALUE);
            return withConstants(usual).withRate(decay > 0 ? Schedule.inverse(rate, decay) : Schedule.constant(rate));
        }

        private Optimizer withConstants(Optimizer usual) {
            return switch (usual) {
                case Adam adam -> adam.withBeta1(below1("beta1", adam.beta1())).withBeta2(below1("beta2", adam.beta2()))
                        .withEpsilon(number("epsilon", adam.epsilon(), 0, 1));
                case RmsProp prop -> prop.withRho(below1("rho", prop.rho())).withEpsilon(number("epsilon", prop.epsilon(), 0, 1));
                case Sgd _ -> momentum(Momentum.of(0, 0));
                case Momentum momentum -> momentum(momentum);
                default -> usual;
            };
        }

        // Plain descent carries no velocity: a third of the memory traffic.
        private Optimizer momentum(Momentum usual) {
            var beta = below1("momentum", usual.beta());
            var nesterov = flag("nesterov", usual.nesterov());
            return beta == 0 ? Sgd.of(0) : usual.withBeta(beta).withNesterov(nesterov);
        }

        private List<Integer> units() {
            var layers = whole("layers", 2, 0, MOST_LAYERS);
            var units = new ArrayList<Integer>();
            for (var i = 1; i <= layers; i++)
                units.add(given.containsKey("units" + i) ? whole("units" + i, 0, 1, 1 << 20) : whole("units", 128, 1, 1 << 20));
            return units;
        }

        private double below1(String name, double usual) {
            return number(name, usual, 0, Math.nextDown(1.0));
        }

        private @Nullable Object value(String name) {
            var key = given.get(name);
            if (key == null) return null;
            read.add(key);
            return params.get(key);
        }

        private double number(String name, double usual, double low, double high) {
            var value = value(name);
            if (value == null) return usual;
            if (value instanceof Number number && number.doubleValue() >= low && number.doubleValue() <= high) return number.doubleValue();
            throw wrong(name, value, high == Double.MAX_VALUE ? "a number of " + plain(low) + " or more"
                    : "a number from " + plain(low) + (high < 1 ? " to below 1" : " to " + plain(high)));
        }

        private static String plain(double end) {
            return BigDecimal.valueOf(end).stripTrailingZeros().toPlainString();
        }

        private int whole(String name, int usual, int low, int high) {
            var value = number(name, usual, low, high);
            if (value == Math.rint(value)) return (int) value;
            throw wrong(name, value, "a whole number");
        }

        private String text(String name, String usual) {
            return switch (value(name)) {
                case null -> usual;
                case String text -> text;
                case Object other -> throw wrong(name, other, "text");
            };
        }

        private boolean flag(String name, boolean usual) {
            return switch (value(name)) {
                case null -> usual;
                case Boolean flag -> flag;
                case Long number when number == 0 || number == 1 -> number == 1;
                case Object other -> throw wrong(name, other, "true or false");
            };
        }

        private IllegalArgumentException wrong(String name, Object value, String wanted) {
            return new IllegalArgumentException("Parameter \"" + given.getOrDefault(name, name) + "\" is " + value + ", which is not " + wanted + ".");
        }
    }
}
