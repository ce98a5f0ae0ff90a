package dev.caviar.app.check;

import dev.caviar.engine.tensor.Variable;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Minimizer;
import dev.caviar.nn.optim.Momentum;
import dev.caviar.nn.optim.Optimizer;
import dev.caviar.nn.optim.RmsProp;
import dev.caviar.nn.optim.Schedule;
import dev.caviar.nn.optim.Sgd;
import java.util.List;
import java.util.Map;

/// Optimizers, whose cases are named by convention, optimizer and variant: two parameters after each of some given gradients.
final class OptimizerChecks {
    private OptimizerChecks() {}

    static Map<String, Check> checks() {
        return Map.of("optimizer", OptimizerChecks::optimizer);
    }

    private static Optimizer of(Case c) {
        var keras = c.convention().equals("keras");
        var rate = rate(c);
        var kind = c.name().replaceFirst("^(keras|torch)_", "").replaceFirst("_.*$", "");
        return switch (kind) {
            case "sgd", "momentum", "nesterov" -> {
                var momentum = c.number("momentum", 0);
                yield momentum == 0 ? new Sgd(rate) : Momentum.of(0, momentum).withNesterov(c.flag("nesterov", false)).withRate(rate);
            }
            case "rmsprop" -> RmsProp.of(0).withRho(c.number("rho", keras ? 0.9 : 0.99)).withEpsilon(c.number("epsilon", keras ? 1e-7 : 1e-8))
                    .withInside(keras).withRate(rate);
            case "adam" -> Adam.of(0).withEpsilonHat(keras).withBeta1(c.number("beta_1", 0.9)).withBeta2(c.number("beta_2", 0.999))
                    .withEpsilon(c.number("epsilon", keras ? 1e-7 : 1e-8)).withRate(rate);
            default -> throw new Unsupported("there is no optimizer \"" + kind + "\".");
        };
    }

    private static Schedule rate(Case c) {
        if (!c.has("schedule")) return Schedule.constant(c.number("learning_rate"));
        c.demand("schedule", "ExponentialDecay");
        return Schedule.exponential(c.number("initial_learning_rate"), c.number("decay_rate")).every(c.number("decay_steps")).inSteps()
                .withStaircase(c.flag("staircase", false));
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
