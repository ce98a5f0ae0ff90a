package dev.caviar.nn.train;

import dev.caviar.nn.optim.Accumulated;
import dev.caviar.nn.optim.Adadelta;
import dev.caviar.nn.optim.Adafactor;
import dev.caviar.nn.optim.Adagrad;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Adamax;
import dev.caviar.nn.optim.Asgd;
import dev.caviar.nn.optim.Averaged;
import dev.caviar.nn.optim.Chained;
import dev.caviar.nn.optim.Clipped;
import dev.caviar.nn.optim.Cosine;
import dev.caviar.nn.optim.Cyclic;
import dev.caviar.nn.optim.Ftrl;
import dev.caviar.nn.optim.Groups;
import dev.caviar.nn.optim.Lamb;
import dev.caviar.nn.optim.Lion;
import dev.caviar.nn.optim.Momentum;
import dev.caviar.nn.optim.Muon;
import dev.caviar.nn.optim.Nadam;
import dev.caviar.nn.optim.OneCycle;
import dev.caviar.nn.optim.Optimizer;
import dev.caviar.nn.optim.Piecewise;
import dev.caviar.nn.optim.Polynomial;
import dev.caviar.nn.optim.RAdam;
import dev.caviar.nn.optim.RmsProp;
import dev.caviar.nn.optim.Rprop;
import dev.caviar.nn.optim.Scalars;
import dev.caviar.nn.optim.Scaled;
import dev.caviar.nn.optim.Schedule;
import dev.caviar.nn.optim.ScheduleFree;
import dev.caviar.nn.optim.Sequence;
import dev.caviar.nn.optim.Sgd;
import dev.caviar.nn.optim.WeightDecay;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Caviar's own optimizers and schedules as JSON: `{"kind":"adam","beta1":0.9, …}`, the components of their records under their
/// names.
final class OptimizerJson {
    private static final Map<String, Class<? extends Record>> OPTIMIZERS = Map.ofEntries(Map.entry("sgd", Sgd.class),
            Map.entry("momentum", Momentum.class), Map.entry("rmsprop", RmsProp.class), Map.entry("adam", Adam.class),
            Map.entry("nadam", Nadam.class), Map.entry("radam", RAdam.class), Map.entry("adamax", Adamax.class),
            Map.entry("adagrad", Adagrad.class), Map.entry("adadelta", Adadelta.class), Map.entry("lion", Lion.class),
            Map.entry("adafactor", Adafactor.class), Map.entry("muon", Muon.class), Map.entry("schedule_free", ScheduleFree.class),
            Map.entry("asgd", Asgd.class), Map.entry("rprop", Rprop.class), Map.entry("scaled", Scaled.class), Map.entry("ftrl", Ftrl.class), Map.entry("lamb", Lamb.class), Map.entry("weight_decay", WeightDecay.class),
            Map.entry("clipped", Clipped.class), Map.entry("accumulated", Accumulated.class), Map.entry("averaged", Averaged.class),
            Map.entry("groups", Groups.class), Map.entry("scalars", Scalars.class));
    private static final Map<String, Class<? extends Record>> SCHEDULES = Map.of("constant", Schedule.Constant.class,
            "decay", Schedule.Decay.class, "warm_up", Schedule.WarmUp.class, "cosine", Cosine.class, "polynomial", Polynomial.class,
            "piecewise", Piecewise.class, "one_cycle", OneCycle.class, "cyclic", Cyclic.class,
            "sequence", Sequence.class, "chained", Chained.class);

    private OptimizerJson() {}

    /// Empty for a user's own optimizer or schedule.
    static Optional<ObjectNode> known(Optimizer optimizer) {
        try {
            return Optional.of(write(optimizer));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    static ObjectNode write(Optimizer optimizer) {
        return write(optimizer, OPTIMIZERS);
    }

    static ObjectNode write(Schedule schedule) {
        return write(schedule, SCHEDULES);
    }

    private static ObjectNode write(Object one, Map<String, Class<? extends Record>> kinds) {
        for (var kind : kinds.entrySet()) {
            if (kind.getValue() == one.getClass()) {
                var node = JsonNodeFactory.instance.objectNode().put("kind", kind.getKey());
                RecordJson.write((Record) one, node);
                return node;
            }
        }
        throw new IllegalArgumentException(one + " is not one of Caviar's own.");
    }

    static Optimizer read(JsonNode node) {
        return (Optimizer) read(node, OPTIMIZERS, "optimizer");
    }

    static Schedule schedule(JsonNode node) {
        return (Schedule) read(node, SCHEDULES, "schedule");
    }

    private static Object read(JsonNode node, Map<String, Class<? extends Record>> kinds, String what) {
        var kind = node.path("kind").asString("");
        var type = kinds.get(kind);
        if (type == null) {
            throw new IllegalArgumentException("there is no " + what + " of kind \"" + kind + "\".");
        }
        return RecordJson.read(node, type);
    }
}
