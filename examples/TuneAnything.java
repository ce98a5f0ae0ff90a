// The tuner alone: any Java function, no network. Here the top of a hill that is round or narrow.
import dev.caviar.tune.Budget;
import dev.caviar.tune.Executor;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.record.Direction;

void main() {
    var options = StudyOptions.of("hill").withDirection(Direction.MAXIMIZE).withSeed(7);
    try (var study = Study.inMemory(options)) {
        study.optimize(trial -> {
            double x = trial.real("x", -5, 5);
            double y = trial.real("y", -5, 5);
            String shape = trial.choice("shape", "round", "narrow");
            double width = shape.equals("round") ? 4 : 1;
            return Math.exp(-((x - 1) * (x - 1) + (y + 2) * (y + 2)) / width);
        }, Budget.trials(200), Executor.threads(2));
        var best = study.best().orElseThrow();
        IO.println("best of %d trials: %.3f at %s".formatted(study.trials().size(), best.value().getAsDouble(), best.params()));
    }
}
