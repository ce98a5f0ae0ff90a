package dev.caviar.nn.train;

import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Momentum;
import dev.caviar.nn.optim.Optimizer;
import dev.caviar.nn.optim.RmsProp;
import dev.caviar.nn.optim.Schedule;
import dev.caviar.nn.optim.Sgd;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Caviar's own optimizers and schedules as JSON.
final class OptimizerJson {
    private OptimizerJson() {}

    /// Empty for a user's own optimizer or schedule.
    static Optional<ObjectNode> write(Optimizer optimizer, JsonMapper json) {
        var node = json.createObjectNode();
        switch (optimizer) {
            case Sgd _ -> node.put("kind", "sgd");
            case Momentum m -> node.put("kind", "momentum").put("beta", m.beta()).put("nesterov", m.nesterov())
                    .put("averaged", m.averaged());
            case RmsProp r -> node.put("kind", "rmsprop").put("rho", r.rho()).put("epsilon", r.epsilon()).put("inside", r.inside());
            case Adam a -> node.put("kind", "adam").put("beta1", a.beta1()).put("beta2", a.beta2()).put("epsilon", a.epsilon())
                    .put("epsilonHat", a.epsilonHat()).put("corrected", a.corrected());
            default -> {
                return Optional.empty();
            }
        }
        var rate = node.putObject("rate");
        switch (optimizer.rate()) {
            case Schedule.Constant(var value) -> rate.put("kind", "constant").put("rate", value);
            case Schedule.Decay d -> rate.put("kind", "decay").put("form", d.form().name()).put("rate", d.rate())
                    .put("factor", d.factor()).put("every", d.every()).put("steps", d.steps()).put("staircase", d.staircase());
            default -> {
                return Optional.empty();
            }
        }
        return Optional.of(node);
    }

    static Optimizer read(JsonNode node) {
        var rate = schedule(node.path("rate"));
        var kind = node.path("kind").asString("");
        return switch (kind) {
            case "sgd" -> new Sgd(rate);
            case "momentum" -> new Momentum(rate, node.path("beta").asDouble(), node.path("nesterov").asBoolean(),
                    node.path("averaged").asBoolean());
            case "rmsprop" -> new RmsProp(rate, node.path("rho").asDouble(), node.path("epsilon").asDouble(),
                    node.path("inside").asBoolean());
            case "adam" -> new Adam(rate, node.path("beta1").asDouble(), node.path("beta2").asDouble(),
                    node.path("epsilon").asDouble(), node.path("epsilonHat").asBoolean(), node.path("corrected").asBoolean());
            default -> throw new IllegalArgumentException("there is no optimizer of kind \"" + kind + "\".");
        };
    }

    private static Schedule schedule(JsonNode node) {
        return node.path("kind").asString("").equals("constant")
                ? Schedule.constant(node.path("rate").asDouble())
                : new Schedule.Decay(Schedule.Decay.Form.valueOf(node.path("form").asString()), node.path("rate").asDouble(),
                        node.path("factor").asDouble(), node.path("every").asDouble(), node.path("steps").asBoolean(),
                        node.path("staircase").asBoolean());
    }
}
