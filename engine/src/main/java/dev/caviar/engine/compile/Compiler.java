package dev.caviar.engine.compile;

import dev.caviar.engine.graph.Autocast;
import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.graph.Inline;
import dev.caviar.engine.graph.Simplify;
import dev.caviar.engine.graph.Verify;
import dev.caviar.engine.graph.Widen;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Call;
import dev.caviar.engine.tensor.Contract;
import dev.caviar.engine.tensor.Loop;
import dev.caviar.engine.tensor.Origin;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Turns graphs into programs.
///
/// ```java
/// Graph g = Trace.of(in -> List.of(in.get(0).tanh()), Type.of(DType.F32, 3));
/// try (Program program = Compiler.compile(g, Options.of())) {
///     System.out.println(program.graph());
/// }
/// ```
public final class Compiler {
    private static final Blueprints BLUEPRINTS = new Blueprints();

    private Compiler() {}

    /// A graph after a pass, with the pass's name.
    ///
    /// ```java
    /// Graph g = Trace.of(in -> List.of(in.get(0).mul(1).tanh()), Type.of(DType.F32, 3));
    /// for (var stage : Compiler.stages(g, Options.of())) {
    ///     System.out.println(stage.pass() + "\n" + stage.graph());
    /// }
    /// ```
    public record Stage(String pass, Graph graph) {}

    /// Compiles a graph whose lengths are all known; throws [IllegalArgumentException] where one is not. A graph of a structure that
    /// was compiled before costs nothing but its memory, which the first run takes. In profiles it is called after the [Origin] that
    /// compiles it.
    public static Program compile(Graph graph, Options options) {
        var name = Origin.current().part();
        var blueprint = Flight.compiling(name, () -> BLUEPRINTS.of(graph, options));
        return blueprint.program(name.isEmpty() ? "program" : name);
    }

    /// What the program would do and how much memory it would hold, without taking that memory: whether a batch fits.
    public static Plan plan(Graph graph, Options options) {
        var blueprint = BLUEPRINTS.of(graph, options);
        return blueprint.plan(blueprint.steps());
    }

    /// A program that is a part of another, on whose threads it runs.
    static PlannedProgram part(Graph graph, Options options) {
        return BLUEPRINTS.of(graph, options).part();
    }

    /// The graph as traced and after each pass that rewrites it, in order; a pass that finds nothing to do is not among them.
    public static List<Stage> stages(Graph graph, Options options) {
        var stages = new ArrayList<>(List.of(new Stage("trace", graph)));
        // Nothing is worth rewriting that is not worth running.
        pass(stages, "simplify", Simplify::apply);
        if (options.low() != null) {
            // While calls are whole: a body says for all of its ops how precise it must be.
            // Where products of the type run, convolutions and recurrent layers round what they multiply by themselves.
            pass(stages, "autocast", g -> Autocast.apply(g, options.low(), node -> !options.exact(node.origin())
                    && (multiplied(options) == null || node.op() instanceof Contract)));
        }
        // Where products of a narrow type do not run, no later pass should meet it.
        pass(stages, "widen", g -> Widen.apply(g, emulated(options)));
        // Calls last among the rewrites: until here a pass may swap or batch one as a whole. What follows sees ops only, and none whose
        // operands need another order of axes.
        pass(stages, "lower", g -> Inline.apply(g, (call, in) -> Routines.keeps(call, in, options)));
        // Bodies bring their own ones, zeros and moves.
        pass(stages, "simplify again", Simplify::apply);
        return List.copyOf(stages);
    }

    private static void pass(List<Stage> stages, String name, UnaryOperator<Graph> rewrite) {
        var before = stages.getLast().graph();
        var after = rewrite.apply(before);
        assert Verify.holds(after) : name;
        if (after != before) {
            stages.add(new Stage(name, after));
        }
    }

    /// Everything about a program that does not depend on where its memory lies.
    static Blueprint blueprint(Graph graph, Options options) {
        for (var input : graph.inputs()) {
            if (!input.shape().known()) {
                throw new IllegalArgumentException("compile: the input " + input.type() + " has an unknown length.\n"
                        + "Maybe specialise() the graph for the types it will run on.");
            }
        }
        var lowered = stages(graph, options).getLast().graph();
        var values = new Values(lowered);
        // Groups before memory: what lives inside a group needs no place in the arena.
        var order = options.fusion() && !options.nanCheck() ? Fusion.apply(lowered, values) : Fusion.apart(lowered, values);
        var needed = needed(lowered, values, order);
        order.forEach(unit -> unit.writes.removeIf(slot -> grouped(unit) && !needed.contains(slot)));
        var layout = Layout.of(lowered, values, order);
        var donors = donors(lowered, values);
        return new Blueprint(graph, order, layout, options, unit -> {
            boolean exact = unit.ops.stream().anyMatch(node -> options.exact(node.origin()));
            var step = Provider.rounding(exact ? null : multiplied(options), () -> step(unit, values, needed, donors, options));
            return unit instanceof Unit.Single single && options.nanCheck() ? new CheckedStep(step, single.node, values, order.indexOf(unit)) : step;
        });
    }

    private static boolean grouped(Unit unit) {
        return unit instanceof Unit.Fused || unit instanceof Unit.Chained;
    }

    /// The narrow type that products are to run in and do run in; null where there is none.
    private static @Nullable DType multiplied(Options options) {
        return options.low() != null && options.provider().gemm().runs(options.low()) ? options.low() : null;
    }

    private static Set<DType> emulated(Options options) {
        return Stream.of(DType.BF16, DType.F16).filter(dtype -> !options.provider().gemm().runs(dtype)).collect(Collectors.toSet());
    }

    private static Set<Slot> needed(Graph graph, Values values, List<Unit> order) {
        var needed = Collections.<Slot>newSetFromMap(new IdentityHashMap<>());
        graph.outputs().forEach(tensor -> needed.add(values.slot(tensor)));
        order.forEach(unit -> needed.addAll(unit.reads));
        return needed;
    }

    /// For each output slot that takes over an input's memory, that input's slot.
    private static Map<Slot, Slot> donors(Graph graph, Values values) {
        var donors = new HashMap<Slot, Slot>();
        graph.donated().forEach((in, out) -> {
            var slot = values.slot(graph.outputs().get(out));
            if (slot.output == out) {
                donors.put(slot, values.input(graph.inputs().get(in)));
            }
        });
        return donors;
    }

    private static Step step(Unit unit, Values values, Set<Slot> needed, Map<Slot, Slot> donors, Options options) {
        return switch (unit) {
            case Unit.Single single when single.node.op() instanceof Loop -> new LoopStep(single, values, options);
            case Unit.Single single when single.node.op() instanceof Call -> Routines.step(single, values, needed, options);
            case Unit.Single single -> Objects.requireNonNullElseGet(SlicedStep.of(single, values, options.provider()),
                    () -> new SingleStep(single, values, options.provider()));
            case Unit.Convolution convolution -> new ConvolutionStep(convolution, options.provider(), options.threads());
            case Unit.Pooling pooling -> new PoolingStep(pooling, values, options.provider(), options.threads());
            case Unit.Product product -> Objects.requireNonNullElseGet(SparseProductStep.of(product, options.provider(), options.threads()),
                    () -> new ProductStep(product, options.provider(), options.threads()));
            case Unit.Chained chained -> new ChainedStep(chained, Code.of(chained.group, values, needed, donors), options.provider(), options.threads());
            case Unit.Fused fused -> new FusedStep(fused, Code.of(fused, values, needed, donors), options.provider(), options.threads());
        };
    }
}
