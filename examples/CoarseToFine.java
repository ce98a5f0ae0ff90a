// Coarse to fine: random search in rounds, each in the region where the last one was good. Drawn with the region of every round.
import dev.caviar.lab.plot.Chart;
import dev.caviar.lab.plot.Sheet;
import dev.caviar.tune.Budget;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.sample.CoarseToFineSampler;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Space;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

void main(String... args) throws Exception {
    var space = Space.of(Param.of("learning rate", Real.log(1e-5, 1)), Param.of("dropout", Real.of(0, 0.6)));
    var options = StudyOptions.of("zoom").withSpace(space).withSampler(CoarseToFineSampler.of(20)).withSeed(2);
    try (var study = Study.inMemory(options)) {
        study.optimize(trial -> Math.pow(Math.log10(trial.real("learning rate")) + 2.5, 2) + Math.pow(5 * (trial.real("dropout") - 0.2), 2), Budget.trials(60));
        var chart = Chart.of("Coarse to fine: 3 rounds of 20 trials", Chart.Side.of("learning rate").withLog(true).withRange(1e-5, 1),
                Chart.Side.of("dropout").withRange(0, 0.6));
        for (int round = 0; round < 3; round++) {
            var trials = study.trials().subList(20 * round, 20 * round + 20);
            var region = (Map<?, ?>) trials.getLast().systemAttributes().get(CoarseToFineSampler.REGION);
            double[] rate = ends(region.get("learning rate")), dropout = ends(region.get("dropout"));
            chart = chart.withPoints("round " + (round + 1), column(trials, "learning rate"), column(trials, "dropout"))
                    .withDashed("its region", new double[] {rate[0], rate[1], rate[1], rate[0], rate[0]}, new double[] {dropout[0], dropout[0], dropout[1], dropout[1], dropout[0]});
            double best = trials.stream().mapToDouble(trial -> trial.value().orElseThrow()).min().orElseThrow();
            IO.println("round %d: learning rate %.1e to %.1e, dropout %.2f to %.2f, best %.4f".formatted(round + 1, rate[0], rate[1], dropout[0], dropout[1], best));
        }
        var file = Path.of(args.length > 0 ? args[0] : "coarse-to-fine.png");
        Sheet.of(chart).withSize(760, 520).write(file);
        IO.println("drawn: " + file);
    }
}

double[] ends(Object region) {
    return ((List<?>) region).stream().mapToDouble(end -> ((Number) end).doubleValue()).toArray();
}

double[] column(List<TrialView> trials, String name) {
    return trials.stream().mapToDouble(trial -> (double) trial.params().get(name)).toArray();
}
