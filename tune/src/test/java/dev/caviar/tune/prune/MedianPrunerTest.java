package dev.caviar.tune.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.tune.json.Json;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MedianPrunerTest {
    /// 300 random histories with the verdict of Optuna 5.0.0 on each.
    @Test
    void everyVerdictIsOptunas() throws IOException {
        try (var in = MedianPrunerTest.class.getResourceAsStream("median-pruner.json")) {
            var cases = (List<?>) Json.read(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            assertThat(cases).hasSize(300);
            for (var item : cases) {
                var map = (Map<?, ?>) item;
                var settings = ((List<?>) map.get("pruner")).stream().mapToInt(n -> ((Long) n).intValue()).toArray();
                var pruner = new MedianPruner(settings[0], settings[1], settings[2], settings[3]);
                var past = new ArrayList<TrialView>();
                for (var trial : (List<?>) map.get("past")) {
                    var state = TrialState.valueOf((String) ((Map<?, ?>) trial).get("state"));
                    var view = reported(past.size(), (List<?>) ((Map<?, ?>) trial).get("reports"));
                    past.add(state == TrialState.COMPLETE ? view.ended(state, 0.5) : view.ended(state));
                }
                var running = reported(past.size(), (List<?>) map.get("running"));
                var verdict = pruner.judge(new History(past, List.of(Direction.valueOf((String) map.get("direction")))), running);
                assertThat(verdict).as(Json.write(map)).isEqualTo((Boolean) map.get("stop") ? Verdict.STOP : Verdict.CONTINUE);
            }
        }
    }

    @Test
    void settingsThatCannotBeAreRefused() {
        assertThat(MedianPruner.of()).isEqualTo(new MedianPruner(5, 0, 1, 1));
        assertThatThrownBy(() -> MedianPruner.of().withIntervalSteps(0)).hasMessageContaining("interval 0");
    }

    private static TrialView reported(int number, List<?> reports) {
        var view = TrialView.running(number);
        for (var report : reports) {
            var pair = (List<?>) report;
            view = view.withReport(((Long) pair.get(0)).intValue(), (Double) pair.get(1));
        }
        return view;
    }
}
