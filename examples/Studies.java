// A study with two objectives and a limit, a queued setting, notes, a copy and a table; kept in a file that Optuna opens too.
import dev.caviar.tune.Budget;
import dev.caviar.tune.Executor;
import dev.caviar.tune.Export;
import dev.caviar.tune.Objective;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.storage.Storages;

void main() throws IOException {
    var folder = Files.createTempDirectory("studies");
    var options = StudyOptions.of("bridge").withDirections(Direction.MINIMIZE, Direction.MINIMIZE).withSeed(1);
    try (var storage = Storages.open("sqlite:" + folder.resolve("bridge.db")); var study = Study.create(storage, options)) {
        study.enqueue(Map.of("width", 2.0, "height", 2.0));
        study.optimize(Objective.several(trial -> {
            double width = trial.real("width", 0.5, 5), height = trial.real("height", 0.5, 5);
            double weight = width * height, bend = 30 / (width * height * height * height);
            trial.constrain(bend - 8);    // more than 8 is too much
            return List.of(weight, bend);
        }), Budget.trials(60), Executor.threads(2));
        study.notes().tag("example");
        var front = study.paretoFront();
        IO.println("%d of %d trials are beaten by none; area %.0f".formatted(front.size(), study.trials().size(), study.hypervolume(25, 8)));
        IO.println("the queued one weighs %.1f and bends %.3f".formatted(study.trials().getFirst().values().toArray()));
        Study.copy(storage, "bridge", storage, "bridge, copied");
        IO.println(storage.names() + ", a table of " + Export.of(storage, "bridge").csv().lines().count() + " lines");
    }
}
