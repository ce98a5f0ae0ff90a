package dev.caviar.nn.train;

import dev.caviar.engine.compile.Compiler;
import dev.caviar.engine.compile.Options;
import dev.caviar.engine.compile.Program;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Origin;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One compiled step of training of K models for one size of batch, each with its own state, numbers, key and examples.
final class FleetStep implements AutoCloseable {
    private final Program program;
    private final List<Buffer> in;
    private final List<Buffer> out = new ArrayList<>();
    private final Buffer[] numbers;
    private final String[][] names;
    private final Buffer keys;
    private final List<List<Buffer>> x;
    private final List<List<Buffer>> y;
    private final Lane[] sums;

    FleetStep(FleetState state, List<Trainee> members, int rows, DType dtype, Options options) {
        int k = members.size();
        var lead = members.getFirst();
        var one = TrainStep.signature(lead.recipe, lead.state, dtype, TrainStep.allocate(lead.batches.xTypes(rows)),
                TrainStep.allocate(lead.batches.yTypes(rows)));
        var traced = TrainStep.trace(lead.recipe, lead.state, one);
        var stack = new Stack(one, k);
        var memory = state.memory().iterator();
        one.names().stream().filter(FleetStep::kept).forEach(name -> stack.spread(name, memory.next()));
        if (lead.state.precision.lossScale() != null) {
            lead.state.precision.lossScale().numbers(dtype).keySet().forEach(name -> stack.numbers("n:" + name, members.stream()
                    .mapToDouble(member -> member.state.precision.lossScale().numbers(dtype).get(name).at(0)).toArray()));
        }
        FleetState.scalars(stack, members);
        FleetState.weights(stack, members);
        names = members.stream().map(member -> TrainStep.scalars(member.recipe)).toArray(String[][]::new);
        numbers = new Buffer[names[0].length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = stack.spread("r:" + names[0][i]);
        }
        keys = stack.spread("key");
        x = stack.examples("x", state.sharesBatches());
        y = stack.examples("y", state.sharesBatches());
        in = stack.buffers();
        program = Origin.named(k + " train steps, batch " + rows,
                () -> Compiler.compile(stack.graph(traced.graph()), lead.state.precision.in(options)));
        traced.updated().forEach(name -> out.add(stack.buffer(name)));
        var tallies = Tallies.of(lead.recipe, lead.state);
        var logs = new ArrayList<Buffer>();
        for (int i = 0; i < tallies.logs(); i++) {
            logs.add(Stack.whole(tallies.type(i, dtype), k));
        }
        out.addAll(logs);
        var scale = lead.state.precision.lossScale() == null ? null : stack.buffer("a:" + LossScale.SCALE);
        sums = new Lane[k];
        for (int i = 0; i < k; i++) {
            sums[i] = new Lane(tallies, logs, scale, i);
        }
    }

    /// Whether an input is what training changes.
    private static boolean kept(String name) {
        return name.startsWith("p:") || name.startsWith("o:") || name.startsWith("s:") || name.startsWith("a:");
    }

    /// What one member sees of a run.
    private static final class Lane implements Sums {
        private final Tallies tallies;
        private final List<Buffer> logs;
        private final @Nullable Buffer scale;
        private final int at;
        private double before;

        Lane(Tallies tallies, List<Buffer> logs, @Nullable Buffer scale, int at) {
            this.tallies = tallies;
            this.logs = logs;
            this.scale = scale;
            this.at = at;
        }

        @Override
        public double sum(int i) {
            return tallies.at(logs, i, at);
        }

        @Override
        public boolean skipped() {
            return scale() < before;
        }

        @Override
        public double scale() {
            return scale == null ? 1 : scale.at(at);
        }
    }

    /// Runs batch `b` of those that are there; the places of those who left are computed and not looked at.
    void run(@Nullable Trainee[] lanes, int b) {
        boolean filled = false;
        for (int lane = 0; lane < lanes.length; lane++) {
            var member = lanes[lane];
            if (member == null) {
                continue;
            }
            if (!filled || x.size() > 1) {
                member.batches.fill(b, x.get(x.size() > 1 ? lane : 0), y.get(x.size() > 1 ? lane : 0));
                filled = true;
            }
            long step = member.state.step;
            sums[lane].before = sums[lane].scale();
            for (int i = 0; i < numbers.length; i++) {
                numbers[i].set(lane, member.run.optimizer().scalar(names[lane][i], step, member.state.epoch));
            }
            keys.setLong(2L * lane, member.fit.seed());
            keys.setLong(2L * lane + 1, step);
        }
        program.run(in, out);
    }

    /// What the last run left of a member's batch.
    Sums sums(int lane) {
        return sums[lane];
    }

    @Override
    public void close() {
        program.close();
    }
}
