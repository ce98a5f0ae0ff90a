package dev.caviar.tune.space;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.sample.GridSampler;
import dev.caviar.tune.storage.Storages;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Properties that hold for whatever space anybody may think of.
class RandomSpacesTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void jsonSamplingAndGridsAgreeWithTheSpace(long seed) {
        var random = new Random(seed);
        for (var round = 0; round < 60; round++) {
            var space = space(random);
            assertThat(Space.parse(space.json())).isEqualTo(space);
            assertThat(space.parentsFirst()).hasSameElementsAs(space.params());
            var study = Study.inMemory(StudyOptions.of("s").withSpace(space).withSeed(seed));
            for (var i = 0; i < 5; i++) {
                var trial = study.ask();
                for (var param : space.params()) {
                    assertThat(trial.has(param.name())).isEqualTo(space.active(param.name(), trial.params()));
                    if (trial.has(param.name())) assertThat(param.dist().contains(trial.value(param.name()))).isTrue();
                }
                assertThat(trial.params().keySet()).isSubsetOf(space.names());
            }
            var grid = GridSampler.within(space, 30);
            assertThat(grid.points()).hasSizeBetween(1, 30).doesNotHaveDuplicates();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {6, 7})
    void aDatabaseGivesBackEverySpaceAndSetting(long seed, @TempDir Path folder) {
        var random = new Random(seed);
        var url = "sqlite:" + folder.resolve("spaces.db");
        for (var round = 0; round < 10; round++) {
            var options = StudyOptions.of("s" + round).withSeed(seed);
            var space = space(random);
            try (var storage = Storages.open(url); var study = Study.create(storage, options.withSpace(space))) {
                for (var i = 0; i < 3; i++) study.tell(study.ask(), random.nextDouble());
                var before = study.trials();
                try (var other = Storages.open(url); var again = Study.open(other, options)) {
                    assertThat(again.space()).isEqualTo(space);
                    assertThat(again.trials()).isEqualTo(before);
                }
            }
        }
    }

    private static Space space(Random random) {
        var params = new ArrayList<Param>();
        var count = 1 + random.nextInt(6);
        for (var i = 0; i < count; i++) {
            var param = Param.of("p" + i, dist(random));
            // Parents are among the earlier ones, so there is no circle; the order of declaration is shuffled below.
            var parents = params.stream().filter(known -> known.dist() instanceof Choice && known.when().isEmpty()).toList();
            if (!parents.isEmpty() && random.nextBoolean()) {
                var parent = parents.get(random.nextInt(parents.size()));
                var values = ((Choice) parent.dist()).values();
                param = param.when(parent.name(), values.subList(0, 1 + random.nextInt(values.size())).toArray());
            }
            params.add(param);
        }
        java.util.Collections.shuffle(params, random);
        return new Space(params);
    }

    private static Dist dist(Random random) {
        double low = Math.pow(10, random.nextInt(8) - 6) * (1 + random.nextInt(9)), high = low * (1 + random.nextDouble() * 100);
        return switch (random.nextInt(8)) {
            case 0 -> Real.of(-high, low);
            case 1 -> Real.log(low, high);
            case 2 -> Real.of(random.nextDouble() * 0.9, 0.9 + random.nextDouble() * 0.0999, Scale.ONE_MINUS_LOG);
            case 3 -> Real.of(0, 1 + random.nextInt(9)).withStep(0.1 * (1 + random.nextInt(9)));
            case 4 -> Whole.of(-random.nextInt(50), random.nextInt(50)).withStep(1 + random.nextInt(5));
            case 5 -> Whole.of(1 + random.nextInt(5), 5 + random.nextInt(1000), Scale.LOG);
            case 6 -> Whole.of(1 + random.nextInt(5), 16 + random.nextInt(1000), Scale.POWER_OF_TWO);
            default -> Choice.of(List.of("a", "ü", 1, 2.5, true).subList(0, 1 + random.nextInt(5)).toArray());
        };
    }
}
