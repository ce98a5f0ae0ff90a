package dev.caviar.nn.train;

import dev.caviar.engine.compile.Options;
import dev.caviar.engine.memory.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Epochs of several models in lockstep. Who is done leaves at once; once half of the places are empty, the others go on in
/// a smaller program.
final class FleetLoop implements AutoCloseable {
    private final DType dtype;
    private final Options options;
    private final BiConsumer<Trainee, Fleet.Ending> ended;
    private final Map<Integer, FleetStep> steps = new HashMap<>();
    private List<Trainee> members;
    private @Nullable Trainee[] lanes;
    private @Nullable FleetState state;
    private @Nullable FleetScore scorer;

    /// `ended` is told of each member that leaves, when its model is its own again.
    FleetLoop(List<Trainee> members, DType dtype, Options options, BiConsumer<Trainee, Fleet.Ending> ended) {
        this.members = members;
        this.lanes = members.toArray(Trainee[]::new);
        this.dtype = dtype;
        this.options = options;
        this.ended = ended;
    }

    void run() {
        for (int lane = 0; lane < lanes.length; lane++) {
            if (Objects.requireNonNull(lanes[lane]).done()) {
                leave(lane, false);
            }
        }
        while (live() > 0) {
            if (state == null || 2 * live() <= lanes.length) {
                form();
            }
            epoch(state);
        }
    }

    private long live() {
        return Stream.of(lanes).filter(Objects::nonNull).count();
    }

    /// Moves those who are left together.
    private void form() {
        release();
        members = Stream.of(lanes).filter(Objects::nonNull).map(Trainee.class::cast).toList();
        lanes = members.toArray(Trainee[]::new);
        state = new FleetState(members);
        scorer = members.getFirst().validation == null ? null : new FleetScore(state, members, dtype, options);
    }

    private void epoch(FleetState state) {
        int first = 0;      // all are at the same batch, those who go on after a checkpoint too
        for (var member : lanes) {
            if (member != null) {
                first = member.beginEpoch();
            }
        }
        int count = members.getFirst().batches.count();
        for (int b = first; b < count; b++) {
            for (int lane = 0; lane < lanes.length; lane++) {
                if (lanes[lane] != null && asked(lane)) {
                    leave(lane, true);
                }
            }
            if (live() == 0) {
                return;
            }
            var step = step(state, members.getFirst().batches.rows(b));
            step.run(lanes, b);
            for (int lane = 0; lane < lanes.length; lane++) {
                add(lane, b, step);
            }
        }
        if (live() > 0) {
            endEpoch();
        }
    }

    private boolean asked(int lane) {
        try {
            return Objects.requireNonNull(lanes[lane]).interrupted();
        } catch (RuntimeException e) {
            fail(lane, e);
            return false;
        }
    }

    private FleetStep step(FleetState state, int rows) {
        return steps.computeIfAbsent(rows, _ -> new FleetStep(state, members, rows, dtype, options));
    }

    private void add(int lane, int b, FleetStep step) {
        var member = lanes[lane];
        if (member == null) {
            return;
        }
        try {
            member.add(b, step.sums(lane));
            if (member.stopped()) {
                endEarly(lane, member);
            }
        } catch (RuntimeException e) {
            fail(lane, e);
        }
    }

    /// A member that stops between two batches is not to see another one: it is validated by itself.
    private void endEarly(int lane, Trainee member) {
        FleetState.leave(member);
        var held = member.validation;
        Map<String, Double> scores = Map.of();
        if (held != null) {
            try (var alone = new Inference(member.recipe, member.state, dtype, member.model.key(true, held, options.threads()), options)) {
                scores = alone.score(held);
            }
        }
        member.endEpoch(scores);
        leave(lane, false);
    }

    private void endEpoch() {
        var scores = scorer == null ? null : scorer.score(lanes);
        for (int lane = 0; lane < lanes.length; lane++) {
            var member = lanes[lane];
            if (member == null) {
                continue;
            }
            try {
                member.endEpoch(scores == null ? Map.of() : scores.get(lane));
                if (member.done()) {
                    leave(lane, false);
                }
            } catch (RuntimeException e) {
                fail(lane, e);
            }
        }
    }

    private void leave(int lane, boolean interrupted) {
        var member = Objects.requireNonNull(lanes[lane]);
        FleetState.leave(member);
        History history;
        try {
            history = member.end(interrupted);
        } catch (RuntimeException e) {
            fail(lane, e);
            return;
        }
        lanes[lane] = null;
        ended.accept(member, new Fleet.Ending(history, null));
    }

    private void fail(int lane, RuntimeException error) {
        var member = lanes[lane];
        if (member == null) {
            throw error;    // it has left, and who was told of it failed
        }
        lanes[lane] = null;
        FleetState.leave(member);
        ended.accept(member, new Fleet.Ending(null, error));
    }

    private void release() {
        steps.values().forEach(FleetStep::close);
        steps.clear();
        if (scorer != null) {
            scorer.close();
            scorer = null;
        }
    }

    /// Whoever is still there, after an error, gets its own memory back.
    @Override
    public void close() {
        for (var member : lanes) {
            if (member != null) {
                FleetState.leave(member);
            }
        }
        release();
    }
}
