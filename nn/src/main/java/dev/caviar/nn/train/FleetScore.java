package dev.caviar.nn.train;

import dev.caviar.engine.compile.Compiler;
import dev.caviar.engine.compile.Options;
import dev.caviar.engine.compile.Program;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Origin;
import dev.caviar.nn.data.Feed;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A compiled pass over the validation examples of K models.
final class FleetScore implements AutoCloseable {
    private final Program program;
    private final List<Buffer> in;
    private final List<Buffer> out = new ArrayList<>();
    private final List<List<Buffer>> x;
    private final List<List<Buffer>> y;
    private final Buffer counted;
    private final boolean shared;
    private final Tallies tallies;
    private final List<Buffer> carried = new ArrayList<>();

    FleetScore(FleetState state, List<Trainee> members, DType dtype, Options options) {
        var lead = members.getFirst();
        var key = lead.model.key(true, held(lead), options.threads());
        var one = Inference.signature(lead.recipe, lead.state, dtype, key);
        var graph = Inference.trace(lead.recipe, lead.state, one, true);
        var stack = new Stack(one, members.size());
        state.weights().forEach((path, whole) -> stack.spread("v:" + path, whole));
        FleetState.scalars(stack, members);
        FleetState.weights(stack, members);
        shared = state.sharesValidation();
        tallies = Tallies.of(lead.recipe, lead.state);
        x = stack.examples("x", shared);
        y = stack.examples("y", shared);
        counted = stack.buffer("counted");
        in = stack.buffers();
        lead.state.needs.carried().forEach(path -> carried.add(Objects.requireNonNull(state.weights().get(path))));
        var batched = stack.graph(graph);
        batched.outputs().forEach(output -> out.add(Buffer.allocate(output.type())));
        program = Origin.named(members.size() + " evaluations, batch " + key.rows(),
                () -> Compiler.compile(batched, lead.state.precision.in(options)));
    }

    private static Feed held(Trainee member) {
        return Objects.requireNonNull(member.validation);
    }

    /// Loss and metrics by name of the member in each lane.
    List<Map<String, Double>> score(@Nullable Trainee[] lanes) {
        var any = java.util.Arrays.stream(lanes).filter(Objects::nonNull).findFirst().orElseThrow();
        var sums = new double[lanes.length][tallies.size()];
        carried.forEach(buffer -> buffer.memory().fill((byte) 0));
        int n = 0;
        for (int b = 0; held(any).has(b); b++) {
            int rows = held(any).rows(b);
            n += rows;
            Inference.count(counted, rows);
            fill(lanes, any, b);
            program.run(in, out);
            for (int i = 0; i < carried.size(); i++) {
                carried.get(i).copyFrom(out.get(out.size() - carried.size() + i));
            }
            for (int lane = 0; lane < lanes.length; lane++) {
                for (int i = 0; i < sums[lane].length; i++) {
                    sums[lane][i] += tallies.at(out, i, lane);
                }
            }
        }
        var scores = new ArrayList<Map<String, Double>>();
        for (int lane = 0; lane < lanes.length; lane++) {
            var member = lanes[lane];
            scores.add(member == null ? Map.of() : Inference.scores(tallies, sums[lane], out.get(tallies.logs()).at(lane), n));
        }
        return scores;
    }

    private void fill(@Nullable Trainee[] lanes, Trainee any, int b) {
        if (shared) {
            held(any).fill(b, x.getFirst(), y.getFirst());
            return;
        }
        for (int lane = 0; lane < lanes.length; lane++) {
            var member = lanes[lane];
            if (member != null) {
                held(member).fill(b, x.get(lane), y.get(lane));
            }
        }
    }

    @Override
    public void close() {
        program.close();
    }
}
