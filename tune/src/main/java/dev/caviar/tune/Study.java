package dev.caviar.tune;

import dev.caviar.tune.prune.Pruner;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.Pareto;
import dev.caviar.tune.record.StudyView;
import dev.caviar.tune.record.Tally;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.sample.Sampler;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.storage.Event;
import dev.caviar.tune.storage.MemoryStorage;
import dev.caviar.tune.storage.Storage;
import dev.caviar.tune.storage.StorageException;
import dev.caviar.tune.storage.TrialFinishedException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A search for the best setting: asks for settings, has them tried, keeps what they were worth.
///
/// With [#optimize] an executor goes through trials until a budget is used up; with [#ask] and [#tell] you do it yourself. Everything is stored
/// the moment it happens. Several processes may work on one study: numbers stay unique and budgets exact. The same seed and lag give the same
/// search, whatever the number of workers up to the lag, and after any interruption: a trial whose process ended is run again, under a new
/// number, with the same setting and seed. Safe for several threads.
///
/// ```java
/// try (var study = Study.inMemory(StudyOptions.of("parabola").withSeed(1))) {
///     study.optimize(trial -> Math.pow(trial.real("x", -10, 10) - 5, 2), Budget.trials(50));
///     assert study.best().orElseThrow().value().getAsDouble() < 1;
/// }
/// ```
public final class Study implements AutoCloseable {
    static final String SEED = "caviar:seed";
    static final String LAG = "caviar:lag";
    /// Key of the study's system attribute with its space as JSON text.
    public static final String SPACE = "caviar:space";
    /// Key of the study's system attribute with its job descriptor.
    public static final String JOB = "caviar:job";
    private static final System.Logger LOG = System.getLogger(Study.class.getName());
    // How long other processes' work may go unnoticed while there is nothing to do here.
    private static final long POLL_MILLIS = 100;

    private final Storage storage;
    private final StudyView view;
    private final Sampler sampler;
    private final Pruner pruner;
    private final long seed;
    private final @Nullable Space space;
    private final @Nullable Proposal proposal;
    private final Map<String, @Nullable Object> fixed;
    private final Past past;
    private final @Nullable Path artifacts;
    private final Custody custody;
    private final Changes changes = new Changes();
    private final Delivery delivery = new Delivery();
    private volatile @Nullable Integer lag;
    private volatile boolean stopped;

    private Study(Storage storage, StudyView view, StudyOptions options) {
        this.storage = storage;
        this.view = view;
        this.sampler = options.sampler();
        this.pruner = options.pruner();
        this.fixed = options.fixed();
        this.artifacts = options.artifacts();
        this.custody = new Custody(storage, view.name(), options.retries());
        var attributes = view.systemAttributes();
        this.seed = attributes.get(SEED) instanceof Long known ? known : noteOnce(SEED, Objects.requireNonNullElse(options.seed(), 0L));
        this.lag = attributes.get(LAG) instanceof Long known ? Integer.valueOf(known.intValue()) : null;
        this.space = space(options.space());
        check("withFixed", fixed);
        this.proposal = space == null ? null : new Proposal(sampler, space, seed);
        this.past = new Past(storage, view.name(), view.directions(), Prior.read(attributes.get(Prior.KEY)), space != null);
        if (lag == null && options.lag() != null) fixLag(options.lag());
        if (!options.job().isEmpty()) storage.noteOnce(name(), JOB, options.job());
        custody.cutOffDead();
    }

    /// Makes a new study. Throws [StorageException] where the name is taken.
    public static Study create(Storage storage, StudyOptions options) {
        // In one commit: whoever finds the study finds all that is needed to go on with it.
        var attributes = new LinkedHashMap<String, @Nullable Object>();
        attributes.put(SEED, Objects.requireNonNullElse(options.seed(), 0L));
        if (options.lag() != null) attributes.put(LAG, options.lag());
        if (options.space() != null) attributes.put(SPACE, options.space().json());
        if (!options.job().isEmpty()) attributes.put(JOB, options.job());
        var directions = options.directions().isEmpty() ? List.of(Direction.MINIMIZE) : options.directions();
        var before = options.warmStart();
        if (before != null) {
            before.check(options.name(), directions);
            attributes.put(Prior.KEY, Prior.json(before.trials()));
        }
        var study = new Study(storage, storage.create(options.name(), directions, attributes), options);
        if (before != null) for (var trial : before.best()) study.enqueue(trial.params());
        return study;
    }

    /// Opens a study that exists. Throws [StorageException] where it does not, or has another direction or space.
    public static Study open(Storage storage, StudyOptions options) {
        var view = storage.study(options.name());
        var wanted = options.directions();
        if (!wanted.isEmpty() && !view.directions().equals(wanted))
            throw new StorageException("Study \"" + options.name() + "\" in " + storage + " has direction " + names(view.directions()) + ", not "
                    + names(wanted) + ".\nMaybe choose another name for the new study.");
        return new Study(storage, view, options);
    }

    /// Opens the study if it exists, else makes it.
    public static Study openOrCreate(Storage storage, StudyOptions options) {
        if (storage.find(options.name()).isEmpty()) {
            try {
                return create(storage, options);
            } catch (StorageException e) {
                if (storage.find(options.name()).isEmpty()) throw e;    // else another process was faster
            }
        }
        return open(storage, options);
    }

    /// Makes a study that is gone when the process ends.
    public static Study inMemory(StudyOptions options) {
        return create(new MemoryStorage(), options);
    }

    /// Copies a study with its trials, notes and space, under another name or into another storage. Trials that run are marked as cut off in the
    /// copy, and run again there. Throws [StorageException] where there is no such study, or the new name is taken.
    public static void copy(Storage from, String study, Storage to, String as) {
        Copy.of(from, study, to, as);
    }

    /// The name, unique in the storage.
    public String name() {
        return view.name();
    }

    /// Whether small or large values are good, for each objective.
    public List<Direction> directions() {
        return view.directions();
    }

    /// Whether small or large values of the first objective are good.
    public Direction direction() {
        return view.directions().getFirst();
    }

    /// The parameters; null where the objective suggests them as it runs.
    public @Nullable Space space() {
        return space;
    }

    /// From which everything random follows.
    public long seed() {
        return seed;
    }

    /// Trial n sees the finished trials up to n - lag; 0 where it sees whatever is finished.
    public int lag() {
        return Objects.requireNonNullElse(lag, 1);
    }

    /// What else is needed to do the same work again, as it was given when the study was made.
    public Map<?, ?> job() {
        return storage.find(name()).map(now -> now.systemAttributes().get(JOB)).orElse(null) instanceof Map<?, ?> job ? job : Map.of();
    }

    /// Where the study is kept.
    public Storage storage() {
        return storage;
    }

    /// Who proposes settings.
    public Sampler sampler() {
        return sampler;
    }

    /// Who stops hopeless trials.
    public Pruner pruner() {
        return pruner;
    }

    /// What people say about the study and its trials.
    public Notes notes() {
        return Notes.of(storage, name());
    }

    /// Where trials keep files. Throws [StorageException] where there is no folder for them.
    public Artifacts artifacts() {
        var folder = artifacts != null ? artifacts : storage.folder().orElseThrow(() -> new StorageException("Study \"" + name() + "\" in " + storage
                + " has no folder for artifacts.\nMaybe give it one: StudyOptions.withArtifacts(folder)."));
        return new Artifacts(folder);
    }

    /// All trials by number, those of other processes and programs included.
    public List<TrialView> trials() {
        return storage.trials(name());
    }

    /// How far the study is.
    public Tally tally() {
        return storage.tally(name());
    }

    /// The complete trial with the best value, within all its limits and not hidden; the earliest of equal ones. Throws [IllegalStateException]
    /// where there are several objectives.
    public Optional<TrialView> best() {
        return ranked().stream().findFirst();
    }

    /// The complete trials, best first, without hidden ones and those beyond a limit. Throws [IllegalStateException] where there are several objectives.
    public List<TrialView> ranked() {
        if (directions().size() > 1)
            throw new IllegalStateException("Study \"" + name() + "\" has " + directions().size() + " objectives, and so no best trial.\nMaybe ask for paretoFront().");
        return TrialView.ranked(visible(), direction());
    }

    /// The complete trials that no other beats in all objectives, by number, without hidden ones and those beyond a limit.
    public List<TrialView> paretoFront() {
        return Pareto.front(visible(), directions());
    }

    /// How much of the space between the Pareto front and a reference point the front dominates: a point worse than all, one value per objective.
    public double hypervolume(double... reference) {
        if (reference.length != directions().size())
            throw new IllegalArgumentException("hypervolume(" + Arrays.toString(reference) + "): study \"" + name() + "\" has " + directions().size() + " objectives.");
        var losses = paretoFront().stream().map(trial -> Pareto.losses(trial, directions())).toArray(double[][]::new);
        var limit = new double[reference.length];
        for (var i = 0; i < limit.length; i++) limit[i] = directions().get(i) == Direction.MINIMIZE ? reference[i] : -reference[i];
        return Pareto.hypervolume(losses, limit);
    }

    /// Queues a setting: it is tried before new ones are proposed. What it leaves out is proposed when its turn comes.
    public TrialView enqueue(Map<String, ? extends @Nullable Object> setting) {
        return enqueue(setting, Map.of());
    }

    /// Queues a setting with notes on the trial.
    public TrialView enqueue(Map<String, ? extends @Nullable Object> setting, Map<String, ? extends @Nullable Object> attributes) {
        check("enqueue", setting);
        var waiting = TrialView.waiting(setting);
        for (var entry : attributes.entrySet()) waiting = waiting.withAttribute(entry.getKey(), entry.getValue());
        var queued = storage.add(name(), waiting);
        changes.signal();
        return queued;
    }

    private void check(String what, Map<String, ? extends @Nullable Object> setting) {
        if (space == null) return;
        for (var entry : setting.entrySet()) {
            if (!space.names().contains(entry.getKey()))
                throw new IllegalArgumentException(what + "(" + setting + "): there is no parameter \"" + entry.getKey() + "\" in the space of study \"" + name() + "\"."
                        + "\nMaybe one of " + String.join(", ", space.names()) + " was meant.");
            var dist = space.param(entry.getKey()).dist();
            if (!dist.contains(entry.getValue()))
                throw new IllegalArgumentException(what + "(" + setting + "): " + entry.getKey() + " = " + entry.getValue() + " is not in " + dist + "."
                        + "\nMaybe choose a value that is.");
        }
    }

    /// Has `listener` told of each trial that finishes from now on, whichever process ran it, in the order of the search: a trial is held back
    /// until all before it are finished. Cut-off trials are left out; the trial that runs in their place comes in their order.
    public void onFinished(Consumer<TrialView> listener) {
        delivery.add(listener, trials());
    }

    /// The next trial to run, at once. Sees the finished trials up to its slot minus the lag, as far as they are finished by now.
    public Trial ask() {
        while (true) {
            var trial = begin(tally -> {
                var turn = Turn.next(tally);
                custody.byHand(turn.waiting() == null ? tally.trials() : turn.waiting().number());
                return Optional.of(turn);
            });
            if (trial.isPresent()) return trial.get();    // else another process took the one that waited
        }
    }

    /// For executors: the next trial to run, or nothing when the budget is used up, the sampler is at its end, the study is stopped or the thread
    /// interrupted.
    ///
    /// Waits while the next trial must see one that still runs, and while running trials may use up the budget or be cut off. To be given to
    /// [#evaluate].
    public Optional<Trial> next(Budget budget) {
        while (!stopped && !budget.over() && !Thread.currentThread().isInterrupted()) {
            custody.cutOffDeadNowAndThen();
            var seen = changes.count();
            var gate = new Gate(this, custody, budget);
            var trial = begin(gate::choose);
            if (trial.isPresent() || gate.done()) return trial;
            deliver(false);
            changes.await(seen, POLL_MILLIS);
        }
        return Optional.empty();
    }

    /// For executors that run several trials together: the next trial if one may begin at this moment, as [#next] says, without
    /// waiting. Nothing does not mean that the search is over.
    public Optional<Trial> poll(Budget budget) {
        if (stopped || budget.over() || Thread.currentThread().isInterrupted()) return Optional.empty();
        return begin(new Gate(this, custody, budget)::choose);
    }

    /// The trial ended with these values, one per direction; NaN makes it fail.
    public void tell(Trial trial, double... values) {
        if (Arrays.stream(values).anyMatch(Double::isNaN)) fail(trial, values.length == 1 ? "The value is NaN." : "A value is NaN: " + Arrays.toString(values));
        else end(trial, Event.End.complete(Arrays.stream(values).boxed().toArray(Double[]::new)));
    }

    /// The trial was given up; it is worth its last report, where there is one objective.
    public void prune(Trial trial) {
        var last = trial.view().lastReport();
        var worth = directions().size() == 1 && last.isPresent() && !Double.isNaN(last.getAsDouble());
        end(trial, new Event.End(TrialState.PRUNED, worth ? List.of(last.getAsDouble()) : List.of()));
    }

    /// The trial failed for this reason; its setting is run again where the study's [Retries] allow it.
    public void fail(Trial trial, String reason) {
        end(trial, custody.failed(trial.view(), reason).toArray(Event[]::new));
    }

    /// The trial was ended from outside: it counts nowhere and is run again, with the same setting and seed.
    public void cutOff(Trial trial) {
        end(trial, new Event.SystemAttribute(TrialView.CUT_OFF, true), Event.End.failed());
    }

    /// Runs the objective on a trial and tells how it ended. Whatever the objective throws makes only this trial fail.
    public void evaluate(Trial trial, Objective objective) {
        try {
            ended(trial, objective);
        } catch (TrialFinishedException e) {
            LOG.log(System.Logger.Level.WARNING, "The result of trial {0} is dropped: {1}", trial.number(), e.getMessage());
        } catch (RuntimeException | Error e) {
            custody.abandon(trial.number());
            throw e;
        }
    }

    /// Runs trials one after the other until the budget is used up.
    public void optimize(Objective objective, Budget budget) {
        optimize(objective, budget, Executor.inline());
    }

    /// Runs trials by an executor until the budget is used up or the study is stopped.
    public void optimize(Objective objective, Budget budget, Executor executor) {
        if (budget.target() != null && directions().size() > 1)
            throw new IllegalArgumentException("withTarget(" + budget.target() + "): study \"" + name() + "\" has " + directions().size() + " objectives.");
        fixLag(executor.workers());
        custody.cutOffDead();
        try (var _ = custody.beating()) {
            executor.run(this, objective, budget);
        } finally {
            custody.silent();
            deliver(true);
        }
    }

    /// Ends the search: no further trial begins, and running ones are asked to stop ([Trial#shouldStop]). May be called from any thread.
    public void stop() {
        stopped = true;
        changes.signal();
    }

    /// Whether [#stop] was called.
    public boolean stopped() {
        return stopped;
    }

    /// Marks the trials that were asked for here and never told as cut off. Leaves the storage open.
    @Override
    public void close() {
        custody.close(this::cutOff);
    }

    void beat() {
        custody.beat();
    }

    /// Whether trials wait for what others were worth.
    boolean usesHistory() {
        return sampler.usesHistory() || pruner.usesHistory();
    }

    /// What a trial in this slot may see now.
    History past(int slot) {
        return past.of(slot, lag());
    }

    /// What a trial in this slot may see of these.
    History past(List<TrialView> trials, int slot) {
        return past.of(trials, slot, lag());
    }

    /// All trials by number but the hidden ones.
    List<TrialView> visible() {
        return past.visible();
    }

    private void ended(Trial trial, Objective objective) {
        double[] values;
        try {
            values = objective.values(trial).stream().mapToDouble(Double::doubleValue).toArray();
        } catch (StorageException e) {
            throw e;
        } catch (TrialPruned e) {
            prune(trial);
            return;
        } catch (TrialStopped e) {
            cutOff(trial);
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            cutOff(trial);
            return;
        } catch (Throwable e) {
            fail(trial, e.toString());
            return;
        }
        if (values.length == directions().size()) tell(trial, values);
        else fail(trial, "The objective gave " + values.length + " values for " + directions().size() + " directions.");
    }

    private void end(Trial trial, Event... events) {
        try {
            trial.append(events);
        } catch (TrialFinishedException e) {
            forget(trial);
            throw e;
        }
        forget(trial);
        deliver(false);
        changes.signal();
    }

    private void forget(Trial trial) {
        custody.ended(trial.number());
    }

    private void deliver(boolean all) {
        if (delivery.wanted()) delivery.deliver(this::trials, all);
    }

    private Optional<Trial> begin(Function<Tally, Optional<Turn>> choice) {
        var chosen = new Turn[1];
        var begun = storage.start(name(), tally -> choice.apply(tally).map(turn -> {
            chosen[0] = turn;
            return new Storage.Begin(turn.waitingNumber(), firstEvents(turn, tally.trials()));
        }));
        return begun.map(now -> {
            var known = usesHistory() ? past(now.slot()) : past.nothing();
            var live = lag() == 0 && pruner.usesHistory();
            var decided = chosen[0].fixed(fixed);
            var trial = new Trial(this, now, live ? null : known, decided);
            custody.began(trial);
            if (proposal != null && sampler.usesHistory()) propose(proposal, trial, known, decided);
            return trial;
        });
    }

    // A sampler that breaks leaves no trial behind that somebody might wait for.
    private void propose(Proposal proposal, Trial trial, History known, Map<String, @Nullable Object> fixed) {
        try {
            trial.append(proposal.events(pruner.seen(known, trial.view()), trial.view(), fixed));
            changes.signal();
        } catch (RuntimeException e) {
            cutOff(trial);
            throw e;
        }
    }

    // A sampler that needs no past is asked at once: then one commit begins the trial.
    private List<Event> firstEvents(Turn turn, int next) {
        var number = turn.waiting() == null ? next : turn.waiting().number();
        var events = turn.events(number, custody.owner());
        if (proposal != null && !sampler.usesHistory()) {
            var trial = TrialView.running(number).withSystemAttribute(TrialView.SLOT, turn.slot()).withSystemAttribute(TrialView.ORDER, turn.order());
            events.addAll(proposal.events(past.nothing(), trial, turn.fixed(fixed)));
        }
        return events;
    }

    private void fixLag(int wanted) {
        if (lag == null) lag = (int) noteOnce(LAG, wanted);
    }

    private long noteOnce(String key, long value) {
        return storage.noteOnce(name(), key, value) instanceof Long known ? known : value;
    }

    private @Nullable Space space(@Nullable Space wanted) {
        if (wanted == null) return view.systemAttributes().get(SPACE) instanceof String text ? Space.parse(text) : null;
        var text = storage.noteOnce(name(), SPACE, wanted.json());
        if (text instanceof String known && !Space.parse(known).sameAs(wanted))
            throw new StorageException("Study \"" + name() + "\" in " + storage + " searches another space: " + known
                    + ".\nMaybe choose another name for the new study, or leave the space out.");
        return wanted;
    }

    private static String names(List<Direction> directions) {
        return String.join(", ", directions.stream().map(Direction::name).toList());
    }
}
