package dev.caviar.engine.compile;

import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.kernel.Team;
import java.util.List;
import java.util.function.Function;

/// A compiled graph before it has memory: units in order and where everything will lie. Immutable; programs that are made from it
/// at the same time share it and nothing else.
record Blueprint(Graph graph, List<Unit> order, Layout layout, Options options, Function<Unit, Step> step) {
    List<Step> steps() {
        return order.stream().map(step).toList();
    }

    Program program() {
        return program("program");
    }

    Program program(String name) {
        return new PlannedProgram(this, name, Team.of(options.threads()));
    }

    /// One that is a part of another, on whose threads it runs.
    PlannedProgram part() {
        return new PlannedProgram(this, "part", Team.of(1));
    }

    Plan plan(List<Step> steps) {
        return Plan.of(this, steps);
    }
}
