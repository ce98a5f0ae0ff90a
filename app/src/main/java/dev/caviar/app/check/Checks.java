package dev.caviar.app.check;

import java.util.HashMap;
import java.util.Map;

/// All checks, by the group of cases that they are for: each family of groups has a file of its own, with a `checks()` to add here.
final class Checks {
    private static final Map<String, Check> BY_GROUP = new HashMap<>();

    static {
        BY_GROUP.putAll(DenseChecks.checks());
        BY_GROUP.putAll(SpatialChecks.checks());
        BY_GROUP.putAll(ShapeChecks.checks());
        BY_GROUP.putAll(NormChecks.checks());
        BY_GROUP.putAll(RecurrentChecks.checks());
        BY_GROUP.putAll(AttentionChecks.checks());
        BY_GROUP.putAll(LossChecks.checks());
        BY_GROUP.putAll(OptimizerChecks.checks());
        BY_GROUP.putAll(ScheduleChecks.checks());
        BY_GROUP.putAll(MetricChecks.checks());
        BY_GROUP.putAll(ModelChecks.checks());
        BY_GROUP.putAll(RuleChecks.checks());
    }

    private Checks() {}

    static Check of(String group) {
        var check = BY_GROUP.get(group);
        if (check == null) throw new Unsupported("there is no check for the group \"" + group + "\".");
        return check;
    }
}
