package dev.caviar.tune;

import dev.caviar.tune.prune.Pruner;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
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
    private static final long LOOK_NANOS = 1_000_000_000;

    private final Storage storage;
    private final StudyView view;
    private final Sampler sampler;
    private final Pruner pruner;
    private final long seed;
    private final @Nullable Space space;
    private final @Nullable Proposal proposal;
    private final History nothing;
    private final Owner owner = Owner.self();
    private final Map<Integer, Trial> running = new ConcurrentHashMap<>();
    private final Set<Integer> byHand = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Delivery delivery = new Delivery();
    private volatile @Nullable Integer lag;
    private volatile boolean stopped;
    private volatile long lookedForDead;
    private volatile long changes;
    private volatile @Nullable Heartbeat beat;

    private Study(Storage storage, StudyView view, StudyOptions options) {
        this.storage = storage;
        this.view = view;
        this.sampler = options.sampler();
        this.pruner = options.pruner();
        var attributes = view.systemAttributes();
        this.seed = attributes.get(SEED) instanceof Long known ? known : noteOnce(SEED, Objects.requireNonNullElse(options.seed(), 0L));
        this.lag = attributes.get(LAG) instanceof Long known ? Integer.valueOf(known.intValue()) : null;
        this.space = space(options.space());
        this.proposal = space == null ? null : new Proposal(sampler, space, seed);
        this.nothing = new History(List.of(), view.directions());
        if (lag == null && options.lag() != null) fixLag(options.lag());
        if (!options.job().isEmpty()) storage.noteOnce(name(), JOB, options.job());
        cutOffDead();
    }

    /// Makes a new study. Throws [StorageException] where the name is taken.
    public static Study create(Storage storage, StudyOptions options) {
        // In one commit: whoever finds the study finds all that is needed to go on with it.
        var attributes = new LinkedHashMap<String, @Nullable Object>();
        attributes.put(SEED, Objects.requireNonNullElse(options.seed(), 0L));
        if (options.lag() != null) attributes.put(LAG, options.lag());
        if (options.space() != null) attributes.put(SPACE, options.space().json());
        if (!options.job().isEmpty()) attributes.put(JOB, options.job());
        var view = storage.create(options.name(), List.of(Objects.requireNonNullElse(options.direction(), Direction.MINIMIZE)), attributes);
        return new Study(storage, view, options);
    }

    /// Opens a study that exists. Throws [StorageException] where it does not, or has another direction or space.
    public static Study open(Storage storage, StudyOptions options) {
        var view = storage.find(options.name()).orElseThrow(() -> new StorageException("There is no study \"" + options.name() + "\" in " + storage + "."
                + (storage.names().isEmpty() ? "" : "\nMaybe one of " + String.join(", ", storage.names()) + " was meant.")));
        if (view.directions().size() != 1)
            throw new StorageException("Study \"" + options.name() + "\" in " + storage + " has " + view.directions().size()
                    + " values per trial; a search here has one.");
        var wanted = options.direction();
        if (wanted != null && view.directions().getFirst() != wanted)
            throw new StorageException("Study \"" + options.name() + "\" in " + storage + " has direction " + view.directions().getFirst() + ", not " + wanted
                    + ".\nMaybe choose another name for the new study.");
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

    /// The name, unique in the storage.
    public String name() {
        return view.name();
    }

    /// Whether small or large values are good.
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

    /// All trials by number, those of other processes and programs included.
    public List<TrialView> trials() {
        return storage.trials(name());
    }

    /// How far the study is.
    public Tally tally() {
        return storage.tally(name());
    }

    /// The complete trial with the best value; the earliest of equal ones.
    public Optional<TrialView> best() {
        return ranked().stream().findFirst();
    }

    /// The complete trials, best first.
    public List<TrialView> ranked() {
        return TrialView.ranked(trials(), direction());
    }

    /// Has `listener` told of each trial that finishes from now on, whichever process ran it, in the order of the search: a trial is held back
    /// until all before it are finished. Cut-off trials are left out; the trial that runs in their place comes in their order.
    public void onFinished(Consumer<TrialView> listener) {
        delivery.add(listener, trials());
    }

    /// The next trial to run, at once. Sees the finished trials up to its slot minus the lag, as far as they are finished by now.
    public Trial ask() {
        var trial = begin(tally -> {
            byHand.add(tally.trials());
            return Optional.of(slot(tally));
        }, owner);
        return trial.orElseThrow(() -> new IllegalStateException("ask(): the storage started no trial."));
    }

    /// For executors: the next trial to run, or nothing when the budget is used up, the sampler is at its end, the study is stopped or the thread
    /// interrupted.
    ///
    /// Waits while the next trial must see one that still runs, and while running trials may use up the budget or be cut off. To be given to
    /// [#evaluate].
    public Optional<Trial> next(Budget budget) {
        var usesHistory = sampler.usesHistory() || pruner.usesHistory();
        while (!stopped && !budget.over() && !Thread.currentThread().isInterrupted()) {
            if (System.nanoTime() - lookedForDead > LOOK_NANOS) cutOffDead();
            var seen = changes;
            var gate = new Gate(budget, usesHistory);
            var trial = begin(gate, beat == null ? owner : owner.beating());
            if (trial.isPresent() || gate.done) return trial;
            deliver(false);
            await(seen);
        }
        return Optional.empty();
    }

    /// For executors that run several trials together: the next trial if one may begin at this moment, as [#next] says, without
    /// waiting. Nothing does not mean that the search is over.
    public Optional<Trial> poll(Budget budget) {
        if (stopped || budget.over() || Thread.currentThread().isInterrupted()) return Optional.empty();
        return begin(new Gate(budget, sampler.usesHistory() || pruner.usesHistory()), beat == null ? owner : owner.beating());
    }

    /// The trial ended with this value; NaN makes it fail.
    public void tell(Trial trial, double value) {
        if (Double.isNaN(value)) fail(trial, "The value is NaN.");
        else end(trial, Event.End.complete(value));
    }

    /// The trial was given up; it is worth its last report.
    public void prune(Trial trial) {
        var last = trial.view().lastReport();
        var values = last.isPresent() && !Double.isNaN(last.getAsDouble()) ? List.of(last.getAsDouble()) : List.<Double>of();
        end(trial, new Event.End(TrialState.PRUNED, values));
    }

    /// The trial failed for this reason.
    public void fail(Trial trial, String reason) {
        end(trial, new Event.SystemAttribute(TrialView.ERROR, reason), Event.End.failed());
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
            byHand.add(trial.number());    // nobody will tell how it ends: nobody may wait for it
            throw e;
        }
    }

    /// Runs trials one after the other until the budget is used up.
    public void optimize(Objective objective, Budget budget) {
        optimize(objective, budget, Executor.inline());
    }

    /// Runs trials by an executor until the budget is used up or the study is stopped.
    public void optimize(Objective objective, Budget budget, Executor executor) {
        fixLag(executor.workers());
        try (var beating = new Heartbeat(this::beat)) {
            beat = beating;
            executor.run(this, objective, budget);
        } finally {
            beat = null;
            deliver(true);
        }
    }

    /// Ends the search: no further trial begins, and running ones are asked to stop ([Trial#shouldStop]). May be called from any thread.
    public void stop() {
        stopped = true;
        signal();
    }

    /// Whether [#stop] was called.
    public boolean stopped() {
        return stopped;
    }

    /// Marks the trials that were asked for here and never told as cut off. Leaves the storage open.
    @Override
    public void close() {
        for (var trial : List.copyOf(running.values())) {
            try {
                cutOff(trial);
            } catch (TrialFinishedException e) {
                running.remove(trial.number());
            }
        }
    }

    /// Tells other machines that the running trials are still being worked on. Leaves the trials' own views alone: they belong to other threads.
    void beat() {
        for (var number : running.keySet()) {
            try {
                storage.append(name(), number, List.of(new Event.SystemAttribute(TrialView.HEARTBEAT, Instant.now().toString())));
            } catch (StorageException e) {
                LOG.log(System.Logger.Level.DEBUG, "No heartbeat of trial {0}: {1}", number, e.getMessage());    // it may just have ended
            }
        }
    }

    /// What a trial in this slot may see now: of those that the lag hides, and of those still running, what they try.
    History past(int slot) {
        var lag = lag();
        var seen = new ArrayList<TrialView>();
        var pending = new ArrayList<TrialView>();
        for (var trial : storage.trials(name())) {
            var place = trial.slot();
            if (place == slot || trial.cutOff() || lag > 0 && place > slot) continue;
            if (trial.counts() && (lag == 0 || place <= slot - lag)) seen.add(trial);
            else if (!trial.params().isEmpty() && (space != null || lag <= 1)) pending.add(trial.proposed());
        }
        var bySlot = Comparator.comparingInt(TrialView::slot);
        seen.sort(bySlot);
        pending.sort(bySlot);
        return new History(seen, view.directions(), pending);
    }

    private void ended(Trial trial, Objective objective) {
        double value;
        try {
            value = objective.evaluate(trial);
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
        tell(trial, value);
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
        signal();
    }

    private void forget(Trial trial) {
        running.remove(trial.number());
        byHand.remove(trial.number());
    }

    private void signal() {
        lock.lock();
        try {
            changes++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    // Not while listeners are told: they may call the study themselves.
    private void await(long seen) {
        lock.lock();
        try {
            if (changes == seen) changed.await(POLL_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    private void deliver(boolean all) {
        if (delivery.wanted()) delivery.deliver(this::trials, all);
    }

    private Optional<Trial> begin(Turn choice, Owner owner) {
        var chosen = new Start[1];
        var begun = storage.start(name(), tally -> {
            var start = choice.choose(tally).orElse(null);
            chosen[0] = start;
            return start == null ? Optional.empty() : Optional.of(firstEvents(start, tally.trials(), owner));
        });
        return begun.map(now -> {
            var known = sampler.usesHistory() || pruner.usesHistory() ? past(now.slot()) : nothing;
            var live = lag() == 0 && pruner.usesHistory();
            var trial = new Trial(this, now, live ? null : known, chosen[0].fixed());
            running.put(now.number(), trial);
            if (proposal != null && sampler.usesHistory()) propose(proposal, trial, known, chosen[0].fixed());
            return trial;
        });
    }

    // A sampler that breaks leaves no trial behind that somebody might wait for.
    private void propose(Proposal proposal, Trial trial, History known, Map<String, @Nullable Object> fixed) {
        try {
            trial.append(proposal.params(known, trial.view(), fixed));
            signal();
        } catch (RuntimeException e) {
            cutOff(trial);
            throw e;
        }
    }

    // A sampler that needs no past is asked at once: then one commit begins the trial.
    private List<Event> firstEvents(Start start, int number, Owner owner) {
        var events = new ArrayList<Event>();
        events.add(new Event.SystemAttribute(TrialView.OWNER, owner.json()));
        if (start.slot() != number) events.add(new Event.SystemAttribute(TrialView.SLOT, start.slot()));
        if (start.again() != null) events.add(new Event.SystemAttribute(TrialView.RETRY_OF, start.again().number()));
        if (proposal != null && !sampler.usesHistory()) {
            var trial = TrialView.running(number).withSystemAttribute(TrialView.SLOT, start.slot());
            events.addAll(proposal.params(nothing, trial, start.fixed()));
        }
        return events;
    }

    private static Start slot(Tally tally) {
        if (tally.cutOff().isEmpty()) return new Start(tally.nextSlot(), null);
        var again = tally.cutOff().getFirst();
        return new Start(again.slot(), again);
    }

    /// Ends what dead processes left running, so that it is run again.
    private void cutOffDead() {
        lookedForDead = System.nanoTime();
        for (var trial : tally().open()) {
            var other = Owner.of(trial);
            if (trial.state() != TrialState.RUNNING || other == null || other.sameAs(owner) || !other.dead(trial, Instant.now())) continue;
            try {
                storage.append(name(), trial.number(), List.of(new Event.SystemAttribute(TrialView.CUT_OFF, true), Event.End.failed()));
            } catch (TrialFinishedException e) {
                LOG.log(System.Logger.Level.DEBUG, e.getMessage());    // another process noticed it too
            }
        }
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

    /// Which slot may start at this moment, if any.
    private interface Turn {
        Optional<Start> choose(Tally tally);
    }

    /// A slot about to start, perhaps for a trial that was cut off before.
    private record Start(int slot, @Nullable TrialView again) {
        Map<String, @Nullable Object> fixed() {
            return again == null ? Map.of() : again.params();
        }
    }

    /// Lets a trial start when the budget has room and all that it must see is finished.
    private final class Gate implements Turn {
        private final Budget budget;
        private final boolean usesHistory;
        private boolean done;

        Gate(Budget budget, boolean usesHistory) {
            this.budget = budget;
            this.usesHistory = usesHistory;
        }

        @Override
        public Optional<Start> choose(Tally tally) {
            var open = tally.open().stream().filter(trial -> Owner.of(trial) != null).toList();
            // Trials asked for by hand end when their owner says so: nobody waits for them.
            var waitedFor = open.stream().filter(trial -> !byHand.contains(trial.number())).toList();
            if (tally.finished() >= budget.trials()) return stopHere(true);
            if (tally.finished() + open.size() >= budget.trials()) return stopHere(waitedFor.isEmpty());
            var start = slot(tally);
            if (sampler.size().isPresent() && start.slot() >= sampler.size().getAsInt()) return stopHere(waitedFor.isEmpty());
            if (usesHistory && lag() > 0 && waitedFor.stream().anyMatch(trial -> mustSee(start.slot(), trial))) return stopHere(false);
            return Optional.of(start);
        }

        // How an older trial ended, and of the younger ones below what they try, as far as that is chosen when they begin.
        private boolean mustSee(int slot, TrialView open) {
            if (open.slot() <= slot - lag()) return true;
            return open.slot() < slot && open.params().isEmpty() && sampler.usesHistory() && space != null && !space.params().isEmpty();
        }

        private Optional<Start> stopHere(boolean forGood) {
            done = forGood;
            return Optional.empty();
        }
    }
}
