package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.Routine;
import dev.caviar.engine.kernel.Team;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/// A routine cut over its examples, one contiguous share of them for each thread.
final class Shares {
    private final List<Share> shares = new ArrayList<>();
    private final IntConsumer work = i -> shares.get(i).run();

    private static final class Share {
        final Routine routine;
        final long from;
        final MemorySegment[] operands;

        Share(Routine routine, long from, int operands) {
            this.routine = routine;
            this.from = from;
            this.operands = new MemorySegment[operands];
        }

        void run() {
            routine.run(operands);
        }
    }

    /// The routine for a number of examples.
    interface Maker {
        Routine of(long examples);
    }

    Shares(long examples, int parts, int operands, Maker maker) {
        int count = (int) Math.max(1, Math.min(parts, examples));
        for (int i = 0; i < count; i++) {
            long from = examples * i / count;
            shares.add(new Share(maker.of(examples * (i + 1) / count - from), from, operands));
        }
    }

    int count() {
        return shares.size();
    }

    /// The first example of a share.
    long from(int share) {
        return shares.get(share).from;
    }

    void bind(int share, int operand, MemorySegment memory) {
        shares.get(share).operands[operand] = memory;
    }

    void run(Team team) {
        team.run(shares.size(), work);
    }

    String how() {
        return shares.getFirst().routine.implementation() + (shares.size() == 1 ? "" : " ×" + shares.size());
    }
}
