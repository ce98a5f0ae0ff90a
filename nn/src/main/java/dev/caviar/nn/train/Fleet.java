package dev.caviar.nn.train;

import dev.caviar.engine.compile.Options;
import dev.caviar.nn.data.Examples;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Trains several models of one structure in lockstep, as one program with one more axis: small networks that would leave
/// the machine idle one by one.
///
/// Models may differ in their weights and seeds and in everything that is a number of the step: learning rate, betas, dropout
/// rate, weight penalty. Each has its own examples, shuffled by its own seed, its own callbacks, history and end; who is done
/// leaves, and the others go on. With [Fit#withCheckpoints], in a folder for each, a fleet that was killed goes on too: members that are at the same
/// batch together, others in a program of their own. Every model ends as if it had been trained alone. [Member#kind] tells which ones fit together.
///
/// ```java
/// var data = DataSource.of("digits").load().train();
/// var fleet = new ArrayList<Fleet.Member>();
/// for (double rate : new double[] {0.001, 0.003, 0.01}) {
///     var model = Model.of(Flatten.of(), Dense.of(64, "relu"), Dense.of(10, "softmax"));
///     model.compile(Optimizer.of("adam").withRate(Schedule.constant(rate)), Loss.of("sparse_categorical_crossentropy"));
///     fleet.add(new Fleet.Member(model, data, Fit.of().withEpochs(2).withVerbosity(Verbosity.SILENT)));
/// }
/// List<History> histories = Fleet.fit(fleet);
/// ```
public final class Fleet {
    private Fleet() {}

    /// A model, what it is trained on, and how.
    ///
    /// ```java
    /// var model = Model.of(Dense.of(1)).compile("sgd", "mse");
    /// var member = new Fleet.Member(model, Examples.of(new float[][] {{1}}, new float[][] {{2}}), Fit.of());
    /// ```
    public static final class Member {
        private final Model model;
        private final Examples examples;
        private final Fit fit;
        private @Nullable String kind;

        public Member(Model model, Examples examples, Fit fit) {
            this.model = model;
            this.examples = examples;
            this.fit = fit;
        }

        public Model model() {
            return model;
        }

        public Examples examples() {
            return examples;
        }

        public Fit fit() {
            return fit;
        }

        /// Members of equal kind can train together: their steps are the same but for numbers, on batches of the same sizes. Makes
        /// the model's weights, if it has none. Found once.
        public String kind() {
            if (kind == null) {
                kind = model.kind(examples, fit);
            }
            return kind;
        }
    }

    /// How the training of one model ended: with its history, or with what was thrown in it, such as [DivergedException].
    ///
    /// ```java
    /// var ending = new Fleet.Ending(new History(List.of(), History.End.FINISHED, ""), null);
    /// History history = ending.orThrow();
    /// ```
    public record Ending(@Nullable History history, @Nullable RuntimeException error) {
        /// The history; throws what was thrown in the training.
        public History orThrow() {
            if (error != null) {
                throw error;
            }
            return Objects.requireNonNull(history);
        }
    }

    /// Trains all, and throws what the first of them threw, when all have ended.
    public static List<History> fit(List<Member> members) {
        var endings = new Ending[members.size()];
        fit(members, (i, ending) -> endings[i] = ending);
        var histories = new ArrayList<History>();
        for (var ending : endings) {
            histories.add(ending.orThrow());
        }
        return histories;
    }

    /// Trains all; `ended` is told of each member's end the moment it leaves, by its position. Throws
    /// [IllegalArgumentException] where two are not of one [Member#kind], and [IllegalStateException] where another thread is at work
    /// on a model.
    public static void fit(List<Member> members, BiConsumer<Integer, Ending> ended) {
        if (!members.isEmpty()) {
            fit(members, ended, members.getFirst().fit.options());
        }
    }

    static void fit(List<Member> members, BiConsumer<Integer, Ending> ended, Options options) {
        var taken = new ArrayList<Model>();
        var trainees = new ArrayList<Trainee>();
        try {
            for (var member : members) {
                member.model.turns().take("fit");
                taken.add(member.model);
            }
            check(members);
            taken.forEach(model -> model.turns().fits());
            members.forEach(member -> trainees.add(member.model.trainee(member.examples, member.fit)));
            BiConsumer<Trainee, Ending> free = (trainee, ending) -> {
                trainee.close();
                taken.remove(trainee.model);
                trainee.model.turns().release();
                ended.accept(trainees.indexOf(trainee), ending);
            };
            var together = trainees.stream().collect(Collectors.groupingBy(Trainee::batch, LinkedHashMap::new, Collectors.toList()));
            for (var some : together.values()) {
                try (var loop = new FleetLoop(some, members.getFirst().model.settings().dtype(), options, free)) {
                    loop.run();
                }
            }
        } finally {
            trainees.forEach(Trainee::close);
            taken.forEach(model -> model.turns().release());
        }
    }

    private static void check(List<Member> members) {
        var kind = members.getFirst().kind();
        var models = new HashSet<Model>();
        for (int i = 0; i < members.size(); i++) {
            if (members.get(i).fit.replicas().count() > 1) {
                int replicas = members.get(i).fit.replicas().count();
                throw new IllegalArgumentException("Fleet.fit: member " + i + " has " + replicas + " replicas, but a fleet is one program already."
                        + "\nMaybe give the fleet more threads, withThreads(" + replicas + "), or train it by Model.fit.");
            }
            if (members.get(i).fit.validationPipeline() != null) {
                throw new IllegalArgumentException("Fleet.fit: member " + i + " is validated on a pipeline whose batches are not alike, or of several inputs or "
                        + "outputs.\nMaybe give examples of one size, withValidation(examples), or train it by Model.fit.");
            }
            if (!models.add(members.get(i).model) || !members.get(i).kind().equals(kind)) {
                throw new IllegalArgumentException("Fleet.fit: member " + i + (members.get(i).kind().equals(kind)
                        ? " has a model that another member has too." : " has another structure than member 0, or batches of other sizes.")
                        + "\nMaybe group them by member.kind() first.");
            }
        }
    }
}
