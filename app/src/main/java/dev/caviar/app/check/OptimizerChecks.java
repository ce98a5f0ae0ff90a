package dev.caviar.app.check;

import dev.caviar.engine.tensor.Variable;
import dev.caviar.nn.optim.Adadelta;
import dev.caviar.nn.optim.Adafactor;
import dev.caviar.nn.optim.Adagrad;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Adamax;
import dev.caviar.nn.optim.Asgd;
import dev.caviar.nn.optim.Clipped;
import dev.caviar.nn.optim.Ftrl;
import dev.caviar.nn.optim.Groups;
import dev.caviar.nn.optim.Lamb;
import dev.caviar.nn.optim.Lion;
import dev.caviar.nn.optim.Minimizer;
import dev.caviar.nn.optim.Momentum;
import dev.caviar.nn.optim.Muon;
import dev.caviar.nn.optim.Nadam;
import dev.caviar.nn.optim.Optimizer;
import dev.caviar.nn.optim.RAdam;
import dev.caviar.nn.optim.RmsProp;
import dev.caviar.nn.optim.Rprop;
import dev.caviar.nn.optim.Schedule;
import dev.caviar.nn.optim.ScheduleFree;
import dev.caviar.nn.optim.Sgd;
import java.util.List;
import java.util.Map;

/// Optimizers, whose cases are named by convention, optimizer and variant: two parameters after each of some given gradients.
final class OptimizerChecks {
    private static final List<String> KINDS = List.of("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "amsgrad", "nadam", "radam", "adamax",
            "adagrad", "adadelta", "lion", "ftrl", "lamb", "adafactor", "muon", "schedule_free_adamw", "schedule_free", "asgd", "rprop");
    /// What does not change a number of any step.
    private static final List<String> WITHOUT_EFFECT = List.of("foreach", "capturable", "differentiable", "fused", "relative_step");
    private static final Map<String, Double> KERAS_RATES = Map.of("sgd", 0.01, "momentum", 0.01, "nesterov", 0.01, "schedule_free", 0.0025,
            "schedule_free_adamw", 0.0025);
    private static final Map<String, Double> TORCH_RATES = Map.of("nadam", 0.002, "adamax", 0.002, "adagrad", 0.01, "adadelta", 1.0, "rmsprop", 0.01,
            "asgd", 0.01, "rprop", 0.01, "adafactor", 0.01);

    private OptimizerChecks() {}

    static Map<String, Check> checks() {
        return Map.of("optimizer", OptimizerChecks::optimizer);
    }

    private static Optimizer of(Case c) {
        var keras = c.convention().equals("keras");
        var kind = Kinds.longest(KINDS, c.name().replaceFirst("^(keras|torch)_", ""));
        WITHOUT_EFFECT.forEach(c::value);
        Optimizer optimizer = plain(c, kind, keras).withRate(rate(c, (keras ? KERAS_RATES : TORCH_RATES).getOrDefault(kind, 0.001)));
        // Only these decay by themselves; PyTorch's others add the decay to the gradient.
        boolean own = kind.equals("adamw") || kind.equals("muon");
        double decay = c.number("weight_decay", !own || c.has("weight_decay") ? 0 : keras ? 0.004 : 0.01);
        if (kind.equals("muon")) {
            // In Keras, matrices and all else decay by numbers of their own.
            var others = optimizer.withDecay(c.number("adam_weight_decay", c.has("adam_weight_decay") ? 0 : 0.004));
            var groups = Groups.of(optimizer.withDecay(decay));
            for (var name : List.of("w1", "w2")) groups = c.array(name).rank() == 3 ? groups : groups.with(name, others);
            optimizer = groups;
        } else if (decay > 0) optimizer = optimizer.withDecay(decay).withCoupled(!keras && !kind.equals("adamw") && !kind.equals("lion")
                && !c.flag("decoupled_weight_decay", false));
        return averaged(c, clipped(c, optimizer));
    }

    /// Averages stand beside the weights: only where they take their place now and then is a step another one.
    private static Optimizer averaged(Case c, Optimizer optimizer) {
        int steps = c.whole("gradient_accumulation_steps", 1);
        var each = steps > 1 ? optimizer.withAccumulation(steps) : optimizer;
        double momentum = c.number("ema_momentum", 0.99);
        int overwrite = c.whole("ema_overwrite_frequency", 0);
        // Keras counts its updates there, not the batches.
        if (steps > 1 && overwrite > 0) throw new Unsupported("ema_overwrite_frequency beside gradient_accumulation_steps is not known.");
        if (c.flag("use_ema", false)) each = each.withAverage(momentum).withOverwrite(overwrite);
        if (c.value("loss_scale_factor") != null) each = each.withScale(1 / c.number("loss_scale_factor"));
        return c.flag("maximize", false) ? each.withScale(-1) : each;
    }

    private static Optimizer clipped(Case c, Optimizer optimizer) {
        if (c.value("clipvalue") != null) return optimizer.withClip(Clipped.Form.VALUE, c.number("clipvalue"));
        if (c.value("clipnorm") != null) return optimizer.withClip(Clipped.Form.NORM, c.number("clipnorm"));
        if (c.value("global_clipnorm") != null) return optimizer.withClip(Clipped.Form.GLOBAL_NORM, c.number("global_clipnorm"));
        return optimizer;
    }

    private static Optimizer plain(Case c, String kind, boolean keras) {
        var betas = pair(c, "betas", 0.9, kind.equals("lion") ? 0.99 : 0.999);
        double beta1 = c.number("beta_1", betas[0]);
        double beta2 = c.number("beta_2", betas[1]);
        if (kind.equals("adafactor")) return adafactor(c, keras);
        double epsilon = c.number("epsilon", c.value("eps") != null ? c.number("eps") : kind.startsWith("schedule_free") ? 1e-8 : keras ? 1e-7 : kind.equals("adagrad") ? 1e-10 : kind.equals("adadelta") ? 1e-6 : 1e-8);
        return switch (kind) {
            case "sgd", "momentum", "nesterov" -> momentum(c, kind, keras);
            case "rmsprop" -> new RmsProp(Schedule.constant(0), c.number("rho", c.number("alpha", keras ? 0.9 : 0.99)), epsilon, keras,
                    c.flag("centered", false), c.number("momentum", 0));
            case "adam", "adamw", "amsgrad" -> new Adam(Schedule.constant(0), beta1, beta2, epsilon, keras, true, c.flag("amsgrad", kind.equals("amsgrad")));
            case "nadam" -> new Nadam(Schedule.constant(0), beta1, beta2, epsilon, keras ? 1 : c.number("momentum_decay", 0.004));
            case "radam" -> new RAdam(Schedule.constant(0), beta1, beta2, epsilon);
            case "adamax" -> new Adamax(Schedule.constant(0), beta1, beta2, epsilon, !keras);
            case "adagrad" -> new Adagrad(Schedule.constant(0), c.number("initial_accumulator_value", keras ? 0.1 : 0), epsilon, keras);
            case "adadelta" -> new Adadelta(Schedule.constant(0), c.number("rho", keras ? 0.95 : 0.9), epsilon);
            case "lion" -> new Lion(Schedule.constant(0), beta1, beta2);
            case "ftrl" -> new Ftrl(Schedule.constant(0), c.number("learning_rate_power", -0.5), c.number("initial_accumulator_value", 0.1),
                    c.number("l1_regularization_strength", c.number("l1", 0)), c.number("l2_regularization_strength", c.number("l2", 0)),
                    c.number("l2_shrinkage_regularization_strength", c.number("l2_shrinkage", 0)), c.number("beta", 0));
            case "muon" -> muon(c, keras, epsilon);
            case "schedule_free", "schedule_free_adamw" -> new ScheduleFree(Schedule.constant(0), beta1, beta2, epsilon, c.whole("warmup_steps", 0));
            case "asgd" -> new Asgd(Schedule.constant(0), c.number("lambd", 1e-4), c.number("alpha", 0.75), c.number("t0", 1e6));
            case "rprop" -> {
                var etas = pair(c, "etas", 0.5, 1.2);
                var limits = pair(c, "step_sizes", 1e-6, 50);
                yield new Rprop(Schedule.constant(0), etas[0], etas[1], limits[0], limits[1]);
            }
            default -> new Lamb(Schedule.constant(0), beta1, beta2, epsilon);
        };
    }

    private static double[] pair(Case c, String key, double first, double second) {
        if (c.value(key) == null) return new double[] {first, second};
        var both = ScheduleChecks.doubles(c.value(key));
        if (both.size() != 2) throw new Unsupported(key + " is " + both + ", not two numbers.");
        return new double[] {both.getFirst(), both.getLast()};
    }

    private static Optimizer adafactor(Case c, boolean keras) {
        if (keras) {
            return new Adafactor(Schedule.constant(0), c.number("beta_2_decay", -0.8), c.number("epsilon_1", 1e-30), c.number("epsilon_2", 1e-3),
                    c.number("clip_threshold", 1), false);
        }
        // PyTorch's step is relative to the size that the weights have before they decay.
        c.demand("weight_decay", null, 0L, 0.0);
        if (c.value("eps") instanceof List<?> eps && eps.size() == 2 && eps.getLast() instanceof Number second) {
            double first = eps.getFirst() instanceof Number number ? number.doubleValue() : Math.ulp(1.0);
            return new Adafactor(Schedule.constant(0), c.number("beta2_decay", -0.8), first, second.doubleValue(), c.number("d", 1), true);
        }
        return new Adafactor(Schedule.constant(0), c.number("beta2_decay", -0.8), Math.ulp(1.0), 1e-3, c.number("d", 1), true);
    }

    private static Optimizer muon(Case c, boolean keras, double epsilon) {
        if (!keras) throw new Unsupported("PyTorch's Muon computes in half precision.");
        c.demand("exclude_layers", null, List.of());
        c.value("exclude_embeddings");
        double rms = c.has("rms_rate") && c.value("rms_rate") == null ? 0 : c.number("rms_rate", 0.2);
        return Muon.of(0).withMomentum(c.number("momentum", 0.95)).withNesterov(c.flag("nesterov", true)).withIterations(c.whole("ns_steps", 5))
                .withCoefficients(c.number("muon_a", 3.4445), c.number("muon_b", -4.775), c.number("muon_c", 2.0315)).withMatch(rms)
                .withRest(new Adam(Schedule.constant(0), c.number("adam_beta_1", 0.9), c.number("adam_beta_2", 0.999), epsilon, true, true, false),
                        c.number("adam_lr_ratio", 1));
    }

    private static Optimizer momentum(Case c, String kind, boolean keras) {
        double beta = c.number("momentum", kind.equals("sgd") ? 0 : 0.9);
        boolean nesterov = c.flag("nesterov", kind.equals("nesterov"));
        double dampening = c.number("dampening", 0);
        if (beta == 0) return Sgd.of(0);
        var momentum = Momentum.of(0, beta).withNesterov(nesterov);
        return keras ? momentum : momentum.withDampening(dampening);
    }

    private static Schedule rate(Case c, double otherwise) {
        if (!c.has("schedule")) {
            double rate = c.number("learning_rate", c.number("lr", otherwise));
            return c.value("lr_decay") != null ? Schedule.inverse(rate, c.number("lr_decay")).inSteps() : Schedule.constant(rate);
        }
        return ScheduleChecks.named(c, c.text("schedule", ""));
    }

    private static void optimizer(Case c) {
        var minimizer = Minimizer.of(of(c));
        var first = c.array("w1");
        var second = c.array("w2");
        var w1 = Variable.of("w1", first.at(0, 0));
        var w2 = Variable.of("w2", second.at(0, 0));
        for (long t = 0; t < first.shape().dim(0) - 1; t++) {
            minimizer.applyGradients(List.of(new Minimizer.Slope(c.array("grad1").at(0, t), w1), new Minimizer.Slope(c.array("grad2").at(0, t), w2)));
            c.close("w1 after step " + (t + 1), w1.value(), first.at(0, t + 1), c.slopes());
            c.close("w2 after step " + (t + 1), w2.value(), second.at(0, t + 1), c.slopes());
        }
    }
}
