package dev.caviar.engine.compile;

import dev.caviar.engine.tensor.Cost;
import java.util.function.Supplier;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/// What a flight recording of the JVM sees of programs: each compilation, run and step. Off unless a recording asks for them.
final class Flight {
    private Flight() {}

    @Name("dev.caviar.Compile")
    @Label("Compilation")
    @Category("Caviar")
    @Description("A graph was made ready to run, or found ready")
    static final class Compiled extends Event {
        @Label("Program")
        @Nullable String program;
        @Label("Steps")
        int steps;
        @Label("Arena bytes")
        long arena;
    }

    @Name("dev.caviar.Run")
    @Label("Program run")
    @Category("Caviar")
    @StackTrace(false)
    static final class Ran extends Event {
        static final Ran PROBE = new Ran();
        @Label("Program")
        @Nullable String program;
        @Label("Steps")
        int steps;
    }

    @Name("dev.caviar.Step")
    @Label("Program step")
    @Category("Caviar")
    @StackTrace(false)
    static final class Stepped extends Event {
        static final Stepped PROBE = new Stepped();
        @Label("Program")
        @Nullable String program;
        @Label("Index")
        int index;
        @Label("Part")
        @Nullable String part;
        @Label("What")
        @Nullable String what;
        @Label("Implementation")
        @Nullable String how;
        @Label("Floating-point operations")
        long flops;
        @Label("Bytes")
        long bytes;

        void commit(String program, int index, Plan.Step step) {
            Cost cost = step.cost();
            this.program = program;
            this.index = index;
            this.part = step.part();
            this.what = step.what();
            this.how = step.how();
            this.flops = cost.flops();
            this.bytes = cost.bytes();
            commit();
        }
    }

    /// Whether a recording wants runs or steps. The events' classes are not even loaded before one is there.
    static boolean on() {
        return FlightRecorder.isInitialized() && (Ran.PROBE.isEnabled() || Stepped.PROBE.isEnabled());
    }

    static Blueprint compiling(String name, Supplier<Blueprint> work) {
        if (!FlightRecorder.isInitialized()) {
            return work.get();
        }
        var event = new Compiled();
        event.begin();
        var blueprint = work.get();
        event.program = name;
        event.steps = blueprint.order().size();
        event.arena = blueprint.layout().bytes();
        event.commit();
        return blueprint;
    }
}
