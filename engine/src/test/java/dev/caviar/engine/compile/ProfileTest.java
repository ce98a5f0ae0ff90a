package dev.caviar.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Cost;
import dev.caviar.engine.tensor.Origin;
import dev.caviar.engine.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a user can see of a program: its plan, the time of its steps, a timeline, events in a flight recording.
class ProfileTest {
    private static final Type X = Type.of(DType.F32, 64, 200);
    private static final Type W = Type.of(DType.F32, 200, 300);

    private static final Type V = Type.of(DType.F32, 300, 200);

    private static Graph net() {
        return Trace.of(in -> {
            var h = Origin.named("dense", () -> in.get(0).matmul(in.get(1)).relu());
            return List.of(Origin.named("head", () -> h.matmul(in.get(2)).sum(1).exp()));
        }, X, W, V);
    }

    private static final class Runner implements AutoCloseable {
        final Program program;
        private final List<Buffer> in = List.of(Tensor.full(1e-4, X).array().buffer(), Tensor.full(1e-4, W).array().buffer(),
                Tensor.full(1e-4, V).array().buffer());
        private final List<Buffer> out;

        Runner(Options options) {
            var graph = net();
            program = Origin.named("net", () -> Compiler.compile(graph, options));
            out = program.graph().outputs().stream().map(t -> Buffer.allocate(t.type())).toList();
        }

        void run(int times) {
            for (int i = 0; i < times; i++) {
                program.run(in, out);
            }
        }

        @Override
        public void close() {
            program.close();
        }
    }

    @Test
    void thePlanTellsStepsPartsCostsPlacesAndThePeak() {
        var plan = Compiler.plan(net(), Options.of());
        assertThat(plan.steps().getFirst().name()).isEqualTo("dense: matmul + relu 64×200×300");
        assertThat(plan.steps().getFirst().cost()).isEqualTo(new Cost(2 * 64 * 200 * 300 + 64 * 300, X.bytes() + W.bytes(), 64 * 300 * 4));
        assertThat(plan.steps().getLast().place()).isEqualTo(Plan.Place.OUTPUT);
        assertThat(plan.peakBytes()).isEqualTo((64 * 300 + 64 * 200) * 4);
        assertThat(plan.peakStep()).isEqualTo(1);
        assertThat(plan.largest(1).getFirst()).isEqualTo(new Plan.Held(Type.of(DType.F32, 64, 300), 64 * 300 * 4, 0, 1));
        assertThat(plan.print().lines()).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(120))
                .anySatisfy(line -> assertThat(line).contains("1* head", "125.0 KiB"));
    }

    @Test
    void aProfileTimesEveryStepWhileItIsOpen() {
        for (int threads : new int[] {1, 2}) {
            try (var runner = new Runner(Options.of().withThreads(threads))) {
                runner.run(2);
                var profile = runner.program.profile();
                runner.run(5);
                profile.stop();
                runner.run(3);
                var timing = profile.timings().getFirst();
                assertThat(timing.program()).isEqualTo("net");
                assertThat(timing.runs()).isEqualTo(5);
                assertThat(timing.rows()).hasSize(timing.plan().steps().size()).allSatisfy(row -> {
                    assertThat(row.runs()).isEqualTo(5);
                    assertThat(row.least()).isPositive().isLessThanOrEqualTo(row.total() / 5);
                    assertThat(row.busy()).hasSize(threads);
                    assertThat(row.busy().getFirst()).isPositive().isLessThanOrEqualTo(row.total());
                    assertThat(row.reference()).as(row.step().how()).isFalse();
                });
                assertThat(timing.rows().stream().mapToLong(Profile.Row::total).sum()).isLessThanOrEqualTo(timing.total());
                assertThat(timing.sorted().getFirst().total()).isGreaterThanOrEqualTo(timing.sorted().get(1).total());
                assertThat(profile.print().lines()).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(120))
                        .anySatisfy(line -> assertThat(line).contains("GFLOP/s", "thread"));
            }
        }
    }

    @Test
    void aSessionOfAllProgramsSeesEachThatRuns() {
        try (var first = new Runner(Options.of()); var second = new Runner(Options.of())) {
            try (var profile = Profile.start()) {
                assertThatThrownBy(Profile::start).isInstanceOf(IllegalStateException.class).hasMessageContaining("Maybe close it first");
                first.run(2);
                second.run(3);
                assertThat(profile.timings()).extracting(Profile.Timing::runs).contains(2L, 3L);
            }
            Profile.start().close();
        }
    }

    @Test
    void aTimelineIsTraceEventsWithATrackForEachThread(@TempDir Path folder) throws IOException {
        try (var runner = new Runner(Options.of().withThreads(2)); var profile = runner.program.profile()) {
            runner.run(4);
            profile.trace(folder.resolve("trace.json"));
            var text = Files.readString(folder.resolve("trace.json"));
            assertThat(text).startsWith("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[").endsWith("]}\n");
            var lines = text.lines().filter(line -> line.startsWith("{\"ph\"")).toList();
            assertThat(lines).allSatisfy(line -> assertThat(line).matches("\\{\"ph\":\"[MXC]\",\"name\":\".+\",\"pid\":1,\"tid\":[01],.*}}?,?"));
            assertThat(lines).anyMatch(line -> line.contains("thread_name") && line.contains("\"team 1\""));
            var slices = lines.stream().filter(line -> line.contains("\"X\"")).toList();
            int steps = runner.program.plan().steps().size();
            assertThat(slices).hasSizeGreaterThanOrEqualTo(4 * steps).anyMatch(line -> line.contains("\"tid\":1"));
            var previous = -1.0;
            for (var slice : slices.stream().filter(line -> line.contains("\"tid\":0")).toList()) {
                var match = Pattern.compile("\"ts\":([0-9.]+),\"dur\":([0-9.]+)").matcher(slice);
                assertThat(match.find()).isTrue();
                assertThat(Double.parseDouble(match.group(1))).isGreaterThanOrEqualTo(previous);
                previous = Double.parseDouble(match.group(1)) + Double.parseDouble(match.group(2)) - 0.002;
            }
            assertThat(lines).filteredOn(line -> line.contains("\"C\"")).hasSameSizeAs(slices.stream().filter(line -> line.contains("\"tid\":0")).toList());
        }
    }

    @Test
    void aFlightRecordingSeesCompilationsRunsAndSteps(@TempDir Path folder) throws IOException {
        try (var recording = new Recording()) {
            List.of("dev.caviar.Compile", "dev.caviar.Run", "dev.caviar.Step").forEach(name -> recording.enable(name).withoutThreshold());
            recording.start();
            try (var runner = new Runner(Options.of())) {
                runner.run(3);
            }
            recording.stop();
            recording.dump(folder.resolve("flight.jfr"));
        }
        var events = RecordingFile.readAllEvents(folder.resolve("flight.jfr"));
        assertThat(events).filteredOn(e -> e.getEventType().getName().equals("dev.caviar.Compile")).isNotEmpty();
        assertThat(events).filteredOn(e -> e.getEventType().getName().equals("dev.caviar.Run")).hasSize(3)
                .allSatisfy(e -> assertThat(e.getString("program")).isEqualTo("net"));
        assertThat(events).filteredOn(e -> e.getEventType().getName().equals("dev.caviar.Step"))
                .anySatisfy(e -> {
                    assertThat(e.getString("part")).isEqualTo("dense");
                    assertThat(e.getString("what")).startsWith("matmul");
                    assertThat(e.getLong("flops")).isPositive();
                });
    }

    @Test
    void whatDoesNotFitIsSaidWithThePeakAndItsLargestTensors() {
        var edge = Type.of(DType.F32, 1L << 21);
        var graph = Trace.of(in -> List.of(Origin.named("outer",
                () -> in.get(0).expandDims(1).matmul(in.get(1).expandDims(0))).sum()), edge, edge);
        assertThat(Compiler.plan(graph, Options.of()).peakBytes()).isGreaterThanOrEqualTo(1L << 44);
        var x = Buffer.allocate(edge);
        var program = Origin.named("huge", () -> Compiler.compile(graph, Options.of()));
        assertThatThrownBy(() -> program.run(List.of(x, x), List.of(Buffer.allocate(Type.of(DType.F32))))).isInstanceOf(MemoryException.class)
                .hasMessageContaining("huge: there is no memory for its 16.0 TiB").hasMessageContaining("f32[2097152, 2097152] of step 0, outer: matmul")
                .hasMessageContaining("Maybe use a smaller batch");
    }

    @Test
    void aRooflineTellsTheLeastTime() {
        var roof = new Roofline(1, 100e9, List.of(new Roofline.Level(1000, 100e9), new Roofline.Level(1_000_000, 10e9)));
        assertThat(roof.seconds(new Cost(1000, 500, 500))).isEqualTo(1e-8);
        assertThat(roof.memoryBound(new Cost(1000, 100, 100))).isFalse();
        assertThat(roof.seconds(new Cost(1000, 5_000_000, 0))).isEqualTo(5e-4);
        assertThat(roof.memoryBound(new Cost(1000, 5_000_000, 0))).isTrue();
        var measured = Roofline.of(1);
        assertThat(measured.flops()).isGreaterThan(1e8);
        assertThat(measured.levels()).extracting(Roofline.Level::perSecond).isSortedAccordingTo(java.util.Comparator.reverseOrder());
        assertThat(Roofline.of(1)).isSameAs(measured);
    }
}
