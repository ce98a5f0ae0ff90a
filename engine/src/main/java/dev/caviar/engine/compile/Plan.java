package dev.caviar.engine.compile;

import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Cost;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// What a program does, step by step, and the memory that it holds beside its inputs and outputs.
///
/// `peakBytes` is the size of the arena that all steps share, `unplannedBytes` what it would be if nothing were used again,
/// `held` what lies in it while the step runs that needs the most. `givenBytes` is what the callers bring: inputs, and outputs that
/// are not a donated input.
///
/// ```java
/// Graph g = Trace.of(in -> List.of(in.get(0).matmul(in.get(0)).sum(0).exp()), Type.of(DType.F32, 100, 100));
/// try (var program = Compiler.compile(g, Options.of())) {
///     System.out.println(program.plan().print());
/// }
/// ```
public record Plan(List<Step> steps, long peakBytes, long unplannedBytes, long givenBytes, List<Held> held) {
    public Plan {
        steps = List.copyOf(steps);
        held = List.copyOf(held);
    }

    /// Where a step's result lies.
    public enum Place {
        /// At an offset of the arena.
        ARENA,
        /// In the buffer of an output.
        OUTPUT,
        /// In the buffer of an output that was given to the program as an input: the old value is written over.
        DONATED,
        /// Over a tensor that it reads for the last time.
        IN_PLACE
    }

    /// One step: what it computes and the routine that does it, for which part of the model, what it asks of the machine, where
    /// its first result lies (an offset only in the arena, else −1), the bytes of all its results, and the bytes that the arena
    /// holds while it runs.
    ///
    /// ```java
    /// Graph g = Trace.of(in -> List.of(in.get(0).exp()), Type.of(DType.F32, 3));
    /// Plan.Step step = Compiler.plan(g, Options.of()).steps().getFirst();
    /// String name = step.name() + " by " + step.how();
    /// ```
    public record Step(String what, String how, String part, Cost cost, Place place, long offset, long bytes, long live) {
        /// What it is and for whom.
        public String name() {
            return part.isEmpty() ? what : part + ": " + what;
        }
    }

    /// A tensor in the arena: its type and bytes, the step that makes it and the last that reads it.
    ///
    /// ```java
    /// Graph g = Trace.of(in -> List.of(in.get(0).matmul(in.get(0)).sum()), Type.of(DType.F32, 100, 100));
    /// Plan.Held largest = Compiler.plan(g, Options.of()).largest(1).getFirst();     // the product
    /// ```
    public record Held(Type type, long bytes, int step, int until) {}

    static Plan of(Blueprint blueprint, List<dev.caviar.engine.compile.Step> steps) {
        var layout = blueprint.layout();
        var taken = new HashSet<>(blueprint.graph().donated().values());
        var rows = new ArrayList<Step>();
        int peak = 0;
        for (int i = 0; i < steps.size(); i++) {
            var unit = blueprint.order().get(i);
            var shown = steps.get(i).shown();
            long live = layout.held(i).stream().mapToLong(slot -> Layout.aligned(slot.type.bytes())).sum();
            rows.add(new Step(steps.get(i).what(), steps.get(i).how(), unit.part(), steps.get(i).cost(unit), place(unit, shown, taken), shown.offset,
                    unit.writes.stream().mapToLong(slot -> slot.type.bytes()).sum(), live));
            peak = live > rows.get(peak).live ? i : peak;
        }
        for (var copy : layout.copies()) {
            long bytes = copy.from().type.bytes();
            rows.add(new Step("copy to output " + copy.output(), "memory", "", new Cost(0, bytes, bytes),
                    taken.contains(copy.output()) ? Place.DONATED : Place.OUTPUT, -1, bytes, 0));
        }
        var held = layout.held(peak).stream()
                .map(slot -> new Held(slot.type, slot.type.bytes(), layout.born(slot), layout.dies(slot)))
                .sorted(Comparator.comparingLong(Held::bytes).reversed().thenComparingInt(Held::step)).toList();
        return new Plan(rows, layout.bytes(), layout.unplanned(), given(blueprint.graph(), taken), held);
    }

    private static long given(Graph graph, HashSet<Integer> taken) {
        long bytes = graph.inputs().stream().mapToLong(input -> input.type().bytes()).sum();
        for (int i = 0; i < graph.outputs().size(); i++) {
            bytes += taken.contains(i) ? 0 : graph.outputs().get(i).type().bytes();
        }
        return bytes;
    }

    /// All memory that a run touches, beside constants.
    public long totalBytes() {
        return peakBytes + givenBytes;
    }

    private static Place place(Unit unit, Slot shown, HashSet<Integer> taken) {
        if (shown.output >= 0) {
            return taken.contains(shown.output) ? Place.DONATED : Place.OUTPUT;
        }
        boolean over = unit.reads.stream().anyMatch(slot -> slot.temporary() && slot.offset == shown.offset);
        return over ? Place.IN_PLACE : Place.ARENA;
    }

    /// The first step at which the arena holds the most.
    public int peakStep() {
        return IntStream.range(0, steps.size()).boxed().max(Comparator.<Integer>comparingLong(i -> steps.get(i).live)
                .thenComparing(Comparator.reverseOrder())).orElse(0);
    }

    /// The largest tensors that are held at the peak.
    public List<Held> largest(int most) {
        return held.subList(0, Math.min(most, held.size()));
    }

    /// What the whole program asks of the machine.
    public Cost cost() {
        return steps.stream().map(Step::cost).reduce(Cost.NONE, Cost::plus);
    }

    /// The steps as a table of 120 columns at most, the one at the peak marked by `*`.
    public String print() {
        var out = new StringBuilder(row("step", "part", "what", "how", "writes", "lies", "arena"));
        int peak = peakStep();
        for (int i = 0; i < steps.size(); i++) {
            var step = steps.get(i);
            var lies = switch (step.place) {
                case ARENA -> "@" + step.offset;
                case IN_PLACE -> "in place";
                case OUTPUT -> "output";
                case DONATED -> "donated";
            };
            out.append(row(i + (i == peak && step.live > 0 ? "*" : " "), step.part, step.what, step.how, bytes(step.bytes), lies, bytes(step.live)));
        }
        var cost = cost();
        out.append(String.format(Locale.ROOT, "arena %s, without reuse %s; inputs and outputs %s. %.4g MFLOP, reads %s, writes %s.%n",
                bytes(peakBytes), bytes(unplannedBytes), bytes(givenBytes), cost.flops() * 1e-6, bytes(cost.read()), bytes(cost.written())));
        if (!held.isEmpty()) {
            out.append("Most is held at step ").append(peak).append(":\n");
            largest(5).forEach(each -> out.append(String.format("  %10s  %s of step %d, %s, until step %d%n", bytes(each.bytes), each.type,
                    each.step, fit(steps.get(each.step).name(), 60), each.until)));
        }
        return out.toString();
    }

    private static String row(String number, String part, String what, String how, String writes, String lies, String live) {
        return String.format("%5s %-20s %-34s %-22s %10s %-12s %10s%n", number, fit(part, 20), fit(what, 34), fit(how, 22), writes, lies, live);
    }

    /// Text cut to a width, the cut marked.
    static String fit(String text, int width) {
        return text.length() <= width ? text : text.substring(0, width - 1) + "…";
    }

    /// Bytes as people read them: `784 B`, `64.0 KiB`, `16.0 TiB`.
    static String bytes(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        int unit = Math.min(4, (63 - Long.numberOfLeadingZeros(bytes)) / 10);
        return String.format(Locale.ROOT, "%.1f %ciB", bytes / Math.scalb(1.0, 10 * unit), "KMGT".charAt(unit - 1));
    }
}
