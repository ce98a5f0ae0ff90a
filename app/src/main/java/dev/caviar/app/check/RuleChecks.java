package dev.caviar.app.check;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.nn.layer.Constraint;
import dev.caviar.nn.layer.Regularizer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Regularisers and constraints, whose cases are named by them: a penalty with its gradient; a parameter and what it becomes.
final class RuleChecks {
    private static final List<String> REGULARIZERS = List.of("l1", "l2", "l1_l2", "l1l2", "orthogonal");
    private static final List<String> CONSTRAINTS = List.of("max_norm", "unit_norm", "non_neg", "min_max_norm");

    private RuleChecks() {}

    static Map<String, Check> checks() {
        return Map.of("regularizer", RuleChecks::regularizer, "constraint", RuleChecks::constraint);
    }

    private static void regularizer(Case c) {
        var kind = Kinds.longest(REGULARIZERS, c.name());
        var rule = kind.equals("orthogonal") ? new Regularizer.Orthogonal(c.number("factor", 0.01), c.text("mode", "rows").equals("columns"))
                : Regularizer.l1l2(c.number("l1", kind.equals("l1") ? 0.01 : 0), c.number("l2", kind.equals("l2") ? 0.01 : 0));
        var both = Gradient.at(in -> rule.penalty(in.getFirst()), List.of(c.array("w")));
        c.output(both.value(), "value");
        c.slope(both.gradients().getFirst(), "g_w");
    }

    private static void constraint(Case c) {
        var axes = Arrays.stream(c.numbers("axis", 0)).boxed().toList();
        var rule = switch (Kinds.longest(CONSTRAINTS, c.name())) {
            case "max_norm" -> new Constraint.Norm(0, c.number("max_value", 2), 1, axes);
            case "min_max_norm" -> new Constraint.Norm(c.number("min_value", 0), c.number("max_value", 1), c.number("rate", 1), axes);
            case "unit_norm" -> new Constraint.UnitNorm(axes);
            default -> Constraint.nonNegative();
        };
        c.output(rule.on(c.array("w")), "y");
    }
}
