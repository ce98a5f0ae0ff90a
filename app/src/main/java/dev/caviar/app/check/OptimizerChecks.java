package dev.caviar.app.check;

import dev.caviar.engine.tensor.Variable;
import dev.caviar.nn.optim.Adadelta;
import dev.caviar.nn.optim.Adagrad;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Adamax;
import dev.caviar.nn.optim.Clipped;
import dev.caviar.nn.optim.Ftrl;
import dev.caviar.nn.optim.Lamb;
import dev.caviar.nn.optim.Lion;
import dev.caviar.nn.optim.Minimizer;
import dev.caviar.nn.optim.Momentum;
import dev.caviar.nn.optim.Nadam;
import dev.caviar.nn.optim.Optimizer;
import dev.caviar.nn.optim.RAdam;
import dev.caviar.nn.optim.RmsProp;
import dev.caviar.nn.optim.Schedule;
import dev.caviar.nn.optim.Sgd;
import java.util.List;
import java.util.Map;

/// Optimizers, whose cases are named by convention, optimizer and variant: two parameters after each of some given gradients.
final class OptimizerChecks {
    private static final List<String> KINDS = List.of("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "amsgrad", "nadam", "radam", "adamax",
            "adagrad", "adadelta", "lion", "ftrl", "lamb");

    private OptimizerChecks() {}

    static Map<String, Check> checks() {
        return Map.of("optimizer", OptimizerChecks::optimizer);
    }

    private static Optimizer of(Case c) {
        var keras = c.convention().equals("keras");
        var kind = Kinds.longest(KINDS, c.name().replaceFirst("^(keras|torch)_", ""));
        Optimizer optimizer = plain(c, kind, keras).withRate(rate(c));
        // Only these decay by themselves; PyTorch's others add the decay to the gradient.
        double decay = c.number("weight_decay", !kind.equals("adamw") ? 0 : keras ? 0.004 : 0.01);
        if (decay > 0) optimizer = optimizer.withDecay(decay).withCoupled(!keras && !kind.equals("adamw") && !kind.equals("lion")
                && !c.flag("decoupled_weight_decay", false));
        return averaged(c, clipped(c, optimizer));
    }

    /// Averages stand beside the weights: only where they take their place now and then is a step another one.
    private static Optimizer averaged(Case c, Optimizer optimizer) {
        int steps = c.whole("gradient_accumulation_steps", 1);
        var each = steps > 1 ? optimizer.withAccumulation(steps) : optimizer;
        double momentum = c.number("ema_momentum", 0.99);
        c.demand("ema_overwrite_frequency", (Object) null);
        return c.flag("use_ema", false) ? each.withAverage(momentum) : each;
    }

    private static Optimizer clipped(Case c, Optimizer optimizer) {
        if (c.value("clipvalue") != null) return optimizer.withClip(Clipped.Form.VALUE, c.number("clipvalue"));
        if (c.value("clipnorm") != null) return optimizer.withClip(Clipped.Form.NORM, c.number("clipnorm"));
        if (c.value("global_clipnorm") != null) return optimizer.withClip(Clipped.Form.GLOBAL_NORM, c.number("global_clipnorm"));
        return optimizer;
    }

    private static Optimizer plain(Case c, String kind, boolean keras) {
        double beta1 = c.number("beta_1", 0.9);
        double beta2 = c.number("beta_2", kind.equals("lion") ? 0.99 : 0.999);
        double epsilon = c.number("epsilon", keras ? 1e-7 : kind.equals("adagrad") ? 1e-10 : kind.equals("adadelta") ? 1e-6 : 1e-8);
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
            default -> new Lamb(Schedule.constant(0), beta1, beta2, epsilon);
        };
    }

    private static Optimizer momentum(Case c, String kind, boolean keras) {
        double beta = c.number("momentum", kind.equals("sgd") ? 0 : 0.9);
        boolean nesterov = c.flag("nesterov", kind.equals("nesterov"));
        double dampening = c.number("dampening", 0);
        if (beta == 0) return Sgd.of(0);
        var momentum = Momentum.of(0, beta).withNesterov(nesterov);
        return keras ? momentum : momentum.withDampening(dampening);
    }

    private static Schedule rate(Case c) {
        if (c.value("lr_decay") != null) return Schedule.inverse(c.number("learning_rate"), c.number("lr_decay")).inSteps();
        if (!c.has("schedule")) return Schedule.constant(c.number("learning_rate"));
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
