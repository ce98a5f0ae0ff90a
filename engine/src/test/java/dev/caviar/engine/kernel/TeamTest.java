package dev.caviar.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TeamTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void everyPartRunsOnceInEveryRound(int size) {
        try (var team = Team.of(size)) {
            var counts = new AtomicIntegerArray(size);
            var values = new long[size];
            for (int round = 1; round <= 2000; round++) {
                int now = round;
                team.run(part -> {
                    counts.incrementAndGet(part);
                    values[part] = now;
                });
                // Plain reads: the end of a run makes all writes of its parts visible.
                for (int part = 0; part < size; part++) {
                    assertThat(values[part]).isEqualTo(round);
                }
            }
            for (int part = 0; part < size; part++) {
                assertThat(counts.get(part)).isEqualTo(2000);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void workThatWasCutForMoreThreadsIsDoneWhole(int size) {
        try (var team = Team.of(size)) {
            for (int parts : new int[] {1, 2, 3, 7}) {
                var counts = new AtomicIntegerArray(parts);
                team.run(parts, counts::incrementAndGet);
                for (int part = 0; part < parts; part++) {
                    assertThat(counts.get(part)).as("part %d of %d", part, parts).isEqualTo(1);
                }
            }
        }
    }

    @Test
    void theCallerIsPartZero() {
        try (var team = Team.of(2)) {
            var threads = new Thread[2];
            team.run(part -> threads[part] = Thread.currentThread());
            assertThat(threads[0]).isSameAs(Thread.currentThread());
            assertThat(threads[1]).isNotSameAs(threads[0]);
            assertThat(threads[1].isDaemon()).isTrue();
        }
    }

    @Test
    void sharesAreContiguousAndComplete() {
        try (var team = Team.of(3)) {
            for (long n : new long[] {0, 1, 2, 3, 100, 1L << 40}) {
                assertThat(team.from(0, n)).isZero();
                assertThat(team.from(3, n)).isEqualTo(n);
                assertThat(team.from(1, n)).isLessThanOrEqualTo(team.from(2, n));
            }
        }
    }

    @Test
    void whatAPartThrowsReachesTheCallerAndTheTeamGoesOn() {
        try (var team = Team.of(3)) {
            assertThatThrownBy(() -> team.run(part -> {
                throw new IllegalStateException("part " + part);
            })).isInstanceOf(IllegalStateException.class).hasMessage("part 0")
                    .satisfies(e -> assertThat(e.getSuppressed()).extracting(Throwable::getMessage).containsExactly("part 1", "part 2"));
            assertThatThrownBy(() -> team.run(part -> {
                if (part == 2) {
                    throw new OutOfMemoryError("part 2");
                }
            })).isInstanceOf(OutOfMemoryError.class);
            var seen = new boolean[3];
            team.run(part -> seen[part] = true);
            assertThat(seen).containsExactly(true, true, true);
        }
    }

    @Test
    void aTeamThatFellAsleepWakesUp() throws Exception {
        try (var team = Team.of(2)) {
            var threads = new Thread[2];
            team.run(part -> threads[part] = Thread.currentThread());
            while (threads[1].getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            var seen = new boolean[2];
            team.run(part -> seen[part] = true);
            assertThat(seen).containsExactly(true, true);
        }
    }

    @Test
    void aClosedTeamHasNoThreadsAndRefusesWork() {
        var team = Team.of(2);
        var threads = new Thread[2];
        team.run(part -> threads[part] = Thread.currentThread());
        team.close();
        team.close();
        assertThat(threads[1].isAlive()).isFalse();
        assertThatThrownBy(() -> team.run(part -> { })).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
        assertThatThrownBy(() -> Team.of(0)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("not 0");
    }
}
